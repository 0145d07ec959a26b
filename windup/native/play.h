/* One game's episode: begun, stepped, saved and restored. */
#ifndef PLAY_H
#define PLAY_H

#include "world.h"

/* As they are told to Python: in the order of games.py's names. */
enum variable {
    VARIABLE_X, VARIABLE_Y, VARIABLE_SCREEN_X, VARIABLE_SCREEN_Y, VARIABLE_SCREEN_X_END, VARIABLE_LEVEL_END, VARIABLE_DEEPEST_X,
    VARIABLE_PROGRESS, VARIABLE_LEVEL_FRAMES, VARIABLE_CONTEST_BONUS, VARIABLE_LEVEL_END_BONUS, VARIABLE_ZONE, VARIABLE_ACT,
    VARIABLE_LIVES, VARIABLE_RINGS, VARIABLE_SCORE, VARIABLE_CHANGES, VARIABLES
};

struct outcome {
    int32_t reward, frames;
    uint8_t over;
};

/* What an emulator shows after it was reset to the level's start state: the first frame has begun, with no button held. */
void play_begin(struct world *w, int32_t number);
/* `frames` frames with these buttons, or fewer if the episode ends; if sticky, the first still has those of the step before. */
struct outcome play_step(struct world *w, uint8_t pad, uint8_t sticky, int32_t frames);
void play_variables(const struct world *w, int32_t *out);

#endif
