#include "vdp.h"

static const uint16_t registers[] = {
    0x8004, /* no HBlank interrupt */
    0x8134, /* VBlank interrupt and DMA, display off, 224 lines */
    0x8200 | VRAM_PLANE_A >> 10, 0x8300 | VRAM_WINDOW >> 10, 0x8400 | VRAM_PLANE_B >> 13, 0x8500 | VRAM_SPRITES >> 9,
    0x8731, /* backdrop: the first colour of line 3 */
    0x8AFF, 0x8B02, /* the planes scroll sideways by rows of tiles */
    0x8C81, /* 320 pixels a line */
    0x8D00 | VRAM_HSCROLL >> 10, 0x8F02, 0x9011, /* planes of 64x64 tiles */
    0x9100, 0x9200};

void vdp_start(void)
{
    for (uint8_t i = 0; i < sizeof registers / sizeof *registers; i++)
        vdp_control(registers[i]);
    vdp_fill(0, 0, 0x8000);
    vdp_control_long(0x40000010);
    vdp_data_long(0);
}

void vdp_display(uint8_t on)
{
    vdp_control(on ? 0x8174 : 0x8134);
}

void vdp_tiles(uint16_t first, const uint32_t *tiles, uint16_t n)
{
    vdp_control_long(VRAM_WRITE((uint16_t)(first << 5)));
    for (uint16_t i = n << 3; i; i--)
        vdp_data_long(*tiles++);
}

void vdp_colours(uint8_t first, const uint16_t *colours, uint8_t n)
{
    vdp_control_long(0xC0000000 | (uint32_t)first << 17);
    while (n--)
        vdp_data(*colours++);
}

void vdp_fill(uint16_t address, uint16_t value, uint16_t words)
{
    vdp_control_long(VRAM_WRITE(address));
    do
        vdp_data(value);
    while (--words);
}

void vdp_copy(uint16_t address, const void *from, uint16_t words)
{
#ifdef WINDUP_NATIVE
    const uint16_t *word = from;
    vdp_control_long(VRAM_WRITE(address));
    while (words--)
        vdp_data(*word++);
#else
    uint32_t source = (uint32_t)from >> 1;
    vdp_control(0x9300 | (words & 255));
    vdp_control(0x9400 | words >> 8);
    vdp_control(0x9500 | (source & 255));
    vdp_control(0x9600 | (source >> 8 & 255));
    vdp_control(0x9700 | (source >> 16 & 127));
    /* The last word starts the copy, and must come from RAM, which gcc's stack is. */
    volatile uint32_t command = VRAM_WRITE(address) | 0x80;
    vdp_control_long(command);
#endif
}
