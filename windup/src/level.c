#include "level.h"

#include "game.h"

#ifndef WINDUP_NATIVE
const struct level *level;
#endif

static int16_t wall_at(int16_t bx, int16_t by)
{
    for (int16_t i = 0; i < level->wall_count; i++) {
        const struct wall *w = &level->walls[i];
        if (bx >= w->x0 && bx <= w->x1 && by >= w->y0 && by <= w->y1)
            return i;
    }
    return -1;
}

uint8_t level_block(int16_t bx, int16_t by)
{
    if (bx < 0 || bx >= level->width)
        return SOLID;
    if (by < 0 || by >= level->height)
        return AIR;
    uint8_t block = level_stored(bx, by);
    if (block >= OPEN_SIDES)
        return SOLID;
    if (block >= GATE_A)
        return game.gates_open >> (block - GATE_A) & 1 ? AIR : block;
    if (block == BREAKABLE && game.walls_broken) {
        int16_t wall = wall_at(bx, by);
        return wall >= 0 && game.walls_broken >> wall & 1 ? AIR : block;
    }
    return block;
}

uint8_t block_height(uint8_t block, uint8_t column)
{
    switch (block) {
    case AIR: return 0;
    case UP_45: return column + 1;
    case DOWN_45: return 16 - column;
    case UP_22_LOW: return (column + 2) >> 1;
    case UP_22_HIGH: return 8 + ((column + 2) >> 1);
    case DOWN_22_HIGH: return 16 - (column >> 1);
    case DOWN_22_LOW: return 8 - (column >> 1);
    default: return 16;
    }
}

uint8_t block_is_wall(uint8_t block)
{
    return block == SOLID || block >= SPIKES;
}

int8_t block_slope(uint8_t block)
{
    static const int8_t slopes[BLOCK_COUNT] = {
        [UP_45] = -2, [DOWN_45] = 2, [UP_22_LOW] = -1, [UP_22_HIGH] = -1, [DOWN_22_HIGH] = 1, [DOWN_22_LOW] = 1};
    return slopes[block];
}

int16_t ground_distance(int16_t x, int16_t y, uint8_t *found)
{
    int16_t bx = x >> 4, by = y >> 4;
    uint8_t column = x & 15, row = y & 15;
    uint8_t block = level_block(bx, by);
    uint8_t height = block_height(block, column);
    if (height == 16) {
        /* What is on a full block may be the ground; a platform there is one that is passed from below. */
        uint8_t above = level_block(bx, by - 1);
        uint8_t more = above == ONE_WAY ? 0 : block_height(above, column);
        *found = more ? above : block;
        return -(int16_t)row - more;
    }
    if (height) {
        *found = block;
        return 16 - height - row;
    }
    uint8_t below = level_block(bx, by + 1);
    height = block_height(below, column);
    *found = below;
    return height ? 32 - height - row : NO_GROUND;
}

void level_break(int16_t bx, int16_t by)
{
    int16_t wall = wall_at(bx, by);
    if (wall >= 0) {
        game.walls_broken |= (uint32_t)1 << wall;
        game.redraw = 1;
    }
}
