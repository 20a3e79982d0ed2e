#include "simd_arm64.h"

// The neuron update, for 16-bit and for 32-bit lanes: the including file names
// the instructions (ADDL, SUBL, SSHL, CMGT, CMLT0) and the arrangement of lanes
// for broadcasts (DUP).
//
// Registers:
//	R0 v, R2 x, R3 threshold, R4 bias, R5 reset   advance 16 bytes a vector
//	R6 spikes, R1 lanes left
//	V16 guard, V17 −leak (shift counts)
//	V18 keep, V19 part, V20 flip, V21 up, V22 upNegative, V23 clear, V24 armed

#define MASK(field, v) \
	MOVD field(R7), R8; \
	VDUP R8, v.D2

#define ARGUMENTS \
	MOVD v_base+0(FP), R0; \
	MOVD v_len+8(FP), R1; \
	MOVD x_base+24(FP), R2; \
	MOVD threshold_base+48(FP), R3; \
	MOVD bias_base+72(FP), R4; \
	MOVD reset_base+96(FP), R5; \
	MOVD spikes_base+120(FP), R6; \
	MOVD p+144(FP), R7; \
	MOVD neuron_guard(R7), R8; \
	DUP(R8, V16); \
	MOVD neuron_leak(R7), R8; \
	NEG  R8, R8; \
	DUP(R8, V17); \
	MASK(neuron_keep, V18); \
	MASK(neuron_part, V19); \
	MASK(neuron_flip, V20); \
	MASK(neuron_up, V21); \
	MASK(neuron_upNegative, V22); \
	MASK(neuron_clear, V23); \
	MASK(neuron_armed, V24)

// LEAK turns the membranes in V0 into leak(V) in V1.
#define LEAK \
	CMLT0(0, 1); \
	VAND V22.B16, V1.B16, V1.B16; \
	ADDL(V0, V1, V1); \
	ADDL(V21, V1, V1); \
	SSHL(17, 1, 1); \
	VAND V19.B16, V1.B16, V1.B16; \
	VEOR V20.B16, V1.B16, V1.B16; \
	SUBL(V20, V1, V1); \
	VAND V18.B16, V0.B16, V0.B16; \
	ADDL(V0, V1, V1)

// INTEGRATE adds (x << guard) + bias to V1, which becomes H, and compares it with
// the threshold in V3: V4 is all ones where the neuron fires.
#define INTEGRATE \
	VLD1.P 16(R2), [V2.B16]; \
	SSHL(16, 2, 2); \
	ADDL(V2, V1, V1); \
	VLD1.P 16(R4), [V2.B16]; \
	ADDL(V2, V1, V1); \
	CMGT(3, 1, 4)

// LOAD loads membranes, thresholds and resets into V0, V3 and V6.
#define LOAD \
	VLD1   (R0), [V0.B16]; \
	VLD1.P 16(R3), [V3.B16]; \
	VLD1.P 16(R5), [V6.B16]

// FIRE updates one vector with the reset at once, and leaves the spikes in V4.
#define FIRE \
	LOAD; \
	LEAK; \
	INTEGRATE; \
	VAND V23.B16, V4.B16, V5.B16; \
	BIC(5, 1, 1); \
	VAND V6.B16, V4.B16, V5.B16; \
	ADDL(V5, V1, V1); \
	VST1.P [V1.B16], 16(R0)

// NEXT does so with the reset in the next step: V4 is S_prev first, and V6 the
// reset amount where it is set. With clear both act before the leak.
#define NEXT \
	LOAD; \
	CMGT(3, 0, 4); \
	VAND V24.B16, V4.B16, V4.B16; \
	VAND V4.B16, V6.B16, V6.B16; \
	VAND V23.B16, V4.B16, V5.B16; \
	BIC(5, 0, 0); \
	VAND V23.B16, V6.B16, V5.B16; \
	ADDL(V5, V0, V0); \
	LEAK; \
	BIC(23, 6, 6); \
	ADDL(V6, V1, V1); \
	INTEGRATE; \
	VST1.P [V1.B16], 16(R0)

