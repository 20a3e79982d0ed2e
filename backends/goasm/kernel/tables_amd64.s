#include "textflag.h"
#include "go_asm.h"
#include "rows_amd64.h"

// Registers of all functions here:
//	DI dst, SI base    of the windows summed side by side
//	DX                 table of the tap
//	R8, R10            bytes from a window's word to the next window's, and three times that
//	R9                 the windows' first word
//	R11, CX            tap and taps left
//	R12, R14           word of the tap in the windows 0 to 3, and 4 to 7
//	R13                tables
//	BX, R15            bytes of dst and of base from a window to the next
//	X11                shift

#define SETUP \
	MOVQ dst_base+0(FP), DI; \
	MOVQ base_base+24(FP), SI; \
	MOVQ digits_base+72(FP), R9; \
	MOVQ t+96(FP), R13; \
	MOVQ tables_places(R13), AX; \
	MOVQ AX, places-8(SP); \
	MOVQ tables_step(R13), R8; \
	SHLQ $2, R8; \
	LEAQ (R8)(R8*2), R10; \
	MOVQ tables_dstStep(R13), BX; \
	SHLQ $2, BX

// GROUP begins with windows, and DIGIT with their highest digit.
#define GROUP \
	MOVQ  DI, dst-16(SP); \
	MOVQ  R9, first-24(SP); \
	MOVQ  tables_digits(R13), AX; \
	MOVQ  AX, digits-32(SP); \
	VMOVQ tables_shift(R13), X11; \
	MOVQ  tables_baseStep(R13), R15; \
	SHLQ  $2, R15

#define DIGIT \
	MOVQ rows_base+48(FP), DX; \
	MOVQ tables_taps(R13), R11; \
	MOVQ (tables_taps+8)(R13), CX

// TAP finds the words of a tap.
#define TAP \
	MOVLQSX (R11), AX; \
	LEAQ    (R9)(AX*4), R12; \
	LEAQ    (R12)(R8*4), R14; \
	ADDQ    $4, R11

// NEXTDIGIT goes to the next lower digit, which is added to dst, and tells
// whether there is one. SI is kept where base goes on.
#define NEXTDIGIT(DONE, MORE) \
	DECQ  digits-32(SP); \
	JEQ   DONE; \
	CMPQ  SI, DI; \
	JEQ   same; \
	MOVQ  SI, base-40(SP); \
same: \
	MOVQ  dst-16(SP), DI; \
	MOVQ  DI, SI; \
	MOVQ  BX, R15; \
	MOVQ  tables_next(R13), AX; \
	LEAQ  (R9)(AX*4), R9; \
	VMOVQ X11, AX; \
	SUBQ  $4, AX; \
	VMOVQ AX, X11; \
	JMP   MORE

// PLACE stores 16 sums, and goes to the next window.
#define PLACE(ysum, xsum) \
	WIDEN(ysum, xsum, 0); \
	ADDQ BX, DI; \
	ADDQ R15, SI

// NEXTGROUP goes on by n windows of log2 n; the last ones are summed twice if
// they are fewer.
#define NEXTGROUP(n, log, GROUPS) \
	MOVQ  tables_digits(R13), AX; \
	CMPQ  AX, $1; \
	JEQ   once; \
	MOVQ  base-40(SP), SI; \
once: \
	MOVQ  first-24(SP), R9; \
	MOVQ  R8, AX; \
	SHLQ  $log, AX; \
	ADDQ  AX, R9; \
	MOVQ  places-8(SP), CX; \
	SUBQ  $n, CX; \
	JEQ   done; \
	MOVQ  tables_baseStep(R13), R15; \
	SHLQ  $2, R15; \
back: \
	CMPQ  CX, $n; \
	JGE   enough; \
	SUBQ  BX, DI; \
	SUBQ  R15, SI; \
	SUBQ  R8, R9; \
	INCQ  CX; \
	JMP   back; \
enough: \
	MOVQ  CX, places-8(SP); \
	JMP   GROUPS; \
done: \
	VZEROUPPER; \
	RET

// func tables16AVX2(dst, base []int32, rows []byte, digits []uint32, t *tables)
TEXT ·tables16AVX2(SB), NOSPLIT, $40-104
	SETUP

group:
	GROUP

digit:
	CLEAR(Y0)
	CLEAR(Y1)
	CLEAR(Y2)
	CLEAR(Y3)
	CLEAR(Y4)
	CLEAR(Y5)
	CLEAR(Y6)
	CLEAR(Y7)
	DIGIT

tap:
	TAP
	MOVL   (R12), AX
	VPADDW (DX)(AX*1), Y0, Y0
	MOVL   (R12)(R8*1), AX
	VPADDW (DX)(AX*1), Y1, Y1
	MOVL   (R12)(R8*2), AX
	VPADDW (DX)(AX*1), Y2, Y2
	MOVL   (R12)(R10*1), AX
	VPADDW (DX)(AX*1), Y3, Y3
	MOVL   (R14), AX
	VPADDW (DX)(AX*1), Y4, Y4
	MOVL   (R14)(R8*1), AX
	VPADDW (DX)(AX*1), Y5, Y5
	MOVL   (R14)(R8*2), AX
	VPADDW (DX)(AX*1), Y6, Y6
	MOVL   (R14)(R10*1), AX
	VPADDW (DX)(AX*1), Y7, Y7
	ADDQ   $512, DX
	DECQ   CX
	JNE    tap

	PLACE(Y0, X0)
	PLACE(Y1, X1)
	PLACE(Y2, X2)
	PLACE(Y3, X3)
	PLACE(Y4, X4)
	PLACE(Y5, X5)
	PLACE(Y6, X6)
	PLACE(Y7, X7)
	NEXTDIGIT(summed, digit)

summed:
	NEXTGROUP(8, 3, group)
