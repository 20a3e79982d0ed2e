#include "textflag.h"
#include "go_asm.h"

#define ADDL(a, b, d) VADD a.S4, b.S4, d.S4
#define SUBL(a, b, d) VSUB a.S4, b.S4, d.S4
#define SSHL(m, n, d) SSHL4S(m, n, d)
#define CMGT(m, n, d) CMGT4S(m, n, d)
#define CMLT0(n, d) CMLT0_4S(n, d)
#define DUP(r, v) VDUP r, v.S4

#include "neuron_arm64.h"

// BITS leaves 1, 2, 4, 8 in the lanes of V25 and 16 … 128 in those of V26.
#define BITS \
	MOVD $0x0000000200000001, R8; \
	VMOV R8, V25.D[0]; \
	LSL  $2, R8, R8; \
	VMOV R8, V25.D[1]; \
	VSHL $4, V25.S4, V26.S4

// FIRST keeps the bits of the first of two vectors of spikes in V7.
#define FIRST VAND V25.B16, V4.B16, V7.B16

// SPIKES stores a byte, one bit for each lane of two vectors.
#define SPIKES \
	VAND   V26.B16, V4.B16, V4.B16; \
	VADD   V7.S4, V4.S4, V4.S4; \
	VADDV  V4.S4, V4; \
	VMOV   V4.B[0], R8; \
	MOVB.P R8, 1(R6)

// func fire32NEON(v, x, threshold, bias, reset []int32, spikes []uint64, p *neuron)
TEXT ·fire32NEON(SB), NOSPLIT, $0-152
	ARGUMENTS
	BITS

loop:
	FIRE
	FIRST
	FIRE
	SPIKES
	SUBS $8, R1, R1
	BNE  loop
	RET

// func next32NEON(v, x, threshold, bias, reset []int32, spikes []uint64, p *neuron)
TEXT ·next32NEON(SB), NOSPLIT, $0-152
	ARGUMENTS
	BITS

loop:
	NEXT
	FIRST
	NEXT
	SPIKES
	SUBS $8, R1, R1
	BNE  loop
	RET
