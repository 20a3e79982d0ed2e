#include "textflag.h"
#include "go_asm.h"
#include "rows_amd64.h"

// Registers of all functions here:
//	DI dst, SI base    of the tile
//	DX                 rows of the tile, less what the windows so far have passed
//	R8                 list
//	R9                 starts, from the window's first pixel on
//	R13                windows
//	R10, R14           rows of the window: the list's begin, and its end
//	R11, BX            part of the window and parts left
//	R12, CX            place in a list and what is left of it
//	Y10, Y9            offset of the row of zeros, and by how much it moves on
//	X11                shift

#define SETUP \
	MOVQ         dst_base+0(FP), DI; \
	MOVQ         base_base+24(FP), SI; \
	MOVQ         rows_base+48(FP), DX; \
	MOVQ         list_base+72(FP), R8; \
	MOVQ         starts_base+96(FP), R9; \
	MOVQ         w+120(FP), R13; \
	MOVQ         windows_places(R13), AX; \
	MOVQ         AX, places-8(SP); \
	VMOVQ        windows_shift(R13), X11; \
	VPBROADCASTD windows_zero(R13), Y10; \
	VPBROADCASTD windows_back(R13), Y9

// WINDOW lists the rows of a window from R10 on, and rows of zeros behind them;
// R14 becomes the number of fours of rows. Runs are copied eight rows at a time,
// three times without asking how many there are.
#define WINDOW \
	MOVQ windows_parts(R13), R11; \
	MOVQ (windows_parts+8)(R13), BX; \
	MOVQ windows_scratch(R13), R10; \
	MOVQ R10, R14; \
part: \
	MOVL         part_first(R11), AX; \
	MOVL         (R9)(AX*4), AX; \
	MOVL         part_last(R11), CX; \
	MOVL         (R9)(CX*4), CX; \
	VPBROADCASTD part_rows(R11), Y12; \
	LEAQ         (R8)(AX*4), R12; \
	SUBQ         AX, CX; \
	VPADDD       (R12), Y12, Y13; \
	VPADDD       32(R12), Y12, Y14; \
	VPADDD       64(R12), Y12, Y15; \
	VMOVDQU      Y13, (R14); \
	VMOVDQU      Y14, 32(R14); \
	VMOVDQU      Y15, 64(R14); \
	CMPQ         CX, $24; \
	JGT          long; \
next: \
	LEAQ (R14)(CX*4), R14; \
	ADDQ $part__size, R11; \
	DECQ BX; \
	JNE  part; \
	JMP  listed; \
long: \
	MOVQ $24, AX; \
more: \
	VPADDD  (R12)(AX*4), Y12, Y13; \
	VMOVDQU Y13, (R14)(AX*4); \
	ADDQ    $8, AX; \
	CMPQ    AX, CX; \
	JLT     more; \
	JMP     next; \
listed: \
	VMOVDQU Y10, (R14); \
	VPADDD  Y9, Y10, Y10; \
	SUBQ    R10, R14; \
	ADDQ    $12, R14; \
	SHRQ    $4, R14; \
	MOVQ    windows_tiles(R13), BX

// NEXTPLACE goes to the next window and tells whether there is one.
#define NEXTPLACE \
	MOVQ windows_dstSkip(R13), AX; \
	LEAQ (DI)(AX*4), DI; \
	MOVQ windows_baseSkip(R13), AX; \
	LEAQ (SI)(AX*4), SI; \
	MOVQ windows_step(R13), AX; \
	LEAQ (R9)(AX*4), R9; \
	SUBQ windows_rewind(R13), DX; \
	DECQ places-8(SP)

// NEXTTILE goes to the next tile of so many outputs and tells whether there is one.
#define NEXTTILE(outputs) \
	ADDQ $(4*outputs), DI; \
	ADDQ $(4*outputs), SI; \
	ADDQ windows_stride(R13), DX; \
	DECQ BX

// func conv8x64AVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)
TEXT ·conv8x64AVX2(SB), NOSPLIT, $8-128
	SETUP

place:
	WINDOW

tile:
	CLEAR(Y0)
	CLEAR(Y1)
	CLEAR(Y2)
	CLEAR(Y3)
	MOVQ  R10, R12
	MOVQ  R14, CX
	TESTQ CX, CX
	JEQ   added

row:
	MOVL    (R12), AX
	MOVL    4(R12), R15
	VMOVDQU (DX)(AX*1), Y12
	VMOVDQU 32(DX)(AX*1), Y13
	VMOVDQU (DX)(R15*1), Y14
	VMOVDQU 32(DX)(R15*1), Y15
	ADD8(Y12, Y0, Y1)
	ADD8(Y13, Y2, Y3)
	ADD8(Y14, Y0, Y1)
	ADD8(Y15, Y2, Y3)
	MOVL    8(R12), AX
	MOVL    12(R12), R15
	VMOVDQU (DX)(AX*1), Y12
	VMOVDQU 32(DX)(AX*1), Y13
	VMOVDQU (DX)(R15*1), Y14
	VMOVDQU 32(DX)(R15*1), Y15
	ADD8(Y12, Y0, Y1)
	ADD8(Y13, Y2, Y3)
	ADD8(Y14, Y0, Y1)
	ADD8(Y15, Y2, Y3)
	ADDQ    $16, R12
	DECQ    CX
	JNE     row

added:
	MOVL R14, AX
	SHLL $2, AX
	BIASES
	UNBIAS(Y0, Y1)
	UNBIAS(Y2, Y3)
	SPLIT(Y0, Y1)
	SPLIT(Y2, Y3)
	WIDEN(Y0, X0, 0)
	WIDEN(Y1, X1, 64)
	WIDEN(Y2, X2, 128)
	WIDEN(Y3, X3, 192)
	NEXTTILE(64)
	JNE  tile
	NEXTPLACE
	JNE  place
	VZEROUPPER
	RET

// func conv8x32AVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)
TEXT ·conv8x32AVX2(SB), NOSPLIT, $8-128
	SETUP

place:
	WINDOW

tile:
	CLEAR(Y0)
	CLEAR(Y1)
	MOVQ  R10, R12
	MOVQ  R14, CX
	TESTQ CX, CX
	JEQ   added

row:
	MOVL    (R12), AX
	MOVL    4(R12), R15
	VMOVDQU (DX)(AX*1), Y12
	VMOVDQU (DX)(R15*1), Y13
	MOVL    8(R12), AX
	MOVL    12(R12), R15
	VMOVDQU (DX)(AX*1), Y14
	VMOVDQU (DX)(R15*1), Y15
	ADD8(Y12, Y0, Y1)
	ADD8(Y13, Y0, Y1)
	ADD8(Y14, Y0, Y1)
	ADD8(Y15, Y0, Y1)
	ADDQ    $16, R12
	DECQ    CX
	JNE     row

added:
	MOVL R14, AX
	SHLL $2, AX
	BIASES
	UNBIAS(Y0, Y1)
	SPLIT(Y0, Y1)
	WIDEN(Y0, X0, 0)
	WIDEN(Y1, X1, 64)
	NEXTTILE(32)
	JNE  tile
	NEXTPLACE
	JNE  place
	VZEROUPPER
	RET

// ADDWIDE adds a row of 16-bit weights to the 32-bit sums.
#define ADDWIDE(at) \
	MOVL      at(R12), AX; \
	VPMOVSXWD (DX)(AX*1), Y12; \
	VPMOVSXWD 16(DX)(AX*1), Y13; \
	VPMOVSXWD 32(DX)(AX*1), Y14; \
	VPMOVSXWD 48(DX)(AX*1), Y15; \
	VPADDD    Y12, Y0, Y0; \
	VPADDD    Y13, Y1, Y1; \
	VPADDD    Y14, Y2, Y2; \
	VPADDD    Y15, Y3, Y3

// func convWideAVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)
TEXT ·convWideAVX2(SB), NOSPLIT, $8-128
	SETUP

place:
	WINDOW

tile:
	CLEAR(Y0)
	CLEAR(Y1)
	CLEAR(Y2)
	CLEAR(Y3)
	MOVQ  R10, R12
	MOVQ  R14, CX
	TESTQ CX, CX
	JEQ   added

row:
	ADDWIDE(0)
	ADDWIDE(4)
	ADDWIDE(8)
	ADDWIDE(12)
	ADDQ $16, R12
	DECQ CX
	JNE  row

added:
	STORE32(Y0, 0)
	STORE32(Y1, 32)
	STORE32(Y2, 64)
	STORE32(Y3, 96)
	NEXTTILE(32)
	JNE  tile
	NEXTPLACE
	JNE  place
	VZEROUPPER
	RET
