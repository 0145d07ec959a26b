/* What test_resize.py calls: the code for machines without AVX2, too, and a screen that ends where its memory ends. */
#include <stdlib.h>
#include <string.h>

#include "resize.c"

void resize_portable(const uint8_t *pixels, const uint32_t *colours, int32_t size, uint8_t *out)
{
    resize_indexed_portable(pixels, colours, size, out);
}

static void *exactly(const void *from, size_t n)
{
    void *copy = malloc(n);
    memcpy(copy, from, n);
    return copy;
}

/* All three, each on memory of its own, where a sanitizer sees what is read and written beside it. */
void resize_all(const uint8_t *screen, const uint8_t *pixels, const uint32_t *colours, int32_t size, uint8_t *out)
{
    const size_t bytes = (size_t)size * size * 3, area = SCREEN_COLUMNS * SCREEN_LINES;
    uint8_t *own_screen = exactly(screen, 3 * area), *own_pixels = exactly(pixels, area), *own_out = malloc(bytes);
    uint32_t *own_colours = exactly(colours, COLOURS * sizeof *colours);
    windup_resize(own_screen, size, own_out);
    memcpy(out, own_out, bytes);
    windup_resize_indexed(own_pixels, own_colours, size, own_out);
    memcpy(out + bytes, own_out, bytes);
    resize_portable(own_pixels, own_colours, size, own_out);
    memcpy(out + 2 * bytes, own_out, bytes);
    free(own_screen);
    free(own_pixels);
    free(own_colours);
    free(own_out);
}
