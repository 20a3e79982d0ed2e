package kernel

// membrane is the integer of a membrane.
type membrane interface{ int16 | int32 }

// fire updates neurons whose reset acts in the step that fires.
func fire[T membrane](v, x, threshold, bias, reset []T, spikes []uint64, p *neuron) {
	clearing := T(p.clear)
	for len(v) > 0 {
		var word uint64
		for i := range 64 {
			h := leaked(v[i], p) + x[i]<<(p.guard&31) + bias[i]
			s := greater(h, threshold[i])
			word |= uint64(s&1) << uint(i)
			v[i] = h&^(s&clearing) + reset[i]&s
		}
		spikes[0] = word
		spikes = spikes[1:]
		v, x = v[64:], x[64:]
		threshold, bias, reset = threshold[64:], bias[64:], reset[64:]
	}
}

// next updates neurons whose reset acts in the step after the one that fires.
func next[T membrane](v, x, threshold, bias, reset []T, spikes []uint64, p *neuron) {
	clearing, armed := T(p.clear), T(p.armed)
	for len(v) > 0 {
		var word uint64
		for i := range 64 {
			amount := reset[i] & greater(v[i], threshold[i]) & armed
			u := v[i]&^(greater(v[i], threshold[i])&armed&clearing) + amount&clearing
			h := leaked(u, p) + amount&^clearing + x[i]<<(p.guard&31) + bias[i]
			word |= uint64(greater(h, threshold[i])&1) << uint(i)
			v[i] = h
		}
		spikes[0] = word
		spikes = spikes[1:]
		v, x = v[64:], x[64:]
		threshold, bias, reset = threshold[64:], bias[64:], reset[64:]
	}
}

// leaked is what remains of a membrane after one step.
func leaked[T membrane](v T, p *neuron) T {
	shifted := (v + T(p.up) + greater(0, v)&T(p.upNegative)) >> (p.leak & 31)
	return v&T(p.keep) + (shifted&T(p.part) ^ T(p.flip)) - T(p.flip)
}

// greater is all ones where a > b, else 0.
func greater[T membrane](a, b T) T {
	if a > b {
		return -1
	}
	return 0
}
