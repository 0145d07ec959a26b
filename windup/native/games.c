/* N games in one block of memory, and what Python calls of them. Calls for the same games may not overlap. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "art.h"
#include "crew.h"
#include "eyes.h"
#include "levels.h"
#include "play.h"
#include "render.h"
#include "resize.h"
#include "saved.h"

/* Sizes of an observation beside 64 and 128. */
enum { SIZE_NONE = 0, SIZE_SCREEN = -1 };

/* A step's arguments and results, an item for each game. */
struct job {
    const uint8_t *pads, *sticky, *working;
    float *rewards;
    uint8_t *over;
    int32_t *frames, *positions, *changes, *cameras;
};

struct games {
    int32_t n, size, frame_skip;
    struct crew *crew;
    uint8_t *observations;
    struct job job;
    float *eyes;
    uint8_t **firsts; /* of each of the console's levels: the first observation, once it was made */
    struct world worlds[];
};

static void to_rgb(const uint8_t *pixels, const uint32_t *colours, uint8_t *out)
{
    const uint8_t *last = pixels + WIDTH * HEIGHT - 1;
    /* Four bytes at a time, of which the next pixel takes the fourth. */
    for (; pixels < last; pixels++, out += 3)
        memcpy(out, &colours[*pixels], 4);
    memcpy(out, &colours[*pixels], 3);
}

static void observe(struct world *w, int32_t size, uint8_t *out)
{
    uint8_t pixels[WIDTH * HEIGHT];
    uint32_t colours[COLOURS_IN_ALL];
    here = w;
    render(&w->state.vdp, w->art, pixels);
    render_colours(&w->state.vdp, colours);
    if (size == SIZE_SCREEN)
        to_rgb(pixels, colours, out);
    else
        windup_resize_indexed(pixels, colours, size, out);
}

static int64_t observation_bytes(const struct games *g)
{
    return g->size == SIZE_SCREEN ? WIDTH * HEIGHT * 3 : (int64_t)g->size * g->size * 3;
}

static void observe_item(struct games *g, int32_t i)
{
    if (g->size != SIZE_NONE)
        observe(&g->worlds[i], g->size, g->observations + i * observation_bytes(g));
}

/* A level begins with the same observation each time. */
static void observe_first(struct games *g, int32_t i, int32_t number)
{
    int64_t bytes = observation_bytes(g);
    uint8_t *place = g->observations + i * bytes, **first = number < level_count ? &g->firsts[number] : NULL;
    if (first && *first) {
        memcpy(place, *first, bytes);
        return;
    }
    observe_item(g, i);
    if (first && g->size > 0 && (*first = malloc(bytes)))
        memcpy(*first, place, bytes);
}

/* observations: n of size x size x 3 bytes, or of HEIGHT x WIDTH x 3; they are written by each call that changes what a game
   shows. NULL: no memory, or no thread. */
API struct games *windup_games_new(int32_t n, int32_t size, int32_t frame_skip, int32_t threads, uint8_t *observations)
{
    struct games *g = calloc(1, sizeof *g + n * sizeof *g->worlds);
    if (!g || art_load() || !(g->firsts = calloc(level_count, sizeof *g->firsts)) || !(g->crew = crew_new(threads))) {
        if (g)
            free(g->firsts);
        free(g);
        return NULL;
    }
    g->n = n;
    g->size = size;
    g->frame_skip = frame_skip;
    g->observations = observations;
    return g;
}

API void windup_games_free(struct games *g)
{
    crew_free(g->crew);
    for (int32_t i = 0; i < level_count; i++)
        free(g->firsts[i]);
    free(g->firsts);
    free(g);
}

API int32_t windup_games_bytes(void)
{
    return sizeof(struct world);
}

API int32_t windup_level_known(int32_t number)
{
    return level_at(number) != NULL;
}

API void windup_games_reset(struct games *g, const int32_t *which, const int32_t *numbers, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        play_begin(&g->worlds[which[i]], numbers[i]);
        observe_first(g, which[i], numbers[i]);
    }
}

static void step_item(void *games, int32_t i)
{
    struct games *g = games;
    const struct job *j = &g->job;
    struct world *w = &g->worlds[i];
    struct outcome o = {0};
    if (j->working[i]) {
        o = play_step(w, j->pads[i], j->sticky[i], g->frame_skip);
        observe_item(g, i);
    }
    j->rewards[i] = o.reward;
    j->over[i] = o.over;
    j->frames[i] = o.frames;
    if (w->level) {
        int32_t variables[VARIABLES];
        play_variables(w, variables);
        j->positions[2 * i] = variables[VARIABLE_X];
        j->positions[2 * i + 1] = variables[VARIABLE_Y];
        j->changes[i] = variables[VARIABLE_CHANGES];
        j->cameras[2 * i] = variables[VARIABLE_SCREEN_X];
        j->cameras[2 * i + 1] = variables[VARIABLE_SCREEN_Y];
    }
}

/* Each array has an item for each game: pads uint8, sticky uint8, working uint8 -> rewards float, over uint8, frames int32,
   positions int32 x 2, changes int32, cameras int32 x 2. */
API void windup_games_step(struct games *g, const uint8_t *pads, const uint8_t *sticky, const uint8_t *working, float *rewards,
    uint8_t *over, int32_t *frames, int32_t *positions, int32_t *changes, int32_t *cameras)
{
    g->job = (struct job){pads, sticky, working, rewards, over, frames, positions, changes, cameras};
    crew_run(g->crew, step_item, g, g->n);
}

/* The first of the games that asked something of the video processor that the model has not; -1: none did. */
API int32_t windup_games_faulty(const struct games *g)
{
    for (int32_t i = 0; i < g->n; i++)
        if (g->worlds[i].fault)
            return i;
    return -1;
}

API const char *windup_games_fault(const struct games *g, int32_t i)
{
    return g->worlds[i].fault;
}

/* out: HEIGHT x WIDTH x 3 bytes. */
API void windup_games_screen(struct games *g, int32_t i, uint8_t *out)
{
    observe(&g->worlds[i], SIZE_SCREEN, out);
}

/* out: VARIABLES values. */
API void windup_games_variables(const struct games *g, int32_t i, int32_t *out)
{
    play_variables(&g->worlds[i], out);
}

API int32_t windup_games_level(const struct games *g, int32_t i)
{
    return g->worlds[i].level_number;
}

static void eyes_item(void *games, int32_t i)
{
    struct games *g = games;
    const struct world *w = &g->worlds[i];
    if (w->level)
        windup_eyes(&w->state.game, w->level, g->eyes + (int64_t)i * EYES);
}

/* out: EYES numbers of each game that was begun, of the moment that its screen and variables are of. */
API void windup_games_eyes(struct games *g, float *out)
{
    g->eyes = out;
    crew_run(g->crew, eyes_item, g, g->n);
}

API int32_t windup_saved_size(void)
{
    return saved_size();
}

/* out: windup_saved_size() bytes. */
API void windup_games_save(const struct games *g, int32_t i, uint8_t *out)
{
    saved_write(&g->worlds[i], out);
}

/* enum saved_fault. */
API int32_t windup_games_load(struct games *g, int32_t i, const uint8_t *bytes, int64_t n)
{
    enum saved_fault fault = saved_read(&g->worlds[i], bytes, n);
    if (fault == SAVED_WHOLE)
        observe_item(g, i);
    return fault;
}
