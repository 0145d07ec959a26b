/* The console's drawing, on the game that `here` points to; what it sends to the VDP's ports goes to the model of it. */
#include "assets.h"
#include "ports.h"
#include "world.h"

#define game (here->state.game)
#define level (here->level)
#define queue (here->state.drawing.queue)
#define queued (here->state.drawing.queued)
#define drawn_x (here->state.drawing.drawn_x)
#define drawn_y (here->state.drawing.drawn_y)
#define sweep_left (here->state.drawing.sweep_left)
#define sweep_speed (here->state.drawing.sweep_speed)
#define hidden (here->state.drawing.hidden)
#define sprites (here->state.drawing.sprites)
#define sprite_count (here->state.drawing.sprite_count)
#define scroll (here->state.drawing.scroll)
#define scroll_y (here->state.drawing.scroll_y)
#define clock (here->state.drawing.clock)
#define zone_looks (here->looks)
#define at (here->at)
#define link (here->link)

#include "draw.c"
#include "hud.c"
#include "vdp.c"

void picture_zone(void)
{
    vdp_start();
    draw_title();
    draw_zone();
}
