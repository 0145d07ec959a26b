/* From the console's screen to the frame that the world model sees; equal to actors/screen.py byte for byte. */
#ifndef RESIZE_H
#define RESIZE_H

#include <stdint.h>

enum { SCREEN_COLUMNS = 320, SCREEN_LINES = 224, COLOURS = 64 };

/* screen: 224 lines of 320 pixels of 3 bytes. size: 64 or 128. out: size lines of size pixels of 3 bytes. */
void windup_resize(const uint8_t *screen, int32_t size, uint8_t *out);
/* pixels: 224 lines of 320 colour numbers, of which the lowest 6 bits count. colours: 64 of
   red | green << 8 | blue << 16; the top byte is ignored. */
void windup_resize_indexed(const uint8_t *pixels, const uint32_t *colours, int32_t size, uint8_t *out);

#endif
