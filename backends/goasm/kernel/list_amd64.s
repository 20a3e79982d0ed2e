#include "textflag.h"
#include "go_asm.h"

// func listLineAVX2(list, starts []uint32, planes []uint64, at, n int, im *image, p *positions) int
//
// Registers:
//	R8, R14            list, and how many rows it has
//	R9, R10            starts of the pixels, and pixels left
//	SI                 the pixel's first byte in plane 0
//	R11, BX            source and sources left
//	R12, CX            the source's byte of the pixel, and bytes left
//	DX                 positions
//	Y7, Y8, Y9         row of the pixel's first input, of the byte's, and of 8 inputs
//	X15                shift from an input to its row
TEXT ·listLineAVX2(SB), NOSPLIT, $0-112
	MOVQ list_base+0(FP), R8
	MOVQ starts_base+24(FP), R9
	MOVQ planes_base+48(FP), SI
	MOVQ at+72(FP), AX
	MOVQ n+80(FP), R14
	MOVQ im+88(FP), R13
	MOVQ p+96(FP), DX

	SHRQ         $3, AX
	ADDQ         AX, SI
	MOVQ         image_width(R13), R10
	MOVQ         image_channels(R13), DI
	SHRQ         $3, DI
	VMOVQ        image_unit(R13), X15
	VPBROADCASTD image_margin(R13), Y7
	MOVL         $8, AX
	VMOVD        AX, X9
	VPBROADCASTD X9, Y9
	VPSLLD       X15, Y9, Y9

pixel:
	MOVL R14, (R9)
	ADDQ $4, R9
	MOVQ image_sources(R13), R11
	MOVQ (image_sources+8)(R13), BX

source:
	MOVL    (R11), R12
	ADDQ    SI, R12
	MOVQ    DI, CX
	VMOVDQA Y7, Y8

byte:
	MOVBLZX   (R12), AX
	VPMOVZXBD (DX)(AX*8), Y0
	INCQ      R12
	VPSLLD    X15, Y0, Y0
	POPCNTL   AX, AX
	VPADDD    Y8, Y0, Y0
	VMOVDQU   Y0, (R8)(R14*4)
	ADDQ      AX, R14
	VPADDD    Y9, Y8, Y8
	DECQ      CX
	JNE       byte

	ADDQ    $4, R11
	DECQ    BX
	JNE     source
	VMOVDQA Y8, Y7
	ADDQ    DI, SI
	DECQ    R10
	JNE     pixel

	MOVQ R14, ret+104(FP)
	VZEROUPPER
	RET
