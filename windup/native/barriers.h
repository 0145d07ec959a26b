/* Levels that begin in the middle of another, shortly before a barrier, and are won behind it. */
#ifndef BARRIERS_H
#define BARRIERS_H

#include "api.h"

#include <stdint.h>

/* Plays a level's first steps of four frames, with these buttons, and takes up the level that begins there: its episodes end, too,
   where the player's x is pass_x or more. It lives as long as the process. Its number, which is an equal one's where there is
   one; -1: there is no such level, x is there already, the play ends the episode, or no memory. */
API int32_t windup_barrier_add(int32_t number, const uint8_t *pads, int32_t steps, int16_t pass_x);

#endif
