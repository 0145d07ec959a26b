#include "game.h"

#include "level.h"
#include "objects.h"
#include "player.h"

enum { LIVES = 3, DYING_FRAMES = 90, WON_FRAMES = 180, SCREEN_WIDTH = 320, SCREEN_HEIGHT = 224, CAMERA_FASTEST = 16, EPISODE = 18000 };

#define P (&game.player)

#ifndef WINDUP_NATIVE
struct game game;
#endif

static int16_t between(int16_t v, int16_t least, int16_t most)
{
    return v < least ? least : v > most ? most : v;
}

static void move_camera(uint8_t at_once)
{
    int16_t x = (int16_t)(P->x >> 16) - SCREEN_WIDTH / 2, y = (int16_t)(P->y >> 16) - SCREEN_HEIGHT / 2;
    if (!at_once) {
        /* The player has some room before the camera follows. */
        x = game.camera_x + (x > game.camera_x + 8 ? x - game.camera_x - 8 : x < game.camera_x - 8 ? x - game.camera_x + 8 : 0);
        y = game.camera_y + (y > game.camera_y + 32 ? y - game.camera_y - 32 : y < game.camera_y - 32 ? y - game.camera_y + 32 : 0);
    }
    x = between(x, 0, level->width * BLOCK - SCREEN_WIDTH);
    y = between(y, 0, level->height * BLOCK - SCREEN_HEIGHT);
    if (!at_once) {
        x = between(x, game.camera_x - CAMERA_FASTEST, game.camera_x + CAMERA_FASTEST);
        y = between(y, game.camera_y - CAMERA_FASTEST, game.camera_y + CAMERA_FASTEST);
    }
    game.camera_x = x;
    game.camera_y = y;
}

static void measure_progress(void)
{
    int16_t x = P->x >> 16, end = level->goal_x, begin = level->start_x;
    if (x > (int16_t)game.deepest_x)
        game.deepest_x = x;
    x = between(x, begin, end);
    game.progress = (uint32_t)9000 * (uint16_t)(x - begin) / (uint16_t)(end - begin);
    if (game.state == PLAYING && x == end) {
        game.state = WON;
        game.state_frames = 0;
        game.level_end_bonus = 1;
        game.contest_bonus = game.level_frames >= EPISODE ? 0 : (uint32_t)1000 * (EPISODE - game.level_frames) / EPISODE;
        game.score += 1000;
    }
}

/* The level as it was at first; lives and score stay. */
static void restart(void)
{
    game.state = PLAYING;
    game.state_frames = 0;
    game.level_end = level->goal_x;
    game.deepest_x = level->start_x;
    game.level_frames = 0;
    game.contest_bonus = 0;
    game.level_end_bonus = 0;
    game.rings = 0;
    game.gates_open = 0;
    game.walls_broken = 0;
    game.redraw = 1;
    player_place(level->start_x, level->start_y);
    objects_place();
    move_camera(1);
    measure_progress();
}

void game_start(uint8_t number)
{
#ifdef WINDUP_NATIVE
    (void)number; /* levels beyond the console's are chosen by pointer, before */
#else
    level = &levels[number];
    game.level = number;
#endif
    game.zone = level->zone;
    game.act = level->act;
    game.lives = LIVES;
    game.score = 0;
    restart();
}

static void after_play(uint8_t pad)
{
    if (game.state == DYING) {
        P->y += (int32_t)P->vy << 8;
        P->vy += 56;
        if (game.state_frames < DYING_FRAMES)
            return;
        if (game.lives) {
            restart();
        } else {
            game.state = GAME_OVER;
            game.state_frames = 0;
        }
    } else if (game.state == GAME_OVER) {
        if (pad & ~P->held & PAD_B) {
            game.lives = LIVES;
            game.score = 0;
            restart();
        }
        P->held = pad;
    } else if (game.state_frames >= WON_FRAMES) {
        restart();
    }
}

void game_frame(uint8_t pad)
{
    game.redraw = 0;
    if (game.level_frames < 65535)
        game.level_frames++;
    if (game.state_frames < 65535)
        game.state_frames++;
    if (game.state == PLAYING) {
        objects_frame();
        player_frame(pad);
        if (game.state == PLAYING)
            measure_progress();
        move_camera(0);
    } else {
        after_play(pad);
    }
    player_animate(pad);
}
