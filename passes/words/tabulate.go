package words

import (
	"math"
	"math/bits"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
)

// tabulation is measured on the samples of a function that is looked up: how far its arguments go, and the
// magnitudes of its results on either side of 0.
type tabulation struct {
	least, most  float64
	above, below histogram
}

func newTabulation() *tabulation {
	return &tabulation{least: math.Inf(1), most: math.Inf(-1)}
}

func (t *tabulation) addArguments(list []float64) {
	for _, x := range list {
		t.least, t.most = min(t.least, x), max(t.most, x)
	}
}

func (t *tabulation) addResults(list []float64) {
	for _, y := range list {
		t.above.add(y)
		t.below.add(-y)
	}
}

// grid is the levels of a signed word: from −below to above, each so many units.
type grid struct {
	below, above int
	step         float64
}

// grid chooses that of so many levels beside 0 with which the squared error of the results is least. Both
// ends are cut alike, so that a function that falls little below 0 has few levels there.
func (t *tabulation) grid(count int) grid {
	best, least := grid{above: count, step: 1}, math.Inf(1)
	greatest := max(t.above.most, t.below.most)
	for i := range 95 {
		top := greatest * (1 - 0.01*float64(i))
		if top <= 0 {
			return best
		}
		up, down := min(t.above.most, top), min(t.below.most, top)
		g := grid{step: (up + down) / float64(count)}
		g.below = int(math.Round(down / g.step))
		g.above = count - g.below
		if e := t.above.errorOf(g.step, g.above) + t.below.errorOf(g.step, g.below); e < least {
			best, least = g, e
		}
	}
	return best
}

// level is the nearest level of a number.
func (g grid) level(y float64) int {
	return int(max(min(math.Floor(y/g.step+0.5), float64(g.above)), float64(-g.below)))
}

// Arguments have some finer levels than results, so that rounding twice adds little; maxIndex bounds them.
const (
	finerBits = 2
	maxIndex  = 10
)

// lookup writes a function as a table: the argument becomes a word of equal levels between the numbers where
// the result changes, and the nearest level of the function at each is an entry.
func (m *measurement) lookup(r *ir.Rebuilder, count int) (*ir.Value, error) {
	g := m.table.grid(count)
	last := 1<<min(bits.Len(uint(count))+finerBits, maxIndex) - 1
	low, high, err := m.active(g)
	if err != nil {
		return nil, err
	}
	width := (high - low) / float64(last)
	entries, err := m.levelsAt(g, low, width, last+1)
	if err != nil {
		return nil, err
	}
	one := layers.Ones(m.x.Type.Shape.Rank())
	index, err := m.levels(r, last, m.v.Name+".index", r.Of(m.x), layers.Constant(low+width/2, one), layers.Constant(width, one))
	if err != nil {
		return nil, err
	}
	word, err := r.Add(ir.OpTable, r.Unique(m.v.Name), ir.TableAttrs{Entries: entries}, index)
	if err != nil {
		return nil, err
	}
	return m.times(r, word, layers.Constant(g.step, one))
}

// levelsAt are the nearest levels of the function at so many numbers from low on, each width further.
func (m *measurement) levelsAt(g grid, low, width float64, n int) ([]int, error) {
	x, out := make([]float64, n), make([]int, n)
	for i := range x {
		x[i] = low + float64(width*float64(i))
	}
	y, err := m.at(x)
	if err != nil {
		return nil, err
	}
	for i := range y {
		if math.IsNaN(y[i]) {
			return nil, rewrite.Refuse(m.v, diag.NotExact, "is no number at %%%s = %.3g, between those of the samples", m.x.Name, x[i])
		}
		out[i] = g.level(y[i])
	}
	return out, nil
}

// probes is the number of places where a function is looked at to find where it changes.
const probes = 1 << 12

// active is the part of the arguments' range beyond which the function stays at one level.
func (m *measurement) active(g grid) (low, high float64, err error) {
	low, high = m.table.least, m.table.most
	if !(low < high) { // one number, or none
		if math.IsInf(low, 0) {
			low = 0
		}
		return low - 1, low + 1, nil
	}
	width := (high - low) / (probes - 1)
	list, err := m.levelsAt(g, low, width, probes)
	if err != nil {
		return low, high, err
	}
	first, last := 0, probes-1
	for first < last && list[first+1] == list[0] {
		first++
	}
	for last > first+1 && list[last-1] == list[probes-1] {
		last--
	}
	return low + float64(width*float64(first)), low + float64(width*float64(last)), nil
}
