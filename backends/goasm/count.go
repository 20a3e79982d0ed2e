package goasm

import (
	"fmt"

	"nomul/backends"
	"nomul/backends/lower"
	"nomul/ir"
)

// Tally is an array of which a package that counts keeps sums over samples, or a product of two
// arrays, whose pairs it counts. It writes them as kernel.tally does.
type Tally struct {
	Array   *lower.Array // nil of a product
	Product *lower.Stage
	// Clock is that of the readers. In each time step there are sums of their own.
	Clock ir.Clock
}

// Size is the number of elements of which there are sums.
func (t Tally) Size() int {
	if t.Array == nil {
		return 0
	}
	return t.Array.Type.Size()
}

// Tallies lists those of the package that Emit prints with backends.Options.Counting, in their
// order, and the program whose arrays they are of.
func (Backend) Tallies(net *ir.Net) (*lower.Program, []Tally) {
	p := planOf(net, backends.Options{Counting: true})
	out := make([]Tally, len(p.tallies))
	for i, t := range p.tallies {
		out[i] = t.Tally
	}
	return p.program, out
}

// tallied is a tally and the table of the places of its elements; nil where they are in order.
type tallied struct {
	Tally
	places string
}

// watch counts an array where it lies, now: it is read or was just written.
func (p *plan) watch(a *lower.Array) {
	key := Tally{Array: a, Clock: p.clock}
	if !p.counting || p.isWatched(key) {
		return
	}
	x, places := p.home(a), "nil"
	t := p.stage(x.buffer, "counts "+a.Name)
	if x.order != nil {
		places = p.table(t.method+"Places", x.order.places(a.Type.Size()))
	}
	switch mask := maskOf(a.Type); x.form {
	case packed:
		p.tell(t, "m.tallies[%d].spikes(m.%s[:%d])", len(p.tallies), x.name, x.words())
	case planes:
		p.tell(t, "m.tallies[%d].planes(m.%s[:%d], %d)", len(p.tallies), x.name, x.planes*x.words(), x.words())
	default:
		p.tell(t, "numbers(&m.tallies[%d], %s, %#x)", len(p.tallies), x.elements(), mask)
	}
	p.tallies = append(p.tallies, tallied{key, places})
}

func (p *plan) isWatched(t Tally) bool {
	for _, other := range p.tallies {
		if other.Tally == t {
			return true
		}
	}
	return false
}

// maskOf are the bits of a number of a type.
func maskOf(t ir.Type) uint64 { return uint64(1)<<min(t.Bits, 63) - 1 }

// tell adds a stage that runs when the package counts.
func (p *plan) tell(s *stage, format string, args ...any) {
	s.do("if m.tallies != nil {\n"+format+"\n}", args...)
	p.add(s)
}

// watchFold counts the elements that a fold with weights reads.
func (p *plan) watchFold(f *folded) {
	switch {
	case !p.counting || f.Fold.Weight == nil:
	case f.Fold.Weight.Array.Const():
		p.watch(f.Fold.X.Array)
	default:
		p.watchProduct(f)
	}
}

// watchProduct counts the pairs of elements of a product that are both not 0: those of an input,
// in any row, meet those of the input in any column.
func (p *plan) watchProduct(f *folded) {
	var left, right order
	for group := range f.Groups {
		for input := range f.Inputs {
			for row := range f.Positions {
				left = append(left, int32(f.X(row, group, input)))
			}
			for column := range f.Outputs {
				right = append(right, int32(f.Weight(group, column, input)))
			}
		}
	}
	x, w := p.home(f.Fold.X.Array), p.home(f.Fold.Weight.Array)
	t := p.stage(x.buffer, "counts the pairs of "+f.To.Name)
	p.tell(t, "m.tallies[%d].pairs(%s, %s, %s, %s, %d)", len(p.tallies), x.marks(), w.marks(),
		p.table(t.method+"Left", x.at(left)), p.table(t.method+"Right", w.at(right)), f.Groups*f.Inputs)
	p.tallies = append(p.tallies, tallied{Tally{Product: f.Stage, Clock: p.clock}, "nil"})
}

// at are the places of elements; −1 stays.
func (x *home) at(elements order) order {
	places, out := x.order.places(x.of.Type.Size()), make(order, len(elements))
	for i, e := range elements {
		if out[i] = -1; e >= 0 {
			out[i] = places[e]
		}
	}
	return out
}

// marks is the expression of the places that are not 0.
func (x *home) marks() string {
	if x.bits() {
		return fmt.Sprintf("marksOfBits(m.%s[:%d], %d)", x.name, max(1, x.planes)*x.words(), x.words())
	}
	return fmt.Sprintf("marksOf(%s)", x.elements())
}

// countFile prints the methods of a package that counts.
func (p *plan) countFile() []byte {
	out := &printer{}
	out.f("package %s\n", p.pkg)
	out.f("// Count begins to count the elements that weights read and neurons give.")
	out.f("func (m *Model) Count() {\nm.tallies = []tally{")
	for _, t := range p.tallies {
		steps := "1"
		if t.Clock == ir.Step {
			steps = "Steps"
		}
		out.f("newTally(%s, %d, %s),", steps, t.Size(), t.places)
	}
	out.f("}\n}\n")
	out.f("// AppendCounts appends the sums over all samples since Count.")
	out.f("func (m *Model) AppendCounts(out []byte) []byte {\nfor i := range m.tallies {\nout = m.tallies[i].append(out)\n}\nreturn out\n}")
	return []byte(generated + string(out.source()))
}
