package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/frontend/dsl"
	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/engine"
)

// subject is a network whose emitted C is proved, also without -prove by the
// compilers on the levels that the sample names.
type subject struct {
	name   string
	sample sample
	net    func(t *testing.T) *ir.Net // at the fixed level
}

// sample reports whether a target is tried on a level.
type sample func(target string, compiler, level int) bool

// turns takes another level with each compiler, beginning with one.
func turns(first int) sample {
	return func(_ string, compiler, level int) bool { return (compiler+first)%len(levels) == level }
}

func only(target, on string) sample {
	return func(t string, _, level int) bool { return t == target && levels[level] == on }
}

// samples has the models with code of which compilers once made a multiplication, each
// with the targets and levels that it is tried on.
var samples = map[string]sample{
	"fmnist-cnn-snntorch":      turns(0),
	"sew_resnet.snn":           only("clang RV32I", "-O3"),
	"attention.sir":            only("clang M4", "-O2"),
	"25 frames of spike[700]":  turns(1),
	"10 frames of spike[1156]": turns(0),
	"10 frames of spike[2312]": turns(2),
}

const testdata = "../../testdata/"

func subjects() []subject {
	var out []subject
	for _, file := range []string{"fmnist-cnn-snntorch/cnn_ts26", "fmnist-mlp-sj/mlp_ts26_sjhead_bn",
		"fmnist-resnet-sj-sew/ressew_ts26_sjhead_bn", "fmnist-spiking-mlp-bnc/smlpbnc_ts26_sjhead_bn", "mlp-slice/mlp_slice"} {
		name := filepath.Dir(file)
		out = append(out, subject{name, nil, imported(testdata + "models/" + file + ".onnx")})
	}
	for _, name := range []string{"cnn", "lif_mlp", "sew_resnet", "small_smlp", "ssa"} {
		out = append(out, subject{name + ".snn", nil, ofText(testdata + "dsl/models/" + name + ".snn")})
	}
	for _, name := range []string{"odd", "attention", "next", "edge"} {
		out = append(out, subject{name + ".sir", nil, func(t *testing.T) *ir.Net { return emittedNet(t, name) }})
	}
	for _, pixels := range []int{700, 1156, 2312} {
		for _, steps := range []int{10, 25} {
			for _, kind := range []string{"spike", "u8", "s12"} {
				out = append(out, subject{fmt.Sprintf("%d frames of %s[%d]", steps, kind, pixels), nil, frames(steps, pixels, kind)})
			}
		}
	}
	for i, s := range out {
		out[i].sample = samples[s.name]
	}
	return out
}

// onPixels is how the bundled networks and those written beside them see pixels.
func onPixels() *passes.Options {
	return &passes.Options{Pixels: &passes.Pixels{Mean: []float64{.2860}, Std: []float64{.3530}}}
}

func imported(file string) func(*testing.T) *ir.Net {
	return func(t *testing.T) *ir.Net {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		net, list := onnx.Import(file, data, onnx.Options{Load: irtest.Beside(file)})
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		return lowered(t, net)
	}
}

func ofText(file string) func(*testing.T) *ir.Net {
	return func(t *testing.T) *ir.Net {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, list := dsl.Compile(file, string(text), &dsl.Options{Arrays: func(path string) (map[string]*ir.Tensor, error) {
			full := filepath.Join(filepath.Dir(file), path)
			data, err := os.ReadFile(full)
			if err != nil {
				return nil, err
			}
			return onnx.Weights(full, data, onnx.Options{Load: irtest.Beside(full)})
		}})
		if err := list.Err(); err != nil {
			t.Fatal(err)
		}
		return lowered(t, m.Net)
	}
}

func lowered(t *testing.T, net *ir.Net) *ir.Net {
	fixed, err := passes.Lower(net, ir.Fixed, "", onPixels(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return fixed
}

// frames are as many frames of so many elements, as event cameras and cochleas give them.
func frames(steps, n int, kind string) func(*testing.T) *ir.Net {
	slots := ""
	if kind != "spike" {
		slots = " {slots=planes}"
	}
	return func(t *testing.T) *ir.Net {
		return irtest.ParseNet(t, "frames", fmt.Sprintf(`net frames fixed steps=%d {
once
	%%w1 = const {seed=1 lo=-127 hi=127} : s8[24,%d] range -127..127
	%%w2 = const {seed=2 lo=-127 hi=127} : s8[10,24] range -127..127
	%%th = const {fill=900} : u16[]
step
	%%x = input {per=step} : %s[%d]
	%%i1 = linear %%x, %%w1%s : s32[24]
	%%s1 = neuron %%i1, %%th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[24]
end
	%%c = sum %%s1 : u8[24]
	%%l = linear %%c, %%w2 {slots=planes} : s32[10]
	%%y = output %%l : s32[10]
}
`, steps, n, kind, n, slots))
	}
}

// emit writes the C of the network, with one sample to test it with.
func (s subject) emit(t *testing.T) string {
	t.Helper()
	net := s.net(t)
	if err := cgen.New().Check(net).Err(); err != nil {
		t.Fatal(err)
	}
	e, err := engine.Interp(net, 1)
	if err != nil {
		t.Fatal(err)
	}
	var sample [][]int64
	for _, in := range net.All(ir.OpInput) {
		sample = append(sample, irtest.Inputs(net, 1, 1)[0][in.Name].I)
	}
	v, err := e.Run(t.Context(), [][][]int64{sample}, true)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range cgen.New().Emit(net, backends.Options{Name: modelName, Vectors: v}) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
