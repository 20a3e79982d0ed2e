package main

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"nomul/runtime/dataset"
)

// Results of the source level have the shapes and types of the file: no axis in front of
// those of one sample whose first is not a batch of 1, and indices and truths as such.
func TestResultsAreAsInTheFile(t *testing.T) {
	const two = `net two source steps=1 {
once
	%x = input : real[2,3]
	%index = argmax %x {axis=1 keep=true} : s64[2,1] range 0..2
	%zero = const {fill=0} : real[]
	%above = compare %x, %zero {is=gt} : spike[2,3]
	%total = reduce-sum %x {axes=[0,1]} : real[]
	%y = output %index : s64[2,1] range 0..2
	%b = output %above : spike[2,3]
	%s = output %total : real[]
}
`
	const one = `net one source steps=1 {
once
	%x = input : real[1,3]
	%index = argmax %x {axis=1 keep=true} : s64[1,1] range 0..2
	%y = output %index : s64[1,1] range 0..2
}
`
	const steps = `net steps source steps=1 {
once
	%x = input : real[1,3]
	%a = reshape %x {shape=[1,1,3]} : real[1,1,3]
	%b = neg %a : real[1,1,3]
	%both = concat %a, %b {axis=0} : real[2,1,3]
	%y = output %both : real[2,1,3]
}
`
	const none = `net none source steps=1 {
once
	%c = const {data=[1,2]} : real[2]
	%y = output %c : real[2]
}
`
	x := dataset.Floats(dataset.Float32, []int{2, 3}, []float64{1, 2, 3, -1, -2, -3})
	for _, c := range []struct {
		text string
		want map[string]*dataset.Array
	}{
		{two, map[string]*dataset.Array{
			"y": dataset.Ints(dataset.Int64, []int{2, 1}, []int64{2, 0}),
			"b": dataset.Ints(dataset.Bool, []int{2, 3}, []int64{1, 1, 1, 0, 0, 0}),
			"s": dataset.Floats(dataset.Float32, []int{}, []float64{0})}},
		{one, map[string]*dataset.Array{"y": dataset.Ints(dataset.Int64, []int{2, 1}, []int64{2, 0})}},
		{steps, map[string]*dataset.Array{"y": dataset.Floats(dataset.Float32, []int{2, 2, 1, 3}, []float64{1, 2, 3, -1, -2, -3, -1, -2, -3, 1, 2, 3})}},
		{none, map[string]*dataset.Array{"y": dataset.Floats(dataset.Float32, []int{2}, []float64{1, 2})}},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/m.sir", []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := dataset.WriteArrays(dir+"/x.npz", map[string]*dataset.Array{"x": x}); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if code := run([]string{"run", dir + "/m.sir", "--level", "source", "-i", dir + "/x.npz", "-o", dir + "/o.npz"}, &stdout, &stderr); code != 0 {
			t.Fatalf("exit %d: %s", code, stderr.String())
		}
		got := arrays(t, dir+"/o.npz")
		if len(got) != len(c.want) {
			t.Errorf("%d results, wanted %d", len(got), len(c.want))
		}
		for name, want := range c.want {
			a := got[name]
			if a == nil || a.DType != want.DType || !slices.Equal(a.Shape, want.Shape) || !slices.Equal(a.I, want.I) || !slices.Equal(a.F, want.F) {
				t.Errorf("%s is %+v, wanted %+v", name, a, want)
			}
		}
	}
}
