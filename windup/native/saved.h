/* A game's whole state as bytes, which only the same build of the game takes back. */
#ifndef SAVED_H
#define SAVED_H

#include "world.h"

enum saved_fault { SAVED_WHOLE, SAVED_FOREIGN, SAVED_OTHER_BUILD, SAVED_DAMAGED, SAVED_NO_LEVEL, SAVED_IMPOSSIBLE };

int32_t saved_size(void);
void saved_write(const struct world *w, uint8_t *out);
/* Restores a game from any bytes; where they are refused the game stays as it was. */
enum saved_fault saved_read(struct world *w, const uint8_t *bytes, int64_t n);

#endif
