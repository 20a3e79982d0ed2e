.arch_extension idiv
	mul r0, r1, r2
	muls r0, r1, r2
	mulne r0, r1, r2
	mla r0, r1, r2, r3
	mls r0, r1, r2, r3
	umull r0, r1, r2, r3
	smlal r0, r1, r2, r3
	umaal r0, r1, r2, r3
	smulbb r0, r1, r2
	smlabt r0, r1, r2, r3
	smlad r0, r1, r2, r3
	smuad r0, r1, r2
	smusdx r0, r1, r2
	smlsd r0, r1, r2, r3
	smmul r0, r1, r2
	smmla r0, r1, r2, r3
	sdiv r0, r1, r2
	udivne r0, r1, r2
	vmul.f32 s0, s1, s2
	vnmul.f32 s0, s1, s2
	vmla.f32 s0, s1, s2
	vfma.f32 s0, s1, s2
	vfnms.f32 s0, s1, s2
	vdiv.f32 s0, s1, s2
	vsqrt.f32 s0, s1
	vmull.s8 q0, d2, d3
	vmlal.s16 q0, d2, d3
	vqdmulh.s16 d0, d1, d2
	vqdmlal.s16 q0, d2, d3
	vrecpe.f32 d0, d1
allowed:
	add r0, r1, r2, lsl #3
	mvn r0, r1
	mov r0, r1
	uadd8 r0, r1, r2
	sadd16 r0, r1, r2
	usada8 r0, r1, r2, r3
	sxtb r0, r1
	asr r0, r1, #1
	ldm r0!, {r1-r4}
	ldrsb r0, [r1], #1
	bx lr
.word 0x02010090
