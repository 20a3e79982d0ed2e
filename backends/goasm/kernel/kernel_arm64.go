package kernel

// assembly lists the assembly kernels this machine can run; Go needs NEON itself. Windows are
// listed in Go, and their rows summed in assembly.
func assembly() []*kernel {
	return []*kernel{{
		name:       "neon",
		rows8x16:   rows8x16NEON,
		rows8x32:   rows8x32NEON,
		rows16x32:  rows16x32NEON,
		levels8x32: levels8x32NEON,
		conv8x32:   over(32, half8x32NEON),
		conv8x64:   over(64, rows8x32NEON),
		tables16:   tables16,
		convWide:   over(32, rows16x32NEON),
		listLine:   listLine,
		max32:      max32,
		sum32:      sum32,
	}}
}

//go:noescape
func rows8x16NEON(dst, base []int16, rows []byte, stride int, list []uint32)

//go:noescape
func rows8x32NEON(dst, base []int32, rows []byte, stride int, list []uint32, shift int)

//go:noescape
func rows16x32NEON(dst, base []int32, rows []byte, stride int, list []uint32, shift int)

//go:noescape
func levels8x32NEON(dst, base []int32, rows []byte, stride int, list, counts []uint32, shift int)

//go:noescape
func half8x32NEON(dst, base []int32, rows []byte, stride int, list []uint32, shift int)
