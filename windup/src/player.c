#include "player.h"

#include "game.h"
#include "level.h"
#include "objects.h"

enum {
    ACCELERATION = 12, DECELERATION = 128, FRICTION = 12, TOP = 6 * 256, GRAVITY = 56, JUMP = 1664, JUMP_CUT = 4 * 256,
    SLOPE = 32, SLOPE_ROLL_UP = 20, SLOPE_ROLL_DOWN = 80, ROLL_FRICTION = 6, ROLL_DECELERATION = 32, ROLL_LEAST = 128,
    FASTEST = 16 * 256, BREAK = 1152, BELT = 2, STEP = 14, SAFE_FRAMES = 120
};

#define P (&game.player)
#define PX ((int16_t)(P->x >> 16))
#define PY ((int16_t)(P->y >> 16))

/* cos and sin of 0, 22.5 and 45 degrees, times 256; sin is that of ground that falls to the right. */
static const int16_t cosines[5] = {181, 237, 256, 237, 181};
static const int16_t sines[5] = {-181, -98, 0, 98, 181};

static int16_t times(int16_t a, int16_t b)
{
    return ((int32_t)a * b) >> 8;
}

static int16_t size(int16_t v)
{
    return v < 0 ? -v : v;
}

static int16_t clip(int16_t v, int16_t limit)
{
    return v > limit ? limit : v < -limit ? -limit : v;
}

int16_t player_half_height(void)
{
    return P->ball ? BALL_HALF_HEIGHT : HALF_HEIGHT;
}

static int16_t half_width(void)
{
    return P->ball ? BALL_HALF_WIDTH : HALF_WIDTH;
}

void player_set_ball(uint8_t ball)
{
    if (ball == P->ball)
        return;
    P->ball = ball;
    P->y += (ball ? 1 : -1) * (int32_t)((HALF_HEIGHT - BALL_HALF_HEIGHT) << 16);
}

void player_place(int16_t x, int16_t y)
{
    struct player fresh = {0};
    *P = fresh;
    P->x = (int32_t)x << 16;
    P->y = (int32_t)y << 16;
    P->riding = -1;
}

void player_throw(int16_t vx, int16_t vy, uint8_t ball)
{
    player_set_ball(ball);
    P->vx = vx;
    P->vy = vy;
    P->speed = vx;
    P->on_ground = 0;
    P->jumping = 0;
    P->riding = -1;
    P->slope = 0;
}

void player_die(void)
{
    if (game.state != PLAYING)
        return;
    game.state = DYING;
    game.state_frames = 0;
    game.lives--;
    game.rings = 0;
    player_throw(0, -7 * 256, 0);
}

void player_hurt(int16_t x)
{
    if (P->safe || game.state != PLAYING)
        return;
    if (!game.rings) {
        player_die();
        return;
    }
    game.rings = 0;
    P->safe = SAFE_FRAMES;
    player_throw(PX < x ? -512 : 512, -4 * 256, 0);
    P->stun = 30;
}

static int16_t slope_pull(void)
{
    int16_t sine = sines[P->slope + 2];
    if (!P->ball)
        return times(SLOPE, sine);
    return times((P->speed ^ sine) < 0 ? SLOPE_ROLL_UP : SLOPE_ROLL_DOWN, sine);
}

static void walk(uint8_t pad)
{
    int16_t v = P->speed;
    if (pad & PAD_LEFT) {
        P->facing_left = 1;
        if (v > 0) {
            v -= DECELERATION;
            if (v <= 0)
                v = -DECELERATION;
        } else if (v > -TOP) {
            v -= ACCELERATION;
            if (v < -TOP)
                v = -TOP;
        }
    } else if (pad & PAD_RIGHT) {
        P->facing_left = 0;
        if (v < 0) {
            v += DECELERATION;
            if (v >= 0)
                v = DECELERATION;
        } else if (v < TOP) {
            v += ACCELERATION;
            if (v > TOP)
                v = TOP;
        }
    } else {
        v = size(v) <= FRICTION ? 0 : v > 0 ? v - FRICTION : v + FRICTION;
    }
    P->speed = v;
}

static void roll(uint8_t pad)
{
    int16_t v = P->speed;
    int16_t lost = ROLL_FRICTION;
    if ((v > 0 && pad & PAD_LEFT) || (v < 0 && pad & PAD_RIGHT))
        lost += ROLL_DECELERATION;
    P->speed = size(v) <= lost ? 0 : v > 0 ? v - lost : v + lost;
}

/* Stops the player at a wall on its leading side, or breaks the wall. */
static void meet_wall(int16_t moved)
{
    if (!moved)
        return;
    int8_t way = moved > 0 ? 1 : -1;
    /* On flat ground the lower half is tried too, else a low wall is a step of the slope. */
    int16_t y = PY + (P->on_ground && !P->slope && !P->ball ? 8 : 0);
    int16_t x = PX + way * (half_width() + 1);
    int16_t bx = x >> 4, by = y >> 4;
    uint8_t block = level_block(bx, by);
    if (!block_is_wall(block)) {
        by = (PY - player_half_height() + 6) >> 4;
        block = level_block(bx, by);
        /* In the air what is too deep to be landed on is a wall, or the feet sink in beside an edge. */
        if (!block_is_wall(block) && !P->on_ground) {
            by = (PY + player_half_height() - (P->vy > 0 ? P->vy >> 8 : 0) - 8) >> 4;
            block = level_block(bx, by);
        }
        if (!block_is_wall(block))
            return;
    }
    if (block == BREAKABLE && size(P->on_ground ? P->speed : P->vx) >= BREAK) {
        level_break(bx, by);
        game.score += 50;
        return;
    }
    x = way > 0 ? (bx << 4) - half_width() - 1 : (bx << 4) + 16 + half_width();
    P->x = (int32_t)x << 16;
    P->vx = 0;
    P->speed = 0;
    P->pushing = P->on_ground;
}

/* The ground under one foot. A foot in a wall, where a ball has uncurled beside it, finds none. */
static int16_t foot(int16_t x, int16_t y, uint8_t *block)
{
    int16_t d = ground_distance(x, y, block);
    return d < -STEP ? NO_GROUND : d;
}

/* The higher ground under the two feet. */
static int16_t feet(uint8_t *block)
{
    uint8_t right;
    int16_t y = PY + player_half_height() + 1, x = PX, w = half_width();
    int16_t d = foot(x - w, y, block), other = foot(x + w, y, &right);
    if (other < d || (other == d && block_slope(right) == P->slope)) {
        *block = right;
        return other;
    }
    return d;
}

static void leave_ground(void)
{
    P->on_ground = 0;
    P->riding = -1;
    P->slope = 0;
}

static void touch_ground(uint8_t block)
{
    if (block == SPIKES)
        player_hurt(PX);
    else if (block == BELT_RIGHT || block == BELT_LEFT) {
        P->x += block == BELT_RIGHT ? (int32_t)BELT << 16 : -((int32_t)BELT << 16);
        meet_wall(block == BELT_RIGHT ? 1 : -1);
    }
}

static void ground_frame(uint8_t pad, uint8_t pressed)
{
    if (pressed & PAD_JUMP) {
        int16_t sine = sines[P->slope + 2], cosine = cosines[P->slope + 2];
        P->vx = times(P->speed, cosine) + times(JUMP, sine);
        P->vy = times(P->speed, sine) - times(JUMP, cosine);
        player_set_ball(1);
        leave_ground();
        P->jumping = 1;
        return;
    }
    if (P->speed || P->slope == 2 || P->slope == -2)
        P->speed += slope_pull();
    if (P->ball)
        roll(pad);
    else
        walk(pad);
    P->speed = clip(P->speed, FASTEST);
    if (!P->ball && pad & PAD_DOWN && size(P->speed) >= ROLL_LEAST)
        player_set_ball(1);
    else if (P->ball && size(P->speed) < ROLL_LEAST && !P->slope)
        player_set_ball(0);

    P->vx = times(P->speed, cosines[P->slope + 2]);
    P->vy = times(P->speed, sines[P->slope + 2]);
    P->x += (int32_t)P->vx << 8;
    P->y += (int32_t)P->vy << 8;
    meet_wall(P->vx);
    if (P->riding >= 0) {
        if (objects_carry())
            return;
        leave_ground();
        return;
    }
    uint8_t block;
    int16_t d = feet(&block), reach = (size(P->vx) >> 8) + 4;
    if (reach > STEP)
        reach = STEP;
    if (d > reach) {
        leave_ground();
        return;
    }
    P->y += (int32_t)d << 16;
    P->y |= 0xFFFF;
    P->slope = block_slope(block);
    touch_ground(block);
}

static void land(int16_t d, uint8_t block)
{
    P->y += (int32_t)d << 16;
    P->y |= 0xFFFF;
    P->slope = block_slope(block);
    P->speed = P->vx;
    if (P->slope && size(P->vx) < P->vy)
        P->speed = P->vx + times(P->vy, sines[P->slope + 2]);
    P->vy = 0;
    P->on_ground = 1;
    P->jumping = 0;
    player_set_ball(0);
    touch_ground(block);
}

static void air_frame(uint8_t pad)
{
    if (P->jumping && !(pad & PAD_JUMP) && P->vy < -JUMP_CUT)
        P->vy = -JUMP_CUT;
    if (pad & PAD_LEFT) {
        P->facing_left = 1;
        if (P->vx > -TOP)
            P->vx -= 2 * ACCELERATION;
    } else if (pad & PAD_RIGHT) {
        P->facing_left = 0;
        if (P->vx < TOP)
            P->vx += 2 * ACCELERATION;
    }
    P->x += (int32_t)P->vx << 8;
    P->y += (int32_t)P->vy << 8;
    P->vy += GRAVITY;
    if (P->vy > FASTEST)
        P->vy = FASTEST;
    meet_wall(P->vx);
    if (P->vy < 0) {
        int16_t top = PY - player_half_height(), w = half_width() - 2;
        if (block_is_wall(level_block((PX - w) >> 4, top >> 4)) || block_is_wall(level_block((PX + w) >> 4, top >> 4))) {
            P->y = (int32_t)(((top >> 4) << 4) + 16 + player_half_height()) << 16;
            P->vy = 0;
        }
    }
    uint8_t block;
    int16_t d = feet(&block), fallen = P->vy > 0 ? P->vy >> 8 : 0;
    /* Only what was passed in this frame is landed on, so one-way platforms let through from below. A slope can rise
       faster than the player. */
    if (d < 0 && d >= -fallen - 8 && (P->vy >= 0 || block_slope(block)))
        land(d, block);
    else if (P->vy >= 0)
        objects_land();
}

void player_frame(uint8_t pad)
{
    uint8_t pressed = pad & ~P->held;
    P->held = pad;
    P->pushing = 0;
    if (P->safe)
        P->safe--;
    if (P->tube)
        return;
    if (P->stun) {
        P->stun--;
        pad &= ~(PAD_LEFT | PAD_RIGHT | PAD_DOWN);
    }
    if (P->on_ground)
        ground_frame(pad, pressed);
    else
        air_frame(pad);
    if (PY > level->height * BLOCK + 32)
        player_die();
}

void player_animate(uint8_t pad)
{
    uint8_t anim = ANIM_STAND;
    if (game.state == DYING)
        anim = ANIM_DEAD;
    else if (game.state == WON)
        anim = ANIM_WIN;
    else if (P->tube)
        anim = ANIM_HIDDEN;
    else if (P->stun && P->safe)
        anim = ANIM_HURT;
    else if (P->ball)
        anim = ANIM_BALL;
    else if (!P->on_ground)
        anim = ANIM_RUN;
    else if (P->pushing)
        anim = ANIM_PUSH;
    else if ((P->speed > 512 && pad & PAD_LEFT) || (P->speed < -512 && pad & PAD_RIGHT))
        anim = ANIM_SKID;
    else if (P->speed)
        anim = ANIM_RUN;
    if (anim != P->anim) {
        P->anim = anim;
        P->anim_frame = P->anim_timer = 0;
    }
    if (++P->anim_timer >= (size(P->speed) > 4 * 256 ? 3 : size(P->speed) > 512 ? 5 : 8)) {
        P->anim_timer = 0;
        P->anim_frame = (P->anim_frame + 1) & 3;
    }
}
