package main

import (
	"math"
	"slices"
	"testing"

	"nomul/frontend/onnx/randnet"
	"nomul/ir/irtest"
)

// A membrane that meets its threshold but for the order of float32 sums is a tie, and
// counted as one, not a fault: here a factor of 0.7 on pixels, which the rolled net has in
// its weights.
func TestTiesAreCounted(t *testing.T) {
	n, o := through(randnet.Parse("seed=10958048759540702857 steps=4 frames=last-axis; layer 0: numbers=coarse before=factor neuron=leaky membrane=half"))
	if o.verdict != held || n.ties != 1 {
		t.Fatalf("%v, with %d ties", o, n.ties)
	}
	for _, s := range n.samples {
		if near := nearest(n, &s); s.tied != (near < 1e-6) {
			t.Errorf("tied: %v, though the nearest membrane is %v from the threshold", s.tied, near)
		}
	}
}

// nearest is the least distance of a membrane from its threshold.
func nearest(n *network, s *sample) float64 {
	least := math.Inf(1)
	for _, f := range n.model.Layers {
		for t := range n.model.Steps {
			for e, h := range s.membranes[key(f.Name, t)] {
				least = min(least, math.Abs(h-threshold(f, e, len(s.membranes[key(f.Name, t)]))))
			}
		}
	}
	return least
}

// Every spike that an output depends on is compared, also one that changes no output.
func TestEverySpikeIsCompared(t *testing.T) {
	n := drawn(t)
	for _, f := range n.model.Layers {
		for step := range n.model.Steps {
			k := key(f.Name, step)
			spikes := n.samples[2].spikes[k]
			if len(spikes) == 0 || len(spikes) != len(n.samples[2].membranes[k]) {
				t.Fatalf("%s: %d spikes and %d membranes are recorded", k, len(spikes), len(n.samples[2].membranes[k]))
			}
			spikes[0] = 1 - spikes[0]
			if err := n.runSpiking(); err == nil || judged("", err).verdict != wrong {
				t.Errorf("%s is another spike, and is not found: %v", k, err)
			}
			spikes[0] = 1 - spikes[0]
		}
	}
	if err := n.runSpiking(); err != nil {
		t.Error(err)
	}
}

// Layers of which a rolled net computes other steps than the file has, or needs
// some alone, are held all the same.
func TestMovedLayersHold(t *testing.T) {
	irtest.Long(t)
	for _, text := range []string{
		"seed=17159925039725158068 more=membrane; layer 0:; layer 1: when=old",
		"seed=2199471257733762730 start=zeros head=linear more=count; layer 0: before=tile join=current neuron=recurrent leak=grouped; layer 1: numbers=tiny bias=threshold after=add-constant again=before delay=0+1 neuron=synaptic leak=0.75 when=old; layer 2: numbers=repeated width=1 after=channel-factor neuron=decay leak=grouped compare=gt when=old spelling=where",
		"seed=4312149220284204155 input=signed frames=stride readout=last behind=factor more=hidden-membrane opset=11; layer 0: neuron=recurrent when=next; layer 1: before=batch-norm delay=2 when=old spelling=where",
		"seed=10979742198080230754 shape=one readout=last-k behind=factor summing=right; layer 0: before=concat-constant reset=none; layer 1: bias=threshold before=batch-norm neuron=recurrent leak=0 reset=value spelling=where membrane=per-neuron",
		"seed=2347284066684121223 input=signed frames=last-axis more=count; layer 0:; layer 1: before=reshape after=add-constant spelling=where; layer 2: delay=2 when=next",
		"seed=8847510154481679369 frames=last-axis more=count; layer 0: neuron=leaky leak=0; layer 1:",
		"seed=12604257735042675309 steps=2; layer 0:; layer 1: weights=none delay=1; layer 2: join=add",
		"seed=7706706466321786967; layer 0:; layer 1:; layer 2: join=weighted delay=2",
		"seed=6161812522416921620 steps=1 more=count-int32; layer 0:; layer 1: when=old; layer 2:",
	} {
		if _, o := through(randnet.Parse(text)); o.verdict == wrong || o.verdict == panicked {
			t.Errorf("%s: %v", text, o)
		}
	}
}

// A layer that a rolled net computes in later steps than the file, because nothing reads the
// last ones, is compared step by step all the same.
func TestLateLayersAreCompared(t *testing.T) {
	n, o := through(randnet.Parse("seed=7706706466321786967; layer 0:; layer 1:; layer 2: join=weighted delay=2"))
	if o.verdict != held {
		t.Fatal(o)
	}
	n.samples[1].spikes[key("layer1", 0)][1] = 1 - n.samples[1].spikes[key("layer1", 0)][1]
	if err := n.runSpiking(); err == nil || judged("", err).verdict != wrong {
		t.Errorf("a spike is another, and is not found: %v", err)
	}
}

// A layer that fires the opposite of the file's spikes, as where a negated membrane is compared, is
// held by these, each of them.
func TestOppositeLayersAreCompared(t *testing.T) {
	n, o := through(randnet.Parse("seed=1288238556607077608 steps=1 more=membrane; layer 0: after=negative"))
	if o.verdict != held {
		t.Fatal(o)
	}
	n.samples[1].spikes[key("layer0", 0)][1] = 1 - n.samples[1].spikes[key("layer0", 0)][1]
	if err := n.runSpiking(); err == nil || judged("", err).verdict != wrong {
		t.Errorf("a spike is another, and is not found: %v", err)
	}
}

// The samples of every kind of input hold silence, and the largest number everywhere.
func TestSamplesHoldExtremes(t *testing.T) {
	for input, most := range map[string]int64{"pixels": 255, "normalised": 255, "spikes": 1, "signed": 127} {
		n, _ := through(randnet.Parse("seed=3 input=" + input + "; layer 0:"))
		for k, want := range []int64{0, most} {
			if all := n.samples[k].whole; slices.Min(all) != want || slices.Max(all) != want {
				t.Errorf("%s: sample %d is %v", input, k, all)
			}
		}
	}
}

// Rows that have to agree with an output's power of two, with whole rows beside them, or with
// rows of another layer far from them, keep most of their weights' bits, or are refused.
func TestRowsKeepTheirBits(t *testing.T) {
	irtest.Long(t)
	for _, text := range []string{
		"seed=5567934800446628746 more=membrane; layer 0: numbers=positive",
		"seed=15406613034756455644 more=membranes; layer 0: weights=matmul numbers=repeated width=6",
		"seed=16156353401434484921 shape=image more=membranes; layer 0: numbers=coarse before=average-pool again=before threshold=per-neuron",
		"seed=1074456646030235351; layer 0: numbers=far delay=0+1",
		"seed=1413486532697882919 shape=image; layer 0: numbers=far neuron=recurrent",
		"seed=2837958348021457003 shape=one integers=narrow; layer 0: weights=matmul neuron=recurrent",
		"seed=9707242993572614858 more=membranes; layer 0: after=batch-norm",
		"seed=8522290451737962270 more=count-int32; layer 0: before=batch-norm again=before delay=0+1; layer 1: delay=1",
	} {
		if _, o := through(randnet.Parse(text)); o.verdict != held && o.verdict != refused {
			t.Errorf("%s: %v", text, o)
		}
	}
}

// Integers of files are computed as the file does, or refused.
func TestIntegersOfFilesHoldOrAreRefused(t *testing.T) {
	irtest.Long(t)
	for text, want := range map[string]verdict{
		"seed=1 integers=narrow; layer 0:":                                held,
		"seed=1 integers=narrow frames=first-axis; layer 0:":              held,
		"seed=1 integers=as-int8; layer 0:":                               held,
		"seed=1 integers=as-int8 input=signed; layer 0:":                  refused,
		"seed=1 integers=sum-int8; layer 0:":                              refused,
		"seed=1 integers=sum-int8 input=spikes; layer 0:":                 held,
		"seed=1 integers=less-uint8; layer 0:":                            held,
		"seed=1 more=count-int32; layer 0:; layer 1: weights=integer":     held,
		"seed=1 more=count-int8; layer 0:":                                held,
		"seed=1 more=count-int8 steps=4; layer 0:; layer 1: width=1":      refused,
		"seed=1 integers=int32-sum frames=last-axis steps=4; layer 0:":    held,
		"seed=1 input=spikes integers=less-uint8 frames=stride; layer 0:": held,
	} {
		if _, o := through(randnet.Parse(text)); o.verdict != want {
			t.Errorf("%s: %v", text, o)
		}
	}
}

// A layer on a constant beside a computed value has its bias folded, and constants that a
// choice rounds to its units are in its bound; so is padding around numbers far from 0.
func TestConstantsOfJoinsAndChoices(t *testing.T) {
	for _, text := range []string{
		"seed=7496321757955970925; layer 0: neuron=current-only; layer 1: before=concat-constant",
		"seed=12910701193717983527; layer 0: numbers=zero bias=large reset=value when=next",
		"seed=2456535394707700621 shape=image input=spikes integers=sum-int8; layer 0: weights=conv neuron=current-only",
	} {
		if _, o := through(randnet.Parse(text)); o.verdict != held {
			t.Errorf("%s: %v", text, o)
		}
	}
}

// Spikes and integers that come in without weights are held at a value like any input.
func TestInputsWithoutWeightsAreHeld(t *testing.T) {
	irtest.Long(t)
	for _, text := range []string{
		"seed=0 input=spikes; layer 0: weights=none reset=value when=next",
		"seed=0 input=signed; layer 0: weights=none reset=value when=next",
		"seed=0; layer 0: weights=none reset=value when=next",
		"seed=0 input=spikes; layer 0:; layer 1: weights=none reset=value when=next",
		"seed=0 input=signed; layer 0:; layer 1: weights=none reset=value when=next join=current",
		"seed=0 input=spikes; layer 0: weights=none; layer 1: weights=none reset=value when=next join=add",
	} {
		if _, o := through(randnet.Parse(text)); o.verdict != held {
			t.Errorf("%s: %v", text, o)
		}
	}
}

// Networks whose errors were once in words of nomul's own.
func TestRefusalsAreSaidToUsers(t *testing.T) {
	for _, text := range []string{
		"seed=7759412473688439466 form=step; layer 0: after=negative threshold=0",
		"seed=8391202803697684248; layer 0: delay=1; layer 1: neuron=leaky leak=0 when=next spelling=where",
	} {
		if _, o := through(randnet.Parse(text)); o.verdict != refused && o.verdict != held {
			t.Errorf("%s: %v", text, o)
		}
	}
}

// A membrane that is given out is held within its bound up to the step in which the neuron
// behind it decides otherwise on integers, and such a sample is counted.
func TestMembranesOfSilentNeuronsAreHeld(t *testing.T) {
	n, o := through(randnet.Parse("seed=54 head=membrane; layer 0:; layer 1:"))
	if o.verdict != held || n.parted != 1 {
		t.Fatalf("%v, %d samples parted", o, n.parted)
	}
	for _, b := range n.bounds {
		if b.Output {
			b.Offset.F[0] += 10
		}
	}
	if err := n.runForced(); err == nil {
		t.Error("an output that is off is not found")
	}
}
