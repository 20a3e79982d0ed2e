package kernel

import "golang.org/x/sys/cpu"

// assembly lists the assembly kernels this machine can run.
func assembly() []*kernel {
	if !cpu.ARM64.HasASIMD {
		return nil
	}
	return []*kernel{{
		name:       "neon",
		rows8x16:   rows8x16NEON,
		rows8x32:   rows8x32NEON,
		rows16x32:  rows16x32NEON,
		levels8x32: levels8x32NEON,
		fire16:     fire16NEON,
		next16:     next16NEON,
		fire32:     fire32NEON,
		next32:     next32NEON,
		conv8x32:   conv8x32,
		conv8x64:   conv8x64,
		tables16:   tables16,
		tables32:   tables32,
		convWide:   convWide,
		listLine:   listLine,
		max32:      max32,
		sum32:      sum32,
		plus32:     plus32,
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
func fire16NEON(v, x, threshold, bias, reset []int16, spikes []uint64, p *neuron)

//go:noescape
func next16NEON(v, x, threshold, bias, reset []int16, spikes []uint64, p *neuron)

//go:noescape
func fire32NEON(v, x, threshold, bias, reset []int32, spikes []uint64, p *neuron)

//go:noescape
func next32NEON(v, x, threshold, bias, reset []int32, spikes []uint64, p *neuron)
