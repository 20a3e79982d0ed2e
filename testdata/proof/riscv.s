	mul a0, a1, a2
	mulh a0, a1, a2
	mulhu a0, a1, a2
	mulhsu a0, a1, a2
	div a0, a1, a2
	divu a0, a1, a2
	rem a0, a1, a2
	remu a0, a1, a2
	fmul.s fa0, fa1, fa2
	fdiv.d fa0, fa1, fa2
	fmadd.s fa0, fa1, fa2, fa3
	fnmsub.d fa0, fa1, fa2, fa3
	fsqrt.s fa0, fa1
	.insn 0x0000007f
allowed:
	add a0, a1, a2
	sub a0, a1, a2
	slli a0, a1, 3
	srai a0, a1, 1
	lbu a0, 1(a1)
	sw a0, 4(a1)
	fadd.s fa0, fa1, fa2
	bge a0, a1, 0f
0:
	ret
.2byte 0
