package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/dataset"
	"nomul/runtime/engine"
)

// The report does not depend on how many processors share the images.
func TestWorkersAgree(t *testing.T) {
	irtest.Long(t)
	was := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(was)
	var reports []evaluation
	for _, processors := range []int{1, 3, 20} {
		runtime.GOMAXPROCS(processors)
		text := nomul(t, "eval", mlpFolder+"/mlp_ts26_sjhead_bn.onnx", "--images", images, "--labels", labels,
			"--mean", ".2860", "--std", ".3530", "--limit", "10", "--flips", "10", "--json")
		var r evaluation
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		r.SecondsPerSample, r.DataSecondsPerSample, r.StartSeconds = 0, 0, 0
		reports = append(reports, r)
	}
	if reports[0].Totals.Synops == 0 || len(reports[0].Flips) == 0 || reports[0].Samples != 10 {
		t.Errorf("nothing was counted: %+v", reports[0])
	}
	for _, r := range reports[1:] {
		if !reflect.DeepEqual(r, reports[0]) {
			t.Errorf("%+v\nwith other processors, with one\n%+v", r, reports[0])
		}
	}
}

// The change in accuracy by moved residuals is printed with its sign.
func TestKeptRow(t *testing.T) {
	kept := 0.9
	r := evaluation{KeptAccuracy: &kept}
	r.Accuracy = 0.875
	const want = "90.00 % accuracy with residuals as they were trained; before the neurons they change it by -2.50 points"
	if got := r.keptRow(); got[1] != want {
		t.Errorf("got %q, wanted %q", got[1], want)
	}
}

// Engines that simulate every clock or instruction run a few samples, the others all.
func TestVerifySamples(t *testing.T) {
	net := parsedNet(t, `net one fixed steps=1 {
once
	%x = input : u8[1]
	%y = output %x : u8[1]
}`)
	v := &verifier{net: net, samples: elements(net, noise(net, 2*slowSamples))}
	open := func(context.Context) (engine.Engine, error) { return engine.Interp(net, 2) }
	for slow, want := range map[bool]int{true: slowSamples, false: 2 * slowSamples} {
		got := &trial{slow: slow, open: open}
		got.build(t.Context())
		if err := v.compare(t.Context(), func(do func(*trial)) error { do(got); return got.err }, func(int) {}); err != nil || got.row.Samples != want || !got.row.None() {
			t.Errorf("slow %v: %v, %+v, wanted %d samples", slow, err, got, want)
		}
	}
	slow := map[string]bool{}
	for _, trial := range v.trials() {
		slow[trial.row.Name] = trial.slow
	}
	for name, want := range map[string]bool{"c-gcc": false, "c-clang": false, "go-go": false, "verilog-verilator": false,
		"c-m0": true, "c-m4": true, "c-rv32i": true, "verilog-iverilog": true} {
		if got, is := slow[name]; got != want || !is {
			t.Errorf("%s is slow: %v, wanted %v", name, got, want)
		}
	}
}

func parsedNet(t *testing.T, text string) *ir.Net {
	t.Helper()
	net, err := ir.Parse("test.sir", text, nil)
	if err == nil {
		err = ir.Verify(net)
	}
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// parts are pictures of two pixels, in a folder for each class.
func parts(dir string) error {
	for name, pixels := range map[string][2]uint8{
		"flaw/a": {200, 0}, "flaw/b": {0, 200}, "flaw/c": {100, 100},
		"good/a": {100, 100}, "good/b": {90, 90}, "good/c": {0, 200},
		"scratch/a": {0, 200}, "scratch/b": {0, 100}, "scratch/c": {200, 0},
	} {
		var b bytes.Buffer
		if err := png.Encode(&b, &image.Gray{Pix: pixels[:], Stride: 2, Rect: image.Rect(0, 0, 2, 1)}); err != nil {
			return err
		}
		file := filepath.Join(dir, "parts", name+".png")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sixImages writes those of the archive on evaluation, their classes by each readout,
// and the numbers of the steps of their first spikes.
func sixImages(dir string) error {
	pixels := []int64{40, 60, 60, 40, 100, 60, 0, 0, 60, 100, 0, 40}
	arrays := map[string]*dataset.Array{
		"six":            dataset.Ints(dataset.Uint8, []int{6, 1, 2}, pixels),
		"six-square":     dataset.Ints(dataset.Uint8, []int{6, 2, 2}, append(pixels, pixels...)),
		"none":           dataset.Ints(dataset.Uint8, []int{0, 1, 2}, nil),
		"steps-to-first": dataset.Floats(dataset.Float32, []int{6, 2}, []float64{2, 1, 1, 2, 0, 1, 3, 3, 1, 0, 3, 2}),
	}
	for name, labels := range map[string][]int64{
		"sum": {0, 0, 0, 0, 1, 1}, "mean": {0, 0, 0, 0, 1, 1}, "max": {0, 0, 0, 0, 0, 1},
		"last": {0, 1, 0, 0, 1, 1}, "first": {1, 0, 0, 0, 1, 1},
		"far": {0, 1, 0, 0, 1, 2}, "few": {0, 1, 0, 0, 1},
	} {
		arrays[name] = dataset.Ints(dataset.Uint8, []int{len(labels)}, labels)
	}
	// 40, 60, 100 and 0 in each of three steps.
	fires := map[int64][]float64{40: {0, 0, 1}, 60: {0, 1, 0}, 100: {1, 1, 1}, 0: {0, 0, 0}}
	steps := make([]float64, 0, 36)
	for i := 0; i < len(pixels); i += 2 {
		for t := range 3 {
			steps = append(steps, fires[pixels[i]][t], fires[pixels[i+1]][t])
		}
	}
	err := dataset.WriteArrays(filepath.Join(dir, "steps.npz"), map[string]*dataset.Array{"y": dataset.Floats(dataset.Float32, []int{6, 3, 1, 2}, steps)})
	two, three := dataset.Ints(dataset.Uint8, []int{2, 2}, pixels[:4]), dataset.Ints(dataset.Uint8, []int{3, 2}, pixels[:6])
	for name, a := range map[string]*dataset.Array{"fewer": two, "more": three} {
		if err == nil {
			err = dataset.WriteArrays(filepath.Join(dir, name+".npz"), map[string]*dataset.Array{"a": a, "b": map[string]*dataset.Array{"fewer": three, "more": two}[name]})
		}
	}
	if err != nil {
		return err
	}
	for name, a := range arrays {
		key := map[bool]string{true: "labels", false: "x"}[len(a.Shape) == 1]
		if name == "steps-to-first" {
			key = "y"
		}
		if err := dataset.WriteArrays(filepath.Join(dir, name+".npz"), map[string]*dataset.Array{key: a}); err != nil {
			return err
		}
	}
	return nil
}
