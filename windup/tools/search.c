/* A search for a way to the goal: from places reached before, on with random buttons, keeping the fastest way to each place.
 * (After Go-Explore, arXiv 1901.10995: its cells, its return to a saved state, its counts of visits.) */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "game.h"
#include "level.h"

enum { FRAME_SKIP = 4, MOST_CELLS = 1 << 15, TABLE = 1 << 17, SAMPLE = 24, ROLLOUT = 24, LONGEST_HOLD = 12, MOST_STEPS = 4500 };

/* The ten actions of the 2018 entry, in the order of actors/games.py. */
static const uint8_t pads[10] = {
    0, PAD_LEFT, PAD_RIGHT, PAD_LEFT | PAD_DOWN, PAD_RIGHT | PAD_DOWN, PAD_DOWN, PAD_DOWN | PAD_B, PAD_LEFT | PAD_B,
    PAD_RIGHT | PAD_B, PAD_B};
/* More often right and jumps than the rest. */
static const uint8_t draws[16] = {0, 1, 1, 1, 2, 2, 2, 2, 4, 5, 7, 7, 8, 8, 8, 9};

struct cell {
    uint64_t key;
    struct game state;
    int32_t node;   /* how it was reached */
    int32_t steps;  /* in so many */
    int32_t chosen; /* times that it was gone on from */
};

/* A held action after another node. */
struct node {
    int32_t before;
    uint8_t action;
};

static struct cell *cells;
static int32_t cell_count, *table;
static struct node *nodes;
static int32_t node_count, node_room;
static uint64_t randoms;

static uint32_t draw(uint32_t n)
{
    randoms = randoms * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((randoms >> 33) % n);
}

/* Where the player is, to 16 px, how fast to 1.5 px a frame, and what was opened. */
static uint64_t key_now(void)
{
    const struct player *p = &game.player;
    uint64_t x = (uint64_t)(p->x >> 20), y = (uint64_t)((p->y >> 20) + 64) & 255, v = (uint64_t)((p->vx + 16 * 384) / 384);
    return x | y << 12 | v << 20 | (uint64_t)p->on_ground << 26 | (uint64_t)game.gates_open << 27 | (uint64_t)game.walls_broken << 31;
}

static int32_t add_node(int32_t before, uint8_t action)
{
    if (node_count == node_room) {
        node_room = node_room ? 2 * node_room : 1 << 16;
        nodes = realloc(nodes, node_room * sizeof *nodes);
    }
    nodes[node_count] = (struct node){before, action};
    return node_count++;
}

/* Keeps the present state if it is the first or the fastest in its cell. */
static void keep(int32_t node, int32_t steps)
{
    uint64_t key = key_now();
    uint32_t slot = (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 40) & (TABLE - 1);
    while (table[slot] && cells[table[slot] - 1].key != key)
        slot = (slot + 1) & (TABLE - 1);
    struct cell *cell;
    if (table[slot]) {
        cell = &cells[table[slot] - 1];
        if (cell->steps <= steps)
            return;
    } else {
        if (cell_count == MOST_CELLS)
            return;
        cell = &cells[cell_count++];
        table[slot] = cell_count;
        cell->key = key;
        cell->chosen = 0;
    }
    cell->state = game;
    cell->node = node;
    cell->steps = steps;
}

/* Of a few at random the one that is far to the right, seldom chosen, and behind most gates and walls. */
static struct cell *choose(void)
{
    struct cell *best = 0;
    int32_t most = INT32_MIN;
    for (int32_t i = 0; i < SAMPLE; i++) {
        struct cell *c = &cells[draw(cell_count)];
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

/* Plays at most `budget` frames. Never further back than `back` px from the deepest x (0: as far as it likes).
 * Gives the number of steps of the solution, whose actions are in `out`, or -1; and the frames it took. */
int32_t search_level(uint8_t number, uint64_t seed, int64_t budget, int32_t back, uint8_t *out, int64_t *frames)
{
    cells = malloc(MOST_CELLS * sizeof *cells);
    table = calloc(TABLE, sizeof *table);
    nodes = 0;
    cell_count = node_count = node_room = 0;
    randoms = seed * 2 + 1;
    int32_t found = -1, steps = 0;
    *frames = 0;
    game_start(number);
    /* The frame that a reset of the emulator takes. */
    game_frame(0);
    keep(-1, 0);
    while (*frames < budget && found < 0) {
        struct cell *from = choose();
        game = from->state;
        level = &levels[number];
        int32_t node = from->node;
        steps = from->steps;
        for (int32_t left = ROLLOUT; left > 0 && found < 0;) {
            uint8_t action = draws[draw(16)];
            int32_t hold = 1 + draw(LONGEST_HOLD);
            for (; hold > 0 && left > 0; hold--, left--) {
                for (int32_t f = 0; f < FRAME_SKIP && game.state == PLAYING; f++) {
                    game_frame(pads[action]);
                    ++*frames;
                    if (back && (game.player.x >> 16) < game.deepest_x - back)
                        goto next;
                }
                if (++steps > MOST_STEPS || (game.state != PLAYING && game.state != WON))
                    goto next;
                node = add_node(node, action);
                if (game.state == WON) {
                    found = node;
                    break;
                }
                keep(node, steps);
            }
        }
    next:;
    }
    if (found >= 0)
        for (int32_t i = steps, n = found; n >= 0; n = nodes[n].before)
            out[--i] = nodes[n].action;
    free(cells);
    free(table);
    free(nodes);
    return found >= 0 ? steps : -1;
}
