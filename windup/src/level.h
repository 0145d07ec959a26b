/* The level's blocks and what they are to whoever walks on them. */
#ifndef LEVEL_H
#define LEVEL_H

#include <stdint.h>

enum block {
    AIR, SOLID, UP_45, DOWN_45, UP_22_LOW, UP_22_HIGH, DOWN_22_HIGH, DOWN_22_LOW, ONE_WAY, SPIKES, BREAKABLE, BELT_RIGHT, BELT_LEFT,
    GATE_A, GATE_B, GATE_C, GATE_D, BLOCK_COUNT
};

enum { MAP_STRIDE = 128 }; /* a power of two, for the 68000 multiplies slowly */

/* Solid blocks are stored as OPEN_SIDES + the sides on which they end, which is how they look: 1 up, 2 right, 4 down, 8 left.
   UNDER_SLOPE on: those that are open nowhere, below an end of `/`, `\`, `1` or `4`, or deep in the ground. */
enum { OPEN_SIDES = 32, UNDER_SLOPE = OPEN_SIDES + 16 };

struct spawn {
    int16_t x, y;
    uint8_t kind, param;
};

/* A breakable wall: blocks x0 to x1 and y0 to y1, both included. */
struct wall {
    int16_t x0, y0, x1, y1;
};

struct level {
    const uint16_t *map; /* chunk numbers, row by row, MAP_STRIDE in a row */
    const struct spawn *spawns; /* by x */
    const struct wall *walls;
    int16_t width, height; /* blocks */
    int16_t start_x, start_y, goal_x;
    int16_t spawn_count, wall_count;
    uint8_t zone, act;
#ifdef WINDUP_NATIVE
    const uint8_t (*chunks)[64]; /* its own; NULL: those that all levels of the console share */
    const struct state *opening; /* where play begins; NULL: at the start, from nothing */
    int16_t pass_x; /* whose reaching ends the episode, as the goal's does; 0: none */
#endif
};

extern const struct level levels[];
extern const uint8_t level_count;
extern const uint8_t chunks[][64];

#ifndef WINDUP_NATIVE
extern const struct level *level;

/* The block as it is stored. Within the level only. */
static inline uint8_t level_stored(int16_t bx, int16_t by)
{
    return chunks[level->map[(by >> 3) * MAP_STRIDE + (bx >> 3)]][(by & 7) << 3 | (bx & 7)];
}
#endif
/* The block as it is now: broken walls and open gates are air. Beyond the sides all is solid, above and below air. */
uint8_t level_block(int16_t bx, int16_t by);
/* Height of the block's ground at a column, 0 to 16 px; whether it stops what comes from the side or below. */
uint8_t block_height(uint8_t block, uint8_t column);
uint8_t block_is_wall(uint8_t block);
int8_t block_slope(uint8_t block);
enum { NO_GROUND = 32 };
/* How far the ground is below (x, y), px; negative: (x, y) is inside it. NO_GROUND: none within two blocks. */
int16_t ground_distance(int16_t x, int16_t y, uint8_t *block);
/* Breaks the whole wall that a block is of. */
void level_break(int16_t bx, int16_t by);

#endif
