package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nomul/ir/irtest"
	"nomul/runtime/dataset"
	"nomul/runtime/record"
)

// evalRecord runs eval and reads its record.
func evalRecord(t *testing.T, args ...string) *record.Record {
	t.Helper()
	file := filepath.Join(t.TempDir(), "run.json")
	nomul(t, append([]string{"eval", "--compare", "0", "-o", file}, args...)...)
	r, err := record.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// afterText is a net of so many steps with a readout; its bias, if it has one, is that of all steps.
func afterText(steps int, readout string, bias int) string {
	layer := "%z = linear %r, %u {slots=planes} : s16[3]"
	if bias > 0 {
		layer = "%z = linear %r, %u, bias=%v {slots=planes} : s16[3]"
	}
	return fmt.Sprintf(`net after fixed steps=%d {
once
	%%x = input : u8[1,4]
	%%f = reshape %%x {shape=[4]} : u8[4]
	%%w = const {data=[3,-2,5,1,-4,6,2,2,1,7,-3,-1,4,4,-5,2,-1,3,2,-6]} : s8[5,4]
	%%th = const {fill=1400} : u11[]
	%%u = const {data=[5,-7,2,9,-4,-6,8,3,-5,7,4,-3,-8,6,1]} : s8[3,5]
	%%v = const {data=[%d,%d,%d]} : s8[3]
	%%d = linear %%f, %%w {slots=planes} : s16[5]
step
	%%s = neuron %%d, %%th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[5]
end
	%%r = %s %%s : READ[5]
	%s
	%%y = output %%z : s16[3]
}
`, steps, -bias, bias, 2*bias, readout, layer)
}

// Behind step t the prediction is that of the same net of t steps: of the sum, of which the bias is as
// many parts, of the last step and of the greatest.
func TestAfterEachStep(t *testing.T) {
	irtest.Long(t)
	const steps, count = 6, 60
	dir := t.TempDir()
	pixels := make([]int64, 4*count)
	for i := range pixels {
		pixels[i] = int64(i * 7919 % 256)
	}
	err := dataset.WriteArrays(dir+"/x.npz", map[string]*dataset.Array{
		"images": dataset.Ints(dataset.Uint8, []int{count, 1, 4}, pixels), "labels": dataset.Ints(dataset.Uint8, []int{count}, make([]int64, count))})
	if err != nil {
		t.Fatal(err)
	}
	run := func(n int, readout string, bias int, engine string) *record.Record {
		kind := "spike"
		if readout == "sum" {
			kind = fmt.Sprintf("u%d", len(fmt.Sprintf("%b", n)))
		}
		if kind == "u1" {
			kind = "spike"
		}
		file := dir + "/net.sir"
		if err := os.WriteFile(file, []byte(strings.Replace(afterText(n, readout, n*bias), "READ", kind, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		return evalRecord(t, file, "--images", dir+"/x.npz", "--labels", dir+"/x.npz", "--engine", engine)
	}
	for _, c := range []struct {
		readout string
		bias    int
	}{{"sum", 0}, {"sum", 1}, {"last", 0}, {"max-time", 0}} {
		r := run(steps, c.readout, c.bias, "go")
		if len(r.Images.After) != steps-1 {
			t.Fatalf("%s: classes behind %d steps: %s", c.readout, len(r.Images.After), r.Unstepped)
		}
		changes := 0
		for n := 1; n < steps; n++ {
			if want := run(n, c.readout, c.bias, "interp").Images.Classes; !reflect.DeepEqual(r.Images.After[n-1], want) {
				t.Errorf("%s, bias %d, behind step %d: %v, of %d steps %v", c.readout, c.bias, n, r.Images.After[n-1], n, want)
			}
			if !reflect.DeepEqual(r.Images.After[n-1], r.Images.Classes) {
				changes++
			}
		}
		if changes == 0 {
			t.Errorf("%s, bias %d: the class is the same behind all steps", c.readout, c.bias)
		}
	}
}

// The trained CNN behind step t predicts as with --steps t.
func TestAfterEachStepOfModel(t *testing.T) {
	irtest.Long(t)
	args := []string{"../../testdata/models/fmnist-cnn-snntorch/cnn_ts26_step.onnx", "--images", images, "--labels", labels,
		"--mean", ".286", "--std", ".353", "--limit", "30"}
	r := evalRecord(t, append(args, "--steps", "4", "--engine", "go")...)
	if len(r.Images.After) != 3 {
		t.Fatal(r.Unstepped)
	}
	for n := 1; n < 4; n++ {
		if want := evalRecord(t, append(args, "--steps", fmt.Sprint(n))...).Images.Classes; !reflect.DeepEqual(r.Images.After[n-1], want) {
			t.Errorf("behind step %d: %v, with --steps %d %v", n, r.Images.After[n-1], n, want)
		}
	}
	if r.Images.Correct()[0] == r.Images.Correct()[3] {
		t.Error("the first step is as good as all")
	}
}

// Where a prediction behind a step has no meaning, the record says so.
func TestUnstepped(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(afterText(1, "last", 0), "READ", "spike", 1): "one time step",
		strings.NewReplacer("linear %r, %u {slots=planes} : s16[3]", "neg %r : s16[3]", "READ[5]", "u3[3]", "[5,4]", "[3,4]", "[5]", "[3]", ",-3,-1,4,4,-5,2,-1,3,2,-6", ",-3,-1").Replace(afterText(3, "sum", 0)): "there is a neg",
	} {
		net := parsedNet(t, text)
		if s, why := behindEachStep(net); s != nil || !strings.Contains(why, want) {
			t.Errorf("%v, %q, wanted %q", s, why, want)
		}
	}
}
