/* What native.py calls, beside the game's own functions. */
#include <stdint.h>
#include <string.h>

#include "game.h"
#include "level.h"

struct view {
    int32_t x, y, vx, vy, speed, on_ground, ball, slope, state, lives, rings, score, progress, level_frames, level_end, deepest_x,
        level_end_bonus, contest_bonus, gates_open, walls_broken, camera_x, camera_y, riding, safe;
};

int32_t native_size(void)
{
    return sizeof game;
}

const struct view *native_view(void)
{
    static struct view v;
    const struct player *p = &game.player;
    v = (struct view){p->x >> 8, p->y >> 8, p->vx, p->vy, p->speed, p->on_ground, p->ball, p->slope, game.state, game.lives, game.rings,
        (int32_t)game.score, game.progress, game.level_frames, game.level_end, game.deepest_x, game.level_end_bonus,
        game.contest_bonus, game.gates_open, (int32_t)game.walls_broken, game.camera_x, game.camera_y, p->riding, p->safe};
    return &v;
}

void native_save(void *out)
{
    memcpy(out, &game, sizeof game);
}

void native_load(const void *in)
{
    memcpy(&game, in, sizeof game);
    level = &levels[game.level];
}

void native_frames(uint8_t pad, int32_t n)
{
    while (n-- > 0)
        game_frame(pad);
}

void native_play(const uint8_t *pads, int32_t n, int32_t *out)
{
    for (int32_t i = 0; i < n; i++, out += 4) {
        game_frame(pads[i]);
        out[0] = game.player.x >> 16;
        out[1] = game.player.y >> 16;
        out[2] = game.rings;
        out[3] = game.lives;
    }
}
