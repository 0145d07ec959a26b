/* Every frame: sleep until VBlank, send the picture, read the pad, play a frame, prepare the next picture. */
#include "draw.h"
#include "game.h"
#include "level.h"
#include "pad.h"
#include "ram.h"
#include "vdp.h"

void wait_vblank(void);

static void publish(void)
{
    ram_x = game.player.x >> 16;
    ram_y = game.player.y >> 16;
    ram_screen_x = game.camera_x;
    ram_screen_y = game.camera_y;
    ram_screen_x_end = level->width * BLOCK - 320;
    ram_zone = game.zone;
    ram_act = game.act;
    ram_lives = game.lives;
    ram_rings = game.rings;
    ram_score = game.score;
    ram_level_end_bonus = game.level_end_bonus;
    ram_level_end = game.level_end;
    ram_deepest_x = game.deepest_x;
    ram_progress = game.progress;
    ram_level_frames = game.level_frames;
    ram_contest_bonus = game.contest_bonus;
    ram_changes = changes_of(&game);
}

static uint8_t choose_level(void)
{
    draw_title();
    while (!ram_boot_level) {
        wait_vblank();
        if (pad_read() & PAD_START)
            return 0;
    }
    return ram_boot_level - 1;
}

/* Lines since VBlank began, of 262. */
static uint16_t lines(void)
{
    uint8_t v = VDP_HV >> 8;
    return v >= 224 ? v - 224 : v + 38;
}

int main(void)
{
    vdp_start();
    game_start(choose_level());
    draw_level();
    for (;;) {
        wait_vblank();
        /* At the same moment of every frame, however long its work takes. */
        publish();
        if (ram_boot_level)
            continue;
        draw_send();
        game_frame(pad_read());
        draw_prepare();
        ram_load_lines = lines();
    }
}
