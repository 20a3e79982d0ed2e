package onnx_test

import (
	"fmt"
	"strings"
	"testing"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
)

// mapped reads a mapping of mine::N.
func mapped(t *testing.T, entry string) []onnx.Neuron {
	t.Helper()
	neurons, err := onnx.ReadNeurons("map.json", []byte(entry))
	if err != nil {
		t.Fatal(err)
	}
	return neurons
}

// A mapped operator computes the step that its entry says, for every kind, reset,
// time of the reset and comparison, ties included. All numbers are exact in float32.
func TestNeurons(t *testing.T) {
	for _, kind := range []string{"leaky", "lif", "if"} {
		for _, reset := range []string{"subtract", "zero", "none"} {
			for _, when := range []string{"now", "next"} {
				for _, compare := range []string{"gt", "ge"} {
					neuronEquals(t, kind, reset, when, compare)
				}
			}
		}
	}
}

func neuronEquals(t *testing.T, kind, reset, when, compare string) {
	t.Helper()
	extra := map[string]string{"leaky": `, "beta": 0.5`, "lif": `, "tau": 4`}[kind]
	neurons := mapped(t, fmt.Sprintf(`[{"op": "mine::N", "kind": %q, "inputs": ["mem", "x"], "outputs": ["mem", "spike"],
		"attributes": {"threshold": "theta"}, "ignore": ["slope"], "reset": %q, "when": %q, "compare": %q%s}]`, kind, reset, when, compare, extra))
	xs := []float64{0, 1, 1, 2, -1, 3, 0.5, 0}
	vs := []float64{0, 0, 1, 2, 1, 0.5, 4, 1.5}
	m := newModel(9).in("x", tFloat, 1, 8).in("v", tFloat, 1, 8).
		node("N v,x -> w,s", attrFloat("theta", 1), attrInt("slope", 25)).of("mine", "").out("w", "s")
	net, list := onnx.Import("m.onnx", m.bytes(t), onnx.Options{Neurons: neurons})
	if list.Err() != nil {
		t.Fatal(list)
	}
	shape := ir.ShapeOf(1, 8)
	got := run(net, map[string]*ir.Tensor{"x": ir.Reals(shape, xs), "v": ir.Reals(shape, vs)})
	for i := range xs {
		w, s := step(kind, reset, when, compare, xs[i], vs[i])
		if got["w"].F[i] != w || got["s"].F[i] != s {
			t.Errorf("%s, reset %s %s, %s: x %v and v %v give %v and spike %v, wanted %v and %v",
				kind, reset, when, compare, xs[i], vs[i], got["w"].F[i], got["s"].F[i], w, s)
		}
	}
}

// step is one step of a neuron with beta 0.5, tau 4 and threshold 1.
func step(kind, reset, when, compare string, x, v float64) (mem, spike float64) {
	fires := func(h float64) float64 {
		if h > 1 || h == 1 && compare == "ge" {
			return 1
		}
		return 0
	}
	charge := map[string]func(v float64) float64{
		"leaky": func(v float64) float64 { return 0.5*v + x },
		"lif":   func(v float64) float64 { return v + (x-v)/4 },
		"if":    func(v float64) float64 { return v + x },
	}[kind]
	late := fires(v)
	if when == "next" && reset == "zero" && late == 1 {
		v = 0
	}
	h := charge(v)
	if when == "next" {
		if reset == "subtract" {
			h -= late
		}
		return h, fires(h)
	}
	return map[string]float64{"subtract": h - fires(h), "zero": h * (1 - fires(h)), "none": h}[reset], fires(h)
}

// An operator without a domain can be mapped too, and parameters may be inputs
// with a number for each channel.
func TestNeuronWithoutDomain(t *testing.T) {
	neurons := mapped(t, `[{"op": "LIF", "kind": "leaky", "inputs": ["x", "mem", "beta"], "outputs": ["spike", "mem"],
		"threshold": 1, "reset": "none", "compare": "gt"}]`)
	m := x(13, 1, 2).in("v", tFloat, 1, 2).floats("beta", []int64{2}, 0.5, 0.25).node("LIF x,v,beta -> s,w").out("w")
	net, list := onnx.Import("m.onnx", m.bytes(t), onnx.Options{Neurons: neurons})
	if list.Err() != nil {
		t.Fatal(list)
	}
	shape := ir.ShapeOf(1, 2)
	got := run(net, map[string]*ir.Tensor{"x": ir.Reals(shape, []float64{0, 1}), "v": ir.Reals(shape, []float64{1, 2})})["w"].F
	if got[0] != 0.5 || got[1] != 1.5 {
		t.Errorf("the membranes are %v, wanted 0.5 and 1.5", got)
	}
}

func TestBadNeurons(t *testing.T) {
	const good = `"op": "mine::N", "kind": "if", "inputs": ["x", "mem"], "outputs": ["spike", "mem"], "threshold": 1, "reset": "zero", "compare": "ge"`
	change := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("there is no %s to change", old)
		}
		return "[{" + strings.Replace(good, old, new, 1) + "}]"
	}
	for text, want := range map[string]string{
		``:                                                         `is no list of neurons: EOF`,
		`{` + good + `}`:                                           `is no list of neurons: cannot unmarshal object`,
		`[{` + good + `}] x`:                                       `is no list of neurons: something follows the list`,
		change(`"kind"`, `"sort": 1, "kind"`):                      `is no list of neurons: unknown field "sort"`,
		change(`"threshold": 1`, `"beta": []`):                     `is no list of neurons: cannot unmarshal array`,
		change("mine::N", "mine::"):                                `"mine::" names no operator, wanted domain::Op`,
		change("mine::N", "Add"):                                   `"Add" is an operator of ONNX, which no mapping may change`,
		change(`"if"`, `"izhikevich"`):                             `"mine::N" has kind "izhikevich", wanted leaky, lif, if`,
		change(`"zero"`, `"hard"`):                                 `has reset "hard", wanted subtract, zero, none`,
		change(`"ge"`, `">"`):                                      `has compare ">", wanted gt, ge`,
		change(`"kind"`, `"when": "later", "kind"`):                `has when "later", wanted now, next`,
		change(`["spike", "mem"]`, `["spike"]`):                    `has outputs ["spike"], wanted spike and mem, in the operator's order`,
		change(`["x", "mem"]`, `["x"]`):                            `has 0 inputs and 0 attributes mem, wanted one input`,
		change(`["x", "mem"]`, `["x", "mem", "x"]`):                `has 2 inputs and 0 attributes x, wanted one input`,
		change(`"kind"`, `"attributes": {"x": "a"}, "kind"`):       `has 1 inputs and 1 attributes x, wanted one input`,
		change(`, "threshold": 1`, ``):                             `gives its threshold in 0 ways, wanted one: an input, an attribute or a number`,
		change(`"mem"]`, `"mem", "threshold"]`):                    `gives its threshold in 2 ways`,
		change(`"threshold"`, `"beta": 0.5, "threshold"`):          `gives "beta", which a neuron of kind if has not`,
		change(`"if"`, `"leaky"`):                                  `gives its beta in 0 ways`,
		change(`"if"`, `"lif", "tau": 0`):                          `has tau 0, wanted another number`,
		`[{` + good + `}, {` + good + `}]`:                         `"mine::N" is there twice`,
		change(`"threshold": 1`, `"attributes": {"threshold":""}`): `gives its threshold as an attribute without a name`,
	} {
		_, err := onnx.ReadNeurons("map.json", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "map.json: error: ") || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "error: ") != 1 {
			t.Errorf("%s\ngives %v, wanted one message: %s", text, err, want)
		}
	}
}

// A file's own definition of an operator is not overruled, and a node that does not
// fit its mapping is refused.
func TestNeuronsThatDoNotFit(t *testing.T) {
	neurons := mapped(t, `[{"op": "mine::N", "kind": "if", "inputs": ["x", "mem"], "outputs": ["spike", "mem"],
		"attributes": {"threshold": "theta"}, "reset": "zero", "compare": "ge"}]`)
	call := func(inputs string) *model { return x(13, 1, 2).node("N "+inputs+" -> y,w").of("mine", "").out("y") }
	defined := call("x,x").function(&onnxpb.FunctionProto{Domain: "mine", Name: "N", Input: []string{"a", "b"}, Output: []string{"r"}}, newModel(13).node("Neg a -> r"))
	for want, m := range map[string]*model{
		`defines the operator mine::N itself, so it cannot be mapped to a neuron`: defined,
		`has 3 inputs, but --neurons names 2`:                                     call("x,x,x"),
		`has no attribute "theta", which --neurons takes as its threshold`:        call("x,x"),
		`has no input 2, which --neurons takes as its mem`:                        call("x"),
		`has an attribute "slope", which --neurons neither reads nor ignores`: x(13, 1, 2).
			node("N x,x -> y,w", attrFloat("theta", 1), attrInt("slope", 25)).of("mine", "").out("y"),
	} {
		_, list := onnx.Import("m.onnx", m.bytes(t), onnx.Options{Neurons: neurons})
		if len(list) != 1 || !strings.Contains(list.Error(), want) {
			t.Errorf("got %v, wanted one message: %s", list, want)
		}
	}
}
