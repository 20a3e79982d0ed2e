package kernel

// assembly lists the assembly kernels this machine can run; Go needs NEON itself.
func assembly() []*kernel {
	return []*kernel{{
		name:       "neon",
		rows8x16:   rows8x16NEON,
		rows8x32:   rows8x32NEON,
		rows16x32:  rows16x32NEON,
		levels8x32: levels8x32NEON,
		conv8x32:   conv8x32NEON,
		conv8x64:   conv8x64NEON,
		tables16:   tables16,
		tables32:   tables32,
		convWide:   convWideNEON,
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
func half8x32NEON(dst, base []int32, rows []byte, list []uint32, shift int)

// The windows are listed in Go, and their rows summed in assembly.

func conv8x32NEON(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	w.each(dst, base, list, starts, 32, func(d, b []int32, at int, window []uint32) {
		half8x32NEON(d, b, rows[at:], window, w.shift)
	})
}

func conv8x64NEON(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	w.each(dst, base, list, starts, 64, func(d, b []int32, at int, window []uint32) {
		rows8x32NEON(d[:64], b, rows[at:], 0, window, w.shift)
	})
}

func convWideNEON(dst, base []int32, rows []byte, list, starts []uint32, w *windows) {
	w.each(dst, base, list, starts, 32, func(d, b []int32, at int, window []uint32) {
		rows16x32NEON(d[:32], b, rows[at:], 0, window, w.shift)
	})
}
