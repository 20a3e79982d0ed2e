package onnx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/diag"
)

// Neuron says which neuron an operator of a user's own is: one step of it, with
// its membrane handed in and out. With V the membrane handed in, the charge is
//
//	leaky  H = beta·V + x
//	lif    H = V + (x − V)/tau
//	if     H = V + x
//
// It fires where H exceeds (gt) or reaches (ge) the threshold, and is reset then,
// before the membrane is handed out (when now); or it hands H out, and the next
// step resets it (when next), as snnTorch does unless told otherwise.
type Neuron struct {
	Op        string   `json:"op"`      // domain::Op, or Op of ai.onnx
	Kind      string   `json:"kind"`    // leaky, lif or if
	Inputs    []string `json:"inputs"`  // in order: x, mem, and beta, tau and threshold where they are inputs
	Outputs   []string `json:"outputs"` // in order: spike and mem
	Beta      *float32 `json:"beta"`
	Tau       *float32 `json:"tau"`
	Threshold *float32 `json:"threshold"`
	// Attributes are the operator's names of those that are float attributes.
	Attributes map[string]string `json:"attributes"`
	Ignore     []string          `json:"ignore"`  // attributes that change nothing
	Reset      string            `json:"reset"`   // subtract (the threshold), zero or none
	When       string            `json:"when"`    // now (also when empty) or next
	Compare    string            `json:"compare"` // gt or ge
}

// charges are the nodes that make H, by kind; V is the membrane before.
var charges = map[string][]string{
	"leaky": {"Mul beta V -> kept", "Add kept x -> H"},
	"lif":   {"Sub x V -> drive", "Div drive tau -> change", "Add V change -> H"},
	"if":    {"Add V x -> H"},
}

// leaks are the parameters of the kinds, besides the threshold.
var leaks = map[string][]string{"leaky": {"beta"}, "lif": {"tau"}, "if": nil}

// fires are the operators that compare a membrane with the threshold.
var fires = map[string]string{"gt": "Greater", "ge": "GreaterOrEqual"}

// resetsNow are the nodes that make the membrane handed out of H and the spike.
var resetsNow = map[string][]string{
	"subtract": {"Mul spike threshold -> taken", "Sub H taken -> mem.out"},
	"zero":     {"Sub one spike -> silent", "Mul silent H -> mem.out"},
	"none":     {"Identity H -> mem.out"},
}

// resetsNext make it where the spike of the step before resets: the nodes before the
// charge, and those behind it.
var resetsNext = map[string][2][]string{
	"subtract": {nil, {"Mul late threshold -> taken", "Sub H taken -> mem.out"}},
	"zero":     {{"Sub one late -> silent", "Mul silent mem -> held"}, {"Identity H -> mem.out"}},
	"none":     {nil, {"Identity H -> mem.out"}},
}

// mappedOpset is the operator set that the nodes above are of.
const mappedOpset = 17

// ReadNeurons reads a mapping: a JSON list with an object for each operator. file
// is the name to use in messages. All that is wrong is in the error, if anything is.
func ReadNeurons(file string, data []byte) ([]Neuron, error) {
	var neurons []Neuron
	at := diag.Origin{File: file}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&neurons)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the list")
		}
	}
	if err != nil {
		return nil, diag.Errorf(at, diag.BadFile, "is no list of neurons: %s", strings.TrimPrefix(err.Error(), "json: ")).
			WithHelp(`wanted JSON such as [{"op": "mine::LIF", "kind": "leaky", "inputs": ["x", "mem"], "outputs": ["spike", "mem"], "beta": 0.9, "threshold": 1, "reset": "subtract", "compare": "gt"}]`)
	}
	var list diag.List
	known, seen := rowsByName(), map[string]bool{}
	for _, n := range neurons {
		key := n.key()
		faults := n.faults()
		if key.domain == "" && known[key.name] != nil {
			faults = append(faults, "is an operator of ONNX, which no mapping may change")
		}
		if seen[key.String()] {
			faults = append(faults, "is there twice")
		}
		seen[key.String()] = true
		for _, fault := range faults {
			list.Add(at, diag.BadFile, "%q %s", n.Op, fault)
		}
	}
	return neurons, list.Err()
}

// key names the operator.
func (n *Neuron) key() functionKey {
	dom, name, found := strings.Cut(n.Op, "::")
	if !found {
		dom, name = "", n.Op
	}
	return functionKey{domain: domain(dom), name: name}
}

// faults are the errors of an entry.
func (n *Neuron) faults() []string {
	var out []string
	oneOf := func(what, got string, wanted ...string) {
		if !slices.Contains(wanted, got) {
			out = append(out, fmt.Sprintf("has %s %q, wanted %s", what, got, strings.Join(wanted, ", ")))
		}
	}
	if n.key().name == "" {
		out = append(out, "names no operator, wanted domain::Op")
	}
	oneOf("kind", n.Kind, "leaky", "lif", "if")
	oneOf("reset", n.Reset, "subtract", "zero", "none")
	oneOf("compare", n.Compare, "gt", "ge")
	if n.When != "" {
		oneOf("when", n.When, "now", "next")
	}
	outs := slices.Sorted(slices.Values(n.Outputs))
	if !slices.Equal(outs, []string{"mem", "spike"}) {
		out = append(out, fmt.Sprintf("has outputs %q, wanted spike and mem, in the operator's order", n.Outputs))
	}
	if len(out) == 0 {
		out = n.sourceFaults()
	}
	return out
}

// sourceFaults are inputs and parameters that are given in no way, or in two, or are none.
func (n *Neuron) sourceFaults() []string {
	var out []string
	params := append([]string{"threshold"}, leaks[n.Kind]...)
	constants := n.constants()
	count := func(role string) (inputs, others int) {
		for _, input := range n.Inputs {
			inputs += truth(input == role)
		}
		_, named := n.Attributes[role]
		return inputs, truth(constants[role] != nil) + truth(named)
	}
	for _, role := range []string{"x", "mem"} {
		if inputs, others := count(role); inputs != 1 || others != 0 {
			out = append(out, fmt.Sprintf("has %d inputs and %d attributes %s, wanted one input", inputs, others, role))
		}
	}
	for _, role := range params {
		if inputs, others := count(role); inputs+others != 1 {
			out = append(out, fmt.Sprintf("gives its %s in %d ways, wanted one: an input, an attribute or a number", role, inputs+others))
		}
	}
	for _, role := range n.roles() {
		if !slices.Contains(append(params, "x", "mem"), role) {
			out = append(out, fmt.Sprintf("gives %q, which a neuron of kind %s has not", role, n.Kind))
		}
	}
	for _, role := range n.roles() {
		if name, named := n.Attributes[role]; named && name == "" {
			out = append(out, fmt.Sprintf("gives its %s as an attribute without a name", role))
		}
	}
	if n.Tau != nil && *n.Tau == 0 {
		out = append(out, "has tau 0, wanted another number")
	}
	return out
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// constants are the parameters that are numbers; nil where they are not.
func (n *Neuron) constants() map[string]*float32 {
	return map[string]*float32{"beta": n.Beta, "tau": n.Tau, "threshold": n.Threshold}
}

// roles lists the inputs and parameters that the entry gives, in a fixed order.
func (n *Neuron) roles() []string {
	out := slices.Clone(n.Inputs)
	for role := range n.Attributes {
		out = append(out, role)
	}
	for role, number := range n.constants() {
		if number != nil {
			out = append(out, role)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// function is the neuron as if the file had defined it.
func (n *Neuron) function() *onnxpb.FunctionProto {
	key := n.key()
	f := &onnxpb.FunctionProto{
		Domain: key.domain, Name: key.name, Input: n.Inputs,
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: mappedOpset}},
		Attribute:   slices.Clone(n.Ignore),
	}
	for _, out := range n.Outputs {
		f.Output = append(f.Output, map[string]string{"spike": "spike", "mem": "mem.out"}[out])
	}
	one := float32(1)
	f.Node = append(f.Node, scalarNode("one", &onnxpb.AttributeProto{F: one})...)
	for _, role := range append([]string{"threshold"}, leaks[n.Kind]...) {
		if number := n.constants()[role]; number != nil {
			f.Node = append(f.Node, scalarNode(role, &onnxpb.AttributeProto{F: *number})...)
		}
		if name := n.Attributes[role]; name != "" {
			f.Attribute = append(f.Attribute, name)
			f.Node = append(f.Node, scalarNode(role, &onnxpb.AttributeProto{RefAttrName: name})...)
		}
	}
	for _, line := range n.lines() {
		f.Node = append(f.Node, nodeOf(line))
	}
	return f
}

// scalarNode makes a number of x's type.
func scalarNode(name string, value *onnxpb.AttributeProto) []*onnxpb.NodeProto {
	value.Name, value.Type = "value_float", onnxpb.AttributeProto_FLOAT
	number := nodeOf("Constant -> " + name + ".number")
	number.Attribute = []*onnxpb.AttributeProto{value}
	return []*onnxpb.NodeProto{number, nodeOf("CastLike " + name + ".number x -> " + name)}
}

// lines are the nodes of one step, in order.
func (n *Neuron) lines() []string {
	fire := func(membrane, spike string) []string {
		return []string{fires[n.Compare] + " " + membrane + " threshold -> " + spike + ".is", "CastLike " + spike + ".is x -> " + spike}
	}
	if n.When != "next" {
		return slices.Concat(charge(n.Kind, "mem"), fire("H", "spike"), resetsNow[n.Reset])
	}
	before, behind := resetsNext[n.Reset][0], resetsNext[n.Reset][1]
	membrane := "mem"
	if before != nil {
		membrane = "held"
	}
	return slices.Concat(fire("mem", "late"), before, charge(n.Kind, membrane), behind, fire("mem.out", "spike"))
}

// charge are the nodes that make H of a membrane.
func charge(kind, membrane string) []string {
	var out []string
	for _, line := range charges[kind] {
		words := strings.Fields(line)
		for i := range words {
			if words[i] == "V" {
				words[i] = membrane
			}
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// nodeOf is a node written "Op in in -> out".
func nodeOf(line string) *onnxpb.NodeProto {
	left, out, _ := strings.Cut(line, " -> ")
	words := strings.Fields(left)
	return &onnxpb.NodeProto{OpType: words[0], Input: words[1:], Output: []string{out}}
}

// mapNeurons enters the mapped operators among the file's functions.
func (imp *importer) mapNeurons(neurons []Neuron) bool {
	for _, n := range neurons {
		if imp.functions[n.key()] != nil {
			imp.fail(diag.BadFile, "defines the operator %s itself, so it cannot be mapped to a neuron", n.key())
			return false
		}
		imp.functions[n.key()], imp.neurons[n.key()] = n.function(), &n
	}
	return true
}

// checkMapped compares a node with its mapping, where it has one.
func (n *node) checkMapped() error {
	m := n.imp.neurons[functionKey{domain: domain(n.pb.Domain), name: n.pb.OpType}]
	if m == nil || n.pb.Overload != "" {
		return nil
	}
	if len(n.in) > len(m.Inputs) {
		return n.errorf(diag.BadNet, "has %d inputs, but --neurons names %d", len(n.in), len(m.Inputs))
	}
	for i, role := range m.Inputs {
		if n.arg(i) == nil {
			return n.errorf(diag.BadNet, "has no input %d, which --neurons takes as its %s", i+1, role)
		}
	}
	given := func(name string) bool {
		return slices.ContainsFunc(n.pb.Attribute, func(a *onnxpb.AttributeProto) bool { return a.Name == name })
	}
	for _, role := range m.roles() {
		if name := m.Attributes[role]; name != "" && !given(name) {
			return n.errorf(diag.BadAttribute, "has no attribute %q, which --neurons takes as its %s", name, role)
		}
	}
	for _, a := range n.pb.Attribute {
		if !slices.Contains(n.function().Attribute, a.Name) {
			return n.errorf(diag.BadAttribute, "has an attribute %q, which --neurons neither reads nor ignores", a.Name)
		}
	}
	return nil
}
