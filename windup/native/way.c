/* A search for a way to a level's goal, as windup/tools has it, in a game of its own. */
#include <stdlib.h>

#include "api.h"
#include "levels.h"
#include "world.h"

#define game (here->state.game)
#include "../tools/search.c"
#undef game

/* As search_level, for a level that is known. NO_MEMORY, too, where there is none for the game. */
API int32_t windup_search(int32_t number, uint64_t seed, int64_t budget, int32_t back, uint8_t *out, int64_t *frames)
{
    struct world *before = here, *own = calloc(1, sizeof *own);
    if (!own)
        return NO_MEMORY;
    own->level = level_at(number);
    own->level_number = number;
    here = own;
    int32_t steps = search_level(0, seed, budget, back, out, frames);
    here = before;
    free(own);
    return steps;
}
