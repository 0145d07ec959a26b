/* Plays at random and looks, for a sanitizer: each level from its start, each vector in memory of its own. */
#include <stdio.h>
#include <stdlib.h>

#include "../../../windup/native/eyes.h"

int main(void)
{
    uint32_t seed = 1;
    for (uint8_t number = 0; number < level_count; number++) {
        game_start(number);
        for (int32_t i = 0; i < 2000; i++) {
            seed = seed * 1664525 + 1013904223;
            for (int32_t k = 0; k < 8; k++)
                game_frame(seed >> 24 & 0x7E);
            float *out = malloc(EYES * sizeof *out);
            windup_eyes(&game, level, out);
            free(out);
        }
    }
    puts("clean");
    return 0;
}
