package backends_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/verilog"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/engine"
)

// border is a layer over an image of 4 channels with padding.
type border struct{ strides, pads, dilations, groups [4]int }

// borders are padding on all sides, on some with dilation and groups, and strides of 2.
var borders = []border{
	{[4]int{1, 1}, [4]int{1, 1, 1, 1}, [4]int{1, 1}, [4]int{1}},
	{[4]int{1, 1}, [4]int{2, 0, 1, 2}, [4]int{2, 1}, [4]int{2}},
	{[4]int{2, 2}, [4]int{1, 1, 1, 1}, [4]int{1, 1}, [4]int{1}},
	{[4]int{2, 1}, [4]int{0, 2, 1, 0}, [4]int{1, 2}, [4]int{4}},
}

const imageChannels, imageRows, imageColumns, imageOutputs = 4, 14, 12, 8

// extents are those of the result.
func (b border) extents() extents {
	out := func(n, axis int) int {
		return (n+b.pads[axis]+b.pads[axis+2]-2*b.dilations[axis]-1)/b.strides[axis] + 1
	}
	return extents{imageOutputs, out(imageRows, 0), out(imageColumns, 1)}
}

// taps calls f with each place of the result, and with each weight and element of the image that it sees.
func (b border) taps(f func(place, weight, element int)) {
	place, inputs := 0, imageChannels/b.groups[0]
	for output := range imageOutputs {
		first := output / (imageOutputs / b.groups[0]) * inputs
		for row := range b.extents().h {
			for column := range b.extents().w {
				for tap := range inputs * 9 {
					y := row*b.strides[0] - b.pads[0] + tap%9/3*b.dilations[0]
					x := column*b.strides[1] - b.pads[1] + tap%3*b.dilations[1]
					if y >= 0 && y < imageRows && x >= 0 && x < imageColumns {
						f(place, output*inputs*9+tap, ((first+tap/9)*imageRows+y)*imageColumns+x)
					}
				}
				place++
			}
		}
	}
}

// borderNet has layers W·(x − zero) of an image, whose padding stands for the zero point. A map makes up for
// it: −zero times the weights that a place sees, as start values of sums, and as the bias of neurons. Means
// leave padding out, by a factor for each place. One element in the middle of each map is off by so much.
func borderNet(t *testing.T, zero, off int64) (net *ir.Net, weights [][]int64) {
	once, step, end := &strings.Builder{}, &strings.Builder{}, &strings.Builder{}
	fmt.Fprintf(once, "\t%%x = input : u8[%d,%d,%d]\n\t%%th = const {fill=900} : u10[]\n", imageChannels, imageRows, imageColumns)
	for i, b := range borders {
		e, seed := b.extents(), uint64(i+1)
		w, bias := make([]int64, imageOutputs*imageChannels/b.groups[0]*9), make([]int64, e.shape().Size())
		for k := range w {
			seed = seed*6364136223846793005 + 1442695040888963407
			w[k] = int64(seed>>33)%41 - 20
		}
		seen := make([]int64, len(bias))
		b.taps(func(place, weight, _ int) { bias[place] -= w[weight] * zero; seen[place]++ })
		bias[len(bias)/2+e.w/2] += off
		weights = append(weights, w)
		windows := fmt.Sprintf("strides=%s pads=%s dilations=%s", list(b.strides[:2]), list(b.pads[:]), list(b.dilations[:2]))
		shape := list([]int{e.c, e.h, e.w})
		fmt.Fprintf(once, "\t%%w%d = const {data=%s} : s8%s\n", i, list(w), list([]int{imageOutputs, imageChannels / b.groups[0], 3, 3}))
		fmt.Fprintf(once, "\t%%m%d = const {data=%s} : s32%s\n", i, list(bias), shape)
		fmt.Fprintf(once, "\t%%c%d = conv %%x, %%w%[1]d, bias=%%m%[1]d {%s groups=%d slots=planes} : s32%s\n", i, windows, b.groups[0], shape)
		fmt.Fprintf(once, "\t%%y%d = output %%c%[1]d : s32%s\n", i, shape)
		fmt.Fprintf(once, "\t%%p%d = conv %%x, %%w%[1]d {%s groups=%d slots=planes} : s32%s\n", i, windows, b.groups[0], shape)
		fmt.Fprintf(step, "\t%%s%d = neuron %%p%[1]d, %%th, bias=%%m%[1]d {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike%s\n", i, shape)
		fmt.Fprintf(end, "\t%%n%d = sum %%s%[1]d : s32%s\n\t%%z%[1]d = output %%n%[1]d : s32%[2]s\n", i, shape)
		if b.groups[0] > 1 {
			continue
		}
		factors := make([]int64, e.h*e.w)
		for k := range factors {
			factors[k] = (1<<16 + seen[k]/imageChannels/2) / (seen[k] / imageChannels)
		}
		factors[len(factors)/2+e.w/2] += off
		fmt.Fprintf(once, "\t%%f%d = const {data=%s} : s17%s\n", i, list(factors), list([]int{e.h, e.w}))
		fmt.Fprintf(once, "\t%%a%d = sum-pool %%x {kernel=[3,3] %s} : s32%s\n", i, windows, list([]int{imageChannels, e.h, e.w}))
		fmt.Fprintf(once, "\t%%b%d = csd %%a%[1]d, %%f%[1]d {shift=16 round=floor} : s32%s\n", i, list([]int{imageChannels, e.h, e.w}))
		fmt.Fprintf(once, "\t%%v%d = output %%b%[1]d : s32%s\n", i, list([]int{imageChannels, e.h, e.w}))
	}
	return irtest.ParseNet(t, fmt.Sprintf("border%d_%d", zero, off), fmt.Sprintf("net border%d_%d fixed steps=2 {\nonce\n%sstep\n%send\n%s}\n",
		zero, off, once, step, end)), weights
}

// list is numbers as the text of a net has them.
func list[T int | int64](numbers []T) string {
	return strings.ReplaceAll(fmt.Sprint(numbers), " ", ",")
}

// Biases that are maps because of padding, and factors of means that leave it out, are exact on every back end.
func TestBorders(t *testing.T) {
	irtest.Long(t)
	var nets []*ir.Net
	for _, zero := range []int64{0, 1, 128, 255} {
		net, weights := borderNet(t, zero, 0)
		holdBorders(t, net, weights, zero)
		odd, _ := borderNet(t, zero, 1)
		nets = append(nets, net, odd)
	}
	cases, want := casesOf(t, nets, 3)
	t.Run("go", func(t *testing.T) { agreeInGo(t, cases, want) })
	t.Run("c", func(t *testing.T) { agreeInC(t, cases, want) })
	t.Run("verilog", func(t *testing.T) { // a minute for each net with fewer lanes
		cases, want := casesOf(t, nets[len(nets)-1:], 1)
		got := engine.Each(t.Context(), cases, func(ctx context.Context, net *ir.Net) (engine.Engine, error) {
			return engine.Verilog(ctx, net, verilog.New(), backends.Options{Name: "top", Lanes: 8}, "iverilog")
		})
		equal(t, "verilog", cases, got, want)
	})
}

// holdBorders demands of the interpreter the sums of weights times elements less the zero point.
func holdBorders(t *testing.T, net *ir.Net, weights [][]int64, zero int64) {
	cases, got := casesOf(t, []*ir.Net{net}, 2)
	for sample, in := range cases[0].Samples {
		for i, b := range borders {
			want := make([]int64, b.extents().shape().Size())
			b.taps(func(place, weight, element int) { want[place] += weights[i][weight] * (in[0][element] - zero) })
			if y := got[0][sample].Outputs[outputNumber(net, fmt.Sprint("y", i))]; !slices.Equal(y, want) {
				t.Errorf("layer %d with a zero point of %d: %v, wanted %v", i, zero, y, want)
			}
		}
	}
}

func outputNumber(net *ir.Net, name string) int {
	return slices.IndexFunc(net.All(ir.OpOutput), func(v *ir.Value) bool { return v.Name == name })
}

// Maps of a zero point take little more memory than those of none, which are 0 everywhere.
func TestBordersAreCompact(t *testing.T) {
	without, _ := borderNet(t, 0, 0)
	with, _ := borderNet(t, 128, 0)
	maps := 0
	for _, b := range borders {
		maps += 2 * 4 * b.extents().shape().Size() // of sums, and of neurons
	}
	for _, b := range []backends.Backend{cgen.New(), verilog.New(), goasm.New()} {
		more := constantBytes(b, with) - constantBytes(b, without)
		t.Logf("%s: %d of %d", b.Name(), more, maps)
		if more > maps/4 || more <= 0 {
			t.Errorf("%s: %d bytes more, of maps of %d", b.Name(), more, maps)
		}
	}
}

// constantBytes are those of weights, maps and tables.
func constantBytes(b backends.Backend, net *ir.Net) int {
	if sized, ok := b.(backends.Sized); ok {
		return sized.Needs(net)[0].Bytes
	}
	files := b.Emit(net, backends.Options{Name: "net"})
	if counted, ok := b.(backends.Counted); ok {
		return counted.Memories(files)[0].Bytes
	}
	at := slices.IndexFunc(files, func(f backends.File) bool { return strings.HasSuffix(f.Name, "weights.bin") })
	return len(files[at].Data)
}

// One element of a map that is another changes the results of the emitted C in its place, and nowhere else.
func TestBordersTellPlaces(t *testing.T) {
	irtest.Long(t)
	net, _ := borderNet(t, 128, 0)
	odd, _ := borderNet(t, 128, 1)
	cases, want := casesOf(t, []*ir.Net{net}, 1)
	cases[0].Net = odd
	results, err := engine.CBatch(t.Context(), cases, cgen.New(), "gcc", "-O1")
	built(t, err)
	if results[0].Err != nil {
		t.Fatal(results[0].Err)
	}
	for i, b := range borders {
		at := outputNumber(net, fmt.Sprint("y", i))
		a, z := want[0][0].Outputs[at], results[0].Vectors[0].Outputs[at]
		for place := range a {
			off := int64(0)
			if place == len(a)/2+b.extents().w/2 {
				off = 1
			}
			if z[place] != a[place]+off {
				t.Errorf("place %d of layer %d is %d beside %d", place, i, z[place], a[place])
			}
		}
	}
}
