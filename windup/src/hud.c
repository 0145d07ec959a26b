#include "hud.h"

#include "assets.h"
#include "game.h"
#include "vdp.h"

enum { PRIORITY = 0x8000, LEFT = 128 + 12, TOP = 128 + 10, LINE = 12, NUMBERS = LEFT + 48 };

#ifndef WINDUP_NATIVE
static uint16_t *at;
static uint8_t link;
#endif

static void tile(int16_t x, int16_t y, char c)
{
    *at++ = y;
    *at++ = ++link;
    *at++ = PRIORITY | (TILE_FONT + c - ' ');
    *at++ = x;
}

static void label(int16_t y, uint8_t n)
{
    /* Four letters in one sprite, and the fifth. */
    *at++ = y;
    *at++ = 0x0C00 | ++link;
    *at++ = PRIORITY | (TILE_LABELS + 5 * n);
    *at++ = LEFT;
    *at++ = y;
    *at++ = ++link;
    *at++ = PRIORITY | (TILE_LABELS + 5 * n + 4);
    *at++ = LEFT + 32;
}

static void number(int16_t x, int16_t y, uint32_t n, uint8_t digits)
{
    static const uint32_t tens[] = {1, 10, 100, 1000, 10000, 100000};
    uint8_t shown = 0;
    while (digits--) {
        char c = '0';
        while (n >= tens[digits]) {
            n -= tens[digits];
            c++;
        }
        shown |= c != '0' || digits == 0;
        if (shown)
            tile(x, y, c);
        x += 8;
    }
}

void hud_load(void)
{
    static const char text[] = "SCORETIME RINGSLIVES";
    for (uint8_t i = 0; text[i]; i++)
        vdp_tiles(TILE_LABELS + i, font_tiles + 8 * (text[i] - ' '), 1);
}

uint8_t hud_sprites(uint16_t *to, uint8_t first)
{
    at = to;
    link = first;
    uint16_t seconds = game.level_frames / 60, minutes = 0;
    while (seconds >= 60) {
        seconds -= 60;
        minutes++;
    }
    label(TOP, 0);
    number(NUMBERS, TOP, game.score > 999999 ? 999999 : game.score, 6);
    label(TOP + LINE, 1);
    number(NUMBERS + 8, TOP + LINE, minutes, 2);
    tile(NUMBERS + 24, TOP + LINE, ':');
    tile(NUMBERS + 32, TOP + LINE, '0' + (seconds >= 10 ? (uint16_t)seconds / 10 : 0));
    tile(NUMBERS + 40, TOP + LINE, '0' + (uint16_t)seconds % 10);
    label(TOP + 2 * LINE, 2);
    number(NUMBERS + 24, TOP + 2 * LINE, game.rings, 3);
    label(TOP + 3 * LINE, 3);
    number(NUMBERS + 40, TOP + 3 * LINE, game.lives, 1);
    return link - first;
}
