// The neuron update, for 16-bit and for 32-bit lanes: the including file names
// the instructions (ADD, SUB, SHL, SAR, GREATER, SIGN) and says how the spikes
// of Y4 are stored (SPIKES).
//
// Registers:
//	R8 v, R9 x, R10 threshold, R11 bias, R12 reset   advance 32 bytes a round
//	DI spikes, CX lanes left
//	X14 guard, X15 leak (shift counts)
//	Y6 armed, Y8 keep, Y9 part, Y10 flip, Y11 up, Y12 upNegative, Y13 clear

#define ARGUMENTS \
	MOVQ         v_base+0(FP), R8; \
	MOVQ         v_len+8(FP), CX; \
	MOVQ         x_base+24(FP), R9; \
	MOVQ         threshold_base+48(FP), R10; \
	MOVQ         bias_base+72(FP), R11; \
	MOVQ         reset_base+96(FP), R12; \
	MOVQ         spikes_base+120(FP), DI; \
	MOVQ         p+144(FP), AX; \
	VMOVQ        neuron_guard(AX), X14; \
	VMOVQ        neuron_leak(AX), X15; \
	VPBROADCASTQ neuron_keep(AX), Y8; \
	VPBROADCASTQ neuron_part(AX), Y9; \
	VPBROADCASTQ neuron_flip(AX), Y10; \
	VPBROADCASTQ neuron_up(AX), Y11; \
	VPBROADCASTQ neuron_upNegative(AX), Y12; \
	VPBROADCASTQ neuron_clear(AX), Y13; \
	VPBROADCASTQ neuron_armed(AX), Y6

// LEAK turns the membrane in Y0 into leak(V) in Y1.
#define LEAK \
	SIGN(Y0, Y1); \
	VPAND Y12, Y1, Y1; \
	ADD   Y0, Y1, Y1; \
	ADD   Y11, Y1, Y1; \
	SAR   X15, Y1, Y1; \
	VPAND Y9, Y1, Y1; \
	VPXOR Y10, Y1, Y1; \
	SUB   Y10, Y1, Y1; \
	VPAND Y8, Y0, Y0; \
	ADD   Y0, Y1, Y1

// INTEGRATE adds (x << guard) + bias to Y1, which becomes H, and compares it
// with the threshold: Y4 is all ones where the neuron fires.
#define INTEGRATE \
	VMOVDQU (R9), Y2; \
	SHL     X14, Y2, Y2; \
	ADD     Y2, Y1, Y1; \
	ADD     (R11), Y1, Y1; \
	GREATER (R10), Y1, Y4

// ADVANCE goes to the next 32 bytes.
#define ADVANCE \
	ADDQ $32, R8; \
	ADDQ $32, R9; \
	ADDQ $32, R10; \
	ADDQ $32, R11; \
	ADDQ $32, R12

// FIRE is the loop with the reset at once.
#define FIRE \
	ARGUMENTS; \
loop: \
	VMOVDQU (R8), Y0; \
	LEAK; \
	INTEGRATE; \
	VPAND   Y13, Y4, Y5; \
	VPANDN  Y1, Y5, Y1; \
	VPAND   (R12), Y4, Y5; \
	ADD     Y5, Y1, Y1; \
	VMOVDQU Y1, (R8); \
	SPIKES; \
	ADVANCE; \
	SUBQ    $LANES, CX; \
	JNE     loop; \
	VZEROUPPER; \
	RET

// NEXT is the loop with the reset in the next step: Y4 is S_prev and Y3 the
// reset amount where it is set. With clear both act before the leak.
#define NEXT \
	ARGUMENTS; \
loop: \
	VMOVDQU (R8), Y0; \
	GREATER (R10), Y0, Y4; \
	VPAND   Y6, Y4, Y4; \
	VPAND   (R12), Y4, Y3; \
	VPAND   Y13, Y4, Y5; \
	VPANDN  Y0, Y5, Y0; \
	VPAND   Y13, Y3, Y5; \
	ADD     Y5, Y0, Y0; \
	LEAK; \
	VPANDN  Y3, Y13, Y3; \
	ADD     Y3, Y1, Y1; \
	INTEGRATE; \
	VMOVDQU Y1, (R8); \
	SPIKES; \
	ADVANCE; \
	SUBQ    $LANES, CX; \
	JNE     loop; \
	VZEROUPPER; \
	RET
