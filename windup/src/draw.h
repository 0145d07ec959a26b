/* The screen: blocks as they come into sight, sprites, the numbers on top. */
#ifndef DRAW_H
#define DRAW_H

#include <stdint.h>

void draw_title(void);
/* Loads what the level's zone needs, and draws all that is in sight. The display is off meanwhile. */
void draw_level(void);
/* Prepares the next picture from the game's state. */
void draw_prepare(void);
/* Sends what was prepared; in VBlank. */
void draw_send(void);

#endif
