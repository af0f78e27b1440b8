# The launcher for arm64. What it reads and how it is carried out is written in launcher.S.
# Assembled by runner/assemble.ts into a flat file: the ELF header is written out here.

        .set    CODE, 0x400000
        .set    AREA, 0x10000000
        .set    AREA_SIZE, 0x1000000
        .set    PAGE, 0x10000                   // of kernels whose pages are the largest

        .text
image:
        .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  2, 183                          // ET_EXEC, EM_AARCH64
        .long   1
        .quad   CODE + (start - image)
        .quad   segments - image
        .quad   0
        .long   0
        .short  64, 56, 3, 0, 0, 0
segments:
        .long   1, 5                            // PT_LOAD, read and execute
        .quad   0, CODE, CODE, end - image, end - image, PAGE
        .long   1, 6                            // PT_LOAD, read and write, no bytes in the file
        .quad   0, AREA, AREA, 0, AREA_SIZE, PAGE
        .long   0x6474e551, 6                   // PT_GNU_STACK: the stack is not executable
        .quad   0, 0, 0, 0, 0, 16

start:
        mov     x20, #AREA
        mov     x19, x20                        // where the next byte of the input goes
        add     x21, x20, #16                   // the header first; it says where the rest ends
fill:
        mov     x0, #3
        mov     x1, x19
        sub     x2, x21, x19
        mov     x8, #63                         // read
        svc     #0
        cmp     x0, #0
        b.le    truncated
        add     x19, x19, x0
        cmp     x19, x21
        b.lo    fill
        ldr     x21, [x20]
        cmp     x19, x21
        b.lo    fill
        ldr     x19, [x20, #8]

perform:                                        // x19: the entry
        ldr     w9, [x19, #4]
        ldp     x0, x1, [x19, #8]
        ldp     x2, x3, [x19, #24]
        ldp     x4, x5, [x19, #40]
        tbz     w9, #0, direct0
        ldr     x0, [x0]
direct0:
        tbz     w9, #1, direct1
        ldr     x1, [x1]
direct1:
        tbz     w9, #2, direct2
        ldr     x2, [x2]
direct2:
        tbz     w9, #3, direct3
        ldr     x3, [x3]
direct3:
        tbz     w9, #4, direct4
        ldr     x4, [x4]
direct4:
        tbz     w9, #5, direct5
        ldr     x5, [x5]
direct5:
        ldrsw   x8, [x19]
        tbnz    x8, #63, differ
        svc     #0
        b       result
differ:
        cmp     x0, x1
        cset    x0, ne
result:
        ldr     x9, [x19, #56]
        cbz     x9, stored
        str     x0, [x9]
stored:
        cmn     x0, #4095
        b.hs    failed
        cmp     x0, #0
        b.le    next
        ldr     x9, [x19, #72]
        cbnz    x9, jump
next:
        add     x9, x19, #80
jump:
        mov     x19, x9
        b       perform
failed:
        ldr     w9, [x19, #64]
        ldr     w10, [x19, #68]
        cbz     w10, expected
        adds    w10, w10, w0
        b.ne    report
expected:
        cbnz    x9, jump
report:
        stp     x19, x0, [sp, #-16]!
        mov     x0, #4
        mov     x1, sp
        mov     x2, #16
        mov     x8, #64                         // write
        svc     #0
        mov     x0, #1
        b       exit
truncated:
        mov     x0, #2
exit:
        mov     x8, #94                         // exit_group
        svc     #0
end:
