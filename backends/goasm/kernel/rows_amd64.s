#include "textflag.h"
#include "rows_amd64.h"

// Registers of all functions here:
//	DI dst, SI base     advance a tile at a time
//	DX                  rows of the tile
//	R8, R9              event list and its length
//	R10                 outputs left
//	R11                 stride, the bytes of a tile
//	R12, CX             place in the list and rows left
//	Y0, Y2              sums of 16-bit words of the tile's halves: all
//	Y1, Y3              sums of their high bytes: high

// ADDROWS8 adds CX rows of 64 bytes from list R12, two at a time.
#define ADDROWS8 \
	SUBQ    $2, CX; \
	JLT     last; \
pair: \
	MOVL    (R12), AX; \
	MOVL    4(R12), BX; \
	ADDQ    $8, R12; \
	VMOVDQU (DX)(AX*1), Y12; \
	VMOVDQU 32(DX)(AX*1), Y13; \
	VMOVDQU (DX)(BX*1), Y14; \
	VMOVDQU 32(DX)(BX*1), Y15; \
	ADD8(Y12, Y0, Y1); \
	ADD8(Y13, Y2, Y3); \
	ADD8(Y14, Y0, Y1); \
	ADD8(Y15, Y2, Y3); \
	SUBQ    $2, CX; \
	JGE     pair; \
last: \
	ADDQ    $2, CX; \
	JEQ     added; \
	MOVL    (R12), AX; \
	ADDQ    $4, R12; \
	VMOVDQU (DX)(AX*1), Y12; \
	VMOVDQU 32(DX)(AX*1), Y13; \
	ADD8(Y12, Y0, Y1); \
	ADD8(Y13, Y2, Y3); \
added:

// SUM8 leaves the sums of R9 rows in Y0, Y1, Y2, Y3: 64 outputs in order.
#define SUM8 \
	CLEAR(Y0); \
	CLEAR(Y1); \
	CLEAR(Y2); \
	CLEAR(Y3); \
	MOVQ  R8, R12; \
	MOVQ  R9, CX; \
	ADDROWS8; \
	MOVQ  R9, AX; \
	BIASES; \
	UNBIAS(Y0, Y1); \
	UNBIAS(Y2, Y3); \
	SPLIT(Y0, Y1); \
	SPLIT(Y2, Y3)

// STORE16 adds 16 sums to base and stores them.
#define STORE16(sum, at) \
	VPADDW  at(SI), sum, sum; \
	VMOVDQU sum, at(DI)

// func rows8x16AVX2(dst, base []int16, rows []byte, stride int, list []uint32)
TEXT ·rows8x16AVX2(SB), NOSPLIT, $0-104
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), R10
	MOVQ base_base+24(FP), SI
	MOVQ rows_base+48(FP), DX
	MOVQ stride+72(FP), R11
	MOVQ list_base+80(FP), R8
	MOVQ list_len+88(FP), R9

tile:
	SUM8
	STORE16(Y0, 0)
	STORE16(Y1, 32)
	STORE16(Y2, 64)
	STORE16(Y3, 96)
	ADDQ $128, DI
	ADDQ $128, SI
	ADDQ R11, DX
	SUBQ $64, R10
	JNE  tile
	VZEROUPPER
	RET

// func rows8x32AVX2(dst, base []int32, rows []byte, stride int, list []uint32, shift int)
TEXT ·rows8x32AVX2(SB), NOSPLIT, $0-112
	MOVQ  dst_base+0(FP), DI
	MOVQ  dst_len+8(FP), R10
	MOVQ  base_base+24(FP), SI
	MOVQ  rows_base+48(FP), DX
	MOVQ  stride+72(FP), R11
	MOVQ  list_base+80(FP), R8
	MOVQ  list_len+88(FP), R9
	VMOVQ shift+104(FP), X11

tile:
	SUM8
	WIDEN(Y0, X0, 0)
	WIDEN(Y1, X1, 64)
	WIDEN(Y2, X2, 128)
	WIDEN(Y3, X3, 192)
	ADDQ $256, DI
	ADDQ $256, SI
	ADDQ R11, DX
	SUBQ $64, R10
	JNE  tile
	VZEROUPPER
	RET

// func rows16x32AVX2(dst, base []int32, rows []byte, stride int, list []uint32, shift int)
//
// Y0 to Y3 are the sums of the 32 outputs of a tile.
TEXT ·rows16x32AVX2(SB), NOSPLIT, $0-112
	MOVQ  dst_base+0(FP), DI
	MOVQ  dst_len+8(FP), R10
	MOVQ  base_base+24(FP), SI
	MOVQ  rows_base+48(FP), DX
	MOVQ  stride+72(FP), R11
	MOVQ  list_base+80(FP), R8
	MOVQ  list_len+88(FP), R9
	VMOVQ shift+104(FP), X11

tile:
	CLEAR(Y0)
	CLEAR(Y1)
	CLEAR(Y2)
	CLEAR(Y3)
	MOVQ  R8, R12
	MOVQ  R9, CX
	TESTQ CX, CX
	JEQ   store

row:
	MOVL      (R12), AX
	ADDQ      $4, R12
	VPMOVSXWD (DX)(AX*1), Y12
	VPMOVSXWD 16(DX)(AX*1), Y13
	VPMOVSXWD 32(DX)(AX*1), Y14
	VPMOVSXWD 48(DX)(AX*1), Y15
	VPADDD    Y12, Y0, Y0
	VPADDD    Y13, Y1, Y1
	VPADDD    Y14, Y2, Y2
	VPADDD    Y15, Y3, Y3
	DECQ      CX
	JNE       row

store:
	STORE32(Y0, 0)
	STORE32(Y1, 32)
	STORE32(Y2, 64)
	STORE32(Y3, 96)
	ADDQ $128, DI
	ADDQ $128, SI
	ADDQ R11, DX
	SUBQ $32, R10
	JNE  tile
	VZEROUPPER
	RET

// FOLD adds the running sums R (16 signed words) to a total, again as a sum of
// words and a sum of their high bytes. It needs R in Y12.
#define FOLD(all, high) \
	VPADDW Y12, all, all; \
	VPSRAW $8, Y12, Y12; \
	VPADDW Y12, high, high

// FOLDHALF folds the running sums of half a tile: low bytes, then high bytes.
#define FOLDHALF(rall, rhigh, all0, high0, all1, high1) \
	VPSLLW  $8, rhigh, Y12; \
	VPSUBW  Y12, rall, Y12; \
	FOLD(all0, high0); \
	VMOVDQA rhigh, Y12; \
	FOLD(all1, high1)

// JOIN stores 16 totals as 32-bit numbers: all is their low half, and their high
// half is (high + (Σ low bytes >> 8)) >> 8, where Σ low bytes = all − (high << 8).
#define JOIN(all, high, at) \
	VPSLLW     $8, high, Y12; \
	VPSUBW     Y12, all, Y12; \
	VPSRLW     $8, Y12, Y12; \
	VPADDW     high, Y12, Y12; \
	VPSRAW     $8, Y12, Y12; \
	VPUNPCKLWD Y12, all, Y13; \
	VPUNPCKHWD Y12, all, Y14; \
	VPERM2I128 $0x20, Y14, Y13, Y15; \
	VPERM2I128 $0x31, Y14, Y13, Y12; \
	VPSLLD     X0, Y15, Y15; \
	VPSLLD     X0, Y12, Y12; \
	VPADDD     at(SI), Y15, Y15; \
	VPADDD     (at+32)(SI), Y12, Y12; \
	VMOVDQU    Y15, at(DI); \
	VMOVDQU    Y12, (at+32)(DI)

// func levels8x32AVX2(dst, base []int32, rows []byte, stride int, list, counts []uint32, shift int)
//
// Y0 to Y3 are the running sums. Totals are in pairs of all and high: Y4, Y5 of
// the outputs 0..15, Y6, Y7 of 16..31, Y8, Y9 of 32..47 and Y10, Y11 of 48..63.
// R9 and R13 are the place in counts and the levels left.
TEXT ·levels8x32AVX2(SB), NOSPLIT, $0-136
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), R10
	MOVQ base_base+24(FP), SI
	MOVQ rows_base+48(FP), DX
	MOVQ stride+72(FP), R11
	MOVQ list_base+80(FP), R8

tile:
	CLEAR(Y0)
	CLEAR(Y1)
	CLEAR(Y2)
	CLEAR(Y3)
	CLEAR(Y4)
	CLEAR(Y5)
	CLEAR(Y6)
	CLEAR(Y7)
	CLEAR(Y8)
	CLEAR(Y9)
	CLEAR(Y10)
	CLEAR(Y11)
	MOVQ R8, R12
	MOVQ counts_base+104(FP), R9
	MOVQ counts_len+112(FP), R13

level:
	MOVL (R9), CX
	ADDQ $4, R9
	MOVL CX, AX
	BIASES
	UNBIAS(Y0, Y1)
	UNBIAS(Y2, Y3)
	ADDROWS8
	FOLDHALF(Y0, Y1, Y4, Y5, Y6, Y7)
	FOLDHALF(Y2, Y3, Y8, Y9, Y10, Y11)
	DECQ R13
	JNE  level

	VMOVQ shift+128(FP), X0
	JOIN(Y4, Y5, 0)
	JOIN(Y6, Y7, 64)
	JOIN(Y8, Y9, 128)
	JOIN(Y10, Y11, 192)
	ADDQ  $256, DI
	ADDQ  $256, SI
	ADDQ  R11, DX
	SUBQ  $64, R10
	JNE   tile
	VZEROUPPER
	RET
