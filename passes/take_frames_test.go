package passes

import (
	"fmt"
	"reflect"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
)

// entries are some entries of x along an axis, as one row.
func (s *sketch) entries(x *ir.Value, axis, start, count int) *ir.Value {
	v := s.typed(ir.OpSlice, ir.SliceAttrs{Axis: axis, Start: start, Count: count, Step: 1}, ir.Type{}, x)
	return s.typed(ir.OpReshape, ir.ShapeAttrs{Shape: []int{1, v.Type.Size()}}, ir.Type{}, v)
}

// framesNet returns a layer of neurons over four steps, each of which reads the entries
// of an input that frame takes.
func framesNet(t *testing.T, shape []int, frame func(s *sketch, x *ir.Value, step int) *ir.Value) *ir.Net {
	return framesOf4(t, shape, sjLIF(2, 0), frame)
}

// framesOf4 is framesNet with other neurons.
func framesOf4(t *testing.T, shape []int, c cell, frame func(s *sketch, x *ir.Value, step int) *ir.Value) *ir.Net {
	s := newSketch(t)
	x, err := s.b.Input("x", ir.RealType(ir.ShapeOf(shape...)), ir.InputAttrs{})
	if err != nil {
		t.Fatal(err)
	}
	var past, out []*ir.Value
	for step := range 4 {
		var v *ir.Value
		v, past = c(s, s.dense(1, 6, frame(s, x, step)), past)
		out = append(out, s.dense(2, 3, v))
	}
	return s.output(readoutOf(s, "sum", out))
}

// Frames are found along any axis, at any distance, from any entry on, backwards,
// and where a step reads several; the net then takes for each step the entries it reads.
func TestFramesAreTaken(t *testing.T) {
	along := func(axis, start, every, count int) func(s *sketch, x *ir.Value, t int) *ir.Value {
		return func(s *sketch, x *ir.Value, t int) *ir.Value { return s.entries(x, axis, start+every*t, count) }
	}
	for _, test := range []struct {
		name  string
		shape []int
		frame func(s *sketch, x *ir.Value, t int) *ir.Value
		want  ir.InputAttrs
		takes []int
	}{
		{"rows", []int{1, 4, 5}, along(1, 0, 1, 1), ir.InputAttrs{}, []int{5}},
		{"more rows than steps", []int{1, 6, 5}, along(1, 0, 1, 1), ir.InputAttrs{Of: []int{6, 5}, Every: 1}, []int{1, 5}},
		{"x[..., t]", []int{1, 5, 4}, along(2, 0, 1, 1), ir.InputAttrs{Of: []int{5, 4}, Axis: 1, Every: 1}, []int{5, 1}},
		{"x[:, :, t]", []int{1, 2, 4, 3}, along(2, 0, 1, 1), ir.InputAttrs{Of: []int{2, 4, 3}, Axis: 1, Every: 1}, []int{2, 1, 3}},
		{"x[:, 2*t+1]", []int{1, 9, 5}, along(1, 1, 2, 1), ir.InputAttrs{Of: []int{9, 5}, First: 1, Every: 2}, []int{1, 5}},
		{"x[:, 3-t]", []int{1, 4, 5}, along(1, 3, -1, 1), ir.InputAttrs{Of: []int{4, 5}, First: 3, Every: -1}, []int{1, 5}},
		{"x[:, t:t+2]", []int{1, 5, 3}, along(1, 0, 1, 2), ir.InputAttrs{Of: []int{5, 3}, Every: 1}, []int{2, 3}},
		{"x[:, 5*t:5*t+5]", []int{1, 20}, along(1, 0, 5, 5), ir.InputAttrs{Of: []int{20}, Every: 5}, []int{5}},
		{"x[:, t+1] - x[:, t]", []int{1, 5, 4}, func(s *sketch, x *ir.Value, t int) *ir.Value {
			return s.op(ir.OpSub, s.entries(x, 1, t+1, 1), s.entries(x, 1, t, 1))
		}, ir.InputAttrs{Of: []int{5, 4}, Every: 1}, []int{2, 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := framesNet(t, test.shape, test.frame)
			out, err := Lower(net, ir.Spiking, "", &Options{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			in := out.All(ir.OpInput)[0]
			test.want.Per = ir.Step
			if got := in.Attrs; !reflect.DeepEqual(got, test.want) || !reflect.DeepEqual(in.Type.Shape.Dims(), test.takes) || out.Steps != 4 {
				t.Errorf("takes %+v, %v in %d steps, wanted %+v, %v", got, in.Type.Shape, out.Steps, test.want, test.takes)
			}
			sameFrames(t, net, out)
		})
	}
}

// sameFrames demands that a net gives on the frames of samples the outputs of another
// on the samples.
func sameFrames(t *testing.T, net, framed *ir.Net) {
	t.Helper()
	whole, steps, in := machine(t, net), machine(t, framed), framed.All(ir.OpInput)[0]
	places := in.Attrs.(ir.InputAttrs).Places(framed.Steps, in.Type.Shape)
	for _, sample := range irtest.Inputs(net, 5, 20) {
		x := ir.NewTensor(framed.SampleType(in))
		for i := range x.F {
			at := i
			if places != nil {
				at = places[i]
			}
			x.F[i] = sample["x"].F[at]
		}
		want, err := whole.Run(sample, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := steps.Run(map[string]*ir.Tensor{"x": x}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want["y"].Type.Size() {
			if d := distance(want["y"].At(i), got["y"].At(i)); !(d <= 1e-5) {
				t.Fatalf("%s is %v, wanted %v", fmt.Sprint(i), got["y"].At(i), want["y"].At(i))
			}
		}
	}
}
