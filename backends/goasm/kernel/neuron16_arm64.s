#include "textflag.h"
#include "go_asm.h"

#define ADDL(a, b, d) VADD a.H8, b.H8, d.H8
#define SUBL(a, b, d) VSUB a.H8, b.H8, d.H8
#define SSHL(m, n, d) SSHL8H(m, n, d)
#define CMGT(m, n, d) CMGT8H(m, n, d)
#define CMLT0(n, d) CMLT0_8H(n, d)
#define DUP(r, v) VDUP r, v.H8

#include "neuron_arm64.h"

// BITS leaves 1, 2, 4 … 128 in the lanes of V25.
#define BITS \
	MOVD $0x0008000400020001, R8; \
	VMOV R8, V25.D[0]; \
	LSL  $4, R8, R8; \
	VMOV R8, V25.D[1]

// SPIKES stores a byte, one bit for each lane of V4.
#define SPIKES \
	VAND   V25.B16, V4.B16, V4.B16; \
	VADDV  V4.H8, V4; \
	VMOV   V4.B[0], R8; \
	MOVB.P R8, 1(R6)

// func fire16NEON(v, x, threshold, bias, reset []int16, spikes []uint64, p *neuron)
TEXT ·fire16NEON(SB), NOSPLIT, $0-152
	ARGUMENTS
	BITS

loop:
	FIRE
	SPIKES
	SUBS $8, R1, R1
	BNE  loop
	RET

// func next16NEON(v, x, threshold, bias, reset []int16, spikes []uint64, p *neuron)
TEXT ·next16NEON(SB), NOSPLIT, $0-152
	ARGUMENTS
	BITS

loop:
	NEXT
	SPIKES
	SUBS $8, R1, R1
	BNE  loop
	RET
