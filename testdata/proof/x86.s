	imul %ebx, %eax
	imul $3, (%rax), %ecx
	mul %rbx
	mulb (%rax)
	div %ecx
	idivq (%rax)
	mulx %rax, %rbx, %rcx
	fmul %st(1), %st
	fdivp
	mulss %xmm0, %xmm1
	vmulpd %ymm0, %ymm1, %ymm2
	vdivps %zmm0, %zmm1, %zmm2
	pmullw %xmm0, %xmm1
	vpmulld %ymm0, %ymm1, %ymm2
	vpmullq %zmm0, %zmm1, %zmm2
	pmaddwd %xmm0, %xmm1
	vpmaddubsw %ymm0, %ymm1, %ymm2
	vpmadd52luq %zmm0, %zmm1, %zmm2
	pmulhrsw %xmm0, %xmm1
	vpclmulqdq $0, %xmm0, %xmm1, %xmm2
	vfmadd231ps %ymm0, %ymm1, %ymm2
	vfnmsub132sd %xmm0, %xmm1, %xmm2
	vpdpbusd %zmm0, %zmm1, %zmm2
	{vex} vpdpbusd %ymm0, %ymm1, %ymm2
	vpdpwssds %ymm0, %ymm1, %ymm2
	dpps $1, %xmm0, %xmm1
	gf2p8mulb %xmm0, %xmm1
	vrcp14ps %zmm0, %zmm1
	sqrtss %xmm0, %xmm1
	tdpbusd %tmm0, %tmm1, %tmm2
allowed:
	add %eax, %ebx
	lea (%rax,%rbx,8), %rcx
	shl $3, %rax
	rep stosq
	lock addl $1, (%rax)
	psadbw %xmm0, %xmm1
	paddw %xmm0, %xmm1
	vpaddb %zmm0, %zmm1, %zmm2
	vpsubw %ymm0, %ymm1, %ymm2
	vpternlogd $0x96, %zmm0, %zmm1, %zmm2
	vpsraw $1, %ymm0, %ymm1
	vpcompressb %zmm0, %zmm1{%k1}
	vpmovmskb %ymm0, %eax
	vpmovsxbw %xmm0, %ymm1
	vpmaxsw %ymm0, %ymm1, %ymm2
	popcnt %rax, %rbx
	tzcnt %rax, %rbx
	blsr %rax, %rbx
	movabs $0x0faff80f6bc0f7f0, %rax
	ret
