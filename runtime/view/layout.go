package view

import (
	"cmp"
	"slices"
)

// Sizes of boxes and of the room between them, in pixels.
const (
	layerWidth, layerHeight = 176, 46
	valueWidth, valueHeight = 160, 38
	gapAcross, gapDown      = 24, 40
	laneWidth               = 12 // of an edge that passes a row
)

type size struct{ w, h int }

// wire is an edge of a graph, between boxes by number. One that is later leads to the next time step.
type wire struct {
	from, to int
	later    bool
}

// Layout places the boxes of a graph in rows, with all edges from upper to lower rows but those that
// close circles.
type Layout struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Boxes  []Box  `json:"boxes"`
	Edges  []Edge `json:"edges"`
	Rows   []Row  `json:"rows"`
}

// Box is a node, by its upper left corner.
type Box struct {
	X   int `json:"x"`
	Row int `json:"row"`
	W   int `json:"w"`
	H   int `json:"h"`
}

// Row is a horizontal band of boxes.
type Row struct {
	Y int `json:"y"`
	H int `json:"h"`
}

// Edge leads from a box to another through lanes in the rows between.
type Edge struct {
	From  int      `json:"from"`
	To    int      `json:"to"`
	Back  bool     `json:"back,omitempty"`  // upwards, which closes a circle
	Later bool     `json:"later,omitempty"` // to the next time step
	Lanes [][2]int `json:"lanes,omitempty"` // x and row, downwards
}

// sketch is a graph while it is laid out: nodes are boxes, then lanes.
type sketch struct {
	sizes    []size
	row      []int
	x        []float64 // centres
	up, down [][]int   // neighbours in the rows above and below
	rows     [][]int   // nodes in order
}

// layered lays a graph out: circles are cut, boxes get the rows of their longest paths, edges lanes
// in the rows that they pass, rows the order that crosses least, and nodes the place nearest to their neighbours.
func layered(boxes []size, wires []wire) *Layout {
	s := &sketch{sizes: slices.Clone(boxes)}
	back := circles(len(boxes), wires)
	s.rank(wires, back)
	lanes := s.route(wires, back)
	s.order()
	s.place()
	return s.layout(len(boxes), wires, back, lanes)
}

// circles tells of each edge whether it leads back to a node that a walk along the edges is below of; those
// to the next time step do.
func circles(nodes int, wires []wire) []bool {
	const open, closed = 1, 2
	back, state, out := make([]bool, len(wires)), make([]int, nodes), make([][]int, nodes)
	for i, w := range wires {
		back[i] = w.later
		if !w.later {
			out[w.from] = append(out[w.from], i)
		}
	}
	var walk func(int)
	walk = func(n int) {
		state[n] = open
		for _, i := range out[n] {
			switch state[wires[i].to] {
			case open:
				back[i] = true
			case 0:
				walk(wires[i].to)
			}
		}
		state[n] = closed
	}
	for n := range nodes {
		if state[n] == 0 {
			walk(n)
		}
	}
	return back
}

// downwards returns the ends of an edge from the upper to the lower one.
func (w wire) downwards(back bool) (int, int) {
	if back {
		return w.to, w.from
	}
	return w.from, w.to
}

// rank gives each node the row behind the last of those that lead to it. Edges that lead back do not count,
// for a delay may be far from the latch that sets it.
func (s *sketch) rank(wires []wire, back []bool) {
	n := len(s.sizes)
	s.row = make([]int, n)
	waits, out := make([]int, n), make([][]int, n)
	for i, w := range wires {
		if !back[i] {
			waits[w.to]++
			out[w.from] = append(out[w.from], w.to)
		}
	}
	var ready []int
	for i := range n {
		if waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		for _, to := range out[i] {
			s.row[to] = max(s.row[to], s.row[i]+1)
			if waits[to]--; waits[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	s.sink(out)
}

// sink moves nodes without predecessors, as delays are, down to the row above their first reader.
func (s *sketch) sink(out [][]int) {
	led := make([]bool, len(s.sizes))
	for _, list := range out {
		for _, to := range list {
			led[to] = true
		}
	}
	for i, list := range out {
		if !led[i] && len(list) > 0 {
			s.row[i] = slices.MinFunc(list, func(a, b int) int { return cmp.Compare(s.row[a], s.row[b]) })
			s.row[i] = s.row[s.row[i]] - 1
		}
	}
}

// route adds a lane to each row that an edge passes, and returns those of each edge from the top.
func (s *sketch) route(wires []wire, back []bool) [][]int {
	lanes := make([][]int, len(wires))
	s.up, s.down = make([][]int, len(s.sizes)), make([][]int, len(s.sizes))
	for i, w := range wires {
		from, to := w.downwards(back[i])
		last := from
		for row := s.row[from] + 1; row < s.row[to]; row++ {
			lane := len(s.sizes)
			s.sizes, s.row = append(s.sizes, size{laneWidth, 0}), append(s.row, row)
			s.up, s.down = append(s.up, nil), append(s.down, nil)
			lanes[i] = append(lanes[i], lane)
			s.join(last, lane)
			last = lane
		}
		s.join(last, to)
	}
	s.rows = make([][]int, slices.Max(append(s.row, 0))+1)
	for n, row := range s.row {
		s.rows[row] = append(s.rows[row], n)
	}
	return lanes
}

func (s *sketch) join(upper, lower int) {
	if s.row[upper] < s.row[lower] {
		s.down[upper], s.up[lower] = append(s.down[upper], lower), append(s.up[lower], upper)
	}
}
