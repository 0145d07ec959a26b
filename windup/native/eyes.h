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
    EYES_RINGS = 4 * 3, EYES_SPRINGS = 4 * 6, EYES_ENEMIES = 4 * 8, EYES_PLATFORMS = 4 * 5, EYES_CRUSHERS = 2 * 4,
    EYES_TUBES = 2 * 6, EYES_SWITCHES = 2 * 8, EYES_GOALS = 3,
    EYES_OBJECTS = EYES_RINGS + EYES_SPRINGS + EYES_ENEMIES + EYES_PLATFORMS + EYES_CRUSHERS + EYES_TUBES +
                   EYES_SWITCHES + EYES_GOALS,
    EYES = EYES_PLANES * EYES_ROWS * EYES_COLUMNS + EYES_PLAYER + EYES_OBJECTS
};

int32_t windup_eyes_size(void);
/* out: EYES numbers, each from -2 to 2. Nothing but g, l and the chunks is read. */
void windup_eyes(const struct game *g, const struct level *l, float *out);

#endif
