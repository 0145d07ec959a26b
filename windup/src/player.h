/* The player: momentum physics after the published constants of the Sonic games (see README.md). */
#ifndef PLAYER_H
#define PLAYER_H

#include <stdint.h>

enum { HALF_WIDTH = 9, HALF_HEIGHT = 19, BALL_HALF_WIDTH = 7, BALL_HALF_HEIGHT = 14 };

/* Stands at (x, y), px, at rest. */
void player_place(int16_t x, int16_t y);
void player_frame(uint8_t pad);
/* Rings are lost, or without rings the life; thrown away from x, px. */
void player_hurt(int16_t x);
void player_die(void);
/* Into the air with a speed, as a ball or not. */
void player_throw(int16_t vx, int16_t vy, uint8_t ball);
void player_set_ball(uint8_t ball);
int16_t player_half_height(void);
void player_animate(uint8_t pad);

#endif
