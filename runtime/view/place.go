package view

import (
	"cmp"
	"math"
	"slices"
)

// sweeps is how often rows are put in order, and placed, from above and from below.
const sweeps = 12

// order puts the nodes of each row in the order of the means of their neighbours, and keeps the order that
// crosses least.
func (s *sketch) order() {
	best, least := clone(s.rows), s.crossings()
	for i := range sweeps {
		down := i%2 == 0
		for k := range s.rows {
			if !down {
				k = len(s.rows) - 1 - k
			}
			s.sort(k, down)
		}
		if c := s.crossings(); c < least {
			best, least = clone(s.rows), c
		}
	}
	s.rows = best
}

func clone(rows [][]int) [][]int {
	out := make([][]int, len(rows))
	for i, r := range rows {
		out[i] = slices.Clone(r)
	}
	return out
}

// places are those of all nodes in their rows.
func (s *sketch) places() []int {
	at := make([]int, len(s.sizes))
	for _, row := range s.rows {
		for i, n := range row {
			at[n] = i
		}
	}
	return at
}

func (s *sketch) sort(row int, down bool) {
	at, key, near := s.places(), map[int]float64{}, s.up
	if !down {
		near = s.down
	}
	for i, n := range s.rows[row] {
		key[n] = float64(i)
		if len(near[n]) > 0 {
			sum := 0
			for _, m := range near[n] {
				sum += at[m]
			}
			key[n] = float64(sum) / float64(len(near[n]))
		}
	}
	slices.SortStableFunc(s.rows[row], func(a, b int) int { return cmp.Compare(key[a], key[b]) })
}

// crossings counts the pairs of edges between neighbouring rows that cross.
func (s *sketch) crossings() int {
	at, total := s.places(), 0
	for _, row := range s.rows {
		var ends []int // places below of the edges so far, sorted
		for _, n := range row {
			below := slices.Clone(s.down[n])
			slices.SortFunc(below, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
			for _, m := range below {
				i, _ := slices.BinarySearch(ends, at[m]+1)
				total += len(ends) - i
				ends = slices.Insert(ends, i, at[m])
			}
		}
	}
	return total
}

// place moves nodes to the means of their neighbours, as near as their order and widths allow.
func (s *sketch) place() {
	s.x = make([]float64, len(s.sizes))
	for _, row := range s.rows {
		s.spread(row, func(int) float64 { return 0 })
	}
	for i := range sweeps {
		near := [][][]int{s.up, s.down}[i%2]
		for k := range s.rows {
			if i%2 == 1 {
				k = len(s.rows) - 1 - k
			}
			s.spread(s.rows[k], func(n int) float64 { return s.mean(near[n], s.x[n]) })
		}
	}
}

func (s *sketch) mean(of []int, otherwise float64) float64 {
	if len(of) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, n := range of {
		sum += s.x[n]
	}
	return sum / float64(len(of))
}

// spread places a row such that the squares of the distances from wanted places are least, where
// nodes keep their order and do not overlap: isotonic regression, by pooling neighbours that violate it.
func (s *sketch) spread(row []int, wanted func(int) float64) {
	type pool struct {
		sum float64
		n   int
	}
	var pools []pool
	offsets := make([]float64, len(row))
	for i, n := range row {
		if i > 0 {
			offsets[i] = offsets[i-1] + float64(s.sizes[row[i-1]].w+s.sizes[n].w)/2 + gapAcross
		}
		pools = append(pools, pool{wanted(n) - offsets[i], 1})
		for k := len(pools) - 1; k > 0 && pools[k-1].sum/float64(pools[k-1].n) > pools[k].sum/float64(pools[k].n); k-- {
			pools[k-1] = pool{pools[k-1].sum + pools[k].sum, pools[k-1].n + pools[k].n}
			pools = pools[:k]
		}
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			s.x[row[i]] = p.sum/float64(p.n) + offsets[i]
			i++
		}
	}
}

// layout writes down the boxes, and the edges with their lanes.
func (s *sketch) layout(boxes int, wires []wire, back []bool, lanes [][]int) *Layout {
	left, right := math.Inf(1), math.Inf(-1)
	for n, x := range s.x {
		left, right = min(left, x-float64(s.sizes[n].w)/2), max(right, x+float64(s.sizes[n].w)/2)
	}
	out := &Layout{Width: int(math.Ceil(right - left)), Boxes: []Box{}, Edges: []Edge{}, Rows: []Row{}}
	for _, row := range s.rows {
		h := 0
		for _, n := range row {
			h = max(h, s.sizes[n].h)
		}
		out.Rows = append(out.Rows, Row{out.Height, h})
		out.Height += h + gapDown
	}
	out.Height -= gapDown
	at := func(n int) int { return int(math.Round(s.x[n] - left)) }
	for n := range boxes {
		w := s.sizes[n].w
		out.Boxes = append(out.Boxes, Box{at(n) - w/2, s.row[n], w, s.sizes[n].h})
	}
	for i, w := range wires {
		e := Edge{From: w.from, To: w.to, Back: back[i], Later: w.later}
		for _, n := range lanes[i] {
			e.Lanes = append(e.Lanes, [2]int{at(n), s.row[n]})
		}
		out.Edges = append(out.Edges, e)
	}
	return out
}
