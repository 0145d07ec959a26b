/* Plays every level at random, draws what it shows, saves and restores it, and restores states that are damaged but pass their
   check: for sanitizers. Arguments: frames a level, damaged states a level. */
#include <stdio.h>
#include <stdlib.h>

#include "art.h"
#include "eyes.h"
#include "play.h"
#include "render.h"
#include "resize.h"
/* With its own functions: a damaged state's check is made anew. */
#include "saved.c"

static uint64_t randoms = 1;

static uint32_t draw(uint32_t n)
{
    randoms = randoms * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(randoms >> 33) % n;
}

/* Blocks of memory of their own, so that each is watched. */
static uint8_t *pixels, *small, *large;
static float *seen;

static void play(struct world *w, int frames)
{
    static const uint8_t pads[] = {0, 4, 8, 8, 8, 6, 10, 2, 18, 20, 24, 24, 24, 16};
    uint32_t colours[COLOURS_IN_ALL];
    for (int i = 0; i < frames; i += 4) {
        play_step(w, pads[draw(sizeof pads)], draw(2), 4);
        render(&w->state.vdp, w->art, pixels);
        render_colours(&w->state.vdp, colours);
        windup_resize_indexed(pixels, colours, 64, small);
        windup_resize_indexed(pixels, colours, 128, large);
        windup_eyes(&w->state.game, w->level, seen);
    }
}

/* How many of the damaged states were taken. */
static int damage(const struct world *from, int times)
{
    struct world *w = calloc(1, sizeof *w);
    struct saved *s = malloc(sizeof *s);
    int taken = 0;
    for (int i = 0; i < times; i++) {
        saved_write(from, (uint8_t *)s);
        for (uint32_t n = draw(4) + 1; n; n--)
            ((uint8_t *)&s->state)[draw(i & 1 ? sizeof s->state : sizeof s->state - sizeof s->state.vdp)] = draw(256);
        s->check = check_of(s);
        if (saved_read(w, (uint8_t *)s, sizeof *s) == SAVED_WHOLE) {
            taken++;
            play(w, 40);
        }
    }
    free(s);
    free(w);
    return taken;
}

int main(int count, char **arguments)
{
    int frames = count > 1 ? atoi(arguments[1]) : 0, damaged = count > 2 ? atoi(arguments[2]) : 0, taken = 0, number = 0;
    pixels = malloc(WIDTH * HEIGHT);
    small = malloc(64 * 64 * 3);
    large = malloc(128 * 128 * 3);
    seen = malloc(EYES * sizeof *seen);
    if (art_load())
        return 2;
    for (; level_at(number); number++) {
        struct world *w = calloc(1, sizeof *w), *again = calloc(1, sizeof *again);
        uint8_t *state = malloc(saved_size());
        play_begin(w, number);
        play(w, frames);
        saved_write(w, state);
        if (w->fault || saved_read(again, state, saved_size()) != SAVED_WHOLE) {
            printf("level %d: %s\n", number, w->fault ? w->fault : "its state is refused");
            return 1;
        }
        play(again, 40);
        taken += damage(w, damaged);
        free(state);
        free(again);
        free(w);
    }
    printf("%d levels, %d of %d damaged states taken\n", number, taken, number * damaged);
    free(seen);
    free(large);
    free(small);
    free(pixels);
    return 0;
}
