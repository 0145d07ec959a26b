/* The levels that the console has, as windup/tools writes them; they have no chunks of their own. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include "generated_levels.c"
