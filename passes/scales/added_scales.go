package scales

import (
	"math"
	"slices"
)

// Layers that are added share a unit in every row, and differ by one power of two each.
// The bits that a row loses follow from their weights alone: no solution for the whole network
// is needed, which a residual network would ask for at each of its sums.

// weightRow is a row of a layer's weights in its class.
type weightRow struct {
	layer, root int
	unit        float64 // of the class, in those of the row
	least       float64 // the least unit in which the weights fit
	whole       float64 // the unit that they are whole multiples of; 0 is none
}

// starve reports whether rows that were in some classes have units coarser than before by
// more than some bits, but those whose numbers are whole multiples of one unit.
func (s *scaler) starve(before classes, read []gauge, bits int) bool {
	among := before.of(read)
	layers := s.layersIn(s.classes.of(read))
	old, now := weightRows(&before, layers), weightRows(&s.classes, layers)
	was, is := weightUnits(old, len(layers)), weightUnits(now, len(layers))
	for i, row := range now {
		if among[old[i].root] && is[i] > math.Ldexp(was[i], bits)*(1+wholeError) && !wholeIn(now, row.root) {
			return true
		}
	}
	return false
}

// layersIn returns the sources of weights that have rows in some classes.
func (s *scaler) layersIn(among []bool) []*source {
	var out []*source
	for _, src := range s.sources {
		if !src.free && s.within(src.gauge, among) {
			out = append(out, src)
		}
	}
	return out
}

// weightRows are the rows of layers that have weights.
func weightRows(c *classes, layers []*source) []weightRow {
	var out []weightRow
	for k, src := range layers {
		for i, id := range src.gauge.id {
			if src.least[i] > 0 {
				root, w := c.root(id)
				out = append(out, weightRow{k, root, w * src.gauge.ratio[i], src.least[i], src.whole[i]})
			}
		}
	}
	return out
}

// weightUnits are the least units in which all weights of a row's class fit: each layer's
// by a power of two, that by which its rows are coarser than the finest on average.
func weightUnits(rows []weightRow, layers int) []float64 {
	classes := 0
	for _, row := range rows {
		classes = max(classes, row.root+1)
	}
	least, fits := make([]float64, classes), make([]float64, classes)
	for _, row := range rows {
		if f := least[row.root]; f == 0 || row.least/row.unit < f {
			least[row.root] = row.least / row.unit
		}
	}
	coarser, count := make([]float64, layers), make([]float64, layers)
	for _, row := range rows {
		coarser[row.layer] += math.Log2(row.least / row.unit / least[row.root])
		count[row.layer]++
	}
	for _, row := range rows {
		shift := int(math.Round(coarser[row.layer] / count[row.layer]))
		fits[row.root] = max(fits[row.root], math.Ldexp(row.least/row.unit, -shift))
	}
	out := make([]float64, len(rows))
	for i, row := range rows {
		shift := int(math.Round(coarser[row.layer] / count[row.layer]))
		out[i] = math.Ldexp(fits[row.root]*row.unit, shift)
	}
	return out
}

// wholeIn reports whether the numbers of all rows in a class are whole multiples of a unit
// in which they fit.
func wholeIn(rows []weightRow, class int) bool {
	var units []float64
	least := 0.0
	for _, row := range rows {
		if row.root == class {
			units, least = append(units, row.whole/row.unit), max(least, row.least/row.unit)
		}
	}
	return !slices.Contains(units, 0) && least <= commonUnit(units, 1<<factorBits)*(1+wholeError)
}
