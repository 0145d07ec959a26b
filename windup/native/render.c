/* Back to front: plane B, plane A, sprites; no plane's tile has priority. Eight pixels at a time. */
#include "render.h"

#include <string.h>

#include "ports.h"

enum {
    BACKDROP = 0x31, PLANE_PIXELS = 8 * PLANE_TILES, FLIP_X = 0x0800, FLIP_Y = 0x1000, PRIORITY = 0x8000, TILE = 0x07FF,
    SPRITES_A_LINE = 20, PIXELS_A_LINE = WIDTH
};

#define INLINE static inline __attribute__((always_inline))
#define EACH 0x0101010101010101u

static inline uint64_t get(const uint8_t *at)
{
    uint64_t eight;
    memcpy(&eight, at, 8);
    return eight;
}

static inline void put(uint8_t *at, uint64_t eight)
{
    memcpy(at, &eight, 8);
}

/* 255 in each byte that is not 0; bytes are at most 15. */
static inline uint64_t covered(uint64_t row)
{
    return ((row + 0x7F * EACH) >> 7 & EACH) * 255;
}

/* Eight pixels over what is there, where they are not 0, at x from -7 to WIDTH - 1 of a line. */
static inline void put_over(uint8_t *line, int x, uint64_t row, uint64_t palette)
{
    if (x < 0) {
        row >>= -8 * x;
        x = 0;
    } else if (x > WIDTH - 8) {
        row <<= 8 * (x - (WIDTH - 8));
        x = WIDTH - 8;
    }
    uint64_t mask = covered(row);
    put(line + x, (get(line + x) & ~mask) | ((row | palette) & mask));
}

/* n lines of eight pixels, as far as they are on the screen. */
static void backdrop(int x, int n, uint8_t *line)
{
    for (; n > 0; n--, line += WIDTH)
        for (int i = x < 0 ? 0 : x; i < x + 8 && i < WIDTH; i++)
            line[i] = BACKDROP;
}

/* A tile's n lines, from `rows` on, at column x. whole: it is all on the screen and covers all that is behind it. */
INLINE void tile_block(const uint64_t *rows, int down, int flip, int whole, int n, int x, uint64_t palette, uint8_t *line)
{
    for (int i = 0; i < n; i++, rows += down, line += WIDTH) {
        uint64_t row = flip ? __builtin_bswap64(*rows) : *rows;
        if (whole)
            put(line + x, row | palette);
        else
            put_over(line, x, row, palette);
    }
}

/* n lines of a plane's tiles: names is their row, column the first one that is on the screen, x its place there, fine the first
   of the lines in them. behind: the plane is the last one. */
INLINE void tile_lines(const struct art *art, const uint16_t *names, int column, int x, int fine, int n, int behind, uint8_t *pixels)
{
    for (; x < WIDTH; x += 8, column++) {
        uint16_t entry = names[column & (PLANE_TILES - 1)];
        uint16_t tile = entry & TILE;
        uint8_t known = tile < TILES && !(entry & PRIORITY), cover = known ? art->cover[tile] : COVER_NONE;
        if (!known)
            world_fault("a plane's tile that the game has not");
        if (behind && cover != COVER_ALL)
            backdrop(x, n, pixels);
        if (cover == COVER_NONE)
            continue;
        int up = entry & FLIP_Y, flip = entry & FLIP_X;
        const uint64_t *rows = &art->rows[tile][up ? 7 - fine : fine];
        uint64_t palette = (entry >> 13 & 3) * 0x10 * EACH;
        if (cover == COVER_SOME || x < 0 || x > WIDTH - 8)
            tile_block(rows, up ? -1 : 1, flip, 0, n, x, palette, pixels);
        else if (up || n < 8)
            tile_block(rows, up ? -1 : 1, flip, 1, n, x, palette, pixels);
        else if (flip)
            tile_block(rows, 1, 1, 1, 8, x, palette, pixels);
        else
            tile_block(rows, 1, 0, 1, 8, x, palette, pixels);
    }
}

/* which: 0 plane A, 1 plane B. */
INLINE void plane(const struct vdp *vdp, const struct art *art, int which, uint8_t *pixels)
{
    const uint16_t *names = vdp->upper + ((which ? VRAM_PLANE_B : VRAM_PLANE_A) - VRAM_WINDOW) / 2;
    /* A row of tiles on the screen scrolls sideways as one: 32 bytes from one to the next. */
    const uint16_t *across = vdp->upper + (VRAM_HSCROLL - VRAM_WINDOW) / 2 + which;
    for (int y = 0, n; y < HEIGHT; y += n) {
        int row = (y + vdp->scroll_y[which]) & (PLANE_PIXELS - 1), from = -across[(y >> 3) * 16] & (PLANE_PIXELS - 1);
        n = 8 - (row & 7);
        int bound = 8 - (y & 7);
        if (n > HEIGHT - y)
            n = HEIGHT - y;
        if (n > bound && across[((y >> 3) + 1) * 16] != across[(y >> 3) * 16])
            n = bound;
        tile_lines(art, names + (row >> 3) * PLANE_TILES, from >> 3, -(from & 7), row & 7, n, which, pixels + y * WIDTH);
    }
}

/* A sprite, and how many of its columns of tiles each of its lines shows. */
struct shown {
    int16_t x, y;
    uint8_t columns, rows;
    uint16_t attributes;
    uint8_t each[32];
};

/* Those on the screen, the foremost first, within the console's limits; how many. */
static int find_sprites(const struct vdp *vdp, struct shown *shown)
{
    const uint16_t *table = vdp->upper + (VRAM_SPRITES - VRAM_WINDOW) / 2;
    uint8_t sprites[HEIGHT] = {0};
    uint16_t used[HEIGHT] = {0};
    int found = 0, next = 0;
    for (int parsed = 0; parsed < MAX_SPRITES; parsed++) {
        const uint16_t *words = table + 4 * next;
        struct shown *s = &shown[found];
        s->x = (words[3] & 0x1FF) - 128;
        s->y = (words[0] & 0x1FF) - 128;
        s->columns = (words[1] >> 10 & 3) + 1;
        s->rows = (words[1] >> 8 & 3) + 1;
        s->attributes = words[2];
        uint8_t any = 0;
        for (int i = 0; i < 8 * s->rows; i++) {
            int y = s->y + i, room;
            s->each[i] = 0;
            if (y < 0 || y >= HEIGHT || sprites[y] == SPRITES_A_LINE || used[y] >= PIXELS_A_LINE)
                continue;
            /* Those beside the screen take their part of the line, too. */
            room = (PIXELS_A_LINE - used[y]) / 8;
            sprites[y]++;
            used[y] += 8 * s->columns;
            any |= s->each[i] = room < s->columns ? room : s->columns;
            if (s->x == -128)
                world_fault("a sprite that masks others");
        }
        found += any && s->x > -8 * s->columns && s->x < WIDTH;
        next = words[1] & 0x7F;
        if (!next || next >= MAX_SPRITES)
            break;
    }
    return found;
}

static void draw_sprite(const struct art *art, const struct shown *s, uint8_t *pixels)
{
    uint64_t palette = (s->attributes >> 13 & 3) * 0x10 * EACH;
    int flip = s->attributes & FLIP_X;
    for (int column = 0; column < s->columns; column++) {
        int x = s->x + 8 * column;
        if (x <= -8 || x >= WIDTH)
            continue;
        int first = (s->attributes & TILE) + (flip ? s->columns - 1 - column : column) * s->rows;
        if (first + s->rows > TILES) {
            world_fault("a sprite's tile that the game has not");
            return;
        }
        for (int i = 0; i < 8 * s->rows; i++) {
            if (s->each[i] <= column)
                continue;
            int from = s->attributes & FLIP_Y ? 8 * s->rows - 1 - i : i;
            uint64_t row = art->rows[first + (from >> 3)][from & 7];
            put_over(pixels + (s->y + i) * WIDTH, x, flip ? __builtin_bswap64(row) : row, palette);
        }
    }
}

void render(const struct vdp *vdp, const struct art *art, uint8_t *pixels)
{
    struct shown shown[MAX_SPRITES];
    if (!(vdp->registers[REGISTER_MODE] & DISPLAY_ON)) {
        memset(pixels, BACKDROP, WIDTH * HEIGHT);
        return;
    }
    plane(vdp, art, 1, pixels);
    plane(vdp, art, 0, pixels);
    for (int i = find_sprites(vdp, shown); i > 0; i--)
        draw_sprite(art, &shown[i - 1], pixels);
}

/* Three bits of a colour to the emulator's four, five (six: green) and eight. */
static uint32_t eight_bits(uint32_t three, int bits)
{
    uint32_t four = three << 1, all = four << (bits - 4) | four >> (8 - bits);
    return all << (8 - bits);
}

void render_colours(const struct vdp *vdp, uint32_t *colours)
{
    for (int i = 0; i < COLOURS_IN_ALL; i++) {
        uint32_t c = vdp->colours[i];
        colours[i] = eight_bits(c >> 1 & 7, 5) | eight_bits(c >> 5 & 7, 6) << 8 | eight_bits(c >> 9 & 7, 5) << 16;
    }
}
