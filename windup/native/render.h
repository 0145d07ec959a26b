/* What the console shows of a game's video memory. */
#ifndef RENDER_H
#define RENDER_H

#include "world.h"

enum { WIDTH = 320, HEIGHT = 224 };

/* pixels: HEIGHT lines of WIDTH colour numbers, 0 to 63. Faults of the picture go to the world that `here` points to. */
void render(const struct vdp *vdp, const struct art *art, uint8_t *pixels);
/* The 64 colours as the emulator shows them: red | green << 8 | blue << 16. */
void render_colours(const struct vdp *vdp, uint32_t *colours);

#endif
