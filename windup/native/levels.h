/* The console's levels, and those that are added as the game runs. */
#ifndef LEVELS_H
#define LEVELS_H

#include "api.h"
#include "level.h"

enum { MOST_LEVELS = 1 << 16 };

/* NULL: there is none of that number. */
const struct level *level_at(int32_t number);
/* The same for equal levels, in every process of one build. */
uint64_t level_digest(int32_t number);
/* The number of the level with this digest; -1: there is none. */
int32_t level_find(uint64_t digest);

/* Takes a level up among the others, under a digest of its own, and keeps what `level` points to. Its number, which is that
   of the level with this digest where there is one; -1: there is no room. *taken: whether it was new. */
int32_t level_enter(const struct level *level, uint64_t digest, uint8_t *taken);

/* Copies a level, for as long as the process lives. map: chunk numbers, MAP_STRIDE in a row of chunks; chunks: 64 blocks each;
   spawns: x, y, kind, param, by x; walls: x0, y0, x1, y1 in blocks, both included; header: width, height, start_x, start_y,
   goal_x, zone, act. Its number, which is an equal level's where there is one; -1: a bound is broken, or no memory. */
API int32_t windup_level_add(const uint16_t *map, int32_t map_len, const uint8_t *own_chunks, int32_t chunk_count, const int16_t *spawns,
    int32_t spawn_count, const int16_t *walls, int32_t wall_count, const int16_t *header);

#endif
