package lower

import "slices"

// folding is a fold with the distances of its taps.
type folding struct {
	*Fold
	to        *Array
	x, weight []int    // of each tap, from where the place begins
	bounds    []Within // those of X that leave anything out
	within    [][]int  // of each tap, by bound
}

func newFolding(s *Stage) *folding {
	f := &folding{Fold: s.Fold, to: s.To}
	places := len(f.Places)
	eachIndex(f.Taps, func(_ int, tap []int) {
		f.x = append(f.x, along(0, f.X.Strides[places:], tap))
		if f.Weight != nil {
			f.weight = append(f.weight, along(0, f.Weight.Strides[places:], tap))
		}
	})
	for _, w := range f.X.Within {
		if w.holds(slices.Concat(f.Places, f.Taps)) {
			continue
		}
		var at []int
		eachIndex(f.Taps, func(_ int, tap []int) { at = append(at, along(0, w.Strides[places:], tap)) })
		f.bounds, f.within = append(f.bounds, w), append(f.within, at)
	}
	return f
}

// holds reports whether a within leaves out no index of a grid.
func (w *Within) holds(dims []int) bool {
	least, most := w.Start, w.Start
	for axis, d := range dims {
		reach := w.Strides[axis] * (d - 1)
		least, most = least+min(0, reach), most+max(0, reach)
	}
	return least >= 0 && most < w.Extent
}

// run combines the taps of each place.
func (f *folding) run(data map[*Array][]int64) {
	x, result := data[f.X.Array], data[f.to]
	var weight, start []int64
	if f.Weight != nil {
		weight = data[f.Weight.Array]
	}
	if f.Start != nil {
		start = data[f.Start.Array]
	}
	places := len(f.Places)
	bounds := make([]int, len(f.within))
	eachIndex(f.Places, func(i int, place []int) {
		total, seen := int64(0), false
		if start != nil {
			total = start[f.Start.At(place)]
		}
		from, rows := along(f.X.Start, f.X.Strides[:places], place), 0
		if weight != nil {
			rows = along(f.Weight.Start, f.Weight.Strides[:places], place)
		}
		for w, within := range f.bounds {
			bounds[w] = along(within.Start, within.Strides[:places], place)
		}
		for tap, at := range f.x {
			if !f.sees(bounds, tap) {
				continue
			}
			element := x[from+at]
			if weight != nil && element != 0 {
				element *= weight[rows+f.weight[tap]]
			}
			total, seen = f.Monoid.combine(total, element, seen), true
		}
		result[i] = total
	})
}

// sees reports whether a tap is no padding, where a place begins within bounds.
func (f *folding) sees(bounds []int, tap int) bool {
	for w, begin := range bounds {
		if at := begin + f.within[w][tap]; at < 0 || at >= f.bounds[w].Extent {
			return false
		}
	}
	return true
}
