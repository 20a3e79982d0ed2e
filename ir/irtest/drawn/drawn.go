// Package drawn draws nets of the fixed level for tests of engines: every op takes results of
// the others, of mixed clocks and odd sizes, and few values are read out, so that engines may
// fuse, drop and reorder the rest.
package drawn

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"nomul/ir"
)

// limit bounds the magnitude and the elements of values that others may take: sums stay within 32 bits.
const (
	limit    = 1 << 29
	elements = 3000
)

// drawing is a net in the making, with the values that others may take.
type drawing struct {
	*rand.Rand
	b      *ir.Builder
	steps  int
	n      int
	small  bool
	makers []func(*drawing) *ir.Value
	values []*ir.Value
	delays []*ir.Value
	words  map[*ir.Value]*Word // the equations of cells that Words draws
}

// Net draws a net of 1 to 33 time steps, the same for the same seed.
func Net(seed uint64) *ir.Net { return new(drawing).net(fmt.Sprintf("drawn%d", seed), seed, makers) }

// Cells draws a net as Net does, of which most values are cells.
func Cells(seed uint64) *ir.Net {
	return new(drawing).net(fmt.Sprintf("cells%d", seed), seed, append(slices.Repeat(makers[:1], 2*len(makers)), makers...))
}

func (d *drawing) net(name string, seed uint64, makers []func(*drawing) *ir.Value) *ir.Net {
	r := rand.New(rand.NewPCG(seed, 0))
	steps := pick(r, 1, 1, 2, 3, 4, 5, 7, 17, 33)
	*d = drawing{Rand: r, b: ir.NewBuilder(name, ir.Fixed, steps), steps: steps, small: r.IntN(4) == 0, makers: makers, words: d.words}
	for range 1 + r.IntN(3) {
		d.input()
	}
	for range r.IntN(3) {
		d.delay()
	}
	for range pick(r, 3, 6, 12, 25) {
		d.grow()
	}
	for _, v := range d.delays {
		d.latch(v)
	}
	d.outputs()
	return d.b.Net()
}

// makers are the ops that a net grows by, the usual ones more often; each gives nil when nothing fits.
var makers = []func(*drawing) *ir.Value{
	(*drawing).cell, (*drawing).cell, (*drawing).neuron, (*drawing).neuron, (*drawing).neuron, (*drawing).neuron,
	(*drawing).linear, (*drawing).linear, (*drawing).linear, (*drawing).conv, (*drawing).conv,
	(*drawing).pool, (*drawing).matmul, (*drawing).matmul, (*drawing).pair, (*drawing).pair,
	(*drawing).logic, (*drawing).where, (*drawing).single, (*drawing).csd, (*drawing).levels, (*drawing).table, (*drawing).reduce,
	(*drawing).transpose, (*drawing).reshape, (*drawing).concat, (*drawing).slice, (*drawing).pad, (*drawing).broadcast,
	(*drawing).earlyReadout, (*drawing).behind, (*drawing).behind,
}

// grow adds one op, at times with neurons that integrate it.
func (d *drawing) grow() {
	if d.IntN(25) == 0 {
		d.delay()
		return
	}
	v := pick(d.Rand, d.makers...)(d)
	if !d.keep(v) || v.IsNeuron() || v.Clock == ir.End || magnitude(v) >= 1<<18 {
		return
	}
	if d.IntN(3) == 0 {
		d.keep(d.neuronOf(v))
	}
}

// keep lets others take a value, unless it is large.
func (d *drawing) keep(v *ir.Value) bool {
	if v == nil || magnitude(v) >= limit || v.Type.Size() >= elements {
		return false
	}
	d.values = append(d.values, v)
	return true
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (d *drawing) coin() bool { return d.IntN(2) == 0 }

func (d *drawing) name(prefix string) string {
	d.n++
	return fmt.Sprint(prefix, d.n)
}

// add is nil when the op refuses its operands.
func (d *drawing) add(op ir.Op, a ir.Attrs, args ...*ir.Value) *ir.Value {
	v, err := d.b.Add(op, d.name(op.String()), a, args...)
	if err != nil {
		return nil
	}
	return v
}

// constant fills a tensor with lo..hi, in a quarter of them with half zeros, and may repeat them inside a border.
func (d *drawing) constant(lo, hi int64, dims ...int) *ir.Value {
	s := ir.ShapeOf(dims...)
	data := make([]int64, s.Size())
	sparse := d.IntN(4) == 0 && lo <= 0
	for i := range data {
		if !sparse || d.coin() {
			data[i] = lo + d.Int64N(hi-lo+1)
		}
	}
	repeat(rand.New(rand.NewPCG(uint64(d.n), uint64(len(data)))), data, dims)
	v, err := d.b.Const(d.name("k"), ir.Ints(s, data))
	if err != nil {
		panic(err)
	}
	return v
}

// repeat makes elements of a quarter of tensors the same inside a border of some axes, as maps of biases are
// beside padding.
func repeat(r *rand.Rand, data []int64, dims []int) {
	if r.IntN(4) > 0 {
		return
	}
	stride := 1
	for _, n := range slices.Backward(dims) {
		if before, behind := r.IntN(3), r.IntN(3); r.IntN(4) > 0 {
			for i := range data {
				if at := i / stride % n; at > before && at < n-behind {
					data[i] = data[i-(at-before)*stride]
				}
			}
		}
		stride *= n
	}
}

func (d *drawing) size() int {
	if d.small {
		return pick(d.Rand, 1, 1, 2, 3, 4, 5, 6, 7)
	}
	return pick(d.Rand, 1, 1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 15, 16, 17, 31, 32, 33, 37, 63, 64, 65, 97, 127, 128, 129)
}

func (d *drawing) shape() []int {
	r := d.Rand
	switch r.IntN(5) {
	case 0, 1:
		return []int{d.size()}
	case 2:
		return []int{pick(r, 1, 2, 3, 5, 8, 17), d.size()}
	case 3:
		return []int{pick(r, 1, 2, 3, 4, 8, 16, 17, 32, 33, 64, 70), pick(r, 1, 2, 3, 5, 7), pick(r, 1, 2, 3, 4, 5, 8)}
	}
	return []int{pick(r, 1, 2, 4, 6), pick(r, 1, 4, 5), pick(r, 1, 4, 6)}
}

// part is a shape that is broadcast to another.
func (d *drawing) part(s ir.Shape) []int {
	dims := s.Dims()
	for i := range dims {
		if d.IntN(4) == 0 {
			dims[i] = 1
		}
	}
	for len(dims) > 0 && d.IntN(6) == 0 {
		dims = dims[1:]
	}
	return dims
}

// operand draws a value that fits, the last five more often; nil is none.
func (d *drawing) operand(fits func(*ir.Value) bool) *ir.Value {
	var list []*ir.Value
	for i, v := range d.values {
		if !fits(v) {
			continue
		}
		list = append(list, v)
		if i >= len(d.values)-5 {
			list = append(list, v, v)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return pick(d.Rand, list...)
}

// partner is an operand that is broadcast to x, or a constant of lo..hi.
func (d *drawing) partner(x *ir.Value, lo, hi int64, fits func(*ir.Value) bool) *ir.Value {
	v := d.operand(func(v *ir.Value) bool { return fits(v) && v.Type.Shape.BroadcastsTo(x.Type.Shape) })
	if v != nil && d.IntN(4) > 0 {
		return v
	}
	return d.constant(lo, hi, d.part(x.Type.Shape)...)
}

func magnitude(v *ir.Value) int64 { return max(v.Range.Hi, -v.Range.Lo) }

func below(n int64) func(*ir.Value) bool {
	return func(v *ir.Value) bool { return magnitude(v) < n }
}

// ranked fits values of so many axes below a magnitude.
func ranked(least, most int, n int64) func(*ir.Value) bool {
	return func(v *ir.Value) bool { return magnitude(v) < n && rank(v) >= least && rank(v) <= most }
}

func spike(v *ir.Value) bool { return v.Type.IsSpike() }

func rank(v *ir.Value) int { return len(v.Type.Shape.Dims()) }
