/* The video processor: where things are in its memory, and how they get there. */
#ifndef VDP_H
#define VDP_H

#include <stdint.h>

enum {
    VRAM_WINDOW = 0xB000, VRAM_HSCROLL = 0xB800, VRAM_SPRITES = 0xBC00, VRAM_PLANE_A = 0xC000, VRAM_PLANE_B = 0xE000,
    TILE_FONT = 1, TILE_LABELS = 65, TILE_ZONE = 256, TILE_SPRITES = 768, PLANE_TILES = 64, MAX_SPRITES = 80
};

/* The ports; a long is two words, the high one first. On this machine they are functions: native/ports.h. */
#ifndef WINDUP_NATIVE
#define vdp_data(word) (*(volatile uint16_t *)0xC00000 = (word))
#define vdp_data_long(two) (*(volatile uint32_t *)0xC00000 = (two))
#define vdp_control(word) (*(volatile uint16_t *)0xC00004 = (word))
#define vdp_control_long(two) (*(volatile uint32_t *)0xC00004 = (two))
#define VDP_HV (*(volatile uint16_t *)0xC00008)
#endif

#define VRAM_WRITE(address) (0x40000000 | ((uint32_t)(address)&0x3FFF) << 16 | (uint32_t)(address) >> 14)

void vdp_start(void);
void vdp_display(uint8_t on);
/* n 8x8 tiles from ROM to VRAM. */
void vdp_tiles(uint16_t first, const uint32_t *tiles, uint16_t n);
/* n colours from ROM, from colour `first` on. */
void vdp_colours(uint8_t first, const uint16_t *colours, uint8_t n);
void vdp_fill(uint16_t address, uint16_t value, uint16_t words);
/* By DMA; only in VBlank. words: from RAM. */
void vdp_copy(uint16_t address, const void *from, uint16_t words);

#endif
