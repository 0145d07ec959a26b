/* Each zone's tiles and colours, loaded once for all games. */
#ifndef ART_H
#define ART_H

#include "world.h"

enum { ZONES = 7 };

/* By the console's own code, through the ports. 0; -1: no memory. To be called before all else, any number of times. */
int32_t art_load(void);
const struct art *art_of(uint8_t zone);

#endif
