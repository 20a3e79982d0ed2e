package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nomul/frontend/dsl"
	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/dataset"
)

// readSource compiles a text of the language; the paths in it begin at its folder.
func readSource(file string, set map[string]string) (*dsl.Model, diag.List, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, diag.Errorf(diag.Origin{File: file}, diag.BadFile, "cannot be read: %v", reason(err))
	}
	m, errs := dsl.Compile(file, string(text), &dsl.Options{Text: textBeside(file), Arrays: arraysBeside(file), Set: set})
	return m, errs, errs.Err()
}

func besideOf(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

func textBeside(file string) func(string) (string, error) {
	return func(path string) (string, error) {
		data, err := os.ReadFile(besideOf(file, path))
		if err != nil {
			return "", reason(err)
		}
		return string(data), nil
	}
}

// arraysBeside reads trained numbers from whatever kind of file they are in.
func arraysBeside(file string) func(string) (map[string]*ir.Tensor, error) {
	return func(path string) (map[string]*ir.Tensor, error) {
		full := besideOf(file, path)
		read := dataset.ReadArrays
		switch filepath.Ext(path) {
		case ".onnx":
			data, err := os.ReadFile(full)
			if err != nil {
				return nil, reason(err)
			}
			return onnx.Weights(full, data, onnx.Options{Load: dataBeside(full)})
		case ".safetensors":
			read = dataset.ReadSafetensors
		case ".npz", ".npy":
		default:
			return nil, fmt.Errorf("wanted a .npz, .npy, .safetensors or .onnx file")
		}
		arrays, err := read(full)
		if err != nil {
			return nil, err
		}
		return tensors(arrays)
	}
}

func tensors(arrays map[string]*dataset.Array) (map[string]*ir.Tensor, error) {
	out := map[string]*ir.Tensor{}
	for name, a := range arrays {
		t, err := a.Tensor()
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		out[name] = t
	}
	return out, nil
}

// settings reads NAME=VALUE items.
func settings(items []string) (map[string]string, error) {
	set := map[string]string{}
	for _, item := range items {
		name, value, ok := strings.Cut(item, "=")
		if !ok || name == "" {
			return nil, usageError{fmt.Errorf("--set %s: wanted NAME=VALUE", item)}
		}
		set[name] = value
	}
	return set, nil
}

// declared lets what a source text says of its pixels stand where no flag says otherwise.
func declared(o *passes.Options, p *dsl.Pixels) {
	if p == nil {
		return
	}
	if o.Pixels == nil && o.InputType.Kind == 0 {
		o.Pixels = &passes.Pixels{Scale: p.Scale, Mean: p.Mean, Std: p.Std}
		o.InputType = p.Type
	}
}
