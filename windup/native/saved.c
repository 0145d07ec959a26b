#include "saved.h"

#include <string.h>

#include "art.h"
#include "hash.h"
#include "levels.h"
#include "ports.h"

/* WINDUP_BUILD: a digest of the sources, from setup.py. */
static const uint8_t magic[8] = {'W', 'i', 'n', 'd', 'u', 'p', ' ', '1'};

struct saved {
    uint8_t magic[8];
    uint64_t build, level, check;
    struct state state;
};

_Static_assert(sizeof(struct saved) == 4 * 8 + sizeof(struct state), "no byte is left out of the check");

static uint64_t check_of(const struct saved *s)
{
    return hash_bytes(s->level, &s->state, sizeof s->state);
}

int32_t saved_size(void)
{
    return sizeof(struct saved);
}

void saved_write(const struct world *w, uint8_t *out)
{
    struct saved s;
    memcpy(s.magic, magic, sizeof magic);
    s.build = WINDUP_BUILD;
    s.level = level_digest(w->level_number);
    /* With the bytes between its members, so that equal states are equal bytes. */
    memcpy(&s.state, &w->state, sizeof s.state);
    s.check = check_of(&s);
    memcpy(out, &s, sizeof s);
}

static uint8_t player_possible(const struct game *g)
{
    const struct player *p = &g->player;
    return p->riding >= -1 && p->riding < MAX_OBJECTS && (!p->tube || p->riding >= 0 || g->state != PLAYING) && p->slope >= -2 &&
           p->slope <= 2 && p->anim <= ANIM_HIDDEN && p->anim_frame < 4;
}

static uint8_t objects_possible(const struct game *g, const struct level *l)
{
    if (g->objects_placed < 0 || g->objects_placed > l->spawn_count)
        return 0;
    if (g->object_first < 0 || g->object_first > g->objects_placed || g->object_end < 0 || g->object_end > g->objects_placed)
        return 0;
    for (int32_t i = 0; i < g->objects_placed; i++) {
        const struct object *o = &g->objects[i];
        if (o->kind != l->spawns[i].kind || o->param != l->spawns[i].param || o->state > OBJECT_GONE || o->frame > 3)
            return 0;
    }
    return 1;
}

/* What the game's code uses as an index, or as a bound, is within what it is used for. */
static uint8_t possible(const struct state *s, const struct level *l)
{
    const struct game *g = &s->game;
    const struct drawing *d = &s->drawing;
    const uint8_t *now = s->vdp.registers, *usual = art_of(l->zone)->vdp.registers;
    for (int32_t i = 0; i < REGISTERS; i++)
        if (now[i] != usual[i] && !(i == REGISTER_MODE && now[i] == (usual[i] | DISPLAY_ON)))
            return 0;
    return g->zone == l->zone && g->state <= WON && g->camera_x >= 0 && g->camera_x <= l->width * BLOCK - 320 && g->camera_y >= 0 &&
           g->camera_y <= l->height * BLOCK - 224 && d->drawn_x == g->camera_x >> 4 && d->drawn_y == g->camera_y >> 4 &&
           d->queued <= QUEUE && d->sprite_count > 0 && d->sprite_count <= MAX_SPRITES && d->sweep_left <= COLUMNS &&
           d->sweep_speed <= SWEEP_FAST && player_possible(g) && objects_possible(g, l);
}

enum saved_fault saved_read(struct world *w, const uint8_t *bytes, int64_t n)
{
    struct saved s;
    if (n < (int64_t)sizeof magic || memcmp(bytes, magic, sizeof magic))
        return SAVED_FOREIGN;
    if (n != sizeof s)
        return SAVED_DAMAGED;
    memcpy(&s, bytes, sizeof s);
    if (s.build != (uint64_t)WINDUP_BUILD)
        return SAVED_OTHER_BUILD;
    if (s.check != check_of(&s))
        return SAVED_DAMAGED;
    int32_t number = level_find(s.level);
    if (number < 0)
        return SAVED_NO_LEVEL;
    const struct level *l = level_at(number);
    if (!possible(&s.state, l))
        return SAVED_IMPOSSIBLE;
    memcpy(&w->state, &s.state, sizeof s.state);
    w->level_number = number;
    w->level = l;
    w->art = art_of(l->zone);
    w->looks = w->art->looks;
    w->fault = NULL;
    return SAVED_WHOLE;
}
