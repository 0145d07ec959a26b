/* A search for a way to the goal: from places reached before, on with random buttons, keeping the fastest way to each place.
 * (After Go-Explore, arXiv 1901.10995: its cells, its return to a saved state, its counts of visits.) */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "game.h"
#include "level.h"

enum {
    FRAME_SKIP = 4, MOST_CELLS = 1 << 15, TABLE = 1 << 17, SAMPLE = 24, ROLLOUT = 24, LONGEST_HOLD = 12, MOST_STEPS = 4500,
    NO_MEMORY = -2
};

/* The ten actions of the 2018 entry, in the order of actors/games.py. */
static const uint8_t pads[10] = {
    0, PAD_LEFT, PAD_RIGHT, PAD_LEFT | PAD_DOWN, PAD_RIGHT | PAD_DOWN, PAD_DOWN, PAD_DOWN | PAD_B, PAD_LEFT | PAD_B,
    PAD_RIGHT | PAD_B, PAD_B};
/* More often right and jumps than the rest. */
static const uint8_t draws[16] = {0, 1, 1, 1, 2, 2, 2, 2, 4, 5, 7, 7, 8, 8, 8, 9};

struct cell {
    uint64_t key;
    __typeof__(game) state; /* `struct game`, where `game` may be a macro */
    int32_t node;   /* how it was reached */
    int32_t steps;  /* in so many */
    int32_t chosen; /* times that it was gone on from */
};

/* A held action after another node. */
struct node {
    int32_t before;
    uint8_t action;
};

/* All that a search keeps: several may run at once, each on a game of its own. */
struct search {
    struct cell *cells;
    int32_t cell_count, *table;
    struct node *nodes;
    int32_t node_count, node_room;
    uint64_t randoms;
    uint8_t full; /* there was no memory for more */
};

static uint32_t draw(struct search *s, uint32_t n)
{
    s->randoms = s->randoms * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((s->randoms >> 33) % n);
}

/* Where the player is, to 16 px, how fast to 1.5 px a frame, and what was opened. */
static uint64_t key_now(void)
{
    const struct player *p = &game.player;
    uint64_t x = (uint64_t)(p->x >> 20), y = (uint64_t)((p->y >> 20) + 64) & 255, v = (uint64_t)((p->vx + 16 * 384) / 384);
    return x | y << 12 | v << 20 | (uint64_t)p->on_ground << 26 | (uint64_t)game.gates_open << 27 | (uint64_t)game.walls_broken << 31;
}

/* The new node, or -1 and `full`. */
static int32_t add_node(struct search *s, int32_t before, uint8_t action)
{
    if (s->node_count == s->node_room) {
        int32_t room = s->node_room ? 2 * s->node_room : 1 << 16;
        struct node *nodes = realloc(s->nodes, room * sizeof *nodes);
        if (!nodes) {
            s->full = 1;
            return -1;
        }
        s->nodes = nodes;
        s->node_room = room;
    }
    s->nodes[s->node_count] = (struct node){before, action};
    return s->node_count++;
}

/* Keeps the present state if it is the first or the fastest in its cell. */
static void keep(struct search *s, int32_t node, int32_t steps)
{
    uint64_t key = key_now();
    uint32_t slot = (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 40) & (TABLE - 1);
    while (s->table[slot] && s->cells[s->table[slot] - 1].key != key)
        slot = (slot + 1) & (TABLE - 1);
    struct cell *cell;
    if (s->table[slot]) {
        cell = &s->cells[s->table[slot] - 1];
        if (cell->steps <= steps)
            return;
    } else {
        if (s->cell_count == MOST_CELLS)
            return;
        cell = &s->cells[s->cell_count++];
        s->table[slot] = s->cell_count;
        cell->key = key;
        cell->chosen = 0;
    }
    cell->state = game;
    cell->node = node;
    cell->steps = steps;
}

/* Of a few at random the one that is far to the right, seldom chosen, and behind most gates and walls. */
static struct cell *choose(struct search *s)
{
    struct cell *best = 0;
    int32_t most = INT32_MIN;
    for (int32_t i = 0; i < SAMPLE; i++) {
        struct cell *c = &s->cells[draw(s, s->cell_count)];
        int32_t opened = __builtin_popcount(c->state.gates_open) + __builtin_popcount(c->state.walls_broken);
        int32_t worth = (c->state.player.x >> 20) + 40 * opened - 6 * c->chosen;
        if (worth > most) {
            most = worth;
            best = c;
        }
    }
    best->chosen++;
    return best;
}

/* Plays the calling thread's game on from where it is, at most `budget` frames, until the goal is reached, or an x. Never further
 * back than `back` px from the deepest x (0: as far as it likes). Gives the number of steps of the solution, whose actions are in
 * `out` (MOST_STEPS), or -1; and the frames it took. The same on every machine. NO_MEMORY: nothing is known of the level. */
int32_t search_on(int16_t pass_x, uint64_t seed, int64_t budget, int32_t back, uint8_t *out, int64_t *frames)
{
    struct search s = {.randoms = seed * 2 + 1};
    int32_t found = -1, steps = 0;
    *frames = 0;
    s.cells = malloc(MOST_CELLS * sizeof *s.cells);
    s.table = calloc(TABLE, sizeof *s.table);
    s.full = !s.cells || !s.table;
    if (!s.full)
        keep(&s, -1, 0);
    while (*frames < budget && found < 0 && !s.full) {
        struct cell *from = choose(&s);
        game = from->state;
        int32_t node = from->node;
        steps = from->steps;
        for (int32_t left = ROLLOUT; left > 0 && found < 0;) {
            uint8_t action = draws[draw(&s, 16)];
            int32_t hold = 1 + draw(&s, LONGEST_HOLD);
            for (; hold > 0 && left > 0; hold--, left--) {
                for (int32_t f = 0; f < FRAME_SKIP && game.state == PLAYING; f++) {
                    game_frame(pads[action]);
                    ++*frames;
                    if (back && (game.player.x >> 16) < game.deepest_x - back)
                        goto next;
                }
                if (++steps > MOST_STEPS || (game.state != PLAYING && game.state != WON))
                    goto next;
                node = add_node(&s, node, action);
                if (s.full)
                    goto next;
                if (game.state == WON || game.player.x >> 16 >= pass_x) {
                    found = node;
                    break;
                }
                keep(&s, node, steps);
            }
        }
    next:;
    }
    if (found >= 0)
        for (int32_t i = steps, n = found; n >= 0; n = s.nodes[n].before)
            out[--i] = s.nodes[n].action;
    free(s.cells);
    free(s.table);
    free(s.nodes);
    return s.full ? NO_MEMORY : found >= 0 ? steps : -1;
}

/* The same from the level's start to its goal. */
int32_t search_level(int32_t number, uint64_t seed, int64_t budget, int32_t back, uint8_t *out, int64_t *frames)
{
    game_start(number);
    /* The frame that a reset of the emulator takes. */
    game_frame(0);
    return search_on(INT16_MAX, seed, budget, back, out, frames);
}
