package main

import (
	"math"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/passes"
	"nomul/runtime/dataset"
	"nomul/runtime/interp"
)

// A normalisation by channel means the channels of a frame, also where all
// frames are one array.
func TestFramesAreNormalisedByChannel(t *testing.T) {
	mean, std, pixels := make([]float64, 6), make([]float64, 6), make([]int64, 4*6)
	for i := range mean {
		mean[i], std[i] = float64(i)/8, float64(i+1)/4
	}
	for i := range pixels {
		pixels[i] = int64(i * 10)
	}
	for _, form := range []string{"time-first.gather", "time-first.multi", "batch-first.loop"} {
		m := &model{net: loaded(t, frameworks()+"/onnx/"+form+".onnx"),
			options: &passes.Options{Pixels: &passes.Pixels{Scale: []float64{1.0 / 255}, Mean: mean, Std: std}}}
		var all [2]*ir.Tensor
		for i, level := range []ir.Level{ir.Source, ir.Spiking} {
			net, err := passes.Lower(m.net, level, "", m.options, nil)
			if err != nil {
				t.Fatal(err)
			}
			f := m.feed(net)
			in := f.net.All(ir.OpInput)[0]
			c, err := f.converter(in, "")
			if err != nil {
				t.Fatal(err)
			}
			if all[i], err = c.sample(dataset.Ints(dataset.Uint8, []int{4, 6}, pixels), 0); err != nil {
				t.Fatal(err)
			}
		}
		for i, x := range all[1].F {
			if want := (float64(pixels[i])/255 - mean[i%6]) / std[i%6]; x-want > 1e-5 || want-x > 1e-5 {
				t.Errorf("%s: element %d is %v, wanted %v", form, i, x, want)
			}
			if all[0].F[i] != x {
				t.Errorf("%s: element %d is %v at the source level, %v at the spiking level", form, i, all[0].F[i], x)
			}
		}
	}
}

// Channels are the last axis where the first has another extent, as of networks made with
// Keras: 3 of an image of 2×2. Each output is one of them, at the second place.
func TestChannelsStandLast(t *testing.T) {
	given := irtest.ParseNet(t, "n", `net n source steps=1 {
once
	%x = input : real[1,2,2,3]
	%flat = reshape %x {shape=[1,12]} : real[1,12]
	%w = const {data=[0,0,0,1,0,0,0,0,0,0,0,0, 0,0,0,0,1,0,0,0,0,0,0,0, 0,0,0,0,0,1,0,0,0,0,0,0]} : real[3,12]
	%l = linear %flat, %w : real[1,3]
	%y = output %l : real[1,3]
}`)
	m := &model{net: given, options: &passes.Options{Pixels: &passes.Pixels{Scale: []float64{1}, Mean: []float64{1, 2, 4}, Std: []float64{1, 2, 8}}}}
	pixels := dataset.Ints(dataset.Uint8, []int{2, 2, 3}, []int64{0, 0, 0, 11, 12, 20, 0, 0, 0, 0, 0, 0})
	for _, level := range []ir.Level{ir.Source, ir.Fixed} {
		net, err := m.at(level)
		if err != nil {
			t.Fatal(err)
		}
		c, err := m.feed(net).converter(net.All(ir.OpInput)[0], "")
		if err != nil {
			t.Fatal(err)
		}
		x, err := c.sample(pixels, 0)
		if err != nil {
			t.Fatal(err)
		}
		machine, err := interp.New(net)
		if err != nil {
			t.Fatal(err)
		}
		out, err := machine.Run(map[string]*ir.Tensor{"x": x}, nil)
		if err != nil {
			t.Fatal(err)
		}
		unit := 1.0
		if s := net.All(ir.OpOutput)[0].Scale; s != nil {
			unit = s.Data.F[0]
		}
		for i, want := range []float64{10, 5, 2} {
			if got := out["y"].At(i) * unit; math.Abs(got-want) > 0.05 {
				t.Errorf("%v: channel %d is %v, wanted %v", level, i, got, want)
			}
		}
	}
}

// Pictures are of the input's shape, or flattened along its last axis.
func TestFits(t *testing.T) {
	for _, c := range []struct {
		pictures, input []int
		want            bool
	}{
		{[]int{28, 28}, []int{28, 28}, true}, {[]int{28, 28}, []int{784}, true}, {[]int{3, 4, 5}, []int{60}, true},
		{[]int{7, 4, 5}, []int{7, 20}, true}, {[]int{6, 4, 5}, []int{7, 20}, false}, {[]int{7, 4, 5}, []int{7, 21}, false},
		{[]int{28, 28}, []int{783}, false}, {[]int{784}, []int{28, 28}, false}, {[]int{20}, []int{7, 20}, false}, {[]int{2}, nil, false}, {nil, nil, true},
	} {
		if got := fits(c.pictures, c.input); got != c.want {
			t.Errorf("pictures %v for %v: %v", c.pictures, c.input, got)
		}
	}
}
