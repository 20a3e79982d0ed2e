package goasm

import (
	"math/bits"

	"nomul/ir"
)

// weightsPlan is the rows of one weight matrix.
type weightsPlan struct {
	field  string
	rows   section
	stride int
	block  int
	wide   bool
	shared bool // another stage declares it
}

type rowsKey struct {
	weights *ir.Value
	wide    bool
	from    *buffer // whose order the rows follow; nil for C order
}

// method is how a linear is run.
type method uint8

const (
	bySpikes method = iota // rows of the spikes
	byCounts               // rows of each bit plane of counts
	byDigits               // rows sorted by each digit of the word
	byPlanes               // rows of each bit of the word
)

// linearStage is y = W·x + bias.
type linearStage struct {
	common
	x      *view
	w      *weightsPlan
	method method
	bias   vectorPlan

	// Of words: the lowest value, which is taken off them and added to the bias
	// as low·Σ w, the bits above it, and the runs of inputs that go together.
	low  int64
	bits int
	ends []int
	cut  digitPlan
}

// vectorPlan is a vector of constants.
type vectorPlan struct {
	field string
	bytes int // of an element
	size  int
	data  section
}

// linear plans a linear at one position; at several it is a convolution.
func (p *plan) linear(v *ir.Value) {
	x := p.at(v.Args[0])
	if v.Args[0].Type.Shape.Rank() > 1 {
		p.convolve(v, linearShape(v))
		return
	}
	m := matrixOf(v.Args[1]).inOrder(x.order)
	p.needs.list, p.needs.words = max(p.needs.list, m.inputs), max(p.needs.words, m.inputs)
	wide := !int8s.Contains(v.Args[1].Const().Range())
	s := &linearStage{x: x, method: methodFor(x, wide), ends: m.blocks()}
	f := full
	if s.method == bySpikes && !wide && p.fits16(v) {
		f = narrow
	}
	s.common = p.stage(v, p.result(v, f, order{}))
	s.w = p.weights(v.Args[1], m, wide, len(s.ends) == 1, x)
	bias := spread(v.Arg(2), v.Type.Shape)
	if s.method == byDigits || s.method == byPlanes {
		bias = s.words(v.Args[0].Range, m, bias)
		p.needs.digits = max(p.needs.digits, s.cut.digits)
	}
	s.bias = p.constant(s.dst.name+"Bias", bias, m.outputs, f, 0)
	p.add(v.Clock, s)
}

func methodFor(x *view, wide bool) method {
	switch {
	case x.form == packed:
		return bySpikes
	case x.form == planes:
		return byCounts
	case wide:
		return byPlanes
	}
	return byDigits
}

// words decides how the words are cut, and returns the bias that makes up for
// taking the lowest value off them. Sums are modulo 2^32, so the bias may wrap.
func (s *linearStage) words(r ir.Range, m matrix, bias []int64) []int64 {
	s.low, s.bits = r.Lo, max(1, bits.Len64(uint64(r.Hi-r.Lo)))
	s.cut = cut(s.bits, m.inputs)
	if bias == nil {
		bias = make([]int64, m.outputs)
	}
	for n, sum := range m.sums() {
		bias[n] += s.low * sum
	}
	return bias
}

// fits16 reports whether a linear's result can stay in 16 bits: its range does, and
// so does every layer that fires on it, for layers run in the width of their input.
func (p *plan) fits16(v *ir.Value) bool {
	if !int16s.Contains(v.Range) {
		return false
	}
	for _, r := range p.readers[v] {
		switch r.Op {
		case ir.OpNeuron:
			if u := p.update(r); !u.IsBit(u.Result()) || !u.Fits(u.ranges, int16s) {
				return false
			}
		case ir.OpReshape, ir.OpTranspose:
			if !p.fits16(r) {
				return false
			}
		}
	}
	return true
}

// weights lays out the rows, once for all layers that use them.
func (p *plan) weights(w *ir.Value, m matrix, wide, anyRows bool, x *view) *weightsPlan {
	key := rowsKey{weights: w, wide: wide}
	if x.order.at != nil {
		key.from = x.buffer
	}
	if have := p.rows[key]; have != nil {
		again := *have
		again.shared = true
		return &again
	}
	out := &weightsPlan{field: p.scope.claim(w.Name + "Rows"), stride: m.inputs << rowShift, wide: wide, block: 256}
	if anyRows {
		out.block = m.inputs
	}
	out.rows.from = len(p.blob)
	if wide {
		p.blob = m.append16(p.blob, wideTileOutputs, padded(m.outputs)/wideTileOutputs)
	} else {
		p.blob = m.append8(p.blob, tileOutputs)
	}
	out.rows.to = len(p.blob)
	p.rows[key] = out
	return out
}

// constant places a vector of constants of the width of a form.
func (p *plan) constant(name string, data []int64, size int, f form, fill int64) vectorPlan {
	bytes := 4
	if f == narrow {
		bytes = 2
	}
	return vectorPlan{p.scope.claim(name), bytes, padded(size), p.integers(data, size, bytes, fill)}
}

// digitPlan cuts words into digits.
type digitPlan struct{ digits, bits int }

// What the parts of a linear over words take for a tile, in tenths of a
// nanosecond as measured with the AVX2 kernel on Zen 3.
const (
	rowCost  = 8  // add one row to the running sums
	foldCost = 44 // add the running sums to the totals, once a level
	sortCost = 4  // sort one row: done once, shared by eight tiles
)

// cut chooses how many digits a word of so many bits is cut into. With one digit
// each row is added once, and the running sums 2^bits−1 times. With more digits
// the levels become few, but a row is added once for each digit that is not 0.
// Half of the words are taken to be 0, as in images. 8-bit pixels come out at
// two digits up to about 1900 inputs, and at one above. Bit planes, one addition
// for each bit that is set, would take twice as many additions as two digits.
func cut(width, inputs int) digitPlan {
	var best digitPlan
	least := 0
	for n := (width + 7) / 8; n <= width; n++ {
		d := digitPlan{n, (width + n - 1) / n}
		levels := 1<<d.bits - 1
		rows := inputs * levels >> d.bits / 2
		cost := n * (rows*(rowCost+sortCost) + levels*foldCost)
		if best.digits == 0 || cost < least {
			best, least = d, cost
		}
	}
	return best
}
