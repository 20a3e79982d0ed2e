package goasm

import (
	"fmt"
	"math/bits"

	"nomul/backends/lower"
	"nomul/ir"
)

// linear plans a fold at one position, with a row of weights for each input: rows of spikes are
// added, and of each bit plane of counts; words are sorted by their digits.
func (p *plan) linear(f *folded) {
	x, m := p.rowsInOrder(f)
	wide, form := !int8s.Contains(f.Fold.Weight.Array.Range), full
	if x.form == packed && !wide && p.fits16(f.To) {
		form = narrow
	}
	t := p.stage(p.result(f.To, form, f.outputs(0)), f.Stage.String())
	r, start := f.Fold.X.Array.Range, f.starts(nil)
	rows := "&m." + p.layRows(f.Fold.Weight.Array.Name+"Rows", m, wide)
	if !x.bits() { // sums are modulo 2^32, so the bias may wrap
		for n, sum := range m.sums() {
			start[n] += r.Lo * sum
		}
	}
	base := "m." + p.constant(t.dst.name+"Bias", form, start).name
	switch {
	case form == narrow:
		t.do("m.addSpikes16(m.%s, %s, %s, m.%s)", t.dst.name, base, rows, x.name)
	case x.bits():
		t.do("m.addCounts(m.%s, %s, %s, m.%s, %d)", t.dst.name, base, rows, x.name, x.words())
	default:
		p.addWords(t, x, base, rows, r, m)
	}
	p.needs.list, p.needs.words = max(p.needs.list, m.inputs), max(p.needs.words, m.inputs)
	p.add(t)
}

// rowsInOrder are the inputs of a fold at one position, and the weights from them in the order
// in which they lie in memory.
func (p *plan) rowsInOrder(f *folded) (*buffer, matrix) {
	a := f.Fold.X.Array
	x, all := p.home(a), f.inputs(0)
	if all.covers(x.size) {
		return x.buffer, f.matrix(1).columns(pick(x.order, all.places(x.size)).plain())
	}
	var kept, numbers order
	for i, e := range all {
		if e >= 0 {
			kept, numbers = append(kept, e), append(numbers, int32(i))
		}
	}
	form := full
	if x.bits() {
		form = packed
	}
	return p.take(a, form, kept), f.matrix(1).columns(numbers)
}

// fits16 reports whether the result of a fold can stay in 16 bits: its range does, and so does
// every program that reads it.
func (p *plan) fits16(a *lower.Array) bool {
	if !int16s.Contains(a.Range) {
		return false
	}
	for _, s := range p.readers[a] {
		if s.Each != nil && p.halved(p.written(p.laid.SweepOf(s.To))) == nil {
			return false
		}
	}
	return true
}

// layRows makes the rows of a matrix a field.
func (p *plan) layRows(name string, m matrix, wide bool) string {
	var rows []byte
	if wide {
		rows = m.append16(rows, wideTileOutputs, padded(m.outputs)/wideTileOutputs)
	} else {
		rows = m.append8(rows, tileOutputs)
	}
	block := 256
	if len(m.blocks(1)) == 1 {
		block = m.inputs
	}
	return p.field(name, "weights", fmt.Sprintf("weights{rows: %s, stride: %d, block: %d, wide: %t}", p.lay(rows).bytes(), m.inputs<<rowShift, block, wide))
}

// addWords adds the rows of words, with one addition for each run of inputs, the first on top
// of the base.
func (p *plan) addWords(t *stage, x *buffer, base, rows string, r ir.Range, m matrix) {
	dst, low, width := "m."+t.dst.name, r.Lo, wordBits(r)
	from, by, ends := 0, cut(width, m.inputs), m.blocks(1)
	p.needs.digits = max(p.needs.digits, by.digits)
	for _, to := range ends {
		part := x.elements()
		if len(ends) > 1 {
			part = fmt.Sprintf("m.%s[%d:%d]", x.name, from, to)
		}
		t.do("set(&m.words, %s, %d, %d)", part, low, from<<rowShift)
		t.do("m.addDigits(%s, %s, %s, %d, %d)", dst, base, rows, width, by.bits)
		base, from = dst, to
	}
}

// wordBits are the bits of words of a range, counted from its lowest number.
func wordBits(r ir.Range) int { return max(1, bits.Len64(uint64(r.Hi-r.Lo))) }

// digitPlan cuts words into digits.
type digitPlan struct{ digits, bits int }

// The times of the parts of a linear over words, for a tile, in tenths of a
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
