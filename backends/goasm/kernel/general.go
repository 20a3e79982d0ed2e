package kernel

// general is what all neurons of a layer have in common that is not run by the
// loops in assembly: those with a current, with both resets, whose reset masks
// the input, that are silent, or whose leak takes several digits. The equations
// are computed in 64 bits; membranes and currents are stored in 32.
type general struct {
	leak, current leakage
	guard         uint
	next, both    bool // the reset acts in the next step, or in both
	subtract      bool // of an amount; else to a value, if the layer resets at all
	resets        bool
	masks         bool // a reset kills the input too
	masksCurrent  bool // and the current
	drives        bool // there is a current
	after         bool // the current leaks after it has driven the membrane
	late          bool // the membrane gets what the current was in the step before
	armed         bool // a reset may wait: not before the first step
}

// leakage is a leak: what stays, and a sum of shifted copies, shifted right once.
type leakage struct {
	keep           bool
	minus          bool    // the shifted sum is taken off
	digits         []int32 // of the sum: twice a shift, and one more when it is subtracted
	shift          uint
	up, upNegative int64
}

// of is what remains of a number.
func (l *leakage) of(v int64) int64 {
	sum := int64(0)
	for _, d := range l.digits {
		sign := -int64(d & 1)
		sum += v<<(uint(d)>>1&63) ^ sign - sign
	}
	if l.up|l.upNegative != 0 {
		sum += l.up + l.upNegative&(sum>>63)
	}
	sum >>= l.shift & 63
	if l.minus {
		sum = -sum
	}
	if l.keep {
		sum += v
	}
	return sum
}

// layer is the state and the constants of a general layer; thresholds are limits
// that a membrane must exceed.
type layer struct {
	v, i                   []int32 // membranes and currents
	threshold, bias, reset []int32
	general
}

// update runs one step; silent neurons give no spikes.
func (l *layer) update(x []int32, spikes []uint64) {
	clear(spikes)
	for n := range l.v {
		if l.fires(n, int64(x[n])<<(l.guard&63)) && spikes != nil {
			spikes[n>>6] |= 1 << (uint(n) & 63)
		}
	}
	l.armed = true
}

// fires updates one neuron and tells whether it fires.
func (l *layer) fires(n int, x int64) bool {
	v, limit := int64(l.v[n]), int64(l.threshold[n])
	waiting := v > limit && (l.both || l.next && l.armed)
	drive := l.drive(n, x, waiting) + int64(l.bias[n])
	reset := int64(l.reset[n])
	if waiting && l.resets && !l.subtract {
		v = reset
	}
	h := l.leak.of(v) + drive
	switch {
	case waiting && l.masks:
		h = 0
	case waiting && l.subtract:
		h -= reset
	}
	fired := h > limit
	l.v[n] = int32(l.stored(h, reset, fired, waiting))
	return fired
}

// drive is what reaches the membrane; it updates the current.
func (l *layer) drive(n int, x int64, waiting bool) int64 {
	if !l.drives {
		return x
	}
	old := int64(l.i[n])
	i := old
	if !l.after {
		i = l.current.of(i)
	}
	drive := i + x
	if waiting && l.masksCurrent {
		drive = 0
	}
	i = drive
	if l.after {
		i = l.current.of(drive)
	}
	l.i[n] = int32(i)
	if l.late {
		return old
	}
	return drive
}

// stored is the membrane kept after a step.
func (l *layer) stored(h, reset int64, fired, waiting bool) int64 {
	switch {
	case l.next || !l.resets:
		return h
	case l.both && waiting:
		if !fired {
			h += reset
		}
		return h
	case !fired:
		return h
	case l.subtract:
		return h - reset
	}
	return reset
}
