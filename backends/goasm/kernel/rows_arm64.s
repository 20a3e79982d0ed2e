#include "textflag.h"
#include "simd_arm64.h"

// Registers of all functions here:
//	R0 dst, R1 base   advance as results are stored
//	R2                rows of the tile
//	R3, R4            event list and its length
//	R5                outputs left
//	R6                stride, the bytes of a tile
//	R7, R8            place in the list and rows left
//	V0, V2, V4, V6    sums of 16-bit words of the tile's four vectors: all
//	V1, V3, V5, V7    sums of their high bytes: high
//	V28               the shift, in every lane

// ADDROWS8 adds R8 rows of 64 bytes from list R7. VUSRA shifts and adds.
#define ADDROWS8 \
	CBZ   R8, added; \
row: \
	MOVWU.P 4(R7), R9; \
	ADD   R2, R9, R9; \
	VLD1  (R9), [V24.H8, V25.H8, V26.H8, V27.H8]; \
	VADD  V24.H8, V0.H8, V0.H8; \
	VUSRA $8, V24.H8, V1.H8; \
	VADD  V25.H8, V2.H8, V2.H8; \
	VUSRA $8, V25.H8, V3.H8; \
	VADD  V26.H8, V4.H8, V4.H8; \
	VUSRA $8, V26.H8, V5.H8; \
	VADD  V27.H8, V6.H8, V6.H8; \
	VUSRA $8, V27.H8, V7.H8; \
	SUB   $1, R8, R8; \
	CBNZ  R8, row; \
added:

// UNBIAS takes the 128 of each of the n bytes off the sums: 128·n off high, and
// 128·n·257 off all, whose words are low + 256·high. It needs n in R9.
#define UNBIAS \
	LSL  $7, R9, R9; \
	VDUP R9, V24.H8; \
	VSHL $8, V24.H8, V25.H8; \
	VADD V24.H8, V25.H8, V25.H8; \
	VSUB V25.H8, V0.H8, V0.H8; \
	VSUB V24.H8, V1.H8, V1.H8; \
	VSUB V25.H8, V2.H8, V2.H8; \
	VSUB V24.H8, V3.H8, V3.H8; \
	VSUB V25.H8, V4.H8, V4.H8; \
	VSUB V24.H8, V5.H8, V5.H8; \
	VSUB V25.H8, V6.H8, V6.H8; \
	VSUB V24.H8, V7.H8, V7.H8

// SPLIT turns all into the sum of low bytes.
#define SPLIT(all, high) \
	VSHL $8, high.H8, V24.H8; \
	VSUB V24.H8, all.H8, all.H8

// CLEAR zeroes a register.
#define CLEAR(v) VEOR v.B16, v.B16, v.B16

// CLEARSUMS zeroes the sums.
#define CLEARSUMS \
	CLEAR(V0); \
	CLEAR(V1); \
	CLEAR(V2); \
	CLEAR(V3); \
	CLEAR(V4); \
	CLEAR(V5); \
	CLEAR(V6); \
	CLEAR(V7)

// SUM8 leaves the sums of R4 rows: the outputs 0..31 in V0, V2, V1, V3 and
// 32..63 in V4, V6, V5, V7.
#define SUM8 \
	CLEARSUMS; \
	MOVD R3, R7; \
	MOVD R4, R8; \
	ADDROWS8; \
	MOVD R4, R9; \
	UNBIAS; \
	SPLIT(V0, V1); \
	SPLIT(V2, V3); \
	SPLIT(V4, V5); \
	SPLIT(V6, V7)

// STORE16 adds 32 sums to base and stores them.
#define STORE16(a, b, c, d) \
	VLD1.P 64(R1), [V24.H8, V25.H8, V26.H8, V27.H8]; \
	VADD   a.H8, V24.H8, V24.H8; \
	VADD   b.H8, V25.H8, V25.H8; \
	VADD   c.H8, V26.H8, V26.H8; \
	VADD   d.H8, V27.H8, V27.H8; \
	VST1.P [V24.H8, V25.H8, V26.H8, V27.H8], 64(R0)

// STORE32 shifts the 8 sums in the registers 24 and 25, adds them to base and
// stores them.
#define STORE32 \
	SSHL4S(28, 24, 24); \
	SSHL4S(28, 25, 25); \
	VLD1.P 32(R1), [V26.S4, V27.S4]; \
	VADD   V26.S4, V24.S4, V24.S4; \
	VADD   V27.S4, V25.S4, V25.S4; \
	VST1.P [V24.S4, V25.S4], 32(R0)

// WIDEN stores 8 sums of register n as 32-bit numbers.
#define WIDEN(n) \
	SXTL4S(n, 24); \
	SXTL2_4S(n, 25); \
	STORE32

// func rows8x16NEON(dst, base []int16, rows []byte, stride int, list []uint32)
TEXT ·rows8x16NEON(SB), NOSPLIT, $0-104
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R5
	MOVD base_base+24(FP), R1
	MOVD rows_base+48(FP), R2
	MOVD stride+72(FP), R6
	MOVD list_base+80(FP), R3
	MOVD list_len+88(FP), R4

tile:
	SUM8
	STORE16(V0, V2, V1, V3)
	STORE16(V4, V6, V5, V7)
	ADD  R6, R2, R2
	SUBS $64, R5, R5
	BNE  tile
	RET

// func rows8x32NEON(dst, base []int32, rows []byte, stride int, list []uint32, shift int)
TEXT ·rows8x32NEON(SB), NOSPLIT, $0-112
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R5
	MOVD base_base+24(FP), R1
	MOVD rows_base+48(FP), R2
	MOVD stride+72(FP), R6
	MOVD list_base+80(FP), R3
	MOVD list_len+88(FP), R4
	MOVD shift+104(FP), R9
	VDUP R9, V28.S4

tile:
	SUM8
	WIDEN(0)
	WIDEN(2)
	WIDEN(1)
	WIDEN(3)
	WIDEN(4)
	WIDEN(6)
	WIDEN(5)
	WIDEN(7)
	ADD  R6, R2, R2
	SUBS $64, R5, R5
	BNE  tile
	RET

// STORE stores the 8 sums in two registers, as STORE32 does.
#define STORE(a, b) \
	VMOV a.B16, V24.B16; \
	VMOV b.B16, V25.B16; \
	STORE32

// func rows16x32NEON(dst, base []int32, rows []byte, stride int, list []uint32, shift int)
//
// V0 to V7 are the sums of the 32 outputs of a tile.
TEXT ·rows16x32NEON(SB), NOSPLIT, $0-112
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R5
	MOVD base_base+24(FP), R1
	MOVD rows_base+48(FP), R2
	MOVD stride+72(FP), R6
	MOVD list_base+80(FP), R3
	MOVD list_len+88(FP), R4
	MOVD shift+104(FP), R9
	VDUP R9, V28.S4

tile:
	CLEARSUMS
	MOVD R3, R7
	MOVD R4, R8
	CBZ  R8, store

row:
	MOVWU.P 4(R7), R9
	ADD     R2, R9, R9
	VLD1    (R9), [V24.H8, V25.H8, V26.H8, V27.H8]
	SADDW4S(24, 0, 0)
	SADDW2_4S(24, 1, 1)
	SADDW4S(25, 2, 2)
	SADDW2_4S(25, 3, 3)
	SADDW4S(26, 4, 4)
	SADDW2_4S(26, 5, 5)
	SADDW4S(27, 6, 6)
	SADDW2_4S(27, 7, 7)
	SUB     $1, R8, R8
	CBNZ    R8, row

store:
	STORE(V0, V1)
	STORE(V2, V3)
	STORE(V4, V5)
	STORE(V6, V7)
	ADD  R6, R2, R2
	SUBS $32, R5, R5
	BNE  tile
	RET

// FOLD adds 8 running sums R, in register r, to a total, again as a sum of words
// and a sum of their high bytes. SSRA shifts and adds.
#define FOLD(vr, vall, r, high) \
	VADD vr.H8, vall.H8, vall.H8; \
	SSRA8H(r, high)

// FOLDLOW does so with the running sums of low bytes.
#define FOLDLOW(vrall, vrhigh, vall, high) \
	VSHL $8, vrhigh.H8, V24.H8; \
	VSUB V24.H8, vrall.H8, V24.H8; \
	FOLD(V24, vall, 24, high)

// JOIN stores 8 totals as 32-bit numbers: all is their low half, and their high
// half is (high + (Σ low bytes >> 8)) >> 8, where Σ low bytes = all − (high << 8).
#define JOIN(vall, vhigh, high) \
	VSHL  $8, vhigh.H8, V26.H8; \
	VSUB  V26.H8, vall.H8, V26.H8; \
	VUSRA $8, V26.H8, vhigh.H8; \
	SSHR8H(8, high, 26); \
	VZIP1 V26.H8, vall.H8, V24.H8; \
	VZIP2 V26.H8, vall.H8, V25.H8; \
	STORE32

// func levels8x32NEON(dst, base []int32, rows []byte, stride int, list, counts []uint32, shift int)
//
// V0 to V7 are the running sums. Totals are in pairs of all and high: V8, V9 of
// the outputs 0..7, and so on to V22, V23 of 56..63.
// R10 and R11 are the place in counts and the levels left.
TEXT ·levels8x32NEON(SB), NOSPLIT, $0-136
	MOVD dst_base+0(FP), R0
	MOVD dst_len+8(FP), R5
	MOVD base_base+24(FP), R1
	MOVD rows_base+48(FP), R2
	MOVD stride+72(FP), R6
	MOVD list_base+80(FP), R3
	MOVD shift+128(FP), R9
	VDUP R9, V28.S4

tile:
	CLEARSUMS
	CLEAR(V8)
	CLEAR(V9)
	CLEAR(V10)
	CLEAR(V11)
	CLEAR(V12)
	CLEAR(V13)
	CLEAR(V14)
	CLEAR(V15)
	CLEAR(V16)
	CLEAR(V17)
	CLEAR(V18)
	CLEAR(V19)
	CLEAR(V20)
	CLEAR(V21)
	CLEAR(V22)
	CLEAR(V23)
	MOVD R3, R7
	MOVD counts_base+104(FP), R10
	MOVD counts_len+112(FP), R11

level:
	MOVWU.P 4(R10), R8
	MOVD    R8, R9
	UNBIAS
	ADDROWS8
	FOLDLOW(V0, V1, V8, 9)
	FOLDLOW(V2, V3, V10, 11)
	FOLD(V1, V12, 1, 13)
	FOLD(V3, V14, 3, 15)
	FOLDLOW(V4, V5, V16, 17)
	FOLDLOW(V6, V7, V18, 19)
	FOLD(V5, V20, 5, 21)
	FOLD(V7, V22, 7, 23)
	SUB     $1, R11, R11
	CBNZ    R11, level

	JOIN(V8, V9, 9)
	JOIN(V10, V11, 11)
	JOIN(V12, V13, 13)
	JOIN(V14, V15, 15)
	JOIN(V16, V17, 17)
	JOIN(V18, V19, 19)
	JOIN(V20, V21, 21)
	JOIN(V22, V23, 23)
	ADD  R6, R2, R2
	SUBS $64, R5, R5
	BNE  tile
	RET

// func half8x32NEON(dst, base []int32, rows []byte, stride int, list []uint32, shift int)
//
// It is rows8x32 for half a tile, whose rows have 32 bytes.
TEXT ·half8x32NEON(SB), NOSPLIT, $0-112
	MOVD dst_base+0(FP), R0
	MOVD base_base+24(FP), R1
	MOVD rows_base+48(FP), R2
	MOVD list_base+80(FP), R7
	MOVD list_len+88(FP), R8
	MOVD shift+104(FP), R9
	VDUP R9, V28.S4
	MOVD R8, R4
	CLEARSUMS
	CBZ  R8, added

row:
	MOVWU.P 4(R7), R9
	ADD     R2, R9, R9
	VLD1    (R9), [V24.H8, V25.H8]
	VADD    V24.H8, V0.H8, V0.H8
	VUSRA   $8, V24.H8, V1.H8
	VADD    V25.H8, V2.H8, V2.H8
	VUSRA   $8, V25.H8, V3.H8
	SUB     $1, R8, R8
	CBNZ    R8, row

added:
	MOVD R4, R9
	UNBIAS
	SPLIT(V0, V1)
	SPLIT(V2, V3)
	WIDEN(0)
	WIDEN(2)
	WIDEN(1)
	WIDEN(3)
	RET
