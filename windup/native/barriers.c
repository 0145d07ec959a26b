#include "barriers.h"

#include <stdlib.h>
#include <string.h>

#include "art.h"
#include "hash.h"
#include "levels.h"
#include "play.h"

enum { STEP_FRAMES = 4 };

/* A level and the state that it begins with, in one piece of memory. */
struct opened {
    struct level level;
    struct state state;
};

/* Whether the episode still goes on after it. */
static uint8_t played(struct world *w, int32_t number, const uint8_t *pads, int32_t steps)
{
    play_begin(w, number);
    for (int32_t i = 0; i < steps; i++)
        if (play_step(w, pads[i], 0, STEP_FRAMES).over)
            return 0;
    return !w->fault;
}

int32_t windup_barrier_add(int32_t number, const uint8_t *pads, int32_t steps, int16_t pass_x)
{
    const struct level *of = level_at(number);
    /* One that begins in the middle itself would end at its own barrier. */
    if (!of || of->opening || art_load())
        return -1;
    struct world *w = calloc(1, sizeof *w), *before = here;
    struct opened *made = calloc(1, sizeof *made);
    int32_t added = -1;
    uint8_t taken = 0;
    if (w && made && played(w, number, pads, steps) && w->state.game.player.x >> 16 < pass_x) {
        /* An episode's first step has none before it. */
        w->state.held = NO_STEP;
        memcpy(&made->state, &w->state, sizeof made->state);
        made->level = *of;
        made->level.opening = &made->state;
        made->level.pass_x = pass_x;
        uint64_t digest = hash_bytes(level_digest(number), &made->state, sizeof made->state);
        added = level_enter(&made->level, hash_bytes(digest, &pass_x, sizeof pass_x), &taken);
    }
    if (!taken)
        free(made);
    free(w);
    here = before;
    return added;
}
