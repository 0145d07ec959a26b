| From power on to main(), and the interrupts.
        .section .vectors, "a"
        .long   stack_top, start
        .rept   26
        .long   fault
        .endr
        .long   fault, fault            | levels 4 and 5: HBlank is not used
        .long   vblank
        .long   fault
        .rept   32
        .long   fault
        .endr

        .section .header, "a"
        .ascii  "SEGA MEGA DRIVE "
        .ascii  "(C)WNDP 2026.NOV"
        .ascii  "WINDUP                                          "
        .ascii  "WINDUP                                          "
        .ascii  "GM 00000001-00"
        .word   0                       | checksum, by tools/rom.py
        .ascii  "J               "
        .long   0, 0                    | ROM's first and last byte, the last by tools/rom.py
        .long   0x00FF0000, 0x00FFFFFF
        .ascii  "            "
        .ascii  "            "
        .ascii  "                                        "
        .ascii  "JUE             "

        .text
        .globl  start
start:  move.w  #0x2700, %sr
        move.b  0xA10001, %d0
        andi.b  #0x0F, %d0
        beq.s   1f
        move.l  #0x53454741, 0xA14000   | "SEGA", or later consoles show nothing
1:      tst.w   0xC00004
        move.w  #0x0100, 0xA11100       | the Z80 stays out of the way: there is no sound
        move.w  #0x0100, 0xA11200
        lea     silence, %a0            | the slowest tones are the least work for an emulator
        moveq   #10, %d0
3:      move.b  (%a0)+, 0xC00011
        dbra    %d0, 3b
        lea     0xFFFF0000, %a0
        move.w  #0x3FFF, %d0
        moveq   #0, %d1
2:      move.l  %d1, (%a0)+
        dbra    %d0, 2b
        lea     stack_top, %sp
        jmp     main

        .section .rodata
silence:
        .byte   0x8F, 0x3F, 0xAF, 0x3F, 0xCF, 0x3F, 0xE2, 0x9F, 0xBF, 0xDF, 0xFF
        .text

| Sleeps until the next VBlank has begun. The stack frame of the interrupt is all it takes.
        .globl  wait_vblank
wait_vblank:
        stop    #0x2000
        move.w  #0x2700, %sr
        rts

vblank: rte

fault:  stop    #0x2700
        bra.s   fault
