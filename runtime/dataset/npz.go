package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sort"
	"strings"

	"nomul/ir/diag"
	"nomul/runtime/files"
)

// bad makes the one kind of error this package gives: about a file.
func bad(path string, code diag.Code, format string, args ...any) error {
	return diag.Errorf(diag.Origin{File: path}, code, format, args...)
}

// readFile is files.Read with a diagnostic.
func readFile(path string) ([]byte, error) {
	data, err := files.Read(path)
	if err != nil {
		return nil, bad(path, diag.BadFile, "cannot be read: %v", err)
	}
	return data, nil
}

// ReadArrays reads the arrays of a .npz file by their names, or the one array
// of a .npy file under the file's name without .npy.
// Errors are diagnostics of code bad-file.
func ReadArrays(path string) (map[string]*Array, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return ParseArrays(path, data)
}

// ParseArrays is ReadArrays of a file that has been read.
func ParseArrays(path string, data []byte) (map[string]*Array, error) {
	if strings.HasPrefix(string(data), npyMagic) {
		a, err := readNpy(bytes.NewReader(data), MaxElements)
		if err != nil {
			return nil, bad(path, diag.BadFile, "%v", err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".npy")
		return map[string]*Array{name: a}, nil
	}
	arrays, err := readNpz(data)
	if err != nil {
		return nil, bad(path, diag.BadFile, "%v", err)
	}
	return arrays, nil
}

func readNpz(data []byte) (map[string]*Array, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("neither a numpy array (.npy) nor a zip of them (.npz): %v", err)
	}
	out := map[string]*Array{}
	left := MaxElements
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("array %q is there twice", name)
		}
		a, err := readMember(f, left)
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		out[name] = a
		left -= a.Len()
	}
	return out, nil
}

func readMember(f *zip.File, limit int) (*Array, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readNpy(r, limit)
}

// Output is a .npz file to write. The same arrays give the same bytes.
func Output(path string, arrays map[string]*Array) files.Output {
	return files.Output{Path: path, Fill: func(w io.Writer) error { return writeNpz(w, arrays) }}
}

// WriteArrays writes a .npz file, whole or not at all.
func WriteArrays(path string, arrays map[string]*Array) error {
	return files.Write(context.Background(), Output(path, arrays))
}

func writeNpz(w io.Writer, arrays map[string]*Array) error {
	names := make([]string, 0, len(arrays))
	for name := range arrays {
		names = append(names, name)
	}
	sort.Strings(names)
	z := zip.NewWriter(w)
	for _, name := range names {
		member, err := z.Create(name + ".npy")
		if err != nil {
			return err
		}
		if err := writeNpy(member, arrays[name]); err != nil {
			return fmt.Errorf("array %q: %w", name, err)
		}
	}
	return z.Close()
}
