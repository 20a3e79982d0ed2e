package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/passes"
)

// compileFlags are the flags of every command that lowers a model.
type compileFlags struct {
	mean, std, scale string
	inputType        string
	opt              []string
	set              []string
	neurons          string
	shapes, bind     []string
	outputs          []string
	allowed          []string
	step             stepFlags
	weights          []string
	pixelBits        int
	csdDigits        int
	residual         string
	calibrate        calibrateFlags
	budget           budgetFlag
	activations      activationFlags
}

func (f *compileFlags) register(fs *pflag.FlagSet) {
	f.registerReading(fs)
	fs.StringSliceVar(&f.weights, "weights", nil, "width of weights in `BITS`, 2 to 16 or ternary, and of those of single layers: 4,LAYER=8 with the names that check has, or first and last (default 8)")
	fs.IntVar(&f.pixelBits, "pixel-weights", f.pixelBits, "width in `BITS` of the weights that read pixels, 2 to 16 (default that of the others)")
	fs.IntVar(&f.csdDigits, "csd-digits", f.csdDigits, "`N` signed powers of two, 1 to 8, that stand for a constant which neither weights nor thresholds can take (default as many as it takes)")
	fs.StringVar(&f.residual, "residual", f.residual, "`WHERE` residuals are added: keep, or membrane to add before the neuron, which is another function than the trained one")
	f.calibrate.register(fs)
	fs.Var(&f.budget, "budget", "by calibration, `flash=SIZE` chooses the width of each layer's weights, 8 or 4 bits or ternary, such that the emitted C takes no more, as flash=256K; ops=N the bits of the words of activations, such that a sample takes no more additions, as ops=2M")
	f.activations.register(fs)
}

// registerReading registers those that say how a model is read, without those
// that say how it becomes integers.
func (f *compileFlags) registerReading(fs *pflag.FlagSet) {
	f.pixelBits, f.csdDigits, f.residual, f.activations.code = 0, 0, "keep", "radix"
	fs.StringVar(&f.mean, "mean", "", "mean `M` of x = (p·A − M)/S, which made pixels p into the network's inputs x; a comma list is per channel, the first or else the last axis of an image; not needed of a quantised file that rounds its input, which is that integer then")
	fs.StringVar(&f.std, "std", "", "std `S` of x = (p·A − M)/S, with --mean")
	fs.StringVar(&f.scale, "scale", "", "scale `A` of x = (p·A − M)/S, with --mean and --std (default 1/255)")
	fs.StringVar(&f.inputType, "input-type", "", "integer `TYPE` of the input (u8, u4, spike, s8); without --mean and --std the integers are the network's inputs as they are")
	fs.StringArrayVar(&f.opt, "opt", nil, "leave a pass out that is optional, or put it back: `PASS=on|off`; may be repeated")
	fs.StringArrayVar(&f.set, "set", nil, "give a parameter of a .snn model another value: `NAME=VALUE`; may be repeated")
	fs.StringVar(&f.neurons, "neurons", "", "`FILE` that says which neurons the operators of your own domain are; EXPORTING.md tells how to write it")
	fs.StringArrayVar(&f.shapes, "input-shape", nil, "extents of an .onnx input whose file leaves some open, such as a number of time steps: `NAME=N,N,…`; may be repeated")
	fs.StringArrayVar(&f.bind, "bind", nil, "make an input of an .onnx file a constant: `NAME=FILE`.npy, or the array of that name in an .npz; may be repeated")
	fs.StringSliceVar(&f.outputs, "outputs", nil, "the outputs of the model that are wanted, `NAME` or a comma list; without it all are")
	fs.StringArrayVar(&f.allowed, "allow-path", nil, "a folder `DIR` from which a model may read besides its own folder: imports, weights, data of an .onnx file; may be repeated")
	f.step.register(fs)
}

// options are the passes' options for the flags.
func (f *compileFlags) options() (*passes.Options, error) {
	o := &passes.Options{Off: map[string]bool{}, PixelBits: f.pixelBits, CSDDigits: f.csdDigits}
	if f.pixelBits != 0 && (f.pixelBits < 2 || f.pixelBits > 16) {
		return nil, usageError{fmt.Errorf("--pixel-weights %d: wanted 2 to 16 bits", f.pixelBits)}
	}
	var err error
	if o.Weights, err = parsePerLayer("weights", f.weights, parseBits); err != nil {
		return nil, err
	}
	if f.residual != "keep" && f.residual != "membrane" {
		return nil, usageError{fmt.Errorf("--residual %s: wanted keep or membrane", f.residual)}
	}
	o.MembraneResiduals = f.residual == "membrane"
	if f.csdDigits < 0 || f.csdDigits > 8 {
		return nil, usageError{fmt.Errorf("--csd-digits %d: wanted 1 to 8, or 0 for as many as it takes", f.csdDigits)}
	}
	if f.mean != "" || f.std != "" || f.scale != "" {
		pixels, err := f.pixels()
		if err != nil {
			return nil, err
		}
		o.Pixels = pixels
	}
	if f.inputType != "" {
		t, ok := ir.ParseElem(f.inputType)
		if !ok || t.IsReal() {
			return nil, usageError{fmt.Errorf("--input-type %s: wanted an integer type such as u8, u4, spike or s8", f.inputType)}
		}
		o.InputType = t
	}
	if err = f.activations.set(o); err != nil {
		return nil, err
	}
	for i, name := range f.outputs {
		f.outputs[i] = strings.TrimSpace(name)
	}
	if err := f.step.set(o); err != nil {
		return nil, err
	}
	for _, dir := range f.allowed {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, usageError{fmt.Errorf("--allow-path %s: there is no such folder", dir)}
		}
	}
	for _, item := range f.opt {
		name, state, _ := strings.Cut(item, "=")
		switch p, ok := passes.Named(name); {
		case !ok:
			return nil, usageError{fmt.Errorf("--opt %s: there is no pass %q; see nomul passes%s", item, name, meant(name, passNames()))}
		case state != "on" && state != "off":
			return nil, usageError{fmt.Errorf("--opt %s: wanted %s=on or %s=off", item, name, name)}
		case state == "off" && !p.Optional():
			return nil, usageError{fmt.Errorf("--opt %s: %s cannot be left out; see nomul passes", item, name)}
		}
		o.Off[name] = state == "off"
	}
	return o, nil
}

// pixels is the normalisation, of which mean and std belong together: neither is guessed.
func (f *compileFlags) pixels() (*passes.Pixels, error) {
	p, channels := &passes.Pixels{}, 1
	for _, item := range []struct {
		flag, text string
		to         *[]float64
	}{{"mean", f.mean, &p.Mean}, {"std", f.std, &p.Std}, {"scale", cmp.Or(f.scale, "1/255"), &p.Scale}} {
		if item.text == "" {
			continue
		}
		for _, part := range strings.Split(item.text, ",") {
			x, err := parseRatio(part)
			if err != nil || item.flag != "mean" && x <= 0 {
				return nil, usageError{fmt.Errorf("--%s %s: wanted a number or a fraction%s, or a comma list of them",
					item.flag, item.text, map[bool]string{true: " above 0"}[item.flag != "mean"])}
			}
			*item.to = append(*item.to, x)
		}
		n := len(*item.to)
		if n > 1 && channels > 1 && n != channels {
			return nil, usageError{fmt.Errorf("--%s %s: %d channels, but %d of another flag", item.flag, item.text, n, channels)}
		}
		channels = max(channels, n)
	}
	if f.mean == "" || f.std == "" {
		return nil, usageError{errors.New("wanted both --mean M and --std S of x = (p·A − M)/S (A is 1/255 unless --scale says otherwise); where nothing is taken off, --mean 0; where nothing is divided, --std 1")}
	}
	return p, nil
}

// parseRatio reads a number or a fraction such as 1/255.
func parseRatio(s string) (float64, error) {
	above, below, isFraction := strings.Cut(strings.TrimSpace(s), "/")
	x, err := strconv.ParseFloat(above, 64)
	if err == nil && isFraction {
		var d float64
		d, err = strconv.ParseFloat(below, 64)
		x /= d
	}
	if err == nil && x-x != 0 {
		err = fmt.Errorf("%s is not a finite number", s)
	}
	return x, err
}

// model is a loaded file and how to lower it.
type model struct {
	net     *ir.Net // as loaded
	options *passes.Options
	file    string
	inputs  []string // the files that were read for it
	outputs []string // that are wanted; all where none are named
	warn    func(text string)
	// calibration holds the samples that passes measure on; nil where no samples are given.
	calibration *calibration
}

// measure gives a model its calibration samples, and the options that are chosen by them.
func (f *compileFlags) measure(c *cobra.Command, m *model) error {
	if err := f.calibrate.give(c, m); err != nil {
		return err
	}
	return f.budget.apply(c, m)
}

// open loads a model and reads the flags.
func (f *compileFlags) open(c *cobra.Command, file string) (*model, error) {
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	r, err := f.reading(o)
	if err != nil {
		return nil, err
	}
	loaded, err := loadNet(c, file, r)
	if err != nil {
		return nil, err
	}
	declared(o, loaded.pixels)
	formulas, err := normalisations(file, loaded.net, o)
	if err != nil {
		return nil, err
	}
	for _, f := range formulas {
		fmt.Fprintln(c.ErrOrStderr(), f)
	}
	o.Tell = telling(c)
	inputs := loaded.files
	if f.neurons != "" {
		inputs = append(inputs, f.neurons)
	}
	for _, item := range f.bind {
		_, bound, _ := strings.Cut(item, "=")
		inputs = append(inputs, bound)
	}
	warn := func(text string) { wrapped(c.ErrOrStderr(), "warning: "+text) }
	m := &model{net: loaded.net, options: o, file: file, inputs: inputs, outputs: f.outputs, warn: warn}
	return m, f.measure(c, m)
}

// normalisations say how pixels are understood, input by input. One that an input
// does not have is refused. A state that goes in is no pixel.
func normalisations(file string, net *ir.Net, o *passes.Options) ([]string, error) {
	asked := ""
	if p := o.Pixels; p != nil {
		asked = ir.InputAttrs{Scale: p.Scale, Mean: p.Mean, Std: p.Std}.Meaning()
	}
	var out []string
	states := passes.StateInputs(net, o)
	for _, in := range net.All(ir.OpInput) {
		if slices.Contains(states, in) {
			continue
		}
		means := in.Attrs.(ir.InputAttrs).Meaning()
		if in.Type.IsReal() {
			means = asked
		}
		if means != "" {
			out = append(out, fmt.Sprintf("pixels: %s = %s of a pixel p%s", in.Name, means, ofBytes(in, o)))
		}
		if asked != "" && means != "" && means != asked {
			return nil, usageError{fmt.Errorf("--mean, --std: of a pixel p of %s, %s is %s", file, in.Name, means)}
		}
	}
	if asked != "" && out == nil {
		return nil, usageError{fmt.Errorf("--mean, --std: %s takes integers as they are, which nothing normalises", file)}
	}
	return append(out, roundedInputs(net, o)...), nil
}

// ofBytes asks about a mean that is above all pixels, which makes all inputs negative: it may
// be one of numbers 0 to 255.
func ofBytes(in *ir.Value, o *passes.Options) string {
	const brightest = 255
	if o.Pixels == nil || !in.Type.IsReal() || o.InputType.Kind != 0 {
		return ""
	}
	scale := slices.Max(o.Pixels.Scale)
	if slices.Max(o.Pixels.Mean) <= brightest*scale || scale >= 1 {
		return ""
	}
	return "; M is above all of them: if M and S are of pixels 0 to 255, say --scale 1"
}

// at is the model lowered to the end of a level; a net that is further already stays.
func (m *model) at(level ir.Level) (*ir.Net, error) { return m.through(level, m.beginnings) }

// through is at, where seen sees the net behind each pass.
func (m *model) through(level ir.Level, seen func(passes.Pass, *ir.Net)) (*ir.Net, error) {
	if m.options.MembraneResiduals && (level < ir.Fixed || m.net.Level == ir.Fixed) {
		return nil, usageError{fmt.Errorf("--residual membrane: residuals are moved on the way to the fixed level, which is not gone here")}
	}
	if m.net.Level > level {
		return nil, fmt.Errorf("%s is at the %v level already, and cannot go back to %v", m.file, m.net.Level, level)
	}
	if level == ir.Source {
		return m.given("")
	}
	return passes.Lower(m.net, level, "", m.options, seen)
}

// beginnings warns of layers whose neurons start from several values, behind the pass that
// finds them: a network that was not reset before its export has the membranes of its last
// run. One value for all may be meant, as a reset value is; check tells of it too.
func (m *model) beginnings(p passes.Pass, net *ir.Net) {
	if p.Name != "raise-neurons" || m.warn == nil {
		return
	}
	several := slices.DeleteFunc(neuronRows(net), func(n neuronRow) bool { return !strings.Contains(n.Start, spread) })
	if text := started(several); text != "" {
		m.warn(text)
	}
}

// given returns the network of the file with the options for its time steps applied:
// the loop around one of them, and the readout of an output that holds every one. A
// network that is complete without is tidied up to a pass, when one is named.
func (m *model) given(tidy string) (*ir.Net, error) {
	switch {
	case m.net.Level > ir.Source:
		return m.net, nil
	case m.options.Steps > 0:
		tidy = "bind-state"
	case m.options.Readout != "" || len(m.options.Readouts) > 0:
		tidy = "reroll-time"
	case tidy == "" && len(m.outputs) > 0:
		return passes.WithOutputs(m.net, m.outputs, nil)
	case tidy == "":
		return m.net, nil
	}
	return passes.Lower(m.net, ir.Spiking, tidy, m.options, nil)
}

func levelFlag(fs *pflag.FlagSet, to *string, byDefault string) {
	fs.StringVar(to, "level", byDefault, "the `LEVEL` to stop at: source (as imported), spiking (one step of neurons, real weights) or fixed (integers)")
}

// loweredLevel is the level below fixed, of which ir and run know: the program that back ends share.
const loweredLevel = "lowered"

// withLowered adds to the help of --level.
func withLowered(fs *pflag.FlagSet) {
	f := fs.Lookup("level")
	f.Usage = strings.Replace(f.Usage, " or fixed (integers)", ", fixed (integers) or lowered (the program that engines are made of)", 1)
}

func parseLevel(s string) (ir.Level, error) {
	level, err := ir.ParseLevel(s)
	if err != nil {
		return 0, usageError{fmt.Errorf("--level: %w%s", err, meant(s, []string{"source", "spiking", "fixed", loweredLevel}))}
	}
	return level, nil
}
