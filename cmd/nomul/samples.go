package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/dataset"
)

// feed is a net to give samples, at any level, and the normalisation of the files' pixels.
type feed struct {
	net    *ir.Net
	pixels *passes.Pixels // nil when not given
	elem   ir.Type        // of pixels
	asIs   bool           // integers of a said type are the inputs themselves where no pixels are given
	// frames are the inputs as the loop takes them, where channels are normalised
	// apart at the source level; without those that it cannot be told of.
	frames map[string]*ir.Value
	tell   func(*diag.Diagnostic) // of warnings; nil for none
}

// feed is how a net, which the model was lowered to, is given samples.
func (m *model) feed(net *ir.Net) feed {
	f := feed{net: net, pixels: m.options.Pixels, elem: m.options.InputType, asIs: m.options.InputType.Kind != 0, tell: m.options.Tell}
	if !f.asIs {
		f.elem = ir.UintType(8, ir.Shape{})
	}
	if channels(f.pixels) > 1 && net.Level == ir.Source {
		f.frames = m.frames()
	}
	return f
}

// channels is how many channels are normalised apart; 1 when all are alike.
func channels(p *passes.Pixels) int {
	if p == nil {
		return 1
	}
	return ir.InputAttrs{Scale: p.Scale, Mean: p.Mean, Std: p.Std}.Channels()
}

// frames returns each input as the loop reads it in a step, without axes of samples and time.
func (m *model) frames() map[string]*ir.Value {
	quiet := *m.options
	quiet.Tell, quiet.Note, quiet.Samples = nil, nil, nil
	out := map[string]*ir.Value{}
	rolled, err := passes.Lower(m.net, ir.Spiking, "reroll-time", &quiet, nil)
	if err != nil {
		return out
	}
	for _, in := range rolled.All(ir.OpInput) {
		out[in.Name] = in
	}
	return out
}

// converter turns arrays of files into an input of a net.
type converter struct {
	input  *ir.Value
	pixels *passes.Pixels // nil when not given
	elem   ir.Type        // of pixels
	typ    ir.Type        // of a sample
	inner  int            // the elements of a channel that stand together
	file   string         // for messages
	places []int          // where in a sample each element stands; nil when in order
}

// converter is that of an input. A normalisation by channel must be of the input's channels.
func (f feed) converter(in *ir.Value, file string) (converter, error) {
	frame := in
	if rolled := f.frames[in.Name]; rolled != nil {
		frame = rolled
	}
	c := converter{in, f.pixels, f.elem, f.net.SampleType(in), 1, file, places(f.net, in)}
	if a := in.Attrs.(ir.InputAttrs); a.Meaning() != "" { // as a text of integers has it
		c.pixels = &passes.Pixels{Scale: a.Scale, Mean: a.Mean, Std: a.Std}
	}
	n, dims := channels(c.pixels), frame.Type.Shape.Dims()
	if frame == in && f.net.Level == ir.Source && len(dims) > 1 && dims[0] == 1 {
		dims = dims[1:] // the batch
	}
	axis := ir.ChannelAxis(dims, n)
	if n > 1 && in.Type.IsReal() && axis < 0 {
		return c, diag.Errorf(in.Origin, diag.ShapeMismatch, "input %s is %v, but the normalisation is of %d channels", in.Name, in.Type, n)
	}
	for _, extent := range dims[axis+1:] {
		c.inner *= extent
	}
	return c, nil
}

// sample converts the elements of an array from start on, as many as a sample has.
func (c converter) sample(a *dataset.Array, start int) (*ir.Tensor, error) {
	t := ir.NewTensor(c.typ)
	for i := range t.Type.Size() {
		x := a.At(start + c.place(i))
		switch {
		case t.Type.IsReal() && a.DType.IsFloat():
			t.F[i] = x
		case t.Type.IsReal():
			if p := a.I[start+c.place(i)]; c.pixels != nil && !c.elem.Full().Contains(ir.Range{Lo: p, Hi: p}) {
				return nil, diag.Errorf(diag.Origin{File: c.file}, diag.BadData, "input %s: element %d is %v, which is no pixel of %v", c.input.Name, i, p, c.elem)
			}
			t.F[i] = c.normalise(x, i)
		case a.DType.IsFloat():
			p, err := c.pixel(x, i)
			if err != nil {
				return nil, err
			}
			t.I[i] = p
		default:
			t.I[i] = a.I[start+c.place(i)]
		}
	}
	return t, nil
}

// place is where in a sample an element of the input stands.
func (c converter) place(i int) int {
	if c.places == nil {
		return i
	}
	return c.places[i]
}

// places are those of all elements; nil when a sample has them in order.
func places(n *ir.Net, in *ir.Value) []int {
	return in.Attrs.(ir.InputAttrs).Places(n.Steps, in.Type.Shape)
}

// sampleShape is the shape of an input's samples: that of the file's input, where
// frames are taken otherwise than as its rows.
func sampleShape(n *ir.Net, in *ir.Value) []int {
	if of := in.Attrs.(ir.InputAttrs).Of; of != nil {
		return of
	}
	return n.SampleType(in).Shape.Dims()
}

// at is entry i's normalisation: one for all, or one per channel.
func (c converter) at(list []float64, i int) float64 {
	if len(list) == 1 {
		return list[0]
	}
	return list[i/c.inner%len(list)]
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

// pixel is the integer that a normalised number came from: p = (x·S + M)/A.
// Where p is not an integer, that is an error.
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
	if math.Abs(r) >= 1<<62 { // which no integer here holds
		became := ""
		if c.pixels != nil {
			became = fmt.Sprintf(", which --mean, --std and --scale make the pixel %.4g", r)
		}
		return 0, diag.Errorf(diag.Origin{File: c.file}, diag.BadData, "input %s: element %d is %v%s, out of its range %v", c.input.Name, i, x, became, c.input.Range)
	}
	return int64(r), nil
}

// batch finds how many samples an array holds for an input: its first axis is
// the batch when the others are the input's shape; extents of 1 do not count.
func (f feed) batch(in *ir.Value, a *dataset.Array, file string) (int, error) {
	sample := sampleShape(f.net, in)
	got, want := a.Shape, squeeze(sample)
	if slices.Equal(squeeze(got), want) {
		return 1, nil
	}
	if len(got) > 0 && slices.Equal(squeeze(got[1:]), want) {
		return got[0], nil
	}
	return 0, diag.Errorf(diag.Origin{File: file}, diag.BadData, "input %s: the array is %v, wanted %v, or a batch of those along a first axis",
		in.Name, got, sample).WithHelp("%s", f.describe(in))
}

// describe states the shape of an input, and its time axis.
func (f feed) describe(in *ir.Value) string {
	if a := in.Attrs.(ir.InputAttrs); a.Of != nil {
		return fmt.Sprintf("the model's input %s is %v, of which each of the %d time steps takes its own entries along axis %d", in.Name, a.Of, f.net.Steps, a.Axis)
	}
	if in.Clock == ir.Step {
		return fmt.Sprintf("the model's input %s is %v, new in each of the %d time steps, which are the first axis of a sample", in.Name, in.Type, f.net.Steps)
	}
	return fmt.Sprintf("the model's input %s is %v", in.Name, in.Type)
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

// fits reports whether pictures have the shape of an input, as they are or flattened
// along its last axis.
func fits(pictures, input []int) bool {
	last := len(input) - 1
	if slices.Equal(pictures, input) || last < 0 || len(pictures) <= last {
		return slices.Equal(pictures, input)
	}
	flat := 1
	for _, d := range pictures[last:] {
		flat *= d
	}
	return slices.Equal(pictures[:last], input[:last]) && flat == input[last]
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

// tellStrays warns of arrays that have the name of no input. A file that has the
// model's outputs too is the record of a run, whose other arrays nobody takes for inputs.
func (f feed) tellStrays(inputs []*ir.Value, arrays map[string]*dataset.Array, file string) {
	var strays []string
	for _, name := range sortedKeys(arrays) {
		named := func(v *ir.Value) bool { return v.Name == name }
		if f.tell == nil || name+".npy" == filepath.Base(file) || slices.ContainsFunc(f.net.All(ir.OpOutput), named) {
			return
		}
		if !slices.ContainsFunc(inputs, named) {
			strays = append(strays, strconv.Quote(name))
		}
	}
	how := "left out"
	if len(arrays) == 1 && len(inputs) == 1 {
		how = "taken for " + inputs[0].Name
	}
	for _, name := range strays {
		d := diag.Errorf(diag.Origin{File: file}, diag.BadData, "the model has no input %s: that array is %s", name, how)
		d.Severity = diag.Warning
		f.tell(d)
	}
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

// read converts a file's arrays into samples of all inputs of a net.
func (f feed) read(file string) ([]map[string]*ir.Tensor, error) {
	arrays := map[string]*dataset.Array{}
	if file != "" {
		var err error
		if arrays, err = dataset.ReadArrays(file); err != nil {
			return nil, err
		}
	}
	inputs := f.net.All(ir.OpInput)
	f.tellStrays(inputs, arrays, file)
	var out []map[string]*ir.Tensor
	if len(inputs) == 0 {
		out = make([]map[string]*ir.Tensor, 1) // it computes the same for everything
	}
	for _, in := range inputs {
		a, err := arrayFor(in, len(inputs), arrays, file)
		if err != nil {
			return nil, err
		}
		n, err := f.batch(in, a, file)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = make([]map[string]*ir.Tensor, n)
		}
		if n != len(out) {
			return nil, diag.Errorf(diag.Origin{File: file}, diag.BadData, "input %s has %d samples, another has %d", in.Name, n, len(out))
		}
		c, err := f.converter(in, file)
		if err != nil {
			return nil, err
		}
		for i := range n {
			t, err := c.sample(a, i*(a.Len()/n))
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

// arranged returns images as the one input takes them, where it is plain how.
func (f feed) arranged(m *dataset.Images) *dataset.Images {
	if inputs := f.net.All(ir.OpInput); len(inputs) == 1 {
		return m.Arranged(sampleShape(f.net, inputs[0]))
	}
	return m
}

// images converts images for a net with one input.
func (f feed) images(m *dataset.Images, from, to int) ([]map[string]*ir.Tensor, error) {
	inputs := f.net.All(ir.OpInput)
	if len(inputs) != 1 {
		return nil, diag.Errorf(diag.Origin{File: m.File}, diag.BadData, "images go into one input, but the model has %d", len(inputs))
	}
	in := inputs[0]
	m = f.arranged(m)
	sample := in.Type.WithShape(ir.ShapeOf(sampleShape(f.net, in)...))
	if !fits(squeeze(m.Shape), squeeze(sample.Shape.Dims())) {
		d := diag.Errorf(diag.Origin{File: m.File}, diag.BadData, "images are %v, but the model's input %s is %v", m.Shape, in.Name, sample)
		if in.Clock == ir.Step {
			d = d.WithHelp("%s", f.describe(in))
		}
		return nil, d
	}
	if in.Type.IsReal() && f.pixels == nil && !f.asIs {
		return nil, diag.Errorf(diag.Origin{File: m.File}, diag.NeedsPixels, "the network takes real numbers, and it is not said how pixels become them").
			WithHelp("give --mean M --std S (and --scale A if it is not 1/255) for x = (p·A − M)/S, or --input-type if the numbers are integers as they are")
	}
	size := sample.Size()
	convert, err := f.converter(in, m.File)
	if err != nil {
		return nil, err
	}
	out := make([]map[string]*ir.Tensor, 0, to-from)
	for i := from; i < to; i++ {
		px := make([]int64, size)
		for j, p := range m.Pixels[i*size : (i+1)*size] {
			px[j] = int64(p)
		}
		t, err := convert.sample(dataset.Ints(dataset.Uint8, []int{size}, px), 0)
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]*ir.Tensor{in.Name: t})
	}
	return out, nil
}
