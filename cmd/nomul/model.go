package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"nomul/frontend/dsl"
	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/files"
)

// loadNet reads a model by its extension. Warnings go to stderr; operators that
// are not understood are errors, all told at once.
func loadNet(c *cobra.Command, file string, r reading) (*opened, error) {
	m, list, err := readWanted(file, r)
	for _, w := range list.Warnings() {
		fmt.Fprintln(c.ErrOrStderr(), w)
	}
	if err != nil {
		return nil, err
	}
	if gaps := onnx.Unsupported(m.net); len(gaps) > 0 {
		return nil, gapErrors(file, gaps)
	}
	return m, nil
}

// opened is a model as its file has it, and the pixels and comments of a source text.
type opened struct {
	net    *ir.Net
	pixels *dsl.Pixels // of a source text
	doc    string      // the comment above the model, of a source text
	files  []string    // its own, and those that it names
}

// reading is the command line's options for reading a model's file.
type reading struct {
	set     map[string]string // parameters of a source text
	neurons []onnx.Neuron     // that operators of an ONNX file are
	inputs  givenInputs       // of an ONNX file
	allowed []string          // folders from which the model may read besides its own
	step    *stepFlags        // how a file of one time step is run
	outputs []string          // those that are wanted; all where none are named
	options *passes.Options   // of which the state says which outputs are no results
}

// reading collects them from the flags.
func (f *compileFlags) reading(o *passes.Options) (reading, error) {
	set, err := settings(f.set)
	if err != nil {
		return reading{}, err
	}
	inputs, err := f.givenInputs()
	r := reading{set: set, inputs: inputs, allowed: f.allowed, step: &f.step, outputs: f.outputs, options: o}
	if err != nil || f.neurons == "" {
		return r, err
	}
	data, err := readFile(f.neurons)
	if err != nil {
		return reading{}, err
	}
	r.neurons, err = onnx.ReadNeurons(f.neurons, data)
	return r, err
}

// readFile reads a file that the command line names.
func readFile(file string) ([]byte, error) {
	data, err := files.Read(file)
	if err != nil {
		return nil, diag.Errorf(diag.Origin{File: file}, diag.BadFile, "cannot be read: %v", err)
	}
	return data, nil
}

// readWanted reads a model, of which the outputs are left that are wanted.
func readWanted(file string, r reading) (*opened, diag.List, error) {
	m, list, err := readModel(file, r)
	if err == nil {
		err = r.step.useless(file, m.net)
	}
	if err == nil {
		m.net, err = r.wanted(file, m.net)
	}
	return m, list, err
}

// wanted returns the net with the outputs that are asked for, which must be there; so must
// those of which it is said how they are read.
func (r reading) wanted(file string, net *ir.Net) (*ir.Net, error) {
	for _, name := range r.outputs {
		if !hasOutput(net, name) {
			return nil, usageError{fmt.Errorf("--outputs %s: wanted some of the outputs %s of %s", name, names(net.All(ir.OpOutput)), file)}
		}
	}
	for _, name := range sortedKeys(r.options.Readouts) {
		if !hasOutput(net, name) {
			return nil, usageError{fmt.Errorf("--readout %s=%s: wanted one of the outputs %s of %s", name, r.options.Readouts[name], names(net.All(ir.OpOutput)), file)}
		}
	}
	if len(r.outputs) == 0 {
		return net, nil
	}
	only, err := passes.WithOutputs(net, r.outputs, r.options)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(r.options.Readouts, func(name, _ string) bool { return !hasOutput(only, name) })
	return only, nil
}

// hasOutput reports whether a net has an output of a name.
func hasOutput(net *ir.Net, name string) bool {
	v := net.Find(ir.CleanName(name))
	return v != nil && v.Op == ir.OpOutput
}

// readModel reads a model.
func readModel(file string, r reading) (*opened, diag.List, error) {
	var said []string
	for _, value := range r.set {
		said = append(said, strings.Trim(value, `"`))
	}
	folder := beside{files.FolderOf(file, r.allowed, said...)}
	if r.neurons != nil && filepath.Ext(file) != ".onnx" {
		return nil, nil, usageError{fmt.Errorf("--neurons: only .onnx files have operators to map, not %s", file)}
	}
	if flag := r.inputs.flag(); flag != "" && filepath.Ext(file) != ".onnx" {
		return nil, nil, usageError{fmt.Errorf("%s: only .onnx files leave that to be said, not %s", flag, file)}
	}
	if filepath.Ext(file) == ".snn" {
		m, list, err := readSource(file, r.set, folder)
		if err != nil {
			return nil, nil, err
		}
		return &opened{m.Net, m.Pixels, m.Doc, append(folder.Found(), file)}, list, nil
	}
	if len(r.set) > 0 {
		return nil, nil, usageError{fmt.Errorf("--set: only .snn files have parameters, not %s", file)}
	}
	net, list, err := readNet(file, r, folder)
	return &opened{net: net, files: append(folder.Found(), file)}, list, err
}

func readNet(file string, r reading, folder beside) (*ir.Net, diag.List, error) {
	ext := filepath.Ext(file)
	if ext != ".onnx" && ext != ".sir" {
		return nil, nil, usageError{fmt.Errorf("%s: wanted a .onnx, .snn or .sir file", file)}
	}
	data, err := readFile(file)
	if err != nil {
		return nil, nil, err
	}
	if ext == ".onnx" {
		net, list := onnx.Import(file, data, onnx.Options{Load: folder.part, Neurons: r.neurons, Shapes: r.inputs.shapes, Bind: r.inputs.bound})
		return net, list, list.Err()
	}
	net, err := ir.Parse(file, string(data), folder.constants())
	if err == nil {
		err = ir.Verify(net)
	}
	return net, nil, err
}

func gapErrors(file string, gaps []onnx.Gap) error {
	var list diag.List
	for _, g := range gaps {
		list = append(list, g.Diagnostic(file))
	}
	return list.Err()
}
