/* One game: all that changes in it, in one block. The game's sources play the one that `here` points to. */
#ifndef WORLD_H
#define WORLD_H

#include <stdint.h>

#include "draw.h"
#include "game.h"
#include "level.h"
#include "vdp.h"

/* Video memory up to VRAM_WINDOW holds tiles, which all games of a zone share; only what is above changes. */
enum { TILES = VRAM_WINDOW / 32, UPPER_WORDS = (0x10000 - VRAM_WINDOW) / 2, COLOURS_IN_ALL = 64, REGISTERS = 24 };

struct vdp {
    uint16_t upper[UPPER_WORDS]; /* from VRAM_WINDOW on */
    uint16_t colours[COLOURS_IN_ALL]; /* as written: 0000 bbb0 ggg0 rrr0 */
    uint16_t scroll_y[2]; /* planes A and B */
    uint16_t address;
    uint8_t target; /* enum target */
    uint8_t registers[REGISTERS];
};

/* What a zone brings, as the renderer wants it. */
enum cover { COVER_NONE, COVER_SOME, COVER_ALL };
struct art {
    uint64_t rows[TILES][8]; /* of pixels, 0 to 15 in a byte each, the leftmost one lowest */
    uint8_t cover[TILES]; /* enum cover: of its pixels that are not 0 */
    const uint16_t (*looks)[4]; /* the zone's blocks as tiles */
    struct vdp vdp; /* at the moment before a level is drawn */
    const char *fault; /* of loading it; NULL */
};

/* What is saved and restored. No pointers. */
struct state {
    _Alignas(8) struct game game;
    struct drawing drawing;
    struct vdp vdp;
    uint8_t pad; /* of the frame whose screen was shown last: its work is done when the next frame begins */
    uint8_t held; /* the pad of the step before; NO_STEP: there was none */
};
enum { NO_STEP = 0xFF };

struct world {
    struct state state;
    const struct level *level;
    int32_t level_number;
    const struct art *art;
    uint16_t *tile_words; /* video memory below VRAM_WINDOW while a zone is loaded, else NULL */
    const uint16_t (*looks)[4]; /* draw.c's: the zone's blocks as tiles */
    uint16_t *at; /* hud.c's, while it works */
    uint8_t link;
    const char *fault; /* the first thing that the console's video processor was asked and the model has not; NULL */
};

/* initial-exec: a load, not a call. */
extern __thread struct world *here __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* The block as it is stored. Within the level only. */
static inline uint8_t level_stored(int16_t bx, int16_t by)
{
    const struct level *l = here->level;
    return (l->chunks ? l->chunks : chunks)[l->map[(by >> 3) * MAP_STRIDE + (bx >> 3)]][(by & 7) << 3 | (bx & 7)];
}

void world_fault(const char *what);

/* picture.c: a zone's tiles, colours and background, in the order of a console that was switched on. */
void picture_zone(void);

#endif
