/* The game's logic as the console has it, on the game that `here` points to. */
#include "world.h"

#define game (here->state.game)
#define level (here->level)

#include "game.c"
#include "level.c"
#include "objects.c"
#include "player.c"
