#include "draw.h"

#include "assets.h"
#include "game.h"
#include "hud.h"
#include "level.h"
#include "vdp.h"

#define FLIP 0x0800

static const uint8_t looks[BLOCK_COUNT] = {
    LOOK_AIR, LOOK_SOLID, LOOK_RISE, LOOK_FALL, LOOK_RISE_LOW, LOOK_RISE_HIGH, LOOK_FALL_HIGH, LOOK_FALL_LOW, LOOK_ONE_WAY, LOOK_SPIKES,
    LOOK_BREAKABLE, LOOK_BELT_RIGHT, LOOK_BELT_LEFT, LOOK_GATE_A, LOOK_GATE_B, LOOK_GATE_C, LOOK_GATE_D};

#ifndef WINDUP_NATIVE
static struct write queue[QUEUE];
static uint16_t queued;
static int16_t drawn_x, drawn_y; /* the block at the top left of what is drawn */
static uint8_t sweep_left, sweep_speed, hidden;
static uint16_t sprites[4 * MAX_SPRITES];
static uint8_t sprite_count;
static uint32_t scroll[CELLS];
static uint32_t scroll_y;
static uint8_t clock;
static const uint16_t (*zone_looks)[4];
#endif

static uint8_t look(int16_t bx, int16_t by)
{
    uint8_t hash = (uint8_t)bx * 73 + (uint8_t)by * 151;
    hash ^= hash >> 3;
    hash *= 181;
    hash ^= hash >> 4;
    uint8_t stored = level_stored(bx, by);
    if (stored >= UNDER_SLOPE)
        return LOOK_UNDER_RISE + stored - UNDER_SLOPE;
    if (stored > OPEN_SIDES)
        return LOOK_SOLID + stored - OPEN_SIDES;
    if (stored == OPEN_SIDES)
        return LOOK_SOLID_INNER + (hash & 12 ? 0 : hash & 3);
    if (stored == AIR && !(hash & 7) && by + 1 < level->height && level_stored(bx, by + 1) > OPEN_SIDES)
        return LOOK_DECOR + (hash >> 4 & 3);
    return looks[stored < BREAKABLE ? stored : level_block(bx, by)];
}

static void draw_block(int16_t bx, int16_t by)
{
    const uint16_t *entries = zone_looks[bx < level->width && by < level->height ? look(bx, by) : LOOK_AIR];
    uint16_t place = VRAM_PLANE_A + ((by & 31) << 8) + ((bx & 31) << 2);
    struct write *w = &queue[queued];
    queued += 2;
    w[0].command = VRAM_WRITE(place);
    w[0].data = (uint32_t)(entries[0] + TILE_ZONE) << 16 | (uint16_t)(entries[1] + TILE_ZONE);
    w[1].command = VRAM_WRITE(place + 128);
    w[1].data = (uint32_t)(entries[2] + TILE_ZONE) << 16 | (uint16_t)(entries[3] + TILE_ZONE);
}

static void draw_column(int16_t bx)
{
    for (int16_t by = drawn_y; by < drawn_y + ROWS; by++)
        draw_block(bx, by);
}

static void draw_blocks(void)
{
    int16_t x = game.camera_x >> 4, y = game.camera_y >> 4;
    int16_t dx = x - drawn_x, dy = y - drawn_y;
    drawn_x = x;
    drawn_y = y;
    if (dx > 1 || dx < -1 || dy > 1 || dy < -1) {
        sweep_left = COLUMNS;
        sweep_speed = SWEEP_FAST;
        hidden = 1;
    } else if (game.redraw) {
        sweep_left = COLUMNS;
        sweep_speed = SWEEP_SLOW;
    }
    if (dx && !hidden)
        draw_column(dx > 0 ? x + COLUMNS - 1 : x);
    if (dy && !hidden)
        for (int16_t bx = x; bx < x + COLUMNS; bx++)
            draw_block(bx, dy > 0 ? y + ROWS - 1 : y);
    for (uint8_t i = sweep_speed; i && sweep_left; i--)
        draw_column(x + --sweep_left);
}

static void draw_frame(uint16_t frame, int16_t x, int16_t y, uint8_t flip)
{
    const struct sprite_frame *f = &sprite_frames[frame];
    const struct sprite_piece *piece = &sprite_pieces[f->first];
    for (uint8_t i = f->count; i; i--, piece++) {
        int16_t left = flip ? x - piece->dx - piece->width : x + piece->dx;
        if (left <= -32 || left >= 320 || sprite_count == MAX_SPRITES)
            continue;
        uint16_t *s = &sprites[4 * sprite_count++];
        s[0] = y + piece->dy + 128;
        s[1] = piece->size << 8 | sprite_count;
        s[2] = (piece->attributes ^ (flip ? FLIP : 0)) + TILE_SPRITES;
        s[3] = left + 128;
    }
}

static void draw_object(const struct object *o)
{
    int16_t x = o->x - game.camera_x, y = o->y - game.camera_y;
    if (o->state == OBJECT_GONE || x < -40 || x > 360 || y < -40 || y > 264)
        return;
    uint8_t used = o->state == OBJECT_USED;
    uint16_t frame = 0;
    if (o->state == OBJECT_POOF) {
        draw_frame(SPRITE_POOF0 + (o->timer >> 3 & 1), x, y, 0);
        return;
    }
    switch (o->kind) {
    case KIND_RING: frame = SPRITE_RING0 + (clock >> 3 & 3); break;
    case KIND_SPRING: frame = used ? SPRITE_SPRING_UP_USED : SPRITE_SPRING_UP; break;
    case KIND_SPRING_STRONG: frame = used ? SPRITE_SPRING_STRONG_USED : SPRITE_SPRING_STRONG; break;
    case KIND_SPRING_LEFT: frame = used ? SPRITE_SPRING_LEFT_USED : SPRITE_SPRING_LEFT; break;
    case KIND_SPRING_RIGHT: frame = used ? SPRITE_SPRING_RIGHT_USED : SPRITE_SPRING_RIGHT; break;
    case KIND_WALKER: frame = SPRITE_WALKER0 + o->frame; break;
    case KIND_FLYER: frame = SPRITE_FLYER0 + o->frame; break;
    case KIND_HOPPER: frame = SPRITE_HOPPER0 + o->frame; break;
    case KIND_PLATFORM_X:
    case KIND_PLATFORM_Y: frame = SPRITE_PLATFORM; break;
    case KIND_CRUSHER: frame = SPRITE_CRUSHER; break;
    case KIND_TUBE_RIGHT: frame = SPRITE_TUBE_RIGHT; break;
    case KIND_TUBE_UP: frame = SPRITE_TUBE_UP; break;
    case KIND_SWITCH: frame = (used ? SPRITE_SWITCH_A_DOWN : SPRITE_SWITCH_A) + o->param; break;
    default: frame = SPRITE_GOAL0 + (clock >> 3 & 3); break;
    }
    draw_frame(frame, x, y, o->kind == KIND_WALKER && o->vx < 0);
}

static void draw_player(void)
{
    const struct player *p = &game.player;
    uint16_t frame;
    switch (p->anim) {
    case ANIM_STAND: frame = SPRITE_PLAYER_STAND; break;
    case ANIM_RUN: frame = SPRITE_PLAYER_RUN0 + p->anim_frame; break;
    case ANIM_BALL: frame = SPRITE_PLAYER_BALL0 + p->anim_frame; break;
    case ANIM_PUSH: frame = SPRITE_PLAYER_PUSH0 + (p->anim_frame & 1); break;
    case ANIM_SKID: frame = SPRITE_PLAYER_SKID; break;
    case ANIM_HURT: frame = SPRITE_PLAYER_HURT; break;
    case ANIM_DEAD: frame = SPRITE_PLAYER_DEAD; break;
    case ANIM_WIN: frame = SPRITE_PLAYER_WIN; break;
    default: return;
    }
    int16_t y = (int16_t)(p->y >> 16) - game.camera_y;
    if ((p->safe && !p->stun && clock & 4) || y < -40 || y > 264)
        return;
    draw_frame(frame, (int16_t)(p->x >> 16) - game.camera_x, y, p->facing_left);
}

static void draw_sprites(void)
{
    sprite_count = hud_sprites(sprites, 0);
    draw_player();
    for (int16_t i = game.object_first; i < game.object_end; i++)
        draw_object(&game.objects[i]);
    /* The last one leads nowhere. */
    sprites[4 * sprite_count - 3] &= 0xFF00;
}

static void scroll_planes(void)
{
    uint16_t room = level->height * BLOCK - 224;
    uint16_t far_y = (uint32_t)(uint16_t)game.camera_y * 32 / room;
    uint8_t row = far_y >> 3, before = 0;
    uint32_t line = (uint32_t)(uint16_t)-game.camera_x << 16;
    uint16_t far_x = 0;
    for (uint8_t i = 0; i < CELLS; i++) {
        uint8_t speed = zone_background_speed[game.zone][(row + i) & 31];
        if (speed != before) {
            before = speed;
            far_x = -(uint16_t)((uint32_t)(uint16_t)game.camera_x * speed >> 4);
        }
        scroll[i] = line | far_x;
    }
    scroll_y = (uint32_t)(uint16_t)game.camera_y << 16 | far_y;
}

void draw_prepare(void)
{
    clock++;
    queued = 0;
    draw_blocks();
    draw_sprites();
    scroll_planes();
}

void draw_send(void)
{
    if (hidden)
        vdp_display(0);
    vdp_copy(VRAM_SPRITES, sprites, 4 * sprite_count);
    for (uint16_t i = 0; i < queued; i++) {
        vdp_control_long(queue[i].command);
        vdp_data_long(queue[i].data);
    }
    vdp_control(0x8F20);
    /* 32 bytes from one row of tiles to the next: plane A's words, then plane B's. */
    vdp_control_long(VRAM_WRITE(VRAM_HSCROLL));
    for (uint8_t i = 0; i < CELLS; i++)
        vdp_data(scroll[i] >> 16);
    vdp_control_long(VRAM_WRITE(VRAM_HSCROLL + 2));
    for (uint8_t i = 0; i < CELLS; i++)
        vdp_data(scroll[i]);
    vdp_control(0x8F02);
    vdp_control_long(0x40000010);
    vdp_data_long(scroll_y);
    if (hidden && !sweep_left) {
        hidden = 0;
        vdp_display(1);
    }
}

static void show_map(uint16_t place, const uint16_t *map, uint8_t columns, uint8_t rows)
{
    for (uint8_t y = 0; y < rows; y++, place += 2 * PLANE_TILES) {
        vdp_control_long(VRAM_WRITE(place));
        for (uint8_t x = columns; x; x--)
            vdp_data(*map++ + TILE_ZONE);
    }
}

void draw_title(void)
{
    static const char text[] = "PRESS START";
    vdp_colours(0, palette_common, 32);
    vdp_colours(32, title_palettes, 32);
    vdp_tiles(TILE_FONT, font_tiles, 64);
    hud_load();
    vdp_tiles(TILE_ZONE, title_tiles, TITLE_TILE_COUNT);
    show_map(VRAM_PLANE_B, title_map, 40, 28);
    show_map(VRAM_PLANE_A, title_figure, 40, 28);
    vdp_control_long(VRAM_WRITE(VRAM_PLANE_A + 25 * 2 * PLANE_TILES + 2 * 14));
    for (const char *c = text; *c; c++)
        vdp_data(TILE_FONT + *c - ' ');
    vdp_display(1);
}

static void draw_zone(void)
{
    vdp_display(0);
    zone_looks = zone_blocks[game.zone];
    vdp_colours(32, zone_palettes[game.zone], 32);
    vdp_tiles(TILE_ZONE, zone_tiles + 8 * zone_tile_start[game.zone], zone_tile_count[game.zone]);
    vdp_tiles(TILE_SPRITES, sprite_tiles, SPRITE_TILE_COUNT);
    show_map(VRAM_PLANE_B, zone_background[game.zone], 64, 32);
    show_map(VRAM_PLANE_B + 32 * 2 * PLANE_TILES, zone_background[game.zone], 64, 32);
}

void draw_level(void)
{
#ifndef WINDUP_NATIVE /* where a zone is loaded once, for all games */
    draw_zone();
#endif
    drawn_x = game.camera_x >> 4;
    drawn_y = game.camera_y >> 4;
    game.redraw = 0;
    for (int16_t x = drawn_x; x < drawn_x + COLUMNS; x++) {
        queued = 0;
        draw_column(x);
        for (uint16_t i = 0; i < queued; i++) {
            vdp_control_long(queue[i].command);
            vdp_data_long(queue[i].data);
        }
    }
    draw_prepare();
    draw_send();
    vdp_display(1);
}
