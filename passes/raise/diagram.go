package raise

import (
	"slices"

	"nomul/ir"
	"nomul/ir/eval"
	"nomul/passes/canonical"
)

// Diagram is a number as a function of bits: a decision diagram, whose nodes ask for the bits
// in ascending order, and of which there is one for each function. At a leaf, bit is −1.
type Diagram struct {
	bit    int
	number float64
	no, is *Diagram
}

// Diagrams makes diagrams, each once, as long as there are not too many.
type Diagrams struct {
	known map[Diagram]*Diagram
	done  map[operation]*Diagram
}

// operation is an op on up to three diagrams, known by a value or a name.
type operation struct {
	of         any
	a0, a1, a2 *Diagram
}

// maxDiagrams bounds the nodes: a count of a period of R steps takes about R for each step.
const maxDiagrams = 1 << 16

// NewDiagrams returns an empty set of decision diagrams.
func NewDiagrams() *Diagrams {
	return &Diagrams{map[Diagram]*Diagram{}, map[operation]*Diagram{}}
}

func (d *Diagrams) make(n Diagram) *Diagram {
	if n.bit >= 0 && n.no == n.is {
		return n.no
	}
	if d.known[n] == nil {
		d.known[n] = &n
	}
	return d.known[n]
}

// Leaf returns the diagram of a number.
func (d *Diagrams) Leaf(number float64) *Diagram { return d.make(Diagram{bit: -1, number: number}) }

// Bit returns the diagram of a bit.
func (d *Diagrams) Bit(n int) *Diagram {
	return d.make(Diagram{bit: n, no: d.Leaf(0), is: d.Leaf(1)})
}

// Choose returns a where c is 1, and b where it is 0.
func (d *Diagrams) Choose(c, a, b *Diagram) *Diagram {
	return d.apply(operation{"choose", c, a, b}, func(x [3]float64) float64 {
		if x[0] != 0 {
			return x[1]
		}
		return x[2]
	})
}

// value returns the diagram of a value that works element by element, on those of its
// operands; nil when there are too many nodes.
func (d *Diagrams) value(v *ir.Value, args []*Diagram) *Diagram {
	none := d.Leaf(0)
	all := append(slices.Clone(args), none, none, none)
	return d.apply(operation{v, all[0], all[1], all[2]}, func(x [3]float64) float64 { return computed(v, x) })
}

// Of returns the diagram of a value that is made, element by element, of numbers that are the
// same everywhere and of known bits; nil when it is none.
func (d *Diagrams) Of(v *ir.Value, known map[*ir.Value]*Diagram) *Diagram {
	if out, ok := known[v]; ok {
		return out
	}
	var out *Diagram
	if number, ok := canonical.UniformOf(v); ok {
		out = d.Leaf(number)
	} else if v.Const() == nil && v.Op.Class() == ir.Element {
		args := make([]*Diagram, len(v.Args))
		for i, a := range v.Args {
			args[i] = d.Of(a, known)
		}
		if !slices.Contains(args, nil) {
			out = d.value(v, args)
		}
	}
	known[v] = out
	return out
}

func (d *Diagrams) apply(o operation, f func([3]float64) float64) *Diagram {
	if out, ok := d.done[o]; ok || len(d.known) > maxDiagrams {
		return out
	}
	all := [3]*Diagram{o.a0, o.a1, o.a2}
	next := -1
	for _, a := range all {
		if a.bit >= 0 && (next < 0 || a.bit < next) {
			next = a.bit
		}
	}
	var out *Diagram
	if next < 0 {
		out = d.Leaf(f([3]float64{o.a0.number, o.a1.number, o.a2.number}))
	} else {
		no, is := o, o
		for i, a := range all {
			if a.bit == next {
				*[]**Diagram{&no.a0, &no.a1, &no.a2}[i] = a.no
				*[]**Diagram{&is.a0, &is.a1, &is.a2}[i] = a.is
			}
		}
		n := Diagram{bit: next, no: d.apply(no, f), is: d.apply(is, f)}
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

// Window is the bit that one of the last so many spikes was 1: of all that a layer fired, or,
// if they are held back, of those that it fired while this bit was 0.
type Window struct {
	Steps    int
	HeldBack bool
}

// Resting returns the bit of a window in each of so many steps; the spikes are bits by step.
func (d *Diagrams) Resting(w Window, steps int) []*Diagram {
	none := d.Leaf(0)
	left := none // the steps of rest
	var out []*Diagram
	for t := range steps {
		rests := d.apply(operation{"above 0", left, none, none}, func(x [3]float64) float64 { return bitOf(x[0] > 0) })
		out = append(out, rests)
		fires := d.Bit(t)
		if w.HeldBack {
			fires = d.Choose(rests, none, fires)
		}
		less := d.apply(operation{"less 1", left, none, none}, func(x [3]float64) float64 { return max(x[0]-1, 0) })
		left = d.Choose(fires, d.Leaf(float64(w.Steps)), less)
	}
	return out
}

func bitOf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
