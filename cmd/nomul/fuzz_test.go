package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/passes"
)

// FuzzSteps: whatever the flags say of one time step, or of an output that holds all
// steps, gives a net of that many steps without the states, or is refused.
func FuzzSteps(f *testing.F) {
	var nets []*ir.Net
	for _, file := range []string{"snntorch/leaky-subtract.ts17-step", "snntorch/rsynaptic-subtract.ts17-step", "spikingjelly/lif-soft.ts17-step",
		"norse/lif-box.ts17-step", "snntorch/leaky-records.ts17", "snntorch/trap-alias.dynamo-opt-step"} {
		net, _, err := readNet(filepath.Join(frameworks(), file+".onnx"), reading{}, folderOf(filepath.Join(frameworks(), file+".onnx")))
		if err != nil {
			f.Fatal(err)
		}
		nets = append(nets, net)
	}
	for i, state := range []string{"mem1=mem1_out,mem2=mem2_out", "", "mem1=mem1_out", "mem1=mem2_out,mem2=mem1_out", "x=y", "mem1", "mem1=mem1_out,mem1=mem1_out",
		"spk1=spk1_out,syn1=syn1_out,mem1=mem1_out,spk2=spk2_out,syn2=syn2_out,mem2=mem2_out", "v1=v1_out,v2=v2_out", "mem1=y", "=", ",", "\"mem1=mem1_out"} {
		for net := range nets {
			f.Add(state, passes.ReadoutNames[(i+net)%len(passes.ReadoutNames)], i%7, i%3 == 0, uint8(net))
		}
	}
	f.Fuzz(func(t *testing.T, state, readout string, steps int, stream bool, which uint8) {
		net := nets[int(which)%len(nets)]
		if steps > 40 {
			steps %= 40 // the time they take is not the point
		}
		args := []string{}
		if state != "" {
			args = append(args, "--state="+state)
		}
		if readout != "" {
			args = append(args, "--readout="+readout)
		}
		if stream {
			args = append(args, "--stream")
		}
		if steps != 0 {
			args = append(args, fmt.Sprintf("--steps=%d", steps))
		}
		boundNet(t, net, args)
	})
}

// boundNet demands that flags make of a net one at the spiking level with their steps,
// whose states are no outputs.
func boundNet(t *testing.T, net *ir.Net, args []string) {
	var flags stepFlags
	var o passes.Options
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.register(fs)
	if fs.Parse(args) != nil || flags.set(&o) != nil {
		return
	}
	out, err := passes.Lower(net, ir.Spiking, "", &o, nil)
	var bug *passes.Bug
	if errors.As(err, &bug) {
		t.Fatal(err)
	}
	if err != nil || o.Steps == 0 {
		return
	}
	if out.Steps != o.Steps || out.Level != ir.Spiking {
		t.Errorf("%d steps, wanted %d, at the %v level", out.Steps, o.Steps, out.Level)
	}
	for _, b := range o.State {
		if out.Find(b.Out) != nil && out.Find(b.Out).Op == ir.OpOutput {
			t.Errorf("the state %v is an output", b)
		}
	}
}
