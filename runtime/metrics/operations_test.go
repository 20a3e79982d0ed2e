package metrics

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"nomul/ir"
	"nomul/runtime/interp"
)

func worked(t *testing.T, net *ir.Net, inputs ...[]int64) []LayerOperations {
	t.Helper()
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	var all *Work
	for _, x := range inputs {
		w := NewWork(net)
		in := net.All(ir.OpInput)[0]
		if _, err := m.Run(map[string]*ir.Tensor{in.Name: {Type: in.Type, I: x}}, w.Tap); err != nil {
			t.Fatal(err)
		}
		w.Sample()
		if all == nil {
			all = w
		} else {
			all.Merge(w)
		}
	}
	return all.Layers()
}

// See TestActivity for the spikes of these samples.
func TestOperations(t *testing.T) {
	got := worked(t, parse(t, small), []int64{5, 255, 1}, []int64{0, 0, 0})
	want := []LayerOperations{
		// 11 set bits to 2 sums in one of two samples; shifts between 8 planes of 2 sums; in 2 steps 2 neurons
		// add, compare and choose.
		{"s", Operations{Adds: 22.0/2 + 2*2, Compares: 2 * 2, Selects: 2 * 2, Shifts: 7 * 2}},
		// 2 set bits to 2 sums in one of two samples, 2 counts in 2 steps; shifts between 2 planes of 2 sums.
		{"l", Operations{Adds: 4.0/2 + 2*2, Shifts: 1 * 2}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestOperationsOfSigns(t *testing.T) {
	net := parse(t, `net signs fixed steps=2 {
once
	%x = input : s8[2,1]
	%w = const {data=[1,0,2]} : s8[3,1]
	%th = const {fill=3} : s8[]
	%one = const {data=[1,-1,1,1,1,1]} : s8[1,6]
	%i = linear %x, %w {slots=planes} : s16[2,3]
step
	%a = neuron %i, %th {leak=decay:2 round=floor compare=ge reset=zero when=fire} : spike[2,3]
	%p = max-pool %a {kernel=[3] strides=[1] pads=[1,1] dilations=[1]} : spike[2,3]
	%b = reshape %p {shape=[6]} : spike[6]
	%o = linear %b, %one : s8[1]
end
	%c = sum %o : s8[1]
	%y = output %c : s8[1]
}
`)
	// −1 is 8 set bits, one of them the sign; 3 is two. Three weights each. Of each membrane a
	// quarter, a shift, is taken away.
	got := worked(t, net, []int64{-1, 3})
	want := []LayerOperations{
		{"a", Operations{Adds: 9*3 + 12, Subtracts: 3 + 12, Compares: 12, Shifts: 7*6 + 12, Selects: 12}},
		// The sums are (−1, 0, −2) and (3, 0, 6): two neurons fire in each step, and all three windows see one.
		{"o", Operations{Adds: 2*3 + 2, Logic: 2 * 2 * 4}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// Each op of the archives of testdata/run that computes at the fixed level has a count, and none multiplies.
func TestEveryOperationIsCounted(t *testing.T) {
	files, err := filepath.Glob("../../testdata/run/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	met := map[ir.Op]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			net, err := ir.Parse(f.Name, string(f.Data), nil)
			if !strings.HasSuffix(f.Name, ".sir") || err != nil || ir.Verify(net) != nil || net.Level != ir.Fixed {
				continue
			}
			for _, v := range net.Values {
				if n := Elementwise(v, net.Steps); n != (Operations{}) {
					met[v.Op] = met[v.Op] || n.Multiplies == 0
				}
			}
		}
	}
	for _, op := range ir.AllOps() {
		moves := op.Class() == ir.Boundary || op.Class() == ir.Move || op.Class() == ir.Patch
		if _, to := op.Levels(); to == ir.Fixed && !moves && !met[op] && !slices.Contains([]ir.Op{ir.OpDelay, ir.OpLatch, ir.OpLast}, op) {
			t.Errorf("%v is not counted", op)
		}
	}
}
