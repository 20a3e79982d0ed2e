package cgen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/ir"
	"nomul/ir/irtest"
)

// named has names that exporters make up, that C++ keeps for itself, and steps with spikes.
const named = `net named fixed steps=3 {
once
	%onnx::Unsqueeze_0 = input : s8[4]
	%w = const {seed=1 lo=-9 hi=9} : s8[40,4]
	%class.a = linear %onnx::Unsqueeze_0, %w {slots=planes} : s16[40]
	%th = const {fill=60} : u6[]
step
	%frames = input {per=step} : spike[40]
	%namespace = neuron %class.a, %th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[40]
	%both = and %namespace, %frames : spike[40]
end
	%n = sum %both : u2[40]
	%m = sum %namespace : u2[40]
	%class = output %n : u2[40] scale 2^-2
	%/fc/Gemm_output_0 = output %m : u2[40]
}
`

// put writes the artefact of a net of a name into a directory.
func put(t *testing.T, dir, name string, net *ir.Net) {
	t.Helper()
	for _, f := range cgen.New().Emit(net, backends.Options{Name: name, Vectors: vectors(t, net, irtest.Inputs(net, 1, 1))}) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTwoModelsInCpp links two models of one folder into a C++ program, which holds
// their results against the example's.
func TestTwoModelsInCpp(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "gcc", "g++")
	dir := t.TempDir()
	text := "#include <cstring>\n"
	var checks strings.Builder
	for name, net := range map[string]*ir.Net{"gesture": irtest.ParseNet(t, "named", named), "digits": irtest.ParseNet(t, "flagship", flagship)} {
		put(t, dir, name, net)
		if err := os.Rename(filepath.Join(dir, "example.h"), filepath.Join(dir, name+"_example.h")); err != nil {
			t.Fatal(err)
		}
		run(t, dir, nil, "gcc", append(warnings, "-c", name+".c", name+"_weights.c")...)
		text += fmt.Sprintf("#include \"%s.h\"\nnamespace %[1]s_sample {\n#include \"%[1]s_example.h\"\n}\n", name)
	}
	checks.WriteString(`
	static gesture_state g;
	static int32_t class_value[GESTURE_CLASS_VALUE_SIZE], y[GESTURE_Y_SIZE];
	gesture_infer(&g, gesture_sample::example_x, gesture_sample::example_frames, class_value, y);
	bad += std::memcmp(class_value, gesture_sample::expected_class_value, sizeof class_value) != 0;
	bad += std::memcmp(y, gesture_sample::expected_y, sizeof y) != 0;
	static digits_state d;
	static int32_t logits[DIGITS_Y_SIZE];
	digits_infer(&d, digits_sample::example_x, logits);
	bad += std::memcmp(logits, digits_sample::expected_y, sizeof logits) != 0;
`)
	text += "int main()\n{\n\tint bad = 0;" + checks.String() + "\treturn bad;\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "app.cpp"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, dir, nil, "g++", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", "app", "app.cpp",
		"gesture.o", "gesture_weights.o", "digits.o", "digits_weights.o")
	run(t, dir, nil, filepath.Join(dir, "app"))
}

// TestExample builds main.c without the Makefile; a wrong expectation must end it with 1.
func TestExample(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	irtest.Need(t, "gcc")
	for name, text := range map[string]string{"named": named, "flagship": flagship} {
		net := irtest.ParseNet(t, name, text)
		v := vectors(t, net, irtest.Inputs(net, 1, 1))
		dir := artefact(t, net, v)
		if out := run(t, dir, nil, build(t, dir, "main", "gcc", "-O1")); !strings.HasSuffix(string(out), "\nas expected\n") {
			t.Errorf("%s: the example says %s", name, out)
		}
		v[0].Outputs[0][9]++
		dir = artefact(t, net, v)
		if out, _, err := try(dir, nil, build(t, dir, "main", "gcc", "-O1")); err == nil || !strings.HasSuffix(string(out), "\nNOT as expected\n") {
			t.Errorf("%s: a wrong output passes: %v\n%s", name, err, out)
		}
	}
}

// TestHeaderTells holds the words of a header.
func TestHeaderTells(t *testing.T) {
	text := strings.Replace(named, "%frames = input {per=step}", "%frames = input {per=step scale=[1] mean=[0] std=[1]}", 1)
	var header string
	for _, f := range cgen.New().Emit(irtest.ParseNet(t, "named", text), backends.Options{Name: "gesture"}) {
		if f.Name == "gesture.h" {
			header = string(f.Data)
		}
	}
	for _, line := range []string{
		" * x            int8_t[4]    4      -128 to 127  onnx::Unsqueeze_0\n",
		" * frames       uint32_t[6]  3,40   0 to 1       frames\n",
		" * class_value  int32_t[40]  40     0 to 3       class\n",
		" * y            int32_t[40]  40     0 to 3       /fc/Gemm_output_0\n",
		" * x is one sample, the same in all 3 time steps.\n",
		" * frames is a frame for each of 3 time steps, that of the first step first.\n",
		" * An element of frames is 1 for a spike and 0 for none.\n",
		" * An element of x is the number itself.\n",
		" * An element of class_value times 2^-2 = 0.25 is the network's real output.\n",
		" * An element of y is the network's real output.\n",
		" * A class that y predicts is its greatest; of several the first.\n",
		" * Spikes are packed, 32 to a word: element i is bit i%32 of word i/32, unused bits are 0;\n",
		" *	gesture_infer(&state, x, frames, class_value, y);\n",
	} {
		if !strings.Contains(header, line) {
			t.Errorf("the header lacks %q", line)
		}
	}
	if t.Failed() {
		t.Log(header)
	}
}
