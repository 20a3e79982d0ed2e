#include "textflag.h"

// POOL combines, eight channels at a time, the pixels that the taps say.
#define POOL(COMBINE) \
	MOVQ dst_base+0(FP), DI; \
	MOVQ dst_len+8(FP), CX; \
	MOVQ x_base+24(FP), SI; \
	MOVQ taps_base+48(FP), R8; \
	MOVQ taps_len+56(FP), R9; \
	LEAQ (R8)(R9*4), R8; \
	NEGQ R9; \
block: \
	MOVQ    R9, R10; \
	MOVL    (R8)(R10*4), AX; \
	VMOVDQU (SI)(AX*4), Y0; \
	INCQ    R10; \
	JEQ     store; \
tap: \
	MOVL    (R8)(R10*4), AX; \
	COMBINE (SI)(AX*4), Y0, Y0; \
	INCQ    R10; \
	JNE     tap; \
store: \
	VMOVDQU Y0, (DI); \
	ADDQ    $32, DI; \
	ADDQ    $32, SI; \
	SUBQ    $8, CX; \
	JGT     block; \
	VZEROUPPER; \
	RET

// func max32AVX2(dst, x []int32, taps []int32)
TEXT ·max32AVX2(SB), NOSPLIT, $0-72
	POOL(VPMAXSD)

// func sum32AVX2(dst, x []int32, taps []int32)
TEXT ·sum32AVX2(SB), NOSPLIT, $0-72
	POOL(VPADDD)
