package view

import (
	"fmt"
	"strconv"
	"strings"

	"nomul/backends/lower"
	"nomul/ir"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
)

// Model is a network through its stages.
type Model struct {
	Name    string   `json:"name"`
	Version string   `json:"version,omitempty"`
	Refused string   `json:"refused,omitempty"` // why there are no more stages
	Stages  []*Stage `json:"stages"`
	Values  []*Value `json:"values"` // of all stages, by number
	// Bounds say of values of the last network how far they may be off, and Measured tells their figures on
	// samples, by name.
	Bounds   map[string]string `json:"bounds,omitempty"`
	Measured map[string]string `json:"measured,omitempty"`
	// Rates are those of an evaluation, by layer.
	Rates map[string]Rate `json:"rates,omitempty"`
}

// Rate is the share of neurons that fire in a time step, of all and in each, on some images.
type Rate struct {
	Rate   float64   `json:"rate"`
	Steps  []float64 `json:"steps"`
	Images int       `json:"images"`
}

// Stage is the network behind a pass.
type Stage struct {
	Pass   string       `json:"pass"`
	Doc    string       `json:"doc"`
	Level  string       `json:"level"`
	Steps  int          `json:"time_steps"`
	Values []int        `json:"values"`           // by number
	Same   []string     `json:"same,omitempty"`   // passes behind this one that change nothing
	Links  map[int][]To `json:"links,omitempty"`  // of values that the next stage has no longer, or that become more
	Edges  map[int]Cost `json:"edges,omitempty"`  // products, by value
	Layers []*Layer     `json:"layers"`           // in the order of the boxes of Layout
	Layout *Layout      `json:"layout,omitempty"` // of layers
}

// To is a value of the next stage, by number, and 1 if only a part of it.
type To [2]int

// Cost is what a value's products take: the level, and why.
type Cost [2]string

// Builder collects the stages of a network.
type Builder struct {
	model  *Model
	number map[string]int
	frames []*frame
	// tensors are the numbers of constants of the network before, whose data need not be looked through again.
	tensors map[constant]int
}

type constant struct {
	name, origin string
	data         *ir.Tensor
	values       ir.Range
	scale        *ir.Scale
}

// New begins with the network as given.
func New(net *ir.Net) *Builder {
	b := &Builder{model: &Model{Name: net.Name, Values: []*Value{}}, number: map[string]int{}, tensors: map[constant]int{}}
	b.Net("given", "the network of the file", net)
	return b
}

// Net adds the network behind a pass.
func (b *Builder) Net(pass, doc string, net *ir.Net) {
	s := &Stage{Pass: pass, Doc: doc, Level: net.Level.String(), Steps: net.Steps}
	tensors := map[constant]int{}
	for _, v := range net.Values {
		key := constant{v.Name, v.Origin.String(), v.Const(), v.Range, v.Scale}
		id, ok := b.tensors[key]
		if !ok || key.data == nil {
			id = b.add(valueOf(v))
		}
		if key.data != nil {
			tensors[key] = id
		}
		s.Values = append(s.Values, id)
	}
	b.tensors = tensors
	if b.unchanged(s) {
		return
	}
	f := newFrame(b.model.Values, s.Values)
	s.Edges = f.costs(metrics.Verdict(net))
	b.append(s, f)
}

// Program adds the program below the fixed level.
func (b *Builder) Program(name, doc string, p *lower.Program) {
	s := &Stage{Pass: name, Doc: doc, Level: name, Steps: p.Steps}
	for _, v := range valuesOf(p) {
		s.Values = append(s.Values, b.add(v))
	}
	b.append(s, newFrame(b.model.Values, s.Values))
}

// add returns the number of a value; that of an equal one, if there is such.
func (b *Builder) add(v *Value) int {
	key := strings.Join([]string{v.Clock, v.Origin, v.Text}, "\x00")
	id, ok := b.number[key]
	if !ok {
		id = len(b.model.Values)
		b.number[key] = id
		b.model.Values = append(b.model.Values, v)
	}
	return id
}

// unchanged notes a pass that leaves the values as they are with the stage before.
func (b *Builder) unchanged(s *Stage) bool {
	n := len(b.model.Stages)
	if n == 0 || fmt.Sprint(b.model.Stages[n-1].Values, b.model.Stages[n-1].Level) != fmt.Sprint(s.Values, s.Level) {
		return false
	}
	last := b.model.Stages[n-1]
	last.Same = append(last.Same, s.Pass)
	return true
}

func (b *Builder) append(s *Stage, f *frame) {
	b.model.Stages, b.frames = append(b.model.Stages, s), append(b.frames, f)
}

// costs are the dearest products of each value.
func (f *frame) costs(edges []metrics.Edge) map[int]Cost {
	out := map[int]Cost{}
	for _, e := range edges {
		id := f.ids[f.at[e.Value]]
		if out[id][0] < e.Level {
			out[id] = Cost{e.Level, e.Operand + ": " + e.Reason}
		}
	}
	return out
}

// Bound notes how far a value of integers may be off the real number that it stands for.
func (b *Builder) Bound(of *ir.Bound) {
	if b.model.Bounds == nil {
		b.model.Bounds = map[string]string{}
	}
	text := "exact"
	if most := of.Worst(); most > 0 {
		text = fmt.Sprintf("at most %s off the real number, most of it by %s", number(most), of.Cause())
		if of.Against > 0 {
			beside := map[bool]string{false: "its least threshold is", true: "it is at most"}[of.Output]
			text += fmt.Sprintf("; %s %s", beside, number(of.Against))
		}
	}
	b.model.Bounds[of.Fixed] = text
}

// Measured notes the figures of the layers of a network on samples.
func (b *Builder) Measured(net *ir.Net) {
	b.model.Measured = map[string]string{}
	for _, v := range net.Values {
		if v.Measured != nil {
			b.model.Measured[v.Name] = measured(v.Measured)
		}
	}
}

// Rates notes the spike rates of an evaluation.
func (b *Builder) Rates(r *record.Record) {
	b.model.Rates = map[string]Rate{}
	for _, l := range r.Layers {
		if l.Kind != "neuron" || l.Spikes == nil || r.Counted == 0 {
			continue
		}
		rate := Rate{Images: r.Counted}
		for _, n := range l.Spikes {
			share := float64(n) / float64(l.Neurons) / float64(r.Counted)
			rate.Steps = append(rate.Steps, share)
			rate.Rate += share / float64(len(l.Spikes))
		}
		b.model.Rates[l.Name] = rate
	}
}

// measured tells the figures of a layer.
func measured(m *ir.Measured) string {
	var out []string
	for _, f := range []struct {
		of    *float64
		text  string
		times float64
	}{
		{m.SNR, "sums stand %s dB above their rounding", 1}, {m.Flips, "%s %% of decisions flip", 100},
		{m.Clipped, "%s %% of words are the largest", 100}, {m.Correlation, "correlation with the network as imported %s", 1},
	} {
		if f.of != nil {
			out = append(out, fmt.Sprintf(f.text, number(*f.of*f.times)))
		}
	}
	return strings.Join(out, "; ")
}

// Done links the stages and lays out their graphs. refused is why there are no more, or empty.
func (b *Builder) Done(version, refused string) *Model {
	m := b.model
	m.Version, m.Refused = version, refused
	var links [][][]link
	for i, f := range b.frames[1:] {
		links = append(links, linksOf(b.frames[i], f))
		m.Stages[i].link(b.frames[i], f, links[i])
	}
	for i, layers := range layersOf(b.frames, links) {
		m.Stages[i].collapse(b.frames[i], b.frames[len(b.frames)-1], layers)
	}
	return m
}

// link writes down the links to the next stage, but not those of values to themselves.
func (s *Stage) link(from, to *frame, links [][]link) {
	s.Links = map[int][]To{}
	for i, list := range links {
		var out []To
		for _, l := range list {
			out = append(out, To{to.ids[l.to], map[bool]int{true: 1}[l.part]})
		}
		if len(out) != 1 || out[0] != (To{from.ids[i], 0}) {
			s.Links[from.ids[i]] = out
		}
	}
}

// Title is the heading of a page.
func (m *Model) Title() string { return m.Name + " through its stages" }

// Find returns the number of a stage's value by name, or −1.
func (m *Model) Find(stage int, name string) int {
	for _, id := range m.Stages[stage].Values {
		if m.Values[id].Name == name {
			return id
		}
	}
	return -1
}

// String names the stages, with the number of their values.
func (m *Model) String() string {
	var out []string
	for _, s := range m.Stages {
		out = append(out, s.Pass+" "+strconv.Itoa(len(s.Values)))
	}
	return strings.Join(out, ", ")
}
