/* What the tests ask of the object table. */
#include "game.h"

int32_t object_x(int32_t n)
{
    return game.objects[n].x;
}

int32_t object_y(int32_t n)
{
    return game.objects[n].y;
}

int32_t object_state(int32_t n)
{
    return game.objects[n].state;
}
