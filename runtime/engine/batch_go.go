package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"nomul/backends"
	"nomul/runtime/engine/toolchain"
)

// GoBatch builds the emitted Go of many nets into one program and runs it once
// for each kernel: go, or auto for the fastest of this machine. The nets share one
// copy of the kernels, in one package. The result is by kernel, then by case; the
// error is that of the batch as a whole. Missing tools are a *toolchain.Missing.
func GoBatch(ctx context.Context, cases []Case, b backends.Backend, kernels ...string) ([][]Result, error) {
	if err := toolchain.Need("go"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nomul-batch-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p := &batchGo{newBatch(cases, b), &artefact{dir: dir}}
	built, err := p.compile(ctx)
	if err != nil {
		return nil, err
	}
	var out [][]Result
	for _, k := range kernels {
		r, err := p.run(ctx, p.process(ctx, built, p.to.path("build/batch"), k), built)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

type batchGo struct {
	*batch
	to *artefact // the directory
}

// own matches the names of a model in the text of its package. The first model of a
// batch keeps them, the others have a number behind them; fields and methods of
// models never have these names.
var own = regexp.MustCompile(`\b(Model|newModel|Steps|weightsBin|Layers?|InputBytes|loadWeights|loadTables|updates|newUpdates)\b|(//go:embed weights)`)

// function matches the beginning of the functions of layers; the number stands before, for
// names of layers may end in one.
var function = regexp.MustCompile(`\bupdate[A-Z]`)

// per matches the files of a model's own text.
var per = regexp.MustCompile(`^batch/(model|trace|updates)([._].*)$`)

// compile writes and builds the cases that are left, until none is left that the
// compiler complains of, and returns those that are in the program.
func (p *batchGo) compile(ctx context.Context) ([]int, error) {
	for {
		left := p.left()
		if len(left) == 0 {
			return nil, nil
		}
		if err := p.write(left); err != nil {
			return nil, err
		}
		err := p.to.build(ctx, []string{"CGO_ENABLED=0", "GOWORK=off", "GOFLAGS="},
			"go", "build", "-trimpath", "-gcflags=-e", "-o", "build/batch", "./cmd/batch")
		if err == nil {
			return left, nil
		}
		if !p.blame(err) {
			return nil, err
		}
	}
}

var complaint = regexp.MustCompile(`(?m)^\S*(?:model|trace|updates)_(\d+)(?:_\w+)?\.(?:go|s):.*$`)

// blame takes out the cases that the compiler complains of; it reports whether
// there are any.
func (p *batchGo) blame(err error) bool {
	var failed *toolchain.Failure
	if !errors.As(err, &failed) {
		return false
	}
	found := complaint.FindAllStringSubmatch(failed.Output, -1)
	for _, f := range found {
		if i, err := strconv.Atoi(f[1]); err == nil {
			p.results[i].Err = errors.Join(p.results[i].Err, errors.New(f[0]))
		}
	}
	return len(found) > 0
}

// write prints the package: the first artefact as it is but for the programs and
// tests around it, the models of the others, and the program that runs them all.
func (p *batchGo) write(left []int) error {
	if err := os.RemoveAll(p.to.dir); err != nil {
		return err
	}
	for at, i := range left {
		for _, f := range p.backend.Emit(p.cases[i].Net, backends.Options{Name: "batch"}) {
			if name, data := p.place(f, i, at == 0); name != "" {
				if err := p.put(name, data); err != nil {
					return err
				}
			}
		}
	}
	if err := p.put("batch/batch.go", p.runner(left)); err != nil {
		return err
	}
	return p.put("cmd/batch/main.go", []byte(batchMain))
}

func (p *batchGo) put(name string, data []byte) error {
	path := p.to.path(filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// place returns the name and text of a file in the batch; no name is for those that
// are left out.
func (p *batchGo) place(f backends.File, i int, first bool) (string, []byte) {
	number := fmt.Sprint(i)
	if parts := per.FindStringSubmatch(f.Name); parts != nil {
		text := f.Data
		if !first {
			text = own.ReplaceAll(text, []byte("${1}${2}"+number))
			text = function.ReplaceAll(text, []byte("of"+number+"_${0}"))
		}
		return "batch/" + parts[1] + "_" + number + parts[2], text
	}
	if f.Name == "batch/weights.bin" && !first {
		return "batch/weights" + number + ".bin", f.Data
	}
	if !first || strings.HasSuffix(f.Name, "_test.go") || strings.HasPrefix(f.Name, "cmd/") {
		return "", nil
	}
	return f.Name, f.Data
}

// runner prints the table of models.
func (p *batchGo) runner(left []int) []byte {
	var b strings.Builder
	b.WriteString(batchRunner)
	for at, i := range left {
		n := fmt.Sprint(i)
		if at == 0 {
			n = ""
		}
		fmt.Fprintf(&b, "\t{InputBytes%s, func(k *kernel) infer { return newModel%s(k).InferStream }},\n", n, n)
	}
	b.WriteString("}\n")
	return []byte(b.String())
}

const batchRunner = `package batch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

type infer func(out, in []byte, trace bool) ([]byte, error)

// Run runs the models from a number on, each with the samples that it reads.
func Run(name string, from int, in io.Reader, out io.Writer) error {
	chosen := kernels()[0]
	for _, k := range kernels() {
		if k.name == name {
			chosen = k
		}
	}
	for _, m := range models[from:] {
		var head [4]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return err
		}
		infer, sample, told := m.make(chosen), make([]byte, m.bytes), make([]byte, 4)
		for range binary.LittleEndian.Uint32(head[:]) {
			if _, err := io.ReadFull(in, sample); err != nil {
				return err
			}
			var err error
			if told, err = infer(told, sample, true); err != nil {
				return err
			}
			if whole, err := infer(nil, sample, false); err != nil || !bytes.HasSuffix(told, whole) {
				return fmt.Errorf("a sample as a whole has other outputs than step by step (%v)", err)
			}
		}
		binary.LittleEndian.PutUint32(told, uint32(len(told)-4))
		if _, err := out.Write(told); err != nil {
			return err
		}
	}
	return nil
}

var models = []struct {
	bytes int
	make  func(*kernel) infer
}{
`

const batchMain = `package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"

	"nomul.model/batch"
)

func main() {
	from, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = batch.Run(os.Args[1], from, bufio.NewReader(os.Stdin), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`
