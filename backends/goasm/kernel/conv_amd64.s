#include "textflag.h"
#include "go_asm.h"
#include "rows_amd64.h"

// Registers of all functions here:
//	DI dst, SI base   of the place
//	DX                rows, less what the windows so far have passed
//	R8                list
//	R9                starts, from the window's first pixel on
//	R10               places left
//	R11, BX           part of the window and parts left
//	R12, CX           what is left of the part's run, negative, and its end
//	R13               windows
//	R14               rows added to the window
//	R15               rows of the part

#define SETUP \
	MOVQ  dst_base+0(FP), DI; \
	MOVQ  base_base+24(FP), SI; \
	MOVQ  rows_base+48(FP), DX; \
	MOVQ  list_base+72(FP), R8; \
	MOVQ  starts_base+96(FP), R9; \
	MOVQ  w+120(FP), R13; \
	MOVQ  windows_places(R13), R10; \
	VMOVQ windows_shift(R13), X11

// PLACE goes to the first part of a window.
#define PLACE \
	MOVQ windows_parts(R13), R11; \
	MOVQ (windows_parts+8)(R13), BX; \
	XORL R14, R14

// PART finds the run of a part: it is at CX + 4·R12, and ends at CX.
#define PART \
	MOVL part_first(R11), AX; \
	MOVL (R9)(AX*4), R12; \
	MOVL part_last(R11), AX; \
	MOVL (R9)(AX*4), AX; \
	MOVQ part_rows(R11), R15; \
	ADDQ DX, R15; \
	ADDQ $part__size, R11; \
	LEAQ (R8)(AX*4), CX; \
	SUBQ AX, R12; \
	SUBQ R12, R14; \
	TESTQ R12, R12

// NEXTPLACE goes to the next window and tells whether there is one.
#define NEXTPLACE \
	MOVQ windows_dstStep(R13), AX; \
	LEAQ (DI)(AX*4), DI; \
	MOVQ windows_baseStep(R13), AX; \
	LEAQ (SI)(AX*4), SI; \
	MOVQ windows_step(R13), AX; \
	LEAQ (R9)(AX*4), R9; \
	SUBQ windows_back(R13), DX; \
	DECQ R10

// func conv8x64AVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)
TEXT ·conv8x64AVX2(SB), NOSPLIT, $0-128
	SETUP

place:
	PLACE
	CLEAR(Y0)
	CLEAR(Y1)
	CLEAR(Y2)
	CLEAR(Y3)

part:
	PART
	JEQ added

row:
	MOVL    (CX)(R12*4), AX
	VMOVDQU (R15)(AX*1), Y12
	VMOVDQU 32(R15)(AX*1), Y13
	ADD8(Y12, Y0, Y1)
	ADD8(Y13, Y2, Y3)
	INCQ    R12
	JNE     row

added:
	DECQ BX
	JNE  part
	MOVL R14, AX
	BIASES
	UNBIAS(Y0, Y1)
	UNBIAS(Y2, Y3)
	SPLIT(Y0, Y1)
	SPLIT(Y2, Y3)
	WIDEN(Y0, X0, 0)
	WIDEN(Y1, X1, 64)
	WIDEN(Y2, X2, 128)
	WIDEN(Y3, X3, 192)
	NEXTPLACE
	JNE  place
	VZEROUPPER
	RET

// func conv8x32AVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)
TEXT ·conv8x32AVX2(SB), NOSPLIT, $0-128
	SETUP

place:
	PLACE
	CLEAR(Y0)
	CLEAR(Y1)

part:
	PART
	JEQ added

row:
	MOVL    (CX)(R12*4), AX
	VMOVDQU (R15)(AX*1), Y12
	ADD8(Y12, Y0, Y1)
	INCQ    R12
	JNE     row

added:
	DECQ BX
	JNE  part
	MOVL R14, AX
	BIASES
	UNBIAS(Y0, Y1)
	SPLIT(Y0, Y1)
	WIDEN(Y0, X0, 0)
	WIDEN(Y1, X1, 64)
	NEXTPLACE
	JNE  place
	VZEROUPPER
	RET

// func conv16x16AVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)
TEXT ·conv16x16AVX2(SB), NOSPLIT, $0-128
	SETUP

place:
	PLACE
	CLEAR(Y0)

part:
	PART
	JEQ added

row:
	MOVL   (CX)(R12*4), AX
	VPADDW (R15)(AX*1), Y0, Y0
	INCQ   R12
	JNE    row

added:
	DECQ BX
	JNE  part
	WIDEN(Y0, X0, 0)
	NEXTPLACE
	JNE  place
	VZEROUPPER
	RET

// func conv16x32AVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)
TEXT ·conv16x32AVX2(SB), NOSPLIT, $0-128
	SETUP

place:
	PLACE
	CLEAR(Y0)
	CLEAR(Y1)

part:
	PART
	JEQ added

row:
	MOVL   (CX)(R12*4), AX
	VPADDW (R15)(AX*1), Y0, Y0
	VPADDW 32(R15)(AX*1), Y1, Y1
	INCQ   R12
	JNE    row

added:
	DECQ BX
	JNE  part
	WIDEN(Y0, X0, 0)
	WIDEN(Y1, X1, 64)
	NEXTPLACE
	JNE  place
	VZEROUPPER
	RET

// func convWideAVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)
TEXT ·convWideAVX2(SB), NOSPLIT, $0-128
	SETUP

place:
	PLACE
	CLEAR(Y0)
	CLEAR(Y1)
	CLEAR(Y2)
	CLEAR(Y3)

part:
	PART
	JEQ added

row:
	MOVL      (CX)(R12*4), AX
	VPMOVSXWD (R15)(AX*1), Y12
	VPMOVSXWD 16(R15)(AX*1), Y13
	VPMOVSXWD 32(R15)(AX*1), Y14
	VPMOVSXWD 48(R15)(AX*1), Y15
	VPADDD    Y12, Y0, Y0
	VPADDD    Y13, Y1, Y1
	VPADDD    Y14, Y2, Y2
	VPADDD    Y15, Y3, Y3
	INCQ      R12
	JNE       row

added:
	DECQ BX
	JNE  part
	STORE32(Y0, 0)
	STORE32(Y1, 32)
	STORE32(Y2, 64)
	STORE32(Y3, 96)
	NEXTPLACE
	JNE  place
	VZEROUPPER
	RET
