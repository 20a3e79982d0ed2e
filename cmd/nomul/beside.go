package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/runtime/dataset"
	"nomul/runtime/files"
)

// beside reads the files that a model names.
type beside struct{ *files.Folder }

// allowing adds to the error of a file that is out of bounds the flag that lets it be read.
func allowing(err error) error {
	var out *files.Outside
	if errors.As(err, &out) {
		return fmt.Errorf("%w; --allow-path %s lets it be read", err, shellQuoted(fromHere(filepath.Dir(out.Path))))
	}
	return err
}

// fromHere is a folder as one would type it: from the working directory on, if that is shorter.
func fromHere(dir string) string {
	here, err := os.Getwd()
	if err != nil {
		return dir
	}
	if here, err = filepath.EvalSymlinks(here); err != nil {
		return dir
	}
	if near, err := filepath.Rel(here, dir); err == nil && len(near) < len(dir) {
		return near
	}
	return dir
}

func (b beside) bytes(path string) ([]byte, error) {
	f, err := b.Open(path)
	if err != nil {
		return nil, allowing(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	return data, files.Reason(err)
}

// text reads a source text.
func (b beside) text(path string) (string, error) {
	data, err := b.bytes(path)
	return string(data), err
}

// part reads a part of a file of an ONNX model's numbers.
func (b beside) part(path string, offset, length int64) ([]byte, error) {
	f, err := b.Open(filepath.FromSlash(path))
	if err != nil {
		return nil, allowing(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, files.Reason(err)
	}
	if offset > info.Size()-length {
		return nil, fmt.Errorf("it has %d bytes, wanted %d from %d", info.Size(), length, offset)
	}
	data := make([]byte, length)
	_, err = f.ReadAt(data, offset)
	return data, err
}

// arrays reads trained numbers from whatever kind of file they are in.
func (b beside) arrays(path string) (map[string]*ir.Tensor, error) {
	parse := dataset.ParseArrays
	switch filepath.Ext(path) {
	case ".onnx":
		parse = nil
	case ".safetensors":
		parse = dataset.ParseSafetensors
	case ".npz", ".npy":
	default:
		return nil, fmt.Errorf("wanted a .npz, .npy, .safetensors or .onnx file")
	}
	data, err := b.bytes(path)
	if err != nil {
		return nil, err
	}
	if parse == nil {
		return onnx.Weights(path, data, onnx.Options{Load: beside{b.Of(path)}.part})
	}
	arrays, err := parse(path, data)
	if err != nil {
		return nil, err
	}
	return tensors(arrays)
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

// constants loads arrays from .npz files in the folder of a text.
func (b beside) constants() ir.Loader {
	cache := map[string]map[string]*dataset.Array{}
	return func(file, key string) (*ir.Tensor, error) {
		if filepath.Base(file) != file {
			return nil, fmt.Errorf("%s: wanted a file in the folder of the text", file)
		}
		if cache[file] == nil {
			data, err := b.bytes(file)
			if err != nil {
				return nil, fmt.Errorf("%s cannot be read: %w", file, err)
			}
			if cache[file], err = dataset.ParseArrays(file, data); err != nil {
				return nil, err
			}
		}
		a := cache[file][key]
		if a == nil {
			return nil, fmt.Errorf("%s has no array %q", file, key)
		}
		return a.Tensor()
	}
}
