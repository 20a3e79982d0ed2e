package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"nomul/frontend/dsl"
	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/dataset"
)

// loadNet reads a model by its extension. Warnings go to stderr; operators that
// are not understood are errors, all told at once.
func loadNet(c *cobra.Command, file string, r reading) (*opened, error) {
	m, list, err := readModel(file, r)
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

// opened is a model as its file has it, and what it says of its pixels.
type opened struct {
	net    *ir.Net
	pixels *dsl.Pixels // of a source text
	doc    string      // what it says of itself
}

// reading is what the command line adds to a model's file.
type reading struct {
	set     map[string]string // parameters of a source text
	neurons []onnx.Neuron     // that operators of an ONNX file are
	inputs  givenInputs       // of an ONNX file
}

// reading reads what the flags add to the file.
func (f *compileFlags) reading() (reading, error) {
	set, err := settings(f.set)
	if err != nil {
		return reading{}, err
	}
	inputs, err := f.givenInputs()
	if err != nil || f.neurons == "" {
		return reading{set: set, inputs: inputs}, err
	}
	data, err := os.ReadFile(f.neurons)
	if err != nil {
		return reading{}, diag.Errorf(diag.Origin{File: f.neurons}, diag.BadFile, "cannot be read: %v", reason(err))
	}
	neurons, err := onnx.ReadNeurons(f.neurons, data)
	return reading{set, neurons, inputs}, err
}

// readModel reads a model.
func readModel(file string, r reading) (*opened, diag.List, error) {
	if r.neurons != nil && filepath.Ext(file) != ".onnx" {
		return nil, nil, usageError{fmt.Errorf("--neurons: only .onnx files have operators to map, not %s", file)}
	}
	if flag := r.inputs.flag(); flag != "" && filepath.Ext(file) != ".onnx" {
		return nil, nil, usageError{fmt.Errorf("%s: only .onnx files leave that to be said, not %s", flag, file)}
	}
	if filepath.Ext(file) == ".snn" {
		m, list, err := readSource(file, r.set)
		if err != nil {
			return nil, nil, err
		}
		return &opened{m.Net, m.Pixels, m.Doc}, list, nil
	}
	if len(r.set) > 0 {
		return nil, nil, usageError{fmt.Errorf("--set: only .snn files have parameters, not %s", file)}
	}
	net, list, err := readNet(file, r)
	return &opened{net: net}, list, err
}

func readNet(file string, r reading) (*ir.Net, diag.List, error) {
	ext := filepath.Ext(file)
	if ext != ".onnx" && ext != ".sir" {
		return nil, nil, usageError{fmt.Errorf("%s: wanted a .onnx, .snn or .sir file", file)}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, diag.Errorf(diag.Origin{File: file}, diag.BadFile, "cannot be read: %v", reason(err))
	}
	if ext == ".onnx" {
		net, list := onnx.Import(file, data, onnx.Options{Load: dataBeside(file), Neurons: r.neurons, Shapes: r.inputs.shapes, Bind: r.inputs.bound})
		return net, list, list.Err()
	}
	net, err := ir.Parse(file, string(data), loaderBeside(file))
	if err == nil {
		err = ir.Verify(net)
	}
	return net, nil, err
}

// dataBeside reads parts of the files in a model's folder.
func dataBeside(model string) onnx.Loader {
	return func(location string, offset, length int64) ([]byte, error) {
		root, err := os.OpenRoot(filepath.Dir(model))
		if err != nil {
			return nil, reason(err)
		}
		defer root.Close()
		f, err := root.Open(filepath.FromSlash(location))
		if err != nil {
			return nil, reason(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return nil, reason(err)
		}
		if !info.Mode().IsRegular() || offset > info.Size()-length {
			return nil, fmt.Errorf("it has %d bytes, wanted %d from %d", info.Size(), length, offset)
		}
		data := make([]byte, length)
		_, err = f.ReadAt(data, offset)
		return data, err
	}
}

// reason is a file error without the path, which the message has already.
func reason(err error) error {
	if p, ok := err.(*os.PathError); ok {
		return p.Err
	}
	return err
}

// loaderBeside loads arrays from .npz files in the folder of a text.
func loaderBeside(text string) ir.Loader {
	cache := map[string]map[string]*dataset.Array{}
	return func(file, key string) (*ir.Tensor, error) {
		if filepath.Base(file) != file {
			return nil, fmt.Errorf("%s: wanted a file in the folder of the text", file)
		}
		if cache[file] == nil {
			arrays, err := dataset.ReadArrays(filepath.Join(filepath.Dir(text), file))
			if err != nil {
				return nil, err
			}
			cache[file] = arrays
		}
		a := cache[file][key]
		if a == nil {
			return nil, fmt.Errorf("%s has no array %q", file, key)
		}
		return a.Tensor()
	}
}

// writeNet writes a net's text and, when it has constants too large to write
// out, an .npz beside it.
func writeNet(net *ir.Net, file string) error {
	arrays := map[string]*dataset.Array{}
	for key, t := range ir.Arrays(net) {
		arrays[key] = dataset.FromTensor(t)
	}
	npz := ""
	if len(arrays) > 0 {
		npz = strings.TrimSuffix(filepath.Base(file), ".sir") + ".npz"
		if err := dataset.WriteArrays(filepath.Join(filepath.Dir(file), npz), arrays); err != nil {
			return err
		}
	}
	return writeFile(file, []byte(ir.Print(net, npz)))
}

// writeFile writes a whole file or nothing.
func writeFile(file string, data []byte) error {
	if err := replaceFile(file, data); err != nil {
		return unwritable(file, err)
	}
	return nil
}

// unwritable is what is said of a result that cannot be put where it should go.
func unwritable(path string, err error) error {
	return diag.Errorf(diag.Origin{File: path}, diag.BadFile, "cannot be written: %v", reason(err))
}

func replaceFile(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".nomul-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	return err
}

func gapErrors(file string, gaps []onnx.Gap) error {
	var list diag.List
	for _, g := range gaps {
		list = append(list, g.Diagnostic(file))
	}
	return list.Err()
}
