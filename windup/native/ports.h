/* The video processor's ports, as far as the game uses them: what else is asked of it is a fault. */
#ifndef PORTS_H
#define PORTS_H

#include "world.h"

enum target { TO_NOTHING, TO_VRAM, TO_COLOURS, TO_SCROLL_Y };
enum { REGISTER_MODE = 1, REGISTER_STEP = 15, DISPLAY_ON = 0x40 };

static inline void vdp_data(uint16_t word)
{
    struct vdp *v = &here->state.vdp;
    uint16_t address = v->address;
    v->address = address + v->registers[REGISTER_STEP];
    if (address & 1)
        world_fault("a word at an odd address");
    else if (v->target == TO_VRAM && address >= VRAM_WINDOW)
        v->upper[(address - VRAM_WINDOW) >> 1] = word;
    else if (v->target == TO_VRAM && here->tile_words)
        here->tile_words[address >> 1] = word;
    else if (v->target == TO_COLOURS && address < 2 * COLOURS_IN_ALL)
        v->colours[address >> 1] = word;
    else if (v->target == TO_SCROLL_Y && address < 4)
        v->scroll_y[address >> 1] = word;
    else
        world_fault("a word to where the game writes none");
}

static inline void vdp_data_long(uint32_t two)
{
    vdp_data(two >> 16);
    vdp_data(two);
}

/* A register's new value: 10?r rrrr vvvv vvvv. */
static inline void vdp_control(uint16_t word)
{
    /* As vdp_start sets them; the mode register's display bit and the step change later. */
    static const uint8_t used[REGISTERS] = {
        0x04, 0x34, VRAM_PLANE_A >> 10, VRAM_WINDOW >> 10, VRAM_PLANE_B >> 13, VRAM_SPRITES >> 9, 0, 0x31, 0, 0, 0xFF, 0x02, 0x81,
        VRAM_HSCROLL >> 10, 0, 0x02, 0x11, 0, 0};
    uint8_t number = word >> 8 & 31, value = word;
    uint8_t known = number < REGISTERS && (value == used[number] || (number == REGISTER_MODE && value == (used[number] | DISPLAY_ON)) ||
                                              (number == REGISTER_STEP && value == 0x20));
    if ((word & 0xE000) != 0x8000 || !known)
        world_fault("a register's value that the game does not use");
    else
        here->state.vdp.registers[number] = value;
}

/* Where the next words go: cc aa aaaa aaaa aaaa 0000 0000 cccc 00aa. */
static inline void vdp_control_long(uint32_t two)
{
    struct vdp *v = &here->state.vdp;
    v->address = (two >> 16 & 0x3FFF) | (two & 3) << 14;
    switch (two & 0xC000FFFC) {
    case 0x40000000: v->target = TO_VRAM; break;
    case 0xC0000000: v->target = TO_COLOURS; break;
    case 0x40000010: v->target = TO_SCROLL_Y; break;
    default: v->target = TO_NOTHING; world_fault("a command that the game does not use");
    }
}

#endif
