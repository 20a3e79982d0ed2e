package engine

import (
	"runtime"
	"testing"

	"nomul/backends"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/engine/toolchain"
)

// countingText is a net of little code and many spikes and membranes: 26 MB of one sample.
const countingText = `net counting fixed steps=20 {
once
	%x = input {scale=[0.00392156862745098] mean=[0] std=[1]} : u8[262144]
	%iaf1.threshold = const {fill=255} : u8[262144] range 255..255
	%iaf1.reset = const {fill=255} : u8[262144] range 255..255
step
	%iaf1 = neuron %x, %iaf1.threshold, reset=%iaf1.reset {leak=none round=floor compare=ge reset=subtract when=fire} : spike[262144] state 0..510
end
	%sum1 = sum %iaf1 : u5[262144] range 0..20
	%y = output %sum1 : u5[262144] range 0..20
}
`

// A program's results are read as they come: memory holds the vectors, and no copy.
func TestTracesAreReadAsTheyCome(t *testing.T) {
	irtest.Long(t)
	net, err := ir.Parse("counting", countingText, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := C(t.Context(), net, c(), backends.Options{Name: "counting"}, "gcc")
	if toolchain.IsMissing(err) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	samples := noise(net, 1)
	trace := uint64(newStream(net).size(true))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := e.Run(t.Context(), samples, true)
	runtime.ReadMemStats(&after)
	if err != nil || len(got) != 1 {
		t.Fatal(len(got), err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > trace*3/2 {
		t.Errorf("a trace of %d MB took %d MB, wanted at most half of it besides", trace>>20, took>>20)
	} else {
		t.Logf("a trace of %d MB took %d MB", trace>>20, took>>20)
	}
}
