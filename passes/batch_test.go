package passes

import (
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// A net with its batch stripped gives each sample the outputs that it has in the whole batch.
func TestLargerBatchIsOfSamples(t *testing.T) {
	path := "../testdata/passes/strip-batch-eight.txtar"
	whole := irtest.ArchivedNet(t, path)
	p, _ := Named("strip-batch")
	one, err := Apply(p, whole, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, each := machine(t, whole), machine(t, one)
	for _, in := range irtest.Inputs(whole, 5, 12) {
		want, err := all.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		x := in["x"]
		for i := range x.Type.Shape.Dim(0) {
			sample := ir.NewTensor(one.Find("x").Type)
			copy(sample.F, x.F[i*len(sample.F):])
			got, err := each.Run(map[string]*ir.Tensor{"x": sample}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, y := range got {
				for k, f := range y.F {
					if w := want[name].F[i*len(y.F)+k]; w != f {
						t.Fatalf("sample %d: %s[%d] is %v, wanted %v", i, name, k, f, w)
					}
				}
			}
		}
	}
}
