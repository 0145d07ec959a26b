/* The screen: blocks as they come into sight, sprites, the numbers on top. */
#ifndef DRAW_H
#define DRAW_H

#include <stdint.h>

#include "vdp.h"

enum {
    COLUMNS = 21, ROWS = 15, /* blocks that are in sight */
    SWEEP_FAST = 2, SWEEP_SLOW = 1, /* columns a frame, when all is drawn anew with the display off or on */
    QUEUE = 2 * ((1 + SWEEP_FAST) * ROWS + COLUMNS),
    CELLS = 28
};

/* To the VDP's ports, each a long. */
struct write {
    uint32_t command, data;
};

#ifdef WINDUP_NATIVE
/* What draw.c keeps from frame to frame, of each game. */
struct drawing {
    struct write queue[QUEUE];
    uint16_t queued;
    int16_t drawn_x, drawn_y;
    uint8_t sweep_left, sweep_speed, hidden;
    uint16_t sprites[4 * MAX_SPRITES];
    uint8_t sprite_count;
    uint32_t scroll[CELLS];
    uint32_t scroll_y;
    uint8_t clock;
};
#endif

void draw_title(void);
/* Loads what the level's zone needs, and draws all that is in sight. The display is off meanwhile. */
void draw_level(void);
/* Prepares the next picture from the game's state. */
void draw_prepare(void);
/* Sends what was prepared; in VBlank. */
void draw_send(void);

#endif
