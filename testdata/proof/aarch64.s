	mul x0, x1, x2
	madd x0, x1, x2, x3
	msub w0, w1, w2, w3
	mneg w0, w1, w2
	smull x0, w1, w2
	umaddl x0, w1, w2, x3
	smulh x0, x1, x2
	sdiv x0, x1, x2
	udiv w0, w1, w2
	mul v0.8h, v1.8h, v2.8h
	mla v0.4s, v1.4s, v2.4s
	mls v0.4s, v1.4s, v2.4s
	smull v0.8h, v1.8b, v2.8b
	umull2 v0.8h, v1.16b, v2.16b
	smlal v0.8h, v1.8b, v2.8b
	umlsl2 v0.8h, v1.16b, v2.16b
	sqdmulh v0.4s, v1.4s, v2.4s
	sqrdmlah v0.4s, v1.4s, v2.4s
	sqdmlal v0.4s, v1.4h, v2.4h
	pmul v0.8b, v1.8b, v2.8b
	pmull v0.8h, v1.8b, v2.8b
	sdot v0.4s, v1.16b, v2.16b
	udot v0.4s, v1.16b, v2.16b
	usdot v0.4s, v1.16b, v2.16b
	smmla v0.4s, v1.16b, v2.16b
	bfdot v0.4s, v1.8h, v2.8h
	fmul s0, s1, s2
	fnmul d0, d1, d2
	fmadd s0, s1, s2, s3
	fnmsub d0, d1, d2, d3
	fmla v0.4s, v1.4s, v2.4s
	fmlal v0.4s, v1.4h, v2.4h
	fmulx v0.4s, v1.4s, v2.4s
	fdiv v0.4s, v1.4s, v2.4s
	fcmla v0.4s, v1.4s, v2.4s, #90
	frecpe v0.4s, v1.4s
	fsqrt d0, d1
	mad z0.s, p0/m, z1.s, z2.s
	.inst 0xffffffff
allowed:
	add x0, x1, x2, lsl #3
	sub w0, w1, w2
	lsl x0, x1, #2
	asr w0, w1, #1
	csel x0, x1, x2, ge
	ldr q0, [x0], #16
	add v0.8h, v1.8h, v2.8h
	uaddw v0.8h, v1.8h, v2.8b
	uaddw2 v0.8h, v1.8h, v2.16b
	sub v0.16b, v1.16b, v2.16b
	sshll v0.8h, v1.8b, #0
	ushr v0.8h, v1.8h, #8
	cmgt v0.8h, v1.8h, v2.8h
	bic v0.16b, v1.16b, v2.16b
	cnt v0.8b, v1.8b
	rbit x0, x1
	clz x0, x1
	movn x0, #1
	udf #0
	smax v0.8h, v1.8h, v2.8h
	ret
