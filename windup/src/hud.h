/* Score, time, rings and lives, as sprites of font tiles. */
#ifndef HUD_H
#define HUD_H

#include <stdint.h>

/* Loads the words' tiles. */
void hud_load(void);
/* Puts sprites (four words each) at `to`; how many. */
uint8_t hud_sprites(uint16_t *to, uint8_t first);

#endif
