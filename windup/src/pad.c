#include "pad.h"

#define DATA (*(volatile uint8_t *)0xA10003)
#define CONTROL (*(volatile uint8_t *)0xA10009)

uint8_t pad_read(void)
{
    CONTROL = 0x40;
    DATA = 0x40;
    __asm__ volatile("nop; nop");
    uint8_t high = DATA; /* ..CBRLDU */
    DATA = 0;
    __asm__ volatile("nop; nop");
    uint8_t low = DATA; /* ..SA00DU */
    DATA = 0x40;
    return ~((high & 0x3F) | (uint8_t)(low << 2 & 0xC0));
}
