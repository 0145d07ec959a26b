/* What is read from outside: Sonic's variables at Sonic's addresses, and ours. Their places are in link.ld. */
#ifndef RAM_H
#define RAM_H

#include <stdint.h>

extern volatile uint16_t ram_x, ram_y, ram_screen_x, ram_screen_y, ram_screen_x_end, ram_rings;
extern volatile uint32_t ram_score;
extern volatile uint8_t ram_level_end_bonus, ram_zone, ram_act, ram_lives;
extern volatile uint16_t ram_level_end, ram_deepest_x, ram_progress, ram_level_frames, ram_contest_bonus;
/* Another number after a gate opened or a wall broke. */
extern volatile uint32_t ram_changes;
/* Level number + 1 begins that level at the title, and holds it at its first frame until it is 0 again. */
extern volatile uint16_t ram_boot_level;
/* Scan lines that the last frame's work took. */
extern volatile uint16_t ram_load_lines;

#endif
