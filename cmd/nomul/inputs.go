package main

import (
	"fmt"
	"strconv"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/dataset"
)

// givenInputs holds the shapes and bindings of an ONNX file's inputs on the command line.
type givenInputs struct {
	shapes map[string][]int64
	bound  map[string]*ir.Tensor
}

// flag is the flag that said something; empty when none did.
func (g givenInputs) flag() string {
	switch {
	case len(g.shapes) > 0:
		return "--input-shape"
	case len(g.bound) > 0:
		return "--bind"
	}
	return ""
}

func (f *compileFlags) givenInputs() (givenInputs, error) {
	g := givenInputs{map[string][]int64{}, map[string]*ir.Tensor{}}
	for _, item := range f.shapes {
		name, list, ok := strings.Cut(item, "=")
		if _, twice := g.shapes[name]; twice || !ok {
			return g, usageError{fmt.Errorf("--input-shape %s: wanted NAME=N,N,… once for an input", item)}
		}
		for _, part := range strings.Split(list, ",") {
			n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
			if err != nil || n < 1 {
				return g, usageError{fmt.Errorf("--input-shape %s: %q is no extent, wanted numbers from 1 on", item, part)}
			}
			g.shapes[name] = append(g.shapes[name], n)
		}
	}
	for _, item := range f.bind {
		name, file, ok := strings.Cut(item, "=")
		if _, twice := g.bound[name]; twice || !ok {
			return g, usageError{fmt.Errorf("--bind %s: wanted NAME=FILE once for an input", item)}
		}
		data, err := boundArray(name, file)
		if err != nil {
			return g, err
		}
		g.bound[name] = data
	}
	return g, nil
}

// boundArray is a file's array for an input: that of its name, or the only one.
func boundArray(name, file string) (*ir.Tensor, error) {
	arrays, err := dataset.ReadArrays(file)
	if err != nil {
		return nil, err
	}
	a, err := arrayFor(&ir.Value{Name: name}, 1, arrays, file)
	if err != nil {
		return nil, err
	}
	t, err := a.Tensor()
	if err != nil {
		return nil, diag.Errorf(diag.Origin{File: file}, diag.BadData, "array %q: %v", name, err)
	}
	return t, nil
}
