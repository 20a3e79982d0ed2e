package backends_test

import (
	"bytes"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/ir"
	"nomul/ir/irtest"
)

// TestOrderOfOutputs emits a net whose second output is there before the time steps: the
// arguments of its functions are in the order of the model all the same, so that outputs
// do not change places when another training leaves a layer constant.
func TestOrderOfOutputs(t *testing.T) {
	irtest.Long(t)
	net, err := ir.Parse("order.sir", `net order fixed steps=3 order=[count,drive] {
once
	%x = input : u8[3]
	%w = const {data=[1,0,0,0,1,0,0,0,1]} : s8[3,3]
	%i = linear %x, %w {slots=planes} : s16[3]
	%th = const {data=[8,9,7]} : u4[3]
	%drive = output %i : s32[3]
step
	%s = neuron %i, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[3]
end
	%c = sum %s : u2[3]
	%count = output %c : s32[3]
}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	agree(t, []*ir.Net{net}, 4)
	for _, c := range []struct {
		target     backends.Backend
		file, want string
	}{
		{cgen.New(), "order.h", "int32_t *count, int32_t *drive"},
		{goasm.New(), "order/model.go", "(count *[3]int32, drive *[3]int32)"},
	} {
		found := false
		for _, f := range c.target.Emit(net, backends.Options{Name: "order"}) {
			found = found || bytes.Contains(f.Data, []byte(c.want))
		}
		if !found {
			t.Errorf("%s: no file has %q", c.target.Name(), c.want)
		}
	}
}
