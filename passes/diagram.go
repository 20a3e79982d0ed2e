package passes

import (
	"slices"

	"nomul/ir"
	"nomul/ir/eval"
)

// diagram is a number as a function of bits: a decision diagram, whose nodes ask for the bits
// in ascending order, and of which there is one for each function. At a leaf, bit is −1.
type diagram struct {
	bit    int
	number float64
	no, is *diagram
}

// diagrams makes diagrams, each once, as long as there are not too many.
type diagrams struct {
	known map[diagram]*diagram
	done  map[operation]*diagram
}

// operation is an op on up to three diagrams, known by a value or a name.
type operation struct {
	of         any
	a0, a1, a2 *diagram
}

// maxDiagrams bounds the nodes: a count of a period of R steps takes about R for each step.
const maxDiagrams = 1 << 16

func newDiagrams() *diagrams {
	return &diagrams{map[diagram]*diagram{}, map[operation]*diagram{}}
}

func (d *diagrams) make(n diagram) *diagram {
	if n.bit >= 0 && n.no == n.is {
		return n.no
	}
	if d.known[n] == nil {
		d.known[n] = &n
	}
	return d.known[n]
}

func (d *diagrams) leaf(number float64) *diagram { return d.make(diagram{bit: -1, number: number}) }

func (d *diagrams) bit(n int) *diagram {
	return d.make(diagram{bit: n, no: d.leaf(0), is: d.leaf(1)})
}

// choose returns a where c is 1, and b where it is 0.
func (d *diagrams) choose(c, a, b *diagram) *diagram {
	return d.apply(operation{"choose", c, a, b}, func(x [3]float64) float64 {
		if x[0] != 0 {
			return x[1]
		}
		return x[2]
	})
}

// value returns the diagram of a value that works element by element, on those of its
// operands; nil when there are too many nodes.
func (d *diagrams) value(v *ir.Value, args []*diagram) *diagram {
	none := d.leaf(0)
	all := append(slices.Clone(args), none, none, none)
	return d.apply(operation{v, all[0], all[1], all[2]}, func(x [3]float64) float64 { return computed(v, x) })
}

// of returns the diagram of a value that is made, element by element, of numbers that are the
// same everywhere and of known bits; nil when it is none.
func (d *diagrams) of(v *ir.Value, known map[*ir.Value]*diagram) *diagram {
	if out, ok := known[v]; ok {
		return out
	}
	var out *diagram
	if number, ok := uniformOf(v); ok {
		out = d.leaf(number)
	} else if v.Const() == nil && (byElement[v.Op] || v.Op == ir.OpCompare) {
		args := make([]*diagram, len(v.Args))
		for i, a := range v.Args {
			args[i] = d.of(a, known)
		}
		if !slices.Contains(args, nil) {
			out = d.value(v, args)
		}
	}
	known[v] = out
	return out
}

func (d *diagrams) apply(o operation, f func([3]float64) float64) *diagram {
	if out, ok := d.done[o]; ok || len(d.known) > maxDiagrams {
		return out
	}
	all := [3]*diagram{o.a0, o.a1, o.a2}
	next := -1
	for _, a := range all {
		if a.bit >= 0 && (next < 0 || a.bit < next) {
			next = a.bit
		}
	}
	var out *diagram
	if next < 0 {
		out = d.leaf(f([3]float64{o.a0.number, o.a1.number, o.a2.number}))
	} else {
		no, is := o, o
		for i, a := range all {
			if a.bit == next {
				*[]**diagram{&no.a0, &no.a1, &no.a2}[i] = a.no
				*[]**diagram{&is.a0, &is.a1, &is.a2}[i] = a.is
			}
		}
		n := diagram{bit: next, no: d.apply(no, f), is: d.apply(is, f)}
		if n.no == nil || n.is == nil {
			return nil
		}
		out = d.make(n)
	}
	d.done[o] = out
	return out
}

// computed is one element of a value, on one of each operand.
func computed(v *ir.Value, x [3]float64) float64 {
	on := *v
	on.Type, on.Args = v.Type.WithShape(ir.Shape{}), make([]*ir.Value, len(v.Args))
	args := make([]*ir.Tensor, len(v.Args))
	for i, a := range v.Args {
		on.Args[i] = &ir.Value{Type: a.Type.WithShape(ir.Shape{})}
		if args[i] = ir.NewTensor(on.Args[i].Type); a.Type.IsReal() {
			args[i].F[0] = x[i]
		} else {
			args[i].I[0] = int64(x[i])
		}
	}
	out := ir.NewTensor(on.Type)
	eval.Do(&on, args, out)
	eval.RoundFloat32(out)
	return out.At(0)
}

// window is the bit that one of the last so many spikes was 1: of all that a layer fired, or,
// if they are held back, of those that it fired while this bit was 0.
type window struct {
	steps    int
	heldBack bool
}

// resting returns the bit of a window in each of so many steps; the spikes are bits by step.
func (d *diagrams) resting(w window, steps int) []*diagram {
	none := d.leaf(0)
	left := none // the steps of rest
	var out []*diagram
	for t := range steps {
		rests := d.apply(operation{"above 0", left, none, none}, func(x [3]float64) float64 { return bitOf(x[0] > 0) })
		out = append(out, rests)
		fires := d.bit(t)
		if w.heldBack {
			fires = d.choose(rests, none, fires)
		}
		less := d.apply(operation{"less 1", left, none, none}, func(x [3]float64) float64 { return max(x[0]-1, 0) })
		left = d.choose(fires, d.leaf(float64(w.steps)), less)
	}
	return out
}

func bitOf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
