/* What a perfect eye would see in the screen, as numbers; windup/eyes.py names them in their order. */
#ifndef EYES_H
#define EYES_H

#include <stdint.h>

#include "game.h"
#include "level.h"

/* Blocks around the player's, plane by plane and row by row. */
enum { EYES_LEFT = 10, EYES_UP = 7, EYES_COLUMNS = 2 * EYES_LEFT + 1, EYES_ROWS = 2 * EYES_UP + 1 };
enum eyes_plane { PLANE_HEIGHT, PLANE_SLOPE, PLANE_WALL, PLANE_HURTS, PLANE_CARRIES, PLANE_OPENS, EYES_PLANES };

enum {
    EYES_PLAYER = 29,
    EYES_OBJECTS = 4 * 3 + 2 * 6 + 3 * 8 + 2 * 5 + 2 * 4 + 1 * 6 + 2 * 8 + 1 * 3, /* slots of each group in eyes.c */
    EYES = EYES_PLANES * EYES_ROWS * EYES_COLUMNS + EYES_PLAYER + EYES_OBJECTS
};

int32_t windup_eyes_size(void);
/* out: EYES numbers, each from -2 to 2. Nothing but g, l and the chunks is read. */
void windup_eyes(const struct game *g, const struct level *l, float *out);

#endif
