#include "textflag.h"
#include "go_asm.h"

#define LANES 16
#define ADD VPADDW
#define SUB VPSUBW
#define SHL VPSLLW
#define SAR VPSRAW
#define GREATER VPCMPGTW
#define SIGN(v, sign) VPSRAW $15, v, sign

// SPIKES stores one bit for each 16-bit lane of Y4.
#define SPIKES \
	VPACKSSWB Y4, Y4, Y4; \
	VPERMQ    $8, Y4, Y4; \
	VPMOVMSKB X4, AX; \
	MOVW      AX, (DI); \
	ADDQ      $2, DI

#include "neuron_amd64.h"

// func fire16AVX2(v, x, threshold, bias, reset []int16, spikes []uint64, p *neuron)
TEXT ·fire16AVX2(SB), NOSPLIT, $0-152
	FIRE

// func next16AVX2(v, x, threshold, bias, reset []int16, spikes []uint64, p *neuron)
TEXT ·next16AVX2(SB), NOSPLIT, $0-152
	NEXT
