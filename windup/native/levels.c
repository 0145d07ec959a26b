#include "levels.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "art.h"
#include "game.h"
#include "hash.h"

enum { CHUNK = 8, LEAST_WIDTH = 20, LEAST_HEIGHT = 15, MOST_HEIGHT = 512, LAST_STORED = UNDER_SLOPE + 4, SWITCHES = 4 };

static const struct level *table[MOST_LEVELS];
static uint64_t digests[MOST_LEVELS];
static _Atomic int32_t count;
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int32_t chunk_rows(const struct level *l)
{
    return (l->height + CHUNK - 1) / CHUNK;
}

static uint64_t digest_of(const struct level *l)
{
    const int16_t numbers[] = {
        l->width, l->height, l->start_x, l->start_y, l->goal_x, l->spawn_count, l->wall_count, l->zone, l->act};
    uint64_t hash = hash_bytes(0, numbers, sizeof numbers);
    for (int32_t i = 0; i < chunk_rows(l) * MAP_STRIDE; i++)
        hash = hash_bytes(hash, (l->chunks ? l->chunks : chunks)[l->map[i]], CHUNK * CHUNK);
    hash = hash_bytes(hash, l->spawns, l->spawn_count * sizeof *l->spawns);
    return hash_bytes(hash, l->walls, l->wall_count * sizeof *l->walls);
}

static void begin(void)
{
    for (int32_t i = 0; i < level_count; i++) {
        table[i] = &levels[i];
        digests[i] = digest_of(&levels[i]);
    }
    count = level_count;
}

const struct level *level_at(int32_t number)
{
    pthread_once(&once, begin);
    return number >= 0 && number < count ? table[number] : NULL;
}

uint64_t level_digest(int32_t number)
{
    return level_at(number) ? digests[number] : 0;
}

int32_t level_find(uint64_t digest)
{
    pthread_once(&once, begin);
    for (int32_t i = 0; i < count; i++)
        if (digests[i] == digest)
            return i;
    return -1;
}

/* What the game's code relies on. */
static uint8_t bounds_hold(const uint16_t *map, int32_t map_len, const uint8_t *own_chunks, int32_t chunk_count, const int16_t *spawns,
    int32_t spawn_count, const int16_t *walls, int32_t wall_count, const int16_t *header)
{
    int16_t width = header[0], height = header[1], zone = header[5], act = header[6];
    if (width < LEAST_WIDTH || width > CHUNK * MAP_STRIDE || height < LEAST_HEIGHT || height > MOST_HEIGHT)
        return 0;
    if (map_len != (height + CHUNK - 1) / CHUNK * MAP_STRIDE || chunk_count < 1 || chunk_count > 65536)
        return 0;
    if (spawn_count < 0 || spawn_count > MAX_OBJECTS || wall_count < 0 || wall_count > MAX_WALLS)
        return 0;
    if (zone < 0 || zone >= ZONES || act < 0 || act > 255)
        return 0;
    if (header[2] < 0 || header[2] >= header[4] || header[4] >= width * BLOCK || header[3] < 0 || header[3] >= height * BLOCK)
        return 0;
    for (int32_t i = 0; i < map_len; i++)
        if (map[i] >= chunk_count)
            return 0;
    for (int32_t i = 0; i < chunk_count * CHUNK * CHUNK; i++)
        if (own_chunks[i] > LAST_STORED || (own_chunks[i] >= BLOCK_COUNT && own_chunks[i] < OPEN_SIDES))
            return 0;
    for (int32_t i = 0; i < spawn_count; i++) {
        const int16_t *s = &spawns[4 * i];
        if (s[0] < 0 || s[0] >= width * BLOCK || s[1] < 0 || s[1] >= height * BLOCK + BLOCK || (i && s[0] < s[-4]))
            return 0;
        if (s[2] < 0 || s[2] >= KIND_COUNT || s[3] < 0 || s[3] > (s[2] == KIND_SWITCH ? SWITCHES - 1 : s[2] == KIND_CRUSHER ? 255 : 0))
            return 0;
    }
    for (int32_t i = 0; i < 4 * wall_count; i++)
        if (walls[i] < 0 || walls[i] >= (i & 1 ? height : width))
            return 0;
    return 1;
}

/* A level and all that it points to, in one piece of memory. */
struct whole {
    struct level level;
    struct spawn spawns[MAX_OBJECTS];
    struct wall walls[MAX_WALLS];
};

static struct whole *copy(const uint16_t *map, int32_t map_len, const uint8_t *own_chunks, int32_t chunk_count, const int16_t *spawns,
    int32_t spawn_count, const int16_t *walls, int32_t wall_count, const int16_t *header)
{
    uint64_t map_bytes = map_len * sizeof *map, chunk_bytes = (uint64_t)chunk_count * CHUNK * CHUNK;
    struct whole *w = calloc(1, sizeof *w + map_bytes + chunk_bytes);
    if (!w)
        return NULL;
    for (int32_t i = 0; i < spawn_count; i++)
        w->spawns[i] = (struct spawn){spawns[4 * i], spawns[4 * i + 1], spawns[4 * i + 2], spawns[4 * i + 3]};
    for (int32_t i = 0; i < wall_count; i++)
        w->walls[i] = (struct wall){walls[4 * i], walls[4 * i + 1], walls[4 * i + 2], walls[4 * i + 3]};
    uint8_t *after = (uint8_t *)(w + 1);
    memcpy(after, map, map_bytes);
    memcpy(after + map_bytes, own_chunks, chunk_bytes);
    w->level = (struct level){(const uint16_t *)after, w->spawns, w->walls, header[0], header[1], header[2], header[3], header[4],
        spawn_count, wall_count, header[5], header[6], (const uint8_t(*)[64])(after + map_bytes), NULL, 0};
    return w;
}

int32_t level_enter(const struct level *level, uint64_t digest, uint8_t *taken)
{
    pthread_once(&once, begin);
    pthread_mutex_lock(&adding);
    int32_t number = level_find(digest);
    *taken = number < 0 && count < MOST_LEVELS;
    if (*taken) {
        number = count;
        table[number] = level;
        digests[number] = digest;
        count = number + 1;
    }
    pthread_mutex_unlock(&adding);
    return number;
}

int32_t windup_level_add(const uint16_t *map, int32_t map_len, const uint8_t *own_chunks, int32_t chunk_count, const int16_t *spawns,
    int32_t spawn_count, const int16_t *walls, int32_t wall_count, const int16_t *header)
{
    if (!bounds_hold(map, map_len, own_chunks, chunk_count, spawns, spawn_count, walls, wall_count, header))
        return -1;
    struct whole *made = copy(map, map_len, own_chunks, chunk_count, spawns, spawn_count, walls, wall_count, header);
    if (!made)
        return -1;
    uint8_t taken;
    int32_t number = level_enter(&made->level, digest_of(&made->level), &taken);
    if (!taken)
        free(made);
    return number;
}
