package view

import (
	"cmp"
	"slices"
)

// Layer is a value of the last stage, with those of a stage that become it.
type Layer struct {
	Name    string  `json:"name"`
	Kind    Kind    `json:"kind"`
	Members []int   `json:"members"` // by number, without constants
	Inner   *Layout `json:"inner,omitempty"`
}

// layersOf names, for each stage, the layer of each value; empty for constants. links lead from each
// stage to the next.
func layersOf(frames []*frame, links [][][]link) [][]string {
	out := make([][]string, len(frames))
	for k, f := range slices.Backward(frames) {
		out[k] = make([]string, len(f.values))
		for i, v := range slices.Backward(f.values) {
			switch {
			case v.Kind == Const:
			case k == len(frames)-1:
				out[k][i] = v.Name
			default:
				out[k][i] = cmp.Or(layerOf(links[k][i], out[k+1]), f.reading(i, out[k]), v.Name)
			}
		}
	}
	return out
}

// reading is the layer of the first reader that has one, of a value that becomes data.
func (f *frame) reading(i int, layers []string) string {
	for _, r := range f.readers[i] {
		if layers[r] != "" {
			return layers[r]
		}
	}
	return ""
}

// layerOf is the layer of the first value that a value becomes, of one that it still is if
// there is one; empty where all are data.
func layerOf(links []link, next []string) string {
	for _, part := range []bool{false, true} {
		for _, l := range links {
			if l.part == part && next[l.to] != "" {
				return next[l.to]
			}
		}
	}
	return ""
}

// collapse groups a stage's values by layer, and lays the graph out. last is the last stage.
func (s *Stage) collapse(f, last *frame, layers []string) {
	at := map[string]int{}
	groups := [][]int{}
	for i, name := range layers {
		if name == "" {
			continue
		}
		if _, ok := at[name]; !ok {
			at[name] = len(groups)
			groups = append(groups, nil)
		}
		groups[at[name]] = append(groups[at[name]], i)
	}
	of := func(i int) int {
		if layers[i] == "" {
			return -1
		}
		return at[layers[i]]
	}
	boxes := make([]size, len(groups))
	for g, members := range groups {
		boxes[g] = size{layerWidth, layerHeight}
		s.Layers = append(s.Layers, f.layer(layers[members[0]], last, members))
	}
	s.Layout = layered(boxes, f.wires(of))
}

// layer is one of a stage. Its kind is that which it has in the last stage, or else that of the member that
// counts most.
func (f *frame) layer(name string, last *frame, members []int) *Layer {
	l := &Layer{Name: name}
	at, kept := last.at[name]
	if kept {
		l.Kind = last.values[at].Kind
	}
	inside, boxes := map[int]int{}, []size{}
	for _, i := range members {
		inside[i] = len(boxes)
		boxes = append(boxes, size{valueWidth, valueHeight})
		l.Members = append(l.Members, f.ids[i])
		if l.Kind == "" || !kept && slices.Index(weight, f.values[i].Kind) < slices.Index(weight, l.Kind) {
			l.Kind = f.values[i].Kind
		}
	}
	if len(members) > 1 {
		l.Inner = layered(boxes, f.wires(func(i int) int {
			if at, ok := inside[i]; ok {
				return at
			}
			return -1
		}))
	}
	return l
}

// weight orders kinds by how much they say of a layer.
var weight = []Kind{Neurons, Weights, Port, State, Sums, Moves}

// wires lists the edges between groups of values, each once; of says which group a value is in, −1 if in none.
// An edge back in time is one from a latch to its delay.
func (f *frame) wires(of func(int) int) []wire {
	var out []wire
	seen := map[wire]bool{}
	add := func(from, to int, later bool) {
		w := wire{of(from), of(to), later}
		if w.from < 0 || w.to < 0 || w.from == w.to || seen[w] {
			return
		}
		seen[w] = true
		out = append(out, w)
	}
	for i, args := range f.args {
		for _, a := range args {
			add(a, i, false)
		}
		if d, ok := f.at[f.values[i].Latch]; ok {
			add(i, d, true)
		}
	}
	return out
}
