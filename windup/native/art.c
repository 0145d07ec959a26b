#include "art.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct art *arts;
static pthread_once_t once = PTHREAD_ONCE_INIT;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows of pixels are read as 64-bit words");

/* A tile's row is a long of eight pixels, the leftmost one highest. */
static uint64_t row_of(uint32_t pixels)
{
    uint64_t row = 0;
    for (int i = 0; i < 8; i++, pixels >>= 4)
        row = row << 8 | (pixels & 15);
    return row;
}

static uint8_t cover_of(const uint64_t *rows)
{
    uint8_t any = 0, all = 1;
    for (int i = 0; i < 64; i++) {
        uint8_t pixel = rows[i >> 3] >> 8 * (i & 7) & 15;
        any |= pixel != 0;
        all &= pixel != 0;
    }
    return all ? COVER_ALL : any ? COVER_SOME : COVER_NONE;
}

static void load_zone(struct world *w, uint8_t zone, uint16_t *words)
{
    struct art *art = &arts[zone];
    memset(w, 0, sizeof *w);
    w->state.game.zone = zone;
    w->tile_words = words;
    here = w;
    picture_zone();
    here = NULL;
    for (int tile = 0; tile < TILES; tile++) {
        for (int y = 0; y < 8; y++)
            art->rows[tile][y] = row_of((uint32_t)words[16 * tile + 2 * y] << 16 | words[16 * tile + 2 * y + 1]);
        art->cover[tile] = cover_of(art->rows[tile]);
    }
    art->vdp = w->state.vdp;
    art->looks = w->looks;
    art->fault = w->fault;
}

static void load_all(void)
{
    struct art *made = calloc(ZONES, sizeof *made);
    struct world *w = calloc(1, sizeof *w);
    uint16_t *words = calloc(VRAM_WINDOW / 2, sizeof *words);
    if (made && w && words) {
        arts = made;
        for (uint8_t zone = 0; zone < ZONES; zone++)
            load_zone(w, zone, words);
    } else {
        free(made);
    }
    free(words);
    free(w);
}

int32_t art_load(void)
{
    pthread_once(&once, load_all);
    return arts ? 0 : -1;
}

const struct art *art_of(uint8_t zone)
{
    return &arts[zone];
}
