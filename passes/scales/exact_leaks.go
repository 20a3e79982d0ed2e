package scales

import (
	"slices"

	"nomul/ir/update"
	"nomul/passes/layers"
)

// LeakRounding is how a class rounds its leak V/2^k, such that its numbers lie to constants as the real ones do,
// where all that comes in and all constants are whole.
type LeakRounding uint8

// The roundings. H ≥ θ is ⌊H⌋ ≥ θ, and H > θ is ⌈H⌉ > θ; where both are asked for, the rest of a division is told
// by an odd last bit: numbers in units of ½ say whether H is whole or between two whole numbers.
const (
	LeakRounded LeakRounding = iota // by guard bits, not exact
	LeakDown
	LeakUp
	LeakOdd
)

// LeakRounding returns that of a class: exact ones have one leak, a shift, and compare with constants alone.
func (c *Cell) LeakRounding(class int) LeakRounding {
	leaks, down, up := 0, false, false
	if !c.Bit(c.Result) && c.Class(c.Result) == class {
		return LeakRounded
	}
	for _, n := range c.Nodes {
		switch {
		case n.Kind == update.Times && c.Class(n.A) == class && !whole(n):
			if d, ok := shiftOf(n); !ok || d.Shift >= maxOddShift {
				return LeakRounded
			}
			leaks++
		case n.compares() && c.Class(n.A) == class:
			a, b := c.isConstant(n.A), c.isConstant(n.B)
			if a == b {
				return LeakRounded
			}
			if up = up || a == (n.Kind == update.AtLeast); a == (n.Kind == update.Above) {
				down = true
			}
		case n.Kind == update.Sub && c.Class(n.A) == class && !c.isConstant(n.B):
			down, up = true, true // rounded up is down then
		}
	}
	switch {
	case leaks != 1:
		return LeakRounded
	case up && down:
		return LeakOdd
	case up:
		return LeakUp
	}
	return LeakDown
}

// maxOddShift bounds a leak that is rounded to odd, by shifts of one more.
const maxOddShift = 30

// whole reports whether a product is with a whole number, and not rounded.
func whole(n Node) bool {
	return !slices.ContainsFunc(n.Data.F, func(f float64) bool { return f != float64(int64(f)) })
}

// shiftOf is the leak of a product with one power of two below 1.
func shiftOf(n Node) (update.Decay, bool) {
	f, same := n.Data.Uniform()
	d, ok := layers.DecayOf(f)
	return d, same && ok && !d.Rest && d.Factor() == 1
}

// isConstant reports whether bits choose a number among constants.
func (c *Cell) isConstant(at int) bool {
	n := c.Nodes[at]
	return n.Kind == update.Const || n.Kind == update.Select && c.isConstant(n.A) && c.isConstant(n.B)
}
