/* What test_eyes.py calls, beside the native game's own functions. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../windup/native/eyes.h"

enum { SCREEN_W = 320, SCREEN_H = 224, CHUNK_PX = 128 };

void look(float *out)
{
    windup_eyes(&game, level, out);
}

/* Plays, and looks after each frame; out: EYES numbers for each of n frames. */
void look_on(const uint8_t *pads, int32_t n, float *out)
{
    for (int32_t i = 0; i < n; i++, out += EYES) {
        game_frame(pads[i]);
        windup_eyes(&game, level, out);
    }
}

void move_object(int32_t n, int32_t dx, int32_t dy)
{
    game.objects[n].x += dx;
    game.objects[n].y += dy;
}

static uint32_t random_below(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % n;
}

static int outside(int32_t x0, int32_t y0, int32_t x1, int32_t y1)
{
    return x1 < game.camera_x || x0 >= game.camera_x + SCREEN_W || y1 < game.camera_y || y0 >= game.camera_y + SCREEN_H;
}

/* Looks at the game as it would be with other chunks, objects and walls wherever they are out of sight, and with
   another goal, progress and score. Returns how many chunks and objects were made different. */
int32_t look_elsewhere_changed(uint32_t seed, float *out)
{
    static uint16_t map[64 * MAP_STRIDE];
    static struct game other;
    struct level changed = *level;
    int32_t changes = 0;
    uint16_t most = 0;
    const int32_t cells = ((level->height + 7) >> 3) * MAP_STRIDE;
    other = game;
    for (int32_t i = 0; i < cells; i++)
        most = level->map[i] > most ? level->map[i] : most;
    for (int32_t i = 0; i < cells; i++) {
        int32_t x = i % MAP_STRIDE * CHUNK_PX, y = i / MAP_STRIDE * CHUNK_PX;
        map[i] = outside(x, y, x + CHUNK_PX - 1, y + CHUNK_PX - 1) ? random_below(&seed, most + 1) : level->map[i];
        changes += map[i] != level->map[i];
    }
    changed.map = map;
    for (int32_t i = 0; i < level->wall_count; i++) {
        const struct wall *w = &level->walls[i];
        if (outside(w->x0 * BLOCK, w->y0 * BLOCK, w->x1 * BLOCK + 15, w->y1 * BLOCK + 15))
            other.walls_broken ^= (uint32_t)1 << i;
    }
    for (int32_t i = 0; i < other.objects_placed; i++) {
        struct object *o = &other.objects[i];
        int32_t x = random_below(&seed, level->width * BLOCK), y = random_below(&seed, level->height * BLOCK);
        if (!outside(o->x, o->y, o->x, o->y) || !outside(x, y, x, y))
            continue;
        *o = (struct object){.x = x, .y = y, .vx = random_below(&seed, 80), .kind = random_below(&seed, KIND_COUNT),
                             .state = random_below(&seed, 4)};
        changes++;
    }
    changed.goal_x += 160;
    other.level_end += 160;
    other.progress ^= 1;
    other.deepest_x += 16;
    other.score += 10;
    windup_eyes(&other, &changed, out);
    return changes;
}

/* Nanoseconds of one look, the least of ten times a thousand. */
double look_time(void)
{
    static float out[EYES];
    double best = 1e9;
    for (int32_t k = 0; k < 10; k++) {
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        for (int32_t i = 0; i < 1000; i++)
            windup_eyes(&game, level, out);
        clock_gettime(CLOCK_MONOTONIC, &b);
        double t = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / 1000;
        best = t < best ? t : best;
    }
    return best;
}
