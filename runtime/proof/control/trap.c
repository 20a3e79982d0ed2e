/* Runs one instruction and then ends QEMU's virt machine with success; an
 * illegal instruction ends it with failure 7. MUL is set by the control. */
__asm__(
    ".globl _start\n"
    "_start:\n"
    "  la t0, trap\n"
    "  .option push\n"
    "  .option arch, +zicsr\n"
    "  csrw mtvec, t0\n"
    "  .option pop\n"
#ifdef MUL
    "  .option push\n"
    "  .option arch, +m\n"
    "  mul a0, a0, a0\n"
    "  .option pop\n"
#endif
    "  li t1, 0x5555\n"
    "  j end\n"
    ".align 2\n"
    "trap:\n"
    "  li t1, 0x73333\n"
    "end:\n"
    "  li t2, 0x100000\n"
    "  sw t1, 0(t2)\n"
    "0: j 0b\n");
