| What gcc calls for 32-bit arithmetic. libgcc's own is for the 68020.
        .text
| d0 = a * b, the low 32 bits; signed and unsigned alike
        .globl  __mulsi3
__mulsi3:
        move.w  4(%sp), %d0
        mulu.w  10(%sp), %d0
        move.w  6(%sp), %d1
        mulu.w  8(%sp), %d1
        add.w   %d1, %d0
        swap    %d0
        clr.w   %d0
        move.w  6(%sp), %d1
        mulu.w  10(%sp), %d1
        add.l   %d1, %d0
        rts

| d0 = a / b, d1 = a % b, unsigned
divide: move.l  4(%sp), %d0
        move.l  8(%sp), %d1
        swap    %d1
        tst.w   %d1
        bne.s   long
        swap    %d1
        move.l  %d2, -(%sp)
        move.w  %d1, %d2                | 16-bit divisor: two divisions of the hardware's
        moveq   #0, %d1
        swap    %d0
        move.w  %d0, %d1
        divu.w  %d2, %d1                | rest : quotient of the high half
        move.w  %d1, %d0
        swap    %d0                     | quotient high : low half
        move.w  %d0, %d1
        divu.w  %d2, %d1
        move.w  %d1, %d0
        clr.w   %d1
        swap    %d1
        move.l  (%sp)+, %d2
        rts
long:   swap    %d1
        movem.l %d2-%d4, -(%sp)
        move.l  %d1, %d2
        moveq   #0, %d1
        moveq   #31, %d3
1:      add.l   %d0, %d0
        addx.l  %d1, %d1
        cmp.l   %d2, %d1
        bcs.s   2f
        sub.l   %d2, %d1
        addq.b  #1, %d0
2:      dbra    %d3, 1b
        movem.l (%sp)+, %d2-%d4
        rts

        .globl  __udivsi3
__udivsi3:
        move.l  8(%sp), -(%sp)
        move.l  8(%sp), -(%sp)
        bsr.w   divide
        addq.l  #8, %sp
        rts

        .globl  __umodsi3
__umodsi3:
        move.l  8(%sp), -(%sp)
        move.l  8(%sp), -(%sp)
        bsr.w   divide
        addq.l  #8, %sp
        move.l  %d1, %d0
        rts

        .globl  __divsi3
__divsi3:
        move.l  %d2, -(%sp)
        moveq   #0, %d2
        move.l  12(%sp), %d1
        bpl.s   1f
        neg.l   %d1
        addq.b  #1, %d2
1:      move.l  8(%sp), %d0
        bpl.s   2f
        neg.l   %d0
        addq.b  #1, %d2
2:      move.l  %d1, -(%sp)
        move.l  %d0, -(%sp)
        bsr.w   divide
        addq.l  #8, %sp
        lsr.b   #1, %d2
        bcc.s   3f
        neg.l   %d0
3:      move.l  (%sp)+, %d2
        rts

        .globl  __modsi3
__modsi3:
        move.l  %d2, -(%sp)
        move.l  12(%sp), %d1
        bpl.s   1f
        neg.l   %d1
1:      move.l  8(%sp), %d0
        smi     %d2
        bpl.s   2f
        neg.l   %d0
2:      move.l  %d1, -(%sp)
        move.l  %d0, -(%sp)
        bsr.w   divide
        addq.l  #8, %sp
        move.l  %d1, %d0
        tst.b   %d2
        beq.s   3f
        neg.l   %d0
3:      move.l  (%sp)+, %d2
        rts

        .globl  memcpy
memcpy: move.l  4(%sp), %a0
        move.l  8(%sp), %a1
        move.l  12(%sp), %d0
        bra.s   2f
1:      move.b  (%a1)+, (%a0)+
2:      subq.l  #1, %d0
        bcc.s   1b
        move.l  4(%sp), %d0
        rts

        .globl  memset
memset: move.l  4(%sp), %a0
        move.l  8(%sp), %d1
        move.l  12(%sp), %d0
        bra.s   2f
1:      move.b  %d1, (%a0)+
2:      subq.l  #1, %d0
        bcc.s   1b
        move.l  4(%sp), %d0
        rts
