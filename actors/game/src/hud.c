#include "hud.h"

#include "game.h"
#include "vdp.h"

enum { PRIORITY = 0x8000, LEFT = 128 + 12, TOP = 128 + 10, LINE = 12, NUMBERS = LEFT + 48 };

static uint16_t *at;
static uint8_t link;

static void tile(int16_t x, int16_t y, char c)
{
    *at++ = y;
    *at++ = ++link;
    *at++ = PRIORITY | (TILE_FONT + c - ' ');
    *at++ = x;
}

static void word(int16_t y, const char *text)
{
    for (int16_t x = LEFT; *text; x += 8)
        tile(x, y, *text++);
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

uint8_t hud_sprites(uint16_t *to, uint8_t first)
{
    at = to;
    link = first;
    uint16_t seconds = game.level_frames / 60, minutes = 0;
    while (seconds >= 60) {
        seconds -= 60;
        minutes++;
    }
    word(TOP, "SCORE");
    number(NUMBERS, TOP, game.score > 999999 ? 999999 : game.score, 6);
    word(TOP + LINE, "TIME");
    number(NUMBERS + 8, TOP + LINE, minutes, 2);
    tile(NUMBERS + 24, TOP + LINE, ':');
    tile(NUMBERS + 32, TOP + LINE, '0' + (seconds >= 10 ? (uint16_t)seconds / 10 : 0));
    tile(NUMBERS + 40, TOP + LINE, '0' + (uint16_t)seconds % 10);
    word(TOP + 2 * LINE, "RINGS");
    number(NUMBERS + 24, TOP + 2 * LINE, game.rings, 3);
    word(TOP + 3 * LINE, "LIVES");
    number(NUMBERS + 40, TOP + 3 * LINE, game.lives, 1);
    return link - first;
}
