package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"nomul/backends"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/dataset"
	"nomul/runtime/files"
)

// sink is the standard output of results. Its first error is kept, for the exit status,
// and nothing is written behind it.
type sink struct {
	io.Writer
	begun bool
	err   error
}

func (s *sink) Write(data []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	s.begun = true
	n, err := s.Writer.Write(data)
	if err != nil {
		s.err = fmt.Errorf("standard output cannot be written: %w", files.Reason(err))
	}
	return n, s.err
}

// shellQuoted is a word for a command line of a shell.
func shellQuoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:@%,", r) || r > 127
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// apart refuses outputs that would take the place of an input or of each other, by
// whatever paths or links they are named.
func apart(outputs, inputs []string) error {
	for i, out := range outputs {
		place := files.Place(out)
		info, err := os.Stat(place)
		if out == "" || err == nil && !info.Mode().IsRegular() {
			continue // none is asked for; or a device, which takes anything
		}
		for _, in := range inputs {
			if other, err := os.Stat(in); err == nil && info != nil && os.SameFile(info, other) {
				return usageError{fmt.Errorf("%s is read and would be overwritten by the output %s", in, out)}
			}
		}
		for _, other := range outputs[:i] {
			if samePlace(place, files.Place(other)) {
				return usageError{fmt.Errorf("%s and %s are the same file, for two outputs", other, out)}
			}
		}
	}
	return nil
}

// samePlace reports whether two paths without links at their ends name one file, there or not.
func samePlace(a, b string) bool {
	x, xerr := os.Stat(a)
	y, yerr := os.Stat(b)
	if xerr == nil && yerr == nil {
		return os.SameFile(x, y)
	}
	x, xerr = os.Stat(filepath.Dir(a))
	y, yerr = os.Stat(filepath.Dir(b))
	return xerr == nil && yerr == nil && os.SameFile(x, y) && filepath.Base(a) == filepath.Base(b)
}

// netOutputs are the files of a net's text: itself and, when it has constants too
// large to write out, an .npz beside it.
func netOutputs(net *ir.Net, file string) []files.Output {
	arrays := map[string]*dataset.Array{}
	for key, t := range ir.Arrays(net) {
		arrays[key] = dataset.FromTensor(t)
	}
	if len(arrays) == 0 {
		return []files.Output{files.Bytes(file, []byte(ir.Print(net, "")))}
	}
	npz := strings.TrimSuffix(filepath.Base(file), ".sir") + ".npz"
	return []files.Output{dataset.Output(filepath.Join(filepath.Dir(file), npz), arrays),
		files.Bytes(file, []byte(ir.Print(net, npz)))}
}

// write writes files that are made of the model and other inputs, which they must leave alone.
func (m *model) write(c *cobra.Command, outputs []files.Output, inputs ...string) error {
	var paths []string
	for _, o := range outputs {
		paths = append(paths, o.Path)
	}
	if err := apart(paths, append(m.inputs, inputs...)); err != nil {
		return err
	}
	return files.Write(c.Context(), outputs...)
}

// overArrays refuses to put arrays in the place of a file that holds none.
func overArrays(outputs ...string) error {
	for _, out := range outputs {
		info, err := os.Stat(out)
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			continue // nothing is there to lose; or a device, which takes anything
		}
		f, err := files.Open(out)
		if err != nil {
			return diag.Errorf(diag.Origin{File: out}, diag.BadFile, "cannot be replaced: %v", files.Reason(err))
		}
		head := make([]byte, 6)
		n, _ := io.ReadFull(f, head)
		f.Close()
		if first := string(head[:n]); !strings.HasPrefix(first, "PK") && first != "\x93NUMPY" {
			return diag.Errorf(diag.Origin{File: out}, diag.BadFile, "exists and holds no arrays, so that results do not replace it").
				WithHelp("choose another file, or remove this one first")
		}
	}
	return nil
}

// makeFolder makes a folder and those that it is in, if they are not there.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return diag.Errorf(diag.Origin{File: dir}, diag.BadFile, "cannot be made: %v", files.Reason(err))
	}
	return nil
}

// vacant demands that a directory is not there yet, or may be replaced. One that a
// build has left half replaced is brought back first.
func vacant(c *cobra.Command, dir string, force bool) error {
	restored, err := files.Restore(dir)
	if err != nil {
		return err
	}
	if restored {
		fmt.Fprintf(c.ErrOrStderr(), "%s: a build was cut off here; the files from before it are back\n", dir)
	}
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return diag.Errorf(diag.Origin{File: dir}, diag.BadFile, "cannot be made: %v", files.Reason(err))
	}
	if force {
		if _, err := os.Stat(filepath.Join(dir, files.Manifest)); err == nil {
			return nil
		}
		return diag.Errorf(diag.Origin{File: dir}, diag.BadFile, "has no %s, so nomul did not make it and will not replace it", files.Manifest)
	}
	return diag.Errorf(diag.Origin{File: dir}, diag.BadFile, "exists and is not empty").WithHelp("choose another directory, or say --force to replace it")
}

// writeDir writes an artefact whole or not at all, in the place of an earlier one.
func writeDir(ctx context.Context, dir string, artefact []backends.File, inputs []string) error {
	var outputs []files.Output
	var paths []string
	for _, f := range artefact {
		outputs = append(outputs, files.Bytes(f.Name, f.Data))
		paths = append(paths, filepath.Join(dir, f.Name))
	}
	if err := apart(paths, inputs); err != nil {
		return err
	}
	return files.WriteDir(ctx, dir, outputs)
}
