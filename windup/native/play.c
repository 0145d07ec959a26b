/* A frame of the emulator begins with VBlank, in which the console tells its variables and sends the picture that it prepared;
   then it reads the pad, goes on with the game and prepares the next picture, while the screen shows the one that was sent. So
   the work that the pad decides is left here for when the next frame begins: till then screen and variables are those that the
   emulator has after the frame. */
#include "play.h"

#include <string.h>

#include "art.h"
#include "levels.h"

__thread struct world *here;

void world_fault(const char *what)
{
    if (!here->fault)
        here->fault = what;
}

void play_begin(struct world *w, int32_t number)
{
    here = w;
    w->level_number = number;
    w->level = level_at(number);
    w->art = art_of(w->level->zone);
    w->looks = w->art->looks;
    w->fault = w->art->fault;
    if (w->level->opening) {
        memcpy(&w->state, w->level->opening, sizeof w->state);
        return;
    }
    memset(&w->state.game, 0, sizeof w->state.game);
    memset(&w->state.drawing, 0, sizeof w->state.drawing);
    w->state.vdp = w->art->vdp;
    w->state.pad = 0;
    w->state.held = NO_STEP;
    game_start(0);
    draw_level();
}

static void begin_frame(struct world *w, uint8_t pad)
{
    game_frame(w->state.pad);
    draw_prepare();
    draw_send();
    w->state.pad = pad;
}

struct outcome play_step(struct world *w, uint8_t pad, uint8_t sticky, int32_t frames)
{
    const struct game *g = &w->state.game;
    struct outcome o = {0};
    here = w;
    uint8_t held = sticky && w->state.held != NO_STEP ? w->state.held : pad;
    w->state.held = pad;
    while (o.frames < frames && !o.over) {
        int32_t progress = g->progress, bonus = g->contest_bonus, lives = g->lives;
        begin_frame(w, o.frames ? pad : held);
        o.frames++;
        o.reward += g->progress - progress;
        if (g->contest_bonus > bonus)
            o.reward += g->contest_bonus - bonus;
        o.over = g->level_end_bonus || g->lives < lives || (w->level->pass_x && g->player.x >> 16 >= w->level->pass_x);
    }
    return o;
}

void play_variables(const struct world *w, int32_t *out)
{
    const struct game *g = &w->state.game;
    out[VARIABLE_X] = g->player.x >> 16;
    out[VARIABLE_Y] = (uint16_t)(g->player.y >> 16);
    out[VARIABLE_SCREEN_X] = g->camera_x;
    out[VARIABLE_SCREEN_Y] = g->camera_y;
    out[VARIABLE_SCREEN_X_END] = w->level->width * BLOCK - 320;
    out[VARIABLE_LEVEL_END] = g->level_end;
    out[VARIABLE_DEEPEST_X] = g->deepest_x;
    out[VARIABLE_PROGRESS] = g->progress;
    out[VARIABLE_LEVEL_FRAMES] = g->level_frames;
    out[VARIABLE_CONTEST_BONUS] = g->contest_bonus;
    out[VARIABLE_LEVEL_END_BONUS] = g->level_end_bonus;
    out[VARIABLE_ZONE] = g->zone;
    out[VARIABLE_ACT] = g->act;
    out[VARIABLE_LIVES] = g->lives;
    out[VARIABLE_RINGS] = g->rings;
    out[VARIABLE_SCORE] = g->score;
    out[VARIABLE_CHANGES] = changes_of(g);
}
