/* The whole game as data. It touches no hardware, and all that changes is in one struct: a snapshot is a copy of it. */
#ifndef GAME_H
#define GAME_H

#include <stdint.h>

#define BLOCK 16
#define MAX_OBJECTS 256
#define MAX_WALLS 32

enum pad { PAD_UP = 1, PAD_DOWN = 2, PAD_LEFT = 4, PAD_RIGHT = 8, PAD_B = 16, PAD_C = 32, PAD_A = 64, PAD_START = 128 };
#define PAD_JUMP (PAD_A | PAD_B | PAD_C)

enum play_state { PLAYING, DYING, GAME_OVER, WON };

enum anim { ANIM_STAND, ANIM_RUN, ANIM_BALL, ANIM_PUSH, ANIM_SKID, ANIM_HURT, ANIM_DEAD, ANIM_WIN, ANIM_HIDDEN };

enum kind {
    KIND_RING, KIND_SPRING, KIND_SPRING_STRONG, KIND_SPRING_LEFT, KIND_SPRING_RIGHT, KIND_WALKER, KIND_FLYER, KIND_HOPPER,
    KIND_PLATFORM_X, KIND_PLATFORM_Y, KIND_CRUSHER, KIND_TUBE_RIGHT, KIND_TUBE_UP, KIND_SWITCH, KIND_GOAL, KIND_COUNT
};

enum object_state { OBJECT_IDLE, OBJECT_USED, OBJECT_POOF, OBJECT_GONE };

struct object {
    int16_t x, y;   /* centre, px */
    int16_t vx, vy; /* 1/256 px a frame, or what the kind makes of it */
    uint8_t kind, state;
    uint8_t timer; /* frames since the state changed, up to 255 */
    uint8_t frame; /* of the animation */
    uint8_t param; /* switch: its gate's number; crusher: blocks to the ground */
    uint8_t unused;
};

struct player {
    int32_t x, y;   /* centre, 1/65536 px: the pixel is a word of its own */
    int16_t vx, vy; /* 1/256 px a frame */
    int16_t speed;  /* along the ground */
    int16_t riding; /* object number of the platform it stands on; -1 */
    int8_t slope;   /* of the ground: -2 rises 45 degrees to the right, 0 flat, 2 falls */
    uint8_t on_ground, ball, jumping, facing_left, anim, anim_frame, anim_timer;
    uint8_t safe;   /* frames in which nothing hurts */
    uint8_t tube;   /* frames until a launch tube shoots; 0: in none */
    uint8_t stun;   /* frames in which the pad does nothing after a side spring or a hit */
    uint8_t pushing;
    uint8_t held;   /* pad of the frame before */
};

struct game {
    uint8_t level, zone, act, state; /* enum play_state */
    uint16_t state_frames;
    uint16_t level_end, deepest_x, progress, level_frames, contest_bonus;
    uint16_t rings;
    uint32_t score;
    uint8_t lives, level_end_bonus, gates_open, redraw; /* redraw: blocks changed in this frame */
    uint32_t walls_broken;
    int16_t camera_x, camera_y;
    int16_t objects_placed; /* in the level since it began */
    int16_t object_first, object_end; /* those near the camera: the others sleep */
    struct player player;
    struct object objects[MAX_OBJECTS];
};

/* What the player has changed in the level: a number that is another one after a gate opened or a wall broke. */
static inline uint32_t changes_of(const struct game *g)
{
    return (g->walls_broken ^ (uint32_t)g->gates_open << 27) & 0x7FFFFFFF;
}

/* On this machine there are many games, and native/world.h has the one that is played. */
#ifndef WINDUP_NATIVE
extern struct game game;
#endif

/* Begins a level from nothing: three lives, no score. */
void game_start(uint8_t level);
/* One frame with the buttons held. */
void game_frame(uint8_t pad);

#endif
