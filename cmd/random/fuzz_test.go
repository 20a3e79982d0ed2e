package main

import (
	"errors"
	"math/rand/v2"
	"testing"

	"nomul/backends"
	"nomul/frontend/onnx/randnet"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/ir/update"
	"nomul/passes"
	"nomul/runtime/interp"
)

// addNets adds the nets of a level in the archives of other tests to the seeds.
func addNets(f *testing.F, level ir.Level) {
	for _, glob := range []string{"../../testdata/run/*.txtar", "../../testdata/passes/*.txtar"} {
		for _, path := range irtest.Files(f, glob) {
			for _, file := range irtest.Load(f, path).Files {
				if net := read(string(file.Data)); net != nil && net.Level == level {
					f.Add(string(file.Data), uint64(len(file.Data)))
				}
			}
		}
	}
}

// spoiled returns a net with mistakes in it: other operands, constants and attributes
// of neurons. Nil when that is no net.
func spoiled(net *ir.Net, random *rand.Rand) *ir.Net {
	odds := 1 + random.IntN(len(net.Values))
	var before []*ir.Value
	out, err := ir.Rebuild(net, net.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
		defer func() { before = append(before, v) }()
		if random.IntN(len(net.Values)) >= odds || random.IntN(3) > 0 {
			return nil, nil
		}
		if c := v.Const(); c != nil {
			return r.Const(r.Unique(v.Name), spoiledData(c, random))
		}
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			args[i] = r.Of(a)
			if other := pick(before, random); a != nil && other.Type.Shape == a.Type.Shape && other.Type.IsReal() == a.Type.IsReal() && random.IntN(2) == 0 {
				args[i] = r.Of(other)
			}
		}
		attrs := v.Attrs
		if a, ok := attrs.(ir.NeuronAttrs); ok {
			a.Compare, a.When = pick([]ir.Compare{ir.GE, ir.GT}, random), pick([]ir.When{ir.WhenFire, ir.WhenNext}, random)
			if a.Reset == ir.ResetZero || a.Reset == ir.ResetNone {
				a.Reset = pick([]ir.Reset{ir.ResetZero, ir.ResetNone}, random)
			}
			attrs = a
		}
		if a, ok := attrs.(ir.CellAttrs); ok {
			attrs = ir.CellAttrs{Do: ir.Routine{Program: spoiledProgram(a.Do.Program, random)}}
		}
		return r.CopyWith(v, attrs, args...)
	})
	if err != nil || ir.Verify(out) != nil {
		return nil
	}
	return out
}

// spoiledProgram has other instructions of as many values, other numbers and other operands in some
// places.
func spoiledProgram(p *update.Program, random *rand.Rand) *update.Program {
	out := p.Clone()
	for at := range out.Code {
		i := &out.Code[at]
		if random.IntN(4) > 0 {
			continue
		}
		switch i.Kind {
		case update.Const:
			i.At = pick([]int64{0, 1, -1, 7, 1 << 31, -1 << 31, 1 << 61}, random)
		case update.Shl:
			i.At = pick([]int64{0, 1, 31, 32, 62}, random)
		case update.Add, update.Sub, update.Min, update.Max:
			i.Kind = pick([]update.Kind{update.Add, update.Sub, update.Min, update.Max}, random)
			i.B = update.Value(random.IntN(at))
		case update.AtLeast, update.Above:
			i.Kind, i.A = pick([]update.Kind{update.AtLeast, update.Above}, random), i.B
		case update.And, update.Or, update.Xor, update.AndNot:
			i.Kind = pick([]update.Kind{update.And, update.Or, update.Xor, update.AndNot}, random)
		case update.Leak:
			i.Decay.Rest, i.Decay.Up = !i.Decay.Rest, random.Int64N(1<<i.Decay.Shift)
		}
	}
	return out
}

func pick[E any](list []E, random *rand.Rand) E { return list[random.IntN(len(list))] }

// spoiledData has other numbers in some places: none, one, extremes, repeated ones.
func spoiledData(c *ir.Tensor, random *rand.Rand) *ir.Tensor {
	out := ir.NewTensor(c.Type)
	copy(out.F, c.F)
	copy(out.I, c.I)
	for i := range out.F {
		if random.IntN(3) == 0 {
			out.F[i] = pick([]float64{0, 1, -1, out.F[0], 1e-30, -1e9, 1 << 31, 0.3, out.F[i] * 1.0001}, random)
		}
	}
	for i := range out.I {
		if random.IntN(3) == 0 {
			out.I[i] = min(max(pick([]int64{0, 1, -1, out.I[0], 127, -128, 1<<31 - 1, -1 << 31}, random), c.Type.Full().Lo), c.Type.Full().Hi)
		}
	}
	return out
}

// read is a net that is sound and small, or nil.
func read(text string) *ir.Net {
	if len(text) > 1<<13 {
		return nil
	}
	net, err := ir.Parse("fuzz.sir", text, nil)
	if err != nil || net.Steps > 20 || ir.Verify(net) != nil {
		return nil
	}
	size := 0
	for _, v := range net.Values {
		if size += v.Type.Size(); size > 1<<13 {
			return nil
		}
	}
	return net
}

// spoiledText is a net of a level, as it stands for seed 0.
func spoiledText(text string, seed uint64, level ir.Level) *ir.Net {
	net := read(text)
	if net == nil || net.Level != level {
		return nil
	}
	if seed == 0 {
		return net
	}
	return spoiled(net, rand.New(rand.NewPCG(seed, 0)))
}

// FuzzLower: no net makes a pass on the way to integers panic or break the IR,
// and no integer leaves its range.
func FuzzLower(f *testing.F) {
	irtest.Long(f)
	addNets(f, ir.Spiking)
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		net := spoiledText(text, seed, ir.Spiking)
		if net == nil {
			return
		}
		fixed, err := passes.Lower(net, ir.Fixed, "", &passes.Options{}, nil)
		var bug *passes.Bug
		if errors.As(err, &bug) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		m, err := interp.New(fixed)
		if err != nil {
			t.Fatal(err)
		}
		m.Checked = true
		for _, in := range irtest.Inputs(fixed, 1, 2) {
			if _, err := m.Run(in, nil); err != nil {
				t.Fatalf("%v\n%s", err, ir.Print(fixed, ""))
			}
		}
	})
}

// FuzzEmit: every net of integers is refused by a back end, or printed.
func FuzzEmit(f *testing.F) {
	irtest.Long(f)
	addNets(f, ir.Fixed)
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		net := spoiledText(text, seed, ir.Fixed)
		if net == nil {
			return
		}
		for _, b := range targets() {
			if b.Check(net).Err() == nil && len(b.Emit(net, backends.Options{Name: "net"})) == 0 {
				t.Fatalf("%s prints nothing", b.Name())
			}
		}
	})
}

// FuzzNetwork: every plan is a file that goes through everything, or is refused.
func FuzzNetwork(f *testing.F) {
	irtest.Long(f)
	for i := range 8 {
		seed := make([]byte, 64)
		for j := range seed {
			seed[j] = byte(i*j*j>>3) % 5
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if p := randnet.FromBytes(data); len(data) < 256 {
			if _, o := through(p); o.verdict != held && o.verdict != refused {
				t.Fatalf("%s\n%s", p, o)
			}
		}
	})
}
