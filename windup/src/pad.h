/* The first pad. */
#ifndef PAD_H
#define PAD_H

#include <stdint.h>

/* The buttons held, as `enum pad` in game.h has them. */
uint8_t pad_read(void);

#endif
