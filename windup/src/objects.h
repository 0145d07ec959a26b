/* Everything in a level that is not a block. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include <stdint.h>

void objects_place(void);
void objects_frame(void);
/* The platform that the player stands on takes it along; 0 when it has left it. */
uint8_t objects_carry(void);
/* Puts a falling player on a platform that it reaches in this frame. */
void objects_land(void);

#endif
