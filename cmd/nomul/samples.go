package main

import (
	"fmt"
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/dataset"
)

// converter turns what files hold into an input of a net, at any level.
type converter struct {
	input  *ir.Value
	pixels *passes.Pixels // nil when not given
	file   string         // for messages
}

// sample converts element i… of an array, one sample of the input's size.
func (c converter) sample(a *dataset.Array, start int) (*ir.Tensor, error) {
	t := ir.NewTensor(c.input.Type)
	for i := range t.Type.Size() {
		x := a.At(start + i)
		switch {
		case t.Type.IsReal() && a.DType.IsFloat():
			t.F[i] = x
		case t.Type.IsReal():
			t.F[i] = c.normalise(x, i)
		case a.DType.IsFloat():
			p, err := c.pixel(x, i)
			if err != nil {
				return nil, err
			}
			t.I[i] = p
		default:
			t.I[i] = int64(x)
		}
	}
	return t, nil
}

// at is entry i's normalisation: one for all, or one per channel.
func (c converter) at(list []float64, i int) float64 {
	if len(list) == 1 {
		return list[0]
	}
	return list[i/max(1, c.input.Type.Size()/len(list))%len(list)]
}

// normalise is x = (p·A − M)/S, each operation in float32 as the frameworks do it.
func (c converter) normalise(p float64, i int) float64 {
	if c.pixels == nil {
		return p
	}
	f := func(x float64) float64 { return float64(float32(x)) }
	x := f(p * c.at(c.pixels.Scale, i))
	x = f(x - f(c.at(c.pixels.Mean, i)))
	return f(x / f(c.at(c.pixels.Std, i)))
}

// pixel is the integer that a normalised number came from: p = (x·S + M)/A. What
// is no such number is an error rather than rounded.
func (c converter) pixel(x float64, i int) (int64, error) {
	p := x
	if n := c.pixels; n != nil {
		p = (x*c.at(n.Std, i) + c.at(n.Mean, i)) / c.at(n.Scale, i)
	}
	r := math.Round(p)
	if !(math.Abs(p-r) <= 0.01) { // so are NaN and infinities
		return 0, diag.Errorf(diag.Origin{File: c.file}, diag.BadData,
			"input %s: element %d is %v, which --mean, --std and --scale make the pixel %.4g, not an integer", c.input.Name, i, x, p)
	}
	return int64(r), nil
}

// batch finds how many samples an array holds for an input: its first axis is
// the batch when the others are the input's shape; extents of 1 do not count.
func batch(in *ir.Value, a *dataset.Array, steps int, file string) (int, error) {
	want := squeeze(in.Type.Shape.Dims())
	if in.Clock == ir.Step {
		want = append([]int{steps}, want...)
	}
	got := a.Shape
	if equal(squeeze(got), want) {
		return 1, nil
	}
	if len(got) > 0 && equal(squeeze(got[1:]), want) {
		return got[0], nil
	}
	return 0, diag.Errorf(diag.Origin{File: file}, diag.BadData, "input %s: the array is %v, wanted %v, or a batch of those along a first axis",
		in.Name, got, in.Type.Shape.Dims()).WithHelp("the model's input is %s", in)
}

func squeeze(dims []int) []int {
	var out []int
	for _, d := range dims {
		if d != 1 {
			out = append(out, d)
		}
	}
	return out
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// arrayFor picks the array of an input: by name, or the only one.
func arrayFor(in *ir.Value, inputs int, arrays map[string]*dataset.Array, file string) (*dataset.Array, error) {
	if a := arrays[in.Name]; a != nil {
		return a, nil
	}
	if len(arrays) == 1 && inputs == 1 {
		for _, a := range arrays {
			return a, nil
		}
	}
	return nil, diag.Errorf(diag.Origin{File: file}, diag.BadData, "there is no array %q for the model's input; the file has %s", in.Name, keys(arrays))
}

func keys(arrays map[string]*dataset.Array) string {
	out := ""
	for _, name := range sortedKeys(arrays) {
		if out != "" {
			out += ", "
		}
		out += fmt.Sprintf("%s %v", name, arrays[name].Shape)
	}
	return out
}

// readSamples converts a file's arrays into samples of all inputs of a net.
func readSamples(net *ir.Net, file string, pixels *passes.Pixels) ([]map[string]*ir.Tensor, error) {
	arrays, err := dataset.ReadArrays(file)
	if err != nil {
		return nil, err
	}
	inputs := net.All(ir.OpInput)
	var out []map[string]*ir.Tensor
	for _, in := range inputs {
		a, err := arrayFor(in, len(inputs), arrays, file)
		if err != nil {
			return nil, err
		}
		n, err := batch(in, a, net.Steps, file)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = make([]map[string]*ir.Tensor, n)
		}
		if n != len(out) {
			return nil, diag.Errorf(diag.Origin{File: file}, diag.BadData, "input %s has %d samples, another has %d", in.Name, n, len(out))
		}
		for i := range n {
			t, err := converter{in, pixels, file}.sample(a, i*(a.Len()/n))
			if err != nil {
				return nil, err
			}
			if out[i] == nil {
				out[i] = map[string]*ir.Tensor{}
			}
			out[i][in.Name] = t
		}
	}
	return out, nil
}

// imageSamples converts images for a net with one input.
func imageSamples(net *ir.Net, m *dataset.Images, from, to int, pixels *passes.Pixels) ([]map[string]*ir.Tensor, error) {
	inputs := net.All(ir.OpInput)
	if len(inputs) != 1 {
		return nil, diag.Errorf(diag.Origin{File: m.File}, diag.BadData, "images go into one input, but the model has %d", len(inputs))
	}
	in := inputs[0]
	if !equal(squeeze(m.Shape), squeeze(in.Type.Shape.Dims())) {
		return nil, diag.Errorf(diag.Origin{File: m.File}, diag.BadData, "images are %v, but the model's input %s is %v", m.Shape, in.Name, in.Type)
	}
	if in.Type.IsReal() && pixels == nil {
		return nil, diag.Errorf(diag.Origin{File: m.File}, diag.NeedsPixels, "the network takes real numbers, and it is not said how pixels become them").
			WithHelp("give --mean M --std S for x = (p·A − M)/S")
	}
	size := in.Type.Size()
	out := make([]map[string]*ir.Tensor, 0, to-from)
	for i := from; i < to; i++ {
		px := make([]int64, size)
		for j, p := range m.Pixels[i*size : (i+1)*size] {
			px[j] = int64(p)
		}
		t, err := converter{in, pixels, m.File}.sample(dataset.Ints(dataset.Uint8, []int{size}, px), 0)
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]*ir.Tensor{in.Name: t})
	}
	return out, nil
}
