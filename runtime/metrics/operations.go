package metrics

import (
	"nomul/ir"
	"nomul/ir/update"
)

// Operations are those of a layer or a net per sample, by kind. Each is of two numbers; the minimum and the
// maximum count as a comparison and a choice.
type Operations struct {
	Adds      float64 `json:"add"`
	Subtracts float64 `json:"subtract"`
	Compares  float64 `json:"compare"`
	Shifts    float64 `json:"shift"`
	Selects   float64 `json:"select"` // one of two numbers by a bit
	Logic     float64 `json:"logic"`  // of bits
	Popcounts float64 `json:"popcount"`
	Lookups   float64 `json:"lookup"`
	// Multiplies are products of two numbers of which neither is −1, 0 or 1, nor a word run bit by bit.
	Multiplies float64 `json:"multiply"`
}

// Plus is the sum of two counts.
func (o Operations) Plus(p Operations) Operations {
	return Operations{o.Adds + p.Adds, o.Subtracts + p.Subtracts, o.Compares + p.Compares, o.Shifts + p.Shifts,
		o.Selects + p.Selects, o.Logic + p.Logic, o.Popcounts + p.Popcounts, o.Lookups + p.Lookups, o.Multiplies + p.Multiplies}
}

// Times is the count of so many repetitions.
func (o Operations) Times(n float64) Operations {
	return Operations{n * o.Adds, n * o.Subtracts, n * o.Compares, n * o.Shifts, n * o.Selects, n * o.Logic,
		n * o.Popcounts, n * o.Lookups, n * o.Multiplies}
}

// Elementwise counts the operations of one evaluation of a value at the fixed level that do not depend on
// its numbers: the programs of its elements, windows, reductions, biases, and the shifts between bit planes.
func Elementwise(v *ir.Value, steps int) Operations {
	size := float64(v.Type.Size())
	switch v.Op.Class() {
	case ir.Window:
		return windowed(v)
	case ir.Reduce:
		return reduced(v, float64(v.Arg(0).Type.Size())-size)
	case ir.Contract:
		return contracted(v).Times(size)
	}
	p, ranges := v.Update(steps)
	if p == nil {
		return Operations{}
	}
	p, _ = p.Expand(ranges)
	out := Operations{}
	for _, i := range p.Code {
		out = out.Plus(instruction(v, p, i))
	}
	return out.Times(size)
}

// instruction counts one instruction of an element's program, on average over the elements.
func instruction(v *ir.Value, p *update.Program, i update.Instr) Operations {
	switch i.Kind {
	case update.Add:
		return Operations{Adds: 1}
	case update.Sub:
		return Operations{Subtracts: 1}
	case update.Shl, update.Shr:
		return Operations{Shifts: 1}
	case update.Scale:
		return scaled(v.Arg(int(p.Code[i.B].At)).Const(), i.Decay)
	case update.AtLeast, update.Above:
		return Operations{Compares: 1}
	case update.Min, update.Max:
		return Operations{Compares: 1, Selects: 1}
	case update.Select:
		return Operations{Selects: 1}
	case update.And, update.Or, update.Xor, update.AndNot:
		return Operations{Logic: 1}
	case update.Lookup:
		return Operations{Lookups: 1}
	case update.Times, update.Over:
		return Operations{Multiplies: 1}
	}
	return Operations{}
}

// scaled counts a product with constants, by the digits of each, and the rounded shift behind it.
func scaled(factors *ir.Tensor, d update.Decay) Operations {
	out := Operations{}
	for i := range factors.Type.Size() {
		digits := update.CSD(factors.I[i])
		for k, digit := range digits {
			top := digits[len(digits)-1]
			if digit.Shift > 0 {
				out.Shifts++
			}
			switch {
			case k == len(digits)-1:
				if digit.Sign < 0 {
					out.Subtracts++ // from 0
				}
			case digit.Sign == top.Sign:
				out.Adds++
			default:
				out.Subtracts++
			}
		}
	}
	out = out.Times(1 / float64(max(1, factors.Type.Size())))
	if d.Shift > 0 {
		out.Shifts++
	}
	if d.Up != 0 || d.UpNegative != 0 {
		out.Adds++
	}
	return out
}

// windowed counts the operations of a pool: one less than a window sees.
func windowed(v *ir.Value) Operations {
	w, seen, places := ir.WindowsOf(v), 1, 1
	for axis := range w.Out {
		along := 0
		for o := range w.Out[axis] {
			lo, hi := w.Span(axis, o)
			along += hi - lo
		}
		seen, places = seen*along, places*w.Out[axis]
	}
	return reduced(v, float64((seen-places)*(v.Type.Size()/places)))
}

// reduced are so many operations of the kind with which a reduction or a pool joins two numbers.
func reduced(v *ir.Value, n float64) Operations {
	switch {
	case v.Op == ir.OpSumPool || v.Op == ir.OpReduceSum:
		return Operations{Adds: n}
	case v.Op == ir.OpReduceMean || v.Op == ir.OpAvgPool || v.Op == ir.OpReduceProd:
		return Operations{Adds: n, Multiplies: n}
	case v.Arg(0).Type.IsSpike():
		return Operations{Logic: n}
	}
	return Operations{Compares: n, Selects: n}
}

// wordBits is the width of the words of spikes that an engine counts at once.
const wordBits = 64

// contracted counts, for each result of a weighted op or a matrix product, those operations that do not
// depend on the numbers.
func contracted(v *ir.Value) Operations {
	x, out := v.Arg(0), Operations{}
	if v.Op == ir.OpMatmul {
		if x.Type.IsSpike() && v.Arg(1).Type.IsSpike() {
			words := float64((x.Type.Shape.Dim(x.Type.Shape.Rank()-1) + wordBits - 1) / wordBits)
			return Operations{Logic: words, Popcounts: words, Adds: words - 1}
		}
		return out
	}
	if v.Arg(2) != nil {
		out.Adds = 1
	}
	if !isSign(x) && !x.Type.IsReal() {
		out.Shifts = float64(x.Type.Bits - 1)
	}
	return out
}

// isSign reports whether all elements of a value are −1, 0 or 1.
func isSign(v *ir.Value) bool { return !v.Type.IsReal() && v.Range.Lo >= -1 && v.Range.Hi <= 1 }
