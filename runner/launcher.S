# The launcher: a static program, here for x86-64 and in launcher-arm64.S for arm64, that performs a table of system
# calls. It holds no policy; TypeScript builds the table (runner/syscall/program.ts) and this file only defines how it
# is read and carried out.
#
# Input, from file descriptor 3, copied to the start of AREA:
#   u64  end     address behind the last byte of the input, at most AREA + AREA_SIZE
#   u64  first   address of the first entry
#   data and entries, in any order; what lies behind `end` is zero
#
# Entry, 80 bytes:
#    0  i32  number      of the system call; negative: the pseudo call `differ`, 1 if arguments 0 and 1 differ, else 0
#    4  u32  indirect    bit i set: argument i is the address of the value and not the value
#    8  u64  arguments   six
#   56  u64  store       address that receives the result (8 bytes), or 0
#   64  u32  failed      entry to go on with after an error; 0: write { u64 entry, i64 -errno } to descriptor 4, exit 1
#   68  u32  errno       the only error that `failed` is for, or 0: it is for all
#   72  u64  positive    entry to go on with after a result above 0; 0: the next one
#
# The table ends by exiting or by replacing the program. Input that ends early exits with 2.
# Assembled by runner/assemble.ts into a flat file: the ELF header is written out here.

        .intel_syntax noprefix
        .set    CODE, 0x400000
        .set    AREA, 0x10000000
        .set    AREA_SIZE, 0x1000000
        .set    PAGE, 0x1000

        .text
image:
        .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  2, 62                           # ET_EXEC, EM_X86_64
        .long   1
        .quad   CODE + (start - image)
        .quad   segments - image
        .quad   0
        .long   0
        .short  64, 56, 3, 0, 0, 0
segments:
        .long   1, 5                            # PT_LOAD, read and execute
        .quad   0, CODE, CODE, end - image, end - image, PAGE
        .long   1, 6                            # PT_LOAD, read and write, no bytes in the file
        .quad   0, AREA, AREA, 0, AREA_SIZE, PAGE
        .long   0x6474e551, 6                   # PT_GNU_STACK: the stack is not executable
        .quad   0, 0, 0, 0, 0, 16

start:
        mov     ebx, AREA                       # where the next byte of the input goes
        lea     ebp, [rbx + 16]                 # the header first; it says where the rest ends
fill:
        xor     eax, eax                        # read
        mov     edi, 3
        mov     esi, ebx
        mov     edx, ebp
        sub     edx, ebx
        syscall
        test    rax, rax
        jle     truncated
        add     ebx, eax
        cmp     ebx, ebp
        jb      fill
        mov     ebp, AREA
        mov     ebp, [rbp]
        cmp     ebx, ebp
        jb      fill
        mov     ebx, AREA
        mov     rbx, [rbx + 8]

perform:                                        # rbx: the entry
        mov     ecx, [rbx + 4]
        lea     rsi, [rbx + 8]
        mov     edx, 6
argument:
        lodsq
        shr     ecx
        jnc     direct
        mov     rax, [rax]
direct:
        push    rax
        dec     edx
        jnz     argument
        pop     r9
        pop     r8
        pop     r10
        pop     rdx
        pop     rsi
        pop     rdi
        movsxd  rax, dword ptr [rbx]
        test    eax, eax
        js      differ
        syscall
        jmp     result
differ:
        xor     eax, eax
        cmp     rdi, rsi
        setne   al
result:
        mov     rcx, [rbx + 56]
        test    rcx, rcx
        jz      stored
        mov     [rcx], rax
stored:
        mov     ecx, [rbx + 64]
        cmp     rax, -4095
        jae     failed
        test    rax, rax
        jle     next
        mov     rcx, [rbx + 72]
        test    rcx, rcx
        jnz     jump
next:
        lea     rcx, [rbx + 80]
jump:
        mov     rbx, rcx
        jmp     perform
failed:
        mov     edx, [rbx + 68]
        test    edx, edx
        jz      expected
        add     edx, eax
        jnz     report
expected:
        test    ecx, ecx
        jnz     jump
report:
        push    rax
        push    rbx
        mov     eax, 1                          # write
        mov     edi, 4
        mov     rsi, rsp
        mov     edx, 16
        syscall
        mov     edi, 1
        jmp     exit
truncated:
        mov     edi, 2
exit:
        mov     eax, 231                        # exit_group
        syscall
end:
