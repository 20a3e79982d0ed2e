package view

import "strings"

// frame is a stage by places: values by their place in it.
type frame struct {
	ids     []int
	values  []*Value
	at      map[string]int // places by name
	args    [][]int
	readers [][]int
	setBy   map[int]int // the place of a latch by that of its delay
}

func newFrame(all []*Value, ids []int) *frame {
	f := &frame{ids: ids, at: map[string]int{}, args: make([][]int, len(ids)), readers: make([][]int, len(ids)), setBy: map[int]int{}}
	for i, id := range ids {
		f.values = append(f.values, all[id])
		f.at[all[id].Name] = i
	}
	for i, v := range f.values {
		for _, name := range v.Args {
			if a, ok := f.at[name]; ok {
				f.args[i] = append(f.args[i], a)
				f.readers[a] = append(f.readers[a], i)
			}
		}
		if d, ok := f.at[v.Latch]; ok && v.Latch != "" {
			f.setBy[d] = i
		}
	}
	return f
}

// constant reports whether the value at a place is data.
func (f *frame) constant(i int) bool { return f.values[i].Kind == Const }

// behind lists a place and, of a delay, those of the values that it holds in the first and in later steps.
func (f *frame) behind(i int) []int {
	out := []int{i}
	if latch, ok := f.setBy[i]; ok {
		out = append(out, f.args[i]...)
		out = append(out, f.args[latch]...)
	}
	return out
}

// content is a value's text without its name.
func (v *Value) content() string {
	_, text, _ := strings.Cut(v.Text, " = ")
	return text
}
