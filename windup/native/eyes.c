#include "eyes.h"

#include <string.h>

enum { SCREEN_W = 320, SCREEN_H = 224, NEAREST = 4 /* slots that a group has at most */ };

/* What counts as 1 of a distance, px, and of a speed, px a frame. A tube shoots at 18, and a run is at most 16. */
static const float far = 160, fast = 20;

static float within(float v, float limit)
{
    return v < -limit ? -limit : v > limit ? limit : v;
}

static float distance(int32_t px)
{
    return within(px / far, 2);
}

static float pace(float px)
{
    return within(px / fast, 1);
}

static const float block_looks[BLOCK_COUNT][EYES_PLANES] = {
    /* height, slope, wall, hurts, carries, opens */
    [SOLID] = {1, 0, 1, 0, 0, 0},
    [UP_45] = {0.5f, -1, 0, 0, 0, 0},
    [DOWN_45] = {0.5f, 1, 0, 0, 0, 0},
    [UP_22_LOW] = {0.25f, -0.5f, 0, 0, 0, 0},
    [UP_22_HIGH] = {0.75f, -0.5f, 0, 0, 0, 0},
    [DOWN_22_HIGH] = {0.75f, 0.5f, 0, 0, 0, 0},
    [DOWN_22_LOW] = {0.25f, 0.5f, 0, 0, 0, 0},
    [ONE_WAY] = {1, 0, 0, 0, 0, 0},
    [SPIKES] = {1, 0, 1, 1, 0, 0},
    [BREAKABLE] = {1, 0, 1, 0, 0, 1},
    [BELT_RIGHT] = {1, 0, 1, 0, 1, 0},
    [BELT_LEFT] = {1, 0, 1, 0, -1, 0},
    [GATE_A] = {1, 0, 1, 0, 0, -1},
    [GATE_B] = {1, 0, 1, 0, 0, -1},
    [GATE_C] = {1, 0, 1, 0, 0, -1},
    [GATE_D] = {1, 0, 1, 0, 0, -1}};

/* level_block of a game that is given; within the level only. */
static uint8_t block_at(const struct game *g, const struct level *l, int16_t bx, int16_t by)
{
    const uint8_t (*all)[64] = chunks;
#ifdef WINDUP_NATIVE
    if (l->chunks)
        all = l->chunks;
#endif
    uint8_t block = all[l->map[(by >> 3) * MAP_STRIDE + (bx >> 3)]][(by & 7) << 3 | (bx & 7)];
    if (block >= OPEN_SIDES)
        return SOLID;
    if (block >= GATE_A)
        return g->gates_open >> (block - GATE_A) & 1 ? AIR : block;
    if (block == BREAKABLE && g->walls_broken)
        for (int16_t i = 0; i < l->wall_count; i++) {
            const struct wall *w = &l->walls[i];
            if (bx >= w->x0 && bx <= w->x1 && by >= w->y0 && by <= w->y1)
                return g->walls_broken >> i & 1 ? AIR : block;
        }
    return block;
}

static int16_t least(int16_t a, int16_t b)
{
    return a < b ? a : b;
}

static int16_t most(int16_t a, int16_t b)
{
    return a > b ? a : b;
}

static float *see_blocks(const struct game *g, const struct level *l, float *out)
{
    const int16_t x = (int16_t)(g->player.x >> 16) >> 4, y = (int16_t)(g->player.y >> 16) >> 4;
    const int16_t left = most(most(x - EYES_LEFT, g->camera_x >> 4), 0);
    const int16_t top = most(most(y - EYES_UP, g->camera_y >> 4), 0);
    const int16_t right = least(least(x + EYES_LEFT, (g->camera_x + SCREEN_W - 1) >> 4), l->width - 1);
    const int16_t bottom = least(least(y + EYES_UP, (g->camera_y + SCREEN_H - 1) >> 4), l->height - 1);
    memset(out, 0, EYES_PLANES * EYES_ROWS * EYES_COLUMNS * sizeof *out);
    for (int16_t by = top; by <= bottom; by++)
        for (int16_t bx = left; bx <= right; bx++) {
            uint8_t block = block_at(g, l, bx, by);
            if (block == AIR)
                continue;
            float *cell = out + (by - y + EYES_UP) * EYES_COLUMNS + (bx - x + EYES_LEFT);
            for (int32_t i = 0; i < EYES_PLANES; i++)
                cell[i * EYES_ROWS * EYES_COLUMNS] = block_looks[block][i];
        }
    return out + EYES_PLANES * EYES_ROWS * EYES_COLUMNS;
}

static float *see_player(const struct game *g, float *out)
{
    const struct player *p = &g->player;
    const int16_t x = p->x >> 16, y = p->y >> 16;
    const float values[EYES_PLAYER] = {
        (x & 15) / 15.0f, (y & 15) / 15.0f,
        distance(x - g->camera_x - SCREEN_W / 2), distance(y - g->camera_y - SCREEN_H / 2),
        pace(p->vx / 256.0f), pace(p->vy / 256.0f), pace(p->speed / 256.0f), p->slope / 2.0f,
        p->on_ground, p->ball, p->jumping, p->facing_left ? -1 : 1, p->pushing,
        p->riding >= 0 && !p->tube, (p->held & PAD_JUMP) != 0,
        p->tube / 24.0f, p->stun / 30.0f, p->safe / 120.0f, g->rings > 0, within(g->rings / 50.0f, 1), g->lives / 3.0f,
        g->state == PLAYING, g->state == DYING, g->state == GAME_OVER, g->state == WON,
        g->gates_open & 1, g->gates_open >> 1 & 1, g->gates_open >> 2 & 1, g->gates_open >> 3 & 1};
    memcpy(out, values, sizeof values);
    return out + EYES_PLAYER;
}

enum group { RINGS, SPRINGS, ENEMIES, PLATFORMS, CRUSHERS, TUBES, SWITCHES, GOALS, GROUPS };

static const uint8_t group_of[KIND_COUNT] = {
    [KIND_RING] = RINGS, [KIND_SPRING] = SPRINGS, [KIND_SPRING_STRONG] = SPRINGS, [KIND_SPRING_LEFT] = SPRINGS,
    [KIND_SPRING_RIGHT] = SPRINGS, [KIND_WALKER] = ENEMIES, [KIND_FLYER] = ENEMIES, [KIND_HOPPER] = ENEMIES,
    [KIND_PLATFORM_X] = PLATFORMS, [KIND_PLATFORM_Y] = PLATFORMS, [KIND_CRUSHER] = CRUSHERS, [KIND_TUBE_RIGHT] = TUBES,
    [KIND_TUBE_UP] = TUBES, [KIND_SWITCH] = SWITCHES, [KIND_GOAL] = GOALS};

static const struct {
    uint8_t slots, numbers;
} groups[GROUPS] = {{4, 3}, {2, 6}, {3, 8}, {2, 5}, {2, 4}, {1, 6}, {2, 8}, {1, 3}};

/* What springs and tubes make of the player's speed, px a frame. */
static const float throws[KIND_COUNT][2] = {
    [KIND_SPRING] = {0, -10}, [KIND_SPRING_STRONG] = {0, -16},
    [KIND_SPRING_LEFT] = {-12, 0}, [KIND_SPRING_RIGHT] = {12, 0},
    [KIND_TUBE_RIGHT] = {10, -10}, [KIND_TUBE_UP] = {0, -18}};

/* Of what swings a pixel every other frame: the way it goes. */
static float swinging(const struct game *g, const struct spawn *s, uint16_t range)
{
    uint16_t t = ((g->level_frames >> 1) + s->x) & (4 * range - 1);
    return t < 2 * range ? 0.5f : -0.5f;
}

/* An object's speed, px a frame, as two frames or a few would show it. */
static void speed_of(const struct game *g, const struct object *o, const struct spawn *s, float *vx, float *vy)
{
    *vx = *vy = 0;
    if (g->state != PLAYING)
        return;
    switch (o->kind) {
    case KIND_WALKER: *vx = o->vx / 2.0f; break;
    case KIND_FLYER: *vy = swinging(g, s, 32); break;
    case KIND_HOPPER: *vy = o->vx >= 2 && o->vx <= 49 ? (2 * o->vx - 51) / 12.0f : 0; break;
    case KIND_PLATFORM_X: *vx = swinging(g, s, 64); break;
    case KIND_PLATFORM_Y: *vy = swinging(g, s, 64); break;
    case KIND_CRUSHER: *vy = o->frame == 1 ? 8 : o->frame == 3 ? -1 : 0; break;
    default: break;
    }
}

static void describe(const struct game *g, const struct object *o, const struct spawn *s, float *out)
{
    const struct player *p = &g->player;
    float vx, vy;
    speed_of(g, o, s, &vx, &vy);
    const float dvx = pace(vx - p->vx / 256.0f), dvy = pace(vy - p->vy / 256.0f), used = o->state == OBJECT_USED;
    *out++ = 1;
    *out++ = distance(o->x - (int16_t)(p->x >> 16));
    *out++ = distance(o->y - (int16_t)(p->y >> 16));
    switch (group_of[o->kind]) {
    case SPRINGS:
    case TUBES:
        *out++ = pace(throws[o->kind][0]);
        *out++ = pace(throws[o->kind][1]);
        *out++ = used;
        return;
    case ENEMIES:
        *out++ = dvx;
        *out++ = dvy;
        out[o->kind - KIND_WALKER] = 1;
        return;
    case PLATFORMS:
        *out++ = dvx;
        *out++ = dvy;
        return;
    case CRUSHERS:
        *out++ = dvy;
        return;
    case SWITCHES:
        *out++ = used;
        out[o->param & 3] = 1;
        return;
    default:
        return;
    }
}

/* Those whose middle is on the screen, the nearest ones of each group. */
static float *see_objects(const struct game *g, const struct level *l, float *out)
{
    struct {
        int32_t distance, object;
    } near[GROUPS][NEAREST];
    uint8_t count[GROUPS] = {0};
    for (int16_t i = g->object_first; i < g->object_end; i++) {
        const struct object *o = &g->objects[i];
        int32_t x = o->x - g->camera_x, y = o->y - g->camera_y;
        if (o->state == OBJECT_POOF || o->state == OBJECT_GONE || x < 0 || x >= SCREEN_W || y < 0 || y >= SCREEN_H)
            continue;
        int32_t dx = o->x - (int16_t)(g->player.x >> 16), dy = o->y - (int16_t)(g->player.y >> 16);
        int32_t d = dx * dx + dy * dy;
        uint8_t group = group_of[o->kind], place = count[group];
        if (place < groups[group].slots)
            count[group]++;
        else if (d >= near[group][--place].distance)
            continue;
        for (; place && near[group][place - 1].distance > d; place--)
            near[group][place] = near[group][place - 1];
        near[group][place].distance = d;
        near[group][place].object = i;
    }
    memset(out, 0, EYES_OBJECTS * sizeof *out);
    for (int32_t group = 0; group < GROUPS; out += groups[group].slots * groups[group].numbers, group++)
        for (int32_t k = 0; k < count[group]; k++) {
            int32_t i = near[group][k].object;
            describe(g, &g->objects[i], &l->spawns[i], out + k * groups[group].numbers);
        }
    return out;
}

int32_t windup_eyes_size(void)
{
    return EYES;
}

void windup_eyes(const struct game *g, const struct level *l, float *out)
{
    see_objects(g, l, see_player(g, see_blocks(g, l, out)));
}
