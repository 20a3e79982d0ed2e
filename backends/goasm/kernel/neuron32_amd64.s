#include "textflag.h"
#include "go_asm.h"

#define LANES 8
#define ADD VPADDD
#define SUB VPSUBD
#define SHL VPSLLD
#define SAR VPSRAD
#define GREATER VPCMPGTD
#define SIGN(v, sign) VPSRAD $31, v, sign

// SPIKES stores one bit for each 32-bit lane of Y4.
#define SPIKES \
	VMOVMSKPS Y4, AX; \
	MOVB      AX, (DI); \
	INCQ      DI

#include "neuron_amd64.h"

// func fire32AVX2(v, x, threshold, bias, reset []int32, spikes []uint64, p *neuron)
TEXT ·fire32AVX2(SB), NOSPLIT, $0-152
	FIRE

// func next32AVX2(v, x, threshold, bias, reset []int32, spikes []uint64, p *neuron)
TEXT ·next32AVX2(SB), NOSPLIT, $0-152
	NEXT
