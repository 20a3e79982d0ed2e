// What the loops over rows of 8-bit weights share: the sums all and high of a
// vector, see package kernel, and how results are stored.

// ADD8 adds 32 bytes of a row to the sums all and high.
#define ADD8(row, all, high) \
	VPADDW row, all, all; \
	VPSRLW $8, row, row; \
	VPADDW row, high, high

// BIASES makes ready for UNBIAS what n bytes are too large for: n is in AX.
#define BIASES \
	SHLL         $7, AX; \
	VMOVD        AX, X12; \
	VPBROADCASTW X12, Y12; \
	VPSLLW       $8, Y12, Y13; \
	VPADDW       Y12, Y13, Y13

// UNBIAS takes the 128 of each of the n bytes off the sums: 128·n off high, and
// 128·n·257 off all, whose words are low + 256·high.
#define UNBIAS(all, high) \
	VPSUBW Y12, high, high; \
	VPSUBW Y13, all, all

// SPLIT turns all into the sum of low bytes.
#define SPLIT(all, high) \
	VPSLLW $8, high, Y12; \
	VPSUBW Y12, all, all

// CLEAR zeroes a register.
#define CLEAR(y) VPXOR y, y, y

// STORE32 shifts 8 sums by X11, adds them to base and stores them.
#define STORE32(sum, at) \
	VPSLLD  X11, sum, sum; \
	VPADDD  at(SI), sum, sum; \
	VMOVDQU sum, at(DI)

// WIDEN stores 16 sums as 32-bit numbers.
#define WIDEN(ysum, xsum, at) \
	VPMOVSXWD    xsum, Y12; \
	VEXTRACTI128 $1, ysum, X13; \
	VPMOVSXWD    X13, Y13; \
	STORE32(Y12, at); \
	STORE32(Y13, at+32)
