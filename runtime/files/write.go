package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"

	"nomul/ir/diag"
)

// Output is a file to write: Fill writes its bytes.
type Output struct {
	Path string
	Fill func(io.Writer) error
}

// Bytes is an output whose bytes are there.
func Bytes(path string, data []byte) Output {
	return Output{path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}

// Write writes files whole, all of them or none, unless the context ends before: the
// bytes go to temporary files beside them, which take their names at the end. A
// symbolic link is followed; pipes and devices take the bytes as they come.
// Errors are diagnostics of code bad-file, or those of the context.
func Write(ctx context.Context, outputs ...Output) error {
	staged := make([]staged, len(outputs))
	defer func() {
		for _, s := range staged {
			s.discard()
		}
	}()
	for i, o := range outputs {
		var err error
		if staged[i], err = stage(ctx, o); err != nil {
			return unwritable(ctx, o.Path, err)
		}
	}
	for i := range staged {
		if err := staged[i].commit(); err != nil {
			return unwritable(ctx, outputs[i].Path, err)
		}
	}
	return nil
}

func unwritable(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return diag.Errorf(diag.Origin{File: path}, diag.BadFile, "cannot be written: %v", Reason(err))
}

// staged is an output whose bytes are in a temporary file; none for a device.
type staged struct{ temporary, path string }

func (s *staged) discard() {
	if s.temporary != "" {
		os.Remove(s.temporary)
	}
}

func (s *staged) commit() error {
	if s.temporary == "" {
		return nil
	}
	err := os.Rename(s.temporary, s.path)
	if err == nil {
		s.temporary = ""
	}
	return err
}

func stage(ctx context.Context, o Output) (staged, error) {
	info, err := os.Stat(o.Path)
	switch {
	case err == nil && info.IsDir():
		return staged{}, errors.New("it is a folder")
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(o.Path, os.O_WRONLY|syscall.O_NONBLOCK, 0) // a pipe without a reader is an error
		if err != nil {
			return staged{}, err
		}
		return staged{}, fill(ctx, f, o)
	}
	s := staged{path: Place(o.Path)}
	f, err := create(filepath.Dir(s.path))
	if err != nil {
		return s, err
	}
	s.temporary = f.Name()
	if info != nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if ferr := fill(ctx, f, o); err == nil {
		err = ferr
	}
	if err != nil {
		s.discard()
	}
	return s, err
}

// create makes a temporary file with the permissions of any other new file.
func create(dir string) (*os.File, error) {
	for {
		path := filepath.Join(dir, fmt.Sprintf(".nomul-%016x", rand.Uint64()))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !os.IsExist(err) {
			return f, err
		}
	}
}

// fill writes the bytes of an output and closes the file.
func fill(ctx context.Context, f *os.File, o Output) error {
	err := o.Fill(&heedful{ctx, f})
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// heedful is a writer that ends with its context.
type heedful struct {
	ctx context.Context
	w   io.Writer
}

// portion bounds the bytes between two looks at the context.
const portion = 1 << 20

func (h *heedful) Write(data []byte) (n int, err error) {
	for n < len(data) && err == nil {
		if err = h.ctx.Err(); err == nil {
			var m int
			m, err = h.w.Write(data[n:min(len(data), n+portion)])
			n += m
		}
	}
	return n, err
}

// maxLinks bounds the symbolic links that are followed, as systems do.
const maxLinks = 40

// Place is the path that a file is written to: where symbolic links lead, whether
// there is something or not.
func Place(path string) string {
	for range maxLinks {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Dir(path) + string(filepath.Separator) + to
		}
		path = to
	}
	return path
}
