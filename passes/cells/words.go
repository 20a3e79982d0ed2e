package cells

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/rewrite"
)

// Spikes with a sign or of several sizes are one word, a whole number, times a unit: a cell hands on the word, and
// layers behind it read that.

// countsAlone reports whether a value is a sum or choice of spikes of one membrane in a step, as a spike
// that has a sign, and has a unit: one cell hands it on.
func (r *region) countsAlone(v *ir.Value) bool {
	if v.Op != ir.OpAdd && v.Op != ir.OpSub && v.Op != ir.OpWhere {
		return false
	}
	var of *ir.Value
	fires := 0
	var same func(a *ir.Value) bool
	same = func(a *ir.Value) bool {
		switch {
		case !r.state[a]:
			return a.Const() != nil
		case a.Op == ir.OpDelay:
			return false
		case a.Op != ir.OpCompare:
			return !slices.ContainsFunc(a.Args, func(b *ir.Value) bool { return !same(b) })
		}
		u := a.Args[0]
		if u.Const() != nil {
			u = a.Args[1]
		}
		if of == nil {
			of = u
		}
		fires++
		return of == u && r.analog[u]
	}
	return same(v) && fires > 1 && unitOf(r.sizes(v)) > 0
}

// mostSizes bounds the numbers that a word is followed through.
const mostSizes = 64

// sizes are numbers of which those that spikes make a value of are some; nil where they are not known.
func (r *region) sizes(v *ir.Value) []float64 {
	switch f, same := uniform(v); {
	case same:
		return []float64{f}
	case v.Const() != nil:
		return nil
	case v.Type.IsSpike():
		return []float64{0, 1}
	}
	if s := r.stairs[v]; s != nil {
		out := []float64{s.low}
		for _, step := range s.steps {
			out = append(out, step.number)
		}
		return out
	}
	args, f := v.Args, functions[v.Op]
	if v.Op == ir.OpWhere {
		args = args[1:]
	}
	if len(args) == 1 {
		args = append(args, args[0])
	}
	if len(args) != 2 || v.Op.Class() != ir.Element || f == nil && v.Op != ir.OpWhere && v.Op != ir.OpCast {
		return nil
	}
	var out []float64
	for _, x := range r.sizes(args[0]) {
		for _, y := range r.sizes(args[1]) {
			both := []float64{x, y}
			if f != nil {
				both = []float64{float64(float32(f(x, y)))}
			}
			for _, n := range both {
				if !slices.Contains(out, n) {
					out = append(out, n)
				}
			}
		}
	}
	if len(out) > mostSizes {
		return nil
	}
	return out
}

// mostUnits bounds the words that numbers are written as.
const mostUnits = 255

// unitOf is the greatest unit of which numbers are whole multiples, 1 if they are whole; 0 for none.
func unitOf(sizes []float64) float64 {
	least := math.Inf(1)
	for _, f := range sizes {
		if f != 0 {
			least = min(least, math.Abs(f))
		}
	}
	if len(sizes) == 0 || areMultiples(sizes, 1) {
		return min(1, float64(len(sizes)))
	}
	for parts := 1.0; parts <= mostUnits; parts++ {
		if unit := least / parts; areMultiples(sizes, unit) {
			return unit
		}
	}
	return 0
}

func areMultiples(sizes []float64, unit float64) bool {
	return !slices.ContainsFunc(sizes, func(f float64) bool {
		n := math.Round(f / unit)
		return math.Abs(n) > mostUnits || float64(float32(n*unit)) != f
	})
}

// inUnits are the numbers of a choice as words.
func (c *choice) inUnits(unit float64) *choice {
	if c.leaf != nil {
		return &choice{leaf: rewrite.Zip(c.leaf, rewrite.Scalar(unit), func(f, unit float64) float64 { return math.Round(f / unit) })}
	}
	return &choice{by: c.by, yes: c.yes.inUnits(unit), no: c.no.inUnits(unit)}
}

// word writes a target that spikes alone decide as a word, and returns its unit: 1 for any other number.
func (w *moment) word(v *ir.Value) (update.Value, float64) {
	if !w.analog[v] {
		unit := unitOf(w.sizes(v))
		if c := w.choices(v); c != nil && unit > 0 && unit != 1 {
			return w.chosenNumber(c.inUnits(unit)), unit
		}
	}
	return w.number(v), 1
}
