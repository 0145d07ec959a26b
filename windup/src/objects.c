#include "objects.h"

#include "game.h"
#include "level.h"
#include "player.h"

enum {
    PLACED_IN_A_FRAME = 48, AWAKE = 400, SPRING = 10 * 256, SPRING_STRONG = 16 * 256, SPRING_SIDE = 12 * 256, SPRING_STUN = 16,
    TUBE_FRAMES = 24, TUBE_X = 10 * 256, TUBE_Y = -10 * 256, TUBE_UP_Y = -18 * 256,
    PLATFORM_HALF_WIDTH = 24, PLATFORM_HALF_HEIGHT = 8, PLATFORM_RANGE = 64, FLYER_RANGE = 32,
    CRUSHER_WAIT = 64, CRUSHER_FALL = 8, CRUSHER_REST = 24, CRUSHER_RISE = 1, CRUSHER_HALF = 16, WALKER_WAIT = 1,
    POOF_FRAMES = 16, USED_FRAMES = 10
};

#define P (&game.player)
#define PX ((int16_t)(P->x >> 16))
#define PY ((int16_t)(P->y >> 16))

static const uint8_t half_widths[KIND_COUNT] = {8, 12, 12, 8, 8, 10, 10, 10, 24, 24, 16, 14, 14, 10, 16};
static const uint8_t half_heights[KIND_COUNT] = {8, 8, 8, 12, 12, 10, 8, 12, 8, 8, 16, 16, 16, 6, 32};

void objects_place(void)
{
    game.objects_placed = game.object_first = game.object_end = 0;
}

/* A few in each frame, by x: all at once take the 68000 longer than a frame. */
static void place_more(void)
{
    int16_t i = game.objects_placed, n = level->spawn_count - i;
    const struct spawn *s = &level->spawns[i];
    struct object *o = &game.objects[i];
    if (n > PLACED_IN_A_FRAME)
        n = PLACED_IN_A_FRAME;
    game.objects_placed = i + n;
    for (; n; n--, s++, o++) {
        o->x = s->x;
        o->y = s->y;
        o->kind = s->kind;
        o->param = s->param;
        o->vx = s->kind == KIND_WALKER ? -1 : 0;
        o->vy = 0;
        o->state = OBJECT_IDLE;
        o->timer = o->frame = 0;
    }
}

/* Those whose first place is near the camera's middle. */
static void find_awake(void)
{
    int16_t left = game.camera_x + 160 - AWAKE, right = game.camera_x + 160 + AWAKE, n = game.objects_placed;
    const struct spawn *s = level->spawns;
    while (game.object_first < n && s[game.object_first].x < left)
        game.object_first++;
    while (game.object_first > 0 && s[game.object_first - 1].x >= left)
        game.object_first--;
    while (game.object_end < n && s[game.object_end].x <= right)
        game.object_end++;
    while (game.object_end > 0 && s[game.object_end - 1].x > right)
        game.object_end--;
}

static uint8_t touches(const struct object *o)
{
    int16_t dx = PX - o->x, dy = PY - o->y;
    int16_t w = half_widths[o->kind] + 8, h = half_heights[o->kind] + player_half_height();
    return dx > -w && dx < w && dy > -h && dy < h;
}

static void become(struct object *o, uint8_t state)
{
    o->state = state;
    o->timer = 0;
}

/* From -range to range and back, a pixel every other frame, with a phase of its own for each place. */
static int16_t swing(int16_t range, int16_t x)
{
    int16_t whole = 4 * range;
    uint16_t t = (uint16_t)((game.level_frames >> 1) + x) & (uint16_t)(whole - 1);
    return (int16_t)t < 2 * range ? (int16_t)t - range : 3 * range - (int16_t)t;
}

static void walker(struct object *o)
{
    if (game.level_frames & 1)
        return;
    int16_t ahead = (o->x + o->vx * 11) >> 4, feet = o->y >> 4;
    uint8_t below = level_block(ahead, feet + 1);
    if (block_is_wall(level_block(ahead, feet)) || !block_height(below, 8))
        o->vx = -o->vx;
    else
        o->x += o->vx;
}

static void hopper(struct object *o, const struct spawn *s)
{
    /* 48 frames in the air, 32 on the ground: t (48 - t) / 12 px high, at most 48. */
    uint8_t t = o->vx;
    o->vx = t >= 79 ? 0 : t + 1;
    o->frame = t < 48;
    o->y = s->y - (t < 48 ? (int16_t)(t * (48 - t)) / 12 : 0);
}

static void crusher(struct object *o, const struct spawn *s)
{
    int16_t drop = s->param * BLOCK;
    switch (o->frame) {
    case 0: /* hangs */
        if (++o->vx >= CRUSHER_WAIT)
            o->frame = 1;
        return;
    case 1: /* falls */
        o->y += CRUSHER_FALL;
        if (o->y >= s->y + drop) {
            o->y = s->y + drop;
            o->vx = 0;
            o->frame = 2;
        }
        return;
    case 2: /* rests */
        if (++o->vx >= CRUSHER_REST)
            o->frame = 3;
        return;
    default: /* is pulled up */
        o->y -= CRUSHER_RISE;
        if (o->y <= s->y) {
            o->y = s->y;
            o->vx = 0;
            o->frame = 0;
        }
    }
}

static void enemy(struct object *o)
{
    if (!touches(o))
        return;
    if (!P->ball) {
        player_hurt(o->x);
        return;
    }
    become(o, OBJECT_POOF);
    game.score += 100;
    if (!P->on_ground && P->vy > 0) {
        P->vy = P->held & PAD_JUMP ? -P->vy : -4 * 256;
        P->jumping = 0;
    }
}

static void tube(struct object *o)
{
    if (P->tube && game.objects[P->riding].x == o->x && &game.objects[P->riding] == o) {
        P->x = (int32_t)o->x << 16;
        P->y = (int32_t)o->y << 16;
        if (--P->tube == 0) {
            uint8_t up = o->kind == KIND_TUBE_UP;
            player_throw(up ? 0 : TUBE_X, up ? TUBE_UP_Y : TUBE_Y, 1);
            P->facing_left = 0;
            become(o, OBJECT_USED);
        }
    } else if (!P->tube && o->state == OBJECT_IDLE && touches(o)) {
        player_throw(0, 0, 1);
        P->riding = o - game.objects;
        P->tube = TUBE_FRAMES;
    }
}

static void spring(struct object *o)
{
    if (!touches(o))
        return;
    if (o->kind == KIND_SPRING || o->kind == KIND_SPRING_STRONG) {
        if (!P->on_ground && P->vy < 0)
            return;
        player_throw(P->vx, o->kind == KIND_SPRING ? -SPRING : -SPRING_STRONG, 0);
    } else {
        int16_t v = o->kind == KIND_SPRING_RIGHT ? SPRING_SIDE : -SPRING_SIDE;
        P->vx = P->speed = v;
        P->stun = SPRING_STUN;
        P->facing_left = v < 0;
    }
    become(o, OBJECT_USED);
}

/* Platforms are the only ones that move with their old place known: the difference is what they carry. */
static void platform(struct object *o, const struct spawn *s)
{
    int16_t x = s->x, y = s->y, offset = swing(PLATFORM_RANGE, s->x);
    if (o->kind == KIND_PLATFORM_X)
        x += offset;
    else
        y += offset;
    o->vx = x - o->x;
    o->vy = y - o->y;
    o->x = x;
    o->y = y;
}

static void one(struct object *o, const struct spawn *s)
{
    switch (o->kind) {
    case KIND_RING:
        if (touches(o)) {
            game.rings++;
            game.score += 10;
            become(o, OBJECT_POOF);
        }
        return;
    case KIND_SPRING:
    case KIND_SPRING_STRONG:
    case KIND_SPRING_LEFT:
    case KIND_SPRING_RIGHT:
        spring(o);
        return;
    case KIND_WALKER:
        walker(o);
        o->frame = game.level_frames >> 3 & 1;
        enemy(o);
        return;
    case KIND_FLYER:
        o->y = s->y + swing(FLYER_RANGE, s->x);
        o->frame = game.level_frames >> 2 & 1;
        enemy(o);
        return;
    case KIND_HOPPER:
        hopper(o, s);
        enemy(o);
        return;
    case KIND_PLATFORM_X:
    case KIND_PLATFORM_Y:
        platform(o, s);
        return;
    case KIND_CRUSHER:
        crusher(o, s);
        if ((o->frame == 1 || (o->frame == 2 && o->vx < 4)) && touches(o))
            player_die();
        return;
    case KIND_TUBE_RIGHT:
    case KIND_TUBE_UP:
        tube(o);
        return;
    case KIND_SWITCH:
        if (touches(o)) {
            game.gates_open |= 1 << o->param;
            game.redraw = 1;
            become(o, OBJECT_USED);
        }
        return;
    default:
        return;
    }
}

void objects_frame(void)
{
    place_more();
    find_awake();
    for (int16_t i = game.object_first; i < game.object_end && game.state == PLAYING; i++) {
        struct object *o = &game.objects[i];
        if (o->timer < 255)
            o->timer++;
        if (o->state == OBJECT_IDLE) {
            one(o, &level->spawns[i]);
        } else if (o->state == OBJECT_POOF) {
            if (o->timer >= POOF_FRAMES)
                become(o, OBJECT_GONE);
        } else if (o->state == OBJECT_USED && o->kind != KIND_SWITCH && o->timer >= USED_FRAMES) {
            become(o, OBJECT_IDLE);
        }
    }
}

static uint8_t above(const struct object *o)
{
    int16_t dx = PX - o->x;
    return dx > -PLATFORM_HALF_WIDTH - 8 && dx < PLATFORM_HALF_WIDTH + 8;
}

static void stand_on(const struct object *o)
{
    P->y = ((int32_t)(o->y - PLATFORM_HALF_HEIGHT - player_half_height() - 1) << 16) | 0xFFFF;
}

uint8_t objects_carry(void)
{
    const struct object *o = &game.objects[P->riding];
    if (!above(o))
        return 0;
    P->x += (int32_t)o->vx << 16;
    stand_on(o);
    return 1;
}

void objects_land(void)
{
    int16_t foot = PY + player_half_height() + 1;
    for (int16_t i = game.object_first; i < game.object_end; i++) {
        const struct object *o = &game.objects[i];
        if (o->kind != KIND_PLATFORM_X && o->kind != KIND_PLATFORM_Y)
            continue;
        int16_t d = foot - (o->y - PLATFORM_HALF_HEIGHT);
        if (!above(o) || d < 0 || d > (P->vy >> 8) + 8)
            continue;
        P->speed = P->vx;
        P->vy = 0;
        P->on_ground = 1;
        P->jumping = 0;
        P->slope = 0;
        P->riding = i;
        player_set_ball(0);
        stand_on(o);
        return;
    }
}
