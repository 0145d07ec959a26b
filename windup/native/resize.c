#include "resize.h"

/* OpenCV's linear resize of bytes rounds late: columns are mixed exactly, then each of the two lines that are mixed
   loses its lowest bits before they are added. Both sizes shrink a picture to 2/5 by 4/7 (64: the halved screen; 128: the
   screen itself), so the weights are eighths; five columns make two pixels, seven lines four.

   A pixel is three numbers of 16 bits in one of 64, red the lowest: what is computed never carries into the next. */
#define EACH(n) (UINT64_C(0x000100010001) * (n))

enum { GROUP_LINES = 7, GROUP_OUT = 4, MOST = 128 };

/* Of a group of lines: the upper one of an output line, and the eighths of the lower one. */
static const struct {
    uint8_t line, weight;
} lines_of[GROUP_OUT] = {{0, 3}, {2, 1}, {3, 7}, {5, 5}};

#ifdef __x86_64__
#include "resize_avx2.h"
#endif

#define INLINE static inline __attribute__((always_inline))

/* lanes: the colours, or null where the pixels are colours themselves. */
INLINE uint64_t pixel(const uint8_t *line, int32_t x, const uint64_t *lanes)
{
    if (lanes)
        return lanes[line[x] & (COLOURS - 1)];
    line += 3 * x;
    return line[0] | (uint64_t)line[1] << 16 | (uint64_t)line[2] << 32;
}

INLINE uint64_t fetch(const uint8_t *line, int32_t x, const uint64_t *lanes, int32_t halve)
{
    if (!halve)
        return pixel(line, x, lanes);
    const uint8_t *below = line + SCREEN_COLUMNS * (lanes ? 1 : 3);
    uint64_t sum = pixel(line, 2 * x, lanes) + pixel(line, 2 * x + 1, lanes) + pixel(below, 2 * x, lanes) +
                   pixel(below, 2 * x + 1, lanes);
    return (sum + EACH(2)) >> 2 & EACH(255);
}

/* One line of the picture, shrunk to `size` pixels of eight times their value. */
INLINE void shrink_line(const uint8_t *line, const uint64_t *lanes, int32_t halve, int32_t size, uint64_t *out)
{
    for (int32_t i = 0, x = 0; i < size; i += 2, x += 5) {
        out[i] = 2 * fetch(line, x, lanes, halve) + 6 * fetch(line, x + 1, lanes, halve);
        out[i + 1] = 6 * fetch(line, x + 3, lanes, halve) + 2 * fetch(line, x + 4, lanes, halve);
    }
}

INLINE void mix_lines(const uint64_t *upper, const uint64_t *lower, uint64_t weight, int32_t size, uint8_t *out)
{
    for (int32_t i = 0; i < size; i++, out += 3) {
        uint64_t v = ((8 - weight) * upper[i] >> 4 & EACH(1023)) + (weight * lower[i] >> 4 & EACH(1023)) + EACH(2);
        out[0] = v >> 2;
        out[1] = v >> 18;
        out[2] = v >> 34;
    }
}

INLINE void resize(const uint8_t *screen, const uint64_t *lanes, int32_t halve, int32_t size, uint8_t *out)
{
    const int32_t line_bytes = (halve ? 2 : 1) * SCREEN_COLUMNS * (lanes ? 1 : 3);
    uint64_t group[GROUP_LINES][MOST];
    for (int32_t y = 0; y < size; y += GROUP_OUT) {
        for (int32_t i = 0; i < GROUP_LINES; i++, screen += line_bytes)
            shrink_line(screen, lanes, halve, size, group[i]);
        for (int32_t i = 0; i < GROUP_OUT; i++, out += 3 * size)
            mix_lines(group[lines_of[i].line], group[lines_of[i].line + 1], lines_of[i].weight, size,
                      out);
    }
}

void windup_resize(const uint8_t *screen, int32_t size, uint8_t *out)
{
    if (size == 64)
        resize(screen, 0, 1, 64, out);
    else
        resize(screen, 0, 0, 128, out);
}

static void resize_indexed_portable(const uint8_t *pixels, const uint32_t *colours, int32_t size, uint8_t *out)
{
    uint64_t lanes[COLOURS];
    for (int32_t i = 0; i < COLOURS; i++) {
        uint64_t c = colours[i];
        lanes[i] = (c & 255) | (c >> 8 & 255) << 16 | (c >> 16 & 255) << 32;
    }
    if (size == 64)
        resize(pixels, lanes, 1, 64, out);
    else
        resize(pixels, lanes, 0, 128, out);
}

void windup_resize_indexed(const uint8_t *pixels, const uint32_t *colours, int32_t size, uint8_t *out)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        resize_avx2(pixels, colours, size, out);
        return;
    }
#endif
    resize_indexed_portable(pixels, colours, size, out);
}
