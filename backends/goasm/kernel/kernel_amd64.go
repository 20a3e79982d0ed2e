package kernel

// cpuid is the instruction of that name.
//
//go:noescape
func cpuid(leaf, part uint32) (a, b, c, d uint32)

// saved returns which registers the operating system saves: XCR0.
//
//go:noescape
func saved() uint32

// vectors reports whether processor and operating system have AVX2; POPCNT is older.
func vectors() bool {
	const (
		popcnt, osxsave, avx = 1 << 23, 1 << 27, 1 << 28 // leaf 1, register c
		avx2                 = 1 << 5                    // leaf 7, register b
		xmmAndYmm            = 1<<1 | 1<<2
	)
	if leaves, _, _, _ := cpuid(0, 0); leaves < 7 {
		return false
	}
	const all = popcnt | osxsave | avx
	if _, _, c, _ := cpuid(1, 0); c&all != all || saved()&xmmAndYmm != xmmAndYmm {
		return false
	}
	_, b, _, _ := cpuid(7, 0)
	return b&avx2 != 0
}

// assembly lists the assembly kernels this machine can run.
func assembly() []*kernel {
	if !vectors() {
		return nil
	}
	return []*kernel{{
		name:       "avx2",
		rows8x16:   rows8x16AVX2,
		rows8x32:   rows8x32AVX2,
		rows16x32:  rows16x32AVX2,
		levels8x32: levels8x32AVX2,
		conv8x32:   conv8x32AVX2,
		conv8x64:   conv8x64AVX2,
		tables16:   tables16AVX2,
		convWide:   convWideAVX2,
		listLine:   listLineAVX2,
		max32:      max32AVX2,
		sum32:      sum32AVX2,
	}}
}

//go:noescape
func rows8x16AVX2(dst, base []int16, rows []byte, stride int, list []uint32)

//go:noescape
func rows8x32AVX2(dst, base []int32, rows []byte, stride int, list []uint32, shift int)

//go:noescape
func rows16x32AVX2(dst, base []int32, rows []byte, stride int, list []uint32, shift int)

//go:noescape
func levels8x32AVX2(dst, base []int32, rows []byte, stride int, list, counts []uint32, shift int)

//go:noescape
func conv8x32AVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)

//go:noescape
func conv8x64AVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)

//go:noescape
func tables16AVX2(dst, base []int32, rows []byte, digits []uint32, t *tables)

//go:noescape
func convWideAVX2(dst, base []int32, rows []byte, list, starts []uint32, w *windows)

//go:noescape
func max32AVX2(dst, x []int32, taps []int32)

//go:noescape
func sum32AVX2(dst, x []int32, taps []int32)

//go:noescape
func listLineAVX2(list, starts []uint32, planes []uint64, at, n int, im *image, p *positions) int
