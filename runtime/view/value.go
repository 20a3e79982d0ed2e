package view

import (
	"fmt"
	"path/filepath"
	"strconv"

	"nomul/backends/lower"
	"nomul/ir"
)

// Value is one of a stage. Values of two stages that read alike are one.
type Value struct {
	Name  string `json:"name"`
	Op    string `json:"op"`
	Kind  Kind   `json:"kind"`
	Text  string `json:"text"` // its lines in the text form of the stage
	Type  string `json:"type,omitempty"`
	Size  int    `json:"size,omitempty"` // elements
	Clock string `json:"clock"`
	Range string `json:"range,omitempty"` // of an integer
	State string `json:"state,omitempty"` // of an integer membrane
	Scale string `json:"scale,omitempty"` // the real number that one unit stands for
	// Origin is the place in the file, and Node that of an ONNX file.
	Origin string   `json:"origin,omitempty"`
	Node   string   `json:"node,omitempty"`
	Args   []string `json:"args,omitempty"`  // names of operands
	Latch  string   `json:"latch,omitempty"` // of a delay that the value sets
	Data   *Data    `json:"data,omitempty"`  // of a constant
}

// Kind is the class of ops that a page tells apart.
type Kind string

// The kinds.
const (
	Port    Kind = "port" // inputs and outputs
	Const   Kind = "const"
	Neurons Kind = "neurons"
	Weights Kind = "weights"
	State   Kind = "state" // what remembers besides neurons, and readouts over time
	Sums    Kind = "sums"  // elementwise ops and reductions
	Moves   Kind = "moves"
)

var kinds = map[ir.Class]Kind{
	ir.Boundary: Port, ir.Element: Sums, ir.Move: Moves, ir.Patch: Moves, ir.Reduce: Sums, ir.Norm: Sums,
	ir.Window: Sums, ir.Contract: Weights, ir.State: State, ir.OverTime: State,
}

func kindOf(v *ir.Value) Kind {
	switch v.Attrs.(type) {
	case ir.ConstAttrs:
		return Const
	case ir.NeuronAttrs, ir.CellAttrs:
		return Neurons
	}
	return kinds[v.Op.Class()]
}

// valueOf keeps of a value of a net what a page shows.
func valueOf(v *ir.Value) *Value {
	at := v.Origin
	if at.File != "" {
		at.File = filepath.Base(at.File)
	}
	out := &Value{Name: v.Name, Op: v.Op.String(), Kind: kindOf(v), Text: v.String(), Type: v.Type.String(), Size: v.Type.Size(),
		Clock: v.Clock.String(), Origin: at.String(), Node: v.Origin.Node, Scale: scaleOf(v.Scale)}
	if !v.Type.IsReal() {
		out.Range = fmt.Sprint(v.Range)
	}
	if v.State != (ir.Range{}) {
		out.State = fmt.Sprint(v.State)
	}
	for _, a := range v.Args {
		if a != nil {
			out.Args = append(out.Args, a.Name)
		}
	}
	if v.Op == ir.OpLatch {
		out.Latch = v.Args[0].Name
	}
	if data := v.Const(); data != nil {
		out.Data = summary(data)
	}
	return out
}

// scaleOf prints a scale: one number, or the least and the greatest of several.
func scaleOf(s *ir.Scale) string {
	if s == nil {
		return ""
	}
	if f, same := s.Data.Uniform(); same {
		return number(f)
	}
	least, most := s.Data.F[0], s.Data.F[0]
	for _, f := range s.Data.F {
		least, most = min(least, f), max(most, f)
	}
	return fmt.Sprintf("%s … %s, %v", number(least), number(most), s.Data.Type.Shape)
}

// number prints a real number with four digits.
func number(f float64) string { return strconv.FormatFloat(f, 'g', 4, 64) }

// valuesOf are those of a lowered program: its given and constant arrays, and its stages with the
// arrays that they compute. The second stage that writes an array is a latch.
func valuesOf(p *lower.Program) []*Value {
	var out []*Value
	written := map[*lower.Array]bool{}
	for _, s := range p.Stages {
		written[s.To] = true
	}
	for _, a := range p.Arrays {
		if !written[a] {
			out = append(out, valueOfArray(a))
		}
	}
	clear(written)
	for _, s := range p.Stages {
		v := valueOfArray(s.To)
		v.Op, v.Clock, v.Kind = s.Kind(), s.Clock.String(), kindOfStage(s)
		text := p.Text(s)
		if written[s.To] {
			v.Name, v.Latch = s.To.Name+" "+s.Kind(), s.To.Name
		} else {
			text = v.Text + "\n" + text
		}
		written[s.To] = true
		v.Text = text
		for _, view := range s.Views() {
			v.Args = append(v.Args, view.Array.Name)
		}
		out = append(out, v)
	}
	return out
}

func valueOfArray(a *lower.Array) *Value {
	v := &Value{Name: a.Name, Op: "array", Kind: Const, Text: a.String(), Type: a.Type.String(), Size: a.Type.Size(),
		Clock: ir.Once.String(), Range: fmt.Sprint(a.Range)}
	if a.Given {
		v.Kind, v.Op, v.Clock = Port, "given", a.Per.String()
	}
	if a.Const() {
		v.Data = summary(a.Data)
	}
	return v
}

func kindOfStage(s *lower.Stage) Kind {
	switch {
	case s.Output:
		return Port
	case s.Neurons():
		return Neurons
	case s.Fold != nil && s.Fold.Weight != nil:
		return Weights
	case s.Move != nil:
		return Moves
	}
	return Sums
}
