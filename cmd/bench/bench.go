package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"nomul/backends"
	"nomul/frontend/onnx"
	"nomul/ir"
	"nomul/passes"
	"nomul/runtime/dataset"
	"nomul/runtime/engine/toolchain"
)

// artefactName is the name that emitted models get.
const artefactName = "model"

// bench is one run of the program: the net, the images, folders, and the report so far.
type bench struct {
	o       *options
	root    string // the folder of the module nomul
	dir     string // a temporary folder
	net     *ir.Net
	images  *dataset.Images
	timed   int // of the images, those whose layers are timed
	report  *report
	section string // the one at work
}

// newBench compiles the model to the fixed level and reads the images.
func newBench(ctx context.Context, o *options) (*bench, error) {
	b := &bench{o: o, timed: timedImages, report: &report{Machine: machine()}}
	if err := b.findRoot(ctx); err != nil {
		return nil, err
	}
	if err := b.readImages(); err != nil {
		return nil, err
	}
	if err := b.compile(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nomul-bench-")
	b.dir = dir
	return b, err
}

// findRoot finds the module's folder, where the bundled files and go.sum are.
func (b *bench) findRoot(ctx context.Context) error {
	out, _, err := toolchain.Run(ctx, toolchain.Command{Args: []string{"go", "list", "-m", "-f", "{{.Dir}}", "nomul"}})
	if err != nil {
		return fmt.Errorf("run it inside nomul's own module: %w", err)
	}
	b.root = strings.TrimSpace(string(out))
	v, err := toolchain.Version(ctx, "go", "version")
	b.tool("go", v)
	return err
}

func (b *bench) readImages() error {
	images, labels := b.o.images, b.o.labels
	if images == "" {
		images, labels = filepath.Join(b.root, bundledImages), filepath.Join(b.root, bundledLabels)
	}
	m, err := dataset.Load(images, labels)
	if err != nil {
		return err
	}
	b.images = m.Limit(b.o.limit)
	b.report.Images = fmt.Sprintf("%d of %s", b.images.Len(), b.short(images))
	return nil
}

func (b *bench) compile() error {
	model := b.o.model
	if model == "" {
		model = filepath.Join(b.root, bundledModel)
	}
	b.o.model, b.report.Model = model, b.short(model)
	b.progress("compiling %s", b.report.Model)
	data, err := os.ReadFile(model)
	if err != nil {
		return err
	}
	source, found := onnx.Import(b.report.Model, data, onnx.Options{Load: beside(model)})
	if source == nil {
		return found
	}
	if len(found) > 0 {
		b.progress("%v", found)
	}
	b.net, err = passes.Lower(source, ir.Fixed, "", &passes.Options{Pixels: &b.o.pixels}, nil)
	if err != nil {
		return err
	}
	inputs := backends.PortsOf(b.net).Inputs
	if len(inputs) != 1 {
		return fmt.Errorf("%s has %d inputs; images are one", b.report.Model, len(inputs))
	}
	return b.images.CheckShape(inputs[0].Type.Shape)
}

// beside reads parts of the files in the model's folder.
func beside(model string) onnx.Loader {
	return func(location string, offset, length int64) ([]byte, error) {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(model), location))
		if err == nil && int64(len(data))-offset < length {
			err = fmt.Errorf("%s has %d bytes, wanted %d from %d", location, len(data), length, offset)
		}
		if err != nil {
			return nil, err
		}
		return data[offset : offset+length], nil
	}
}

// emit writes an artefact into a folder of its own and gives its path.
func (b *bench) emit(target backends.Backend, o backends.Options) (string, error) {
	if err := target.Check(b.net).Err(); err != nil {
		return "", err
	}
	dir := filepath.Join(b.dir, target.Name())
	for _, f := range target.Emit(b.net, o) {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// exec runs a tool, adds the command to the report and gives the standard output.
func (b *bench) exec(ctx context.Context, c toolchain.Command) ([]byte, error) {
	b.told(c)
	out, _, err := toolchain.Run(ctx, c)
	return out, err
}

// execSaid is exec for tools whose results are on standard error.
func (b *bench) execSaid(ctx context.Context, c toolchain.Command) ([]byte, error) {
	b.told(c)
	_, said, err := toolchain.Run(ctx, c)
	return said, err
}

// told adds a command to the report.
func (b *bench) told(c toolchain.Command) {
	line := strings.Join(slices.Concat(c.Env, c.Args), " ")
	if c.Dir != "" {
		line = "(in " + c.Dir + ") " + line
	}
	b.command(b.short(line))
}

// command adds a command line to the report.
func (b *bench) command(line string) {
	b.progress("%s", line)
	if !slices.Contains(b.report.Commands, line) {
		b.report.Commands = append(b.report.Commands, line)
	}
}

// tool adds a tool's version to the report.
func (b *bench) tool(name, version string) {
	t := toolVersion{name, version}
	if version != "" && !slices.Contains(b.report.Tools, t) {
		b.report.Tools = append(b.report.Tools, t)
	}
}

// version asks a tool for its version; a missing tool is told where it is needed.
func (b *bench) version(ctx context.Context, name, flag string) {
	v, err := toolchain.Version(ctx, name, flag)
	if err == nil {
		b.tool(name, v)
	}
}

// missed tells that a figure is not in the report, and why.
func (b *bench) missed(what string, err error) {
	m := missed{b.section, what, err.Error()}
	b.report.Missed = append(b.report.Missed, m)
	b.progress("%s not measured: %s", what, m.Why)
}

func (b *bench) progress(format string, args ...any) {
	prefix := "bench: "
	if b.section != "" {
		prefix += b.section + ": "
	}
	fmt.Fprintf(os.Stderr, prefix+format+"\n", args...)
}

// short leaves the module's and the temporary folder out of a path or command.
func (b *bench) short(s string) string {
	if b.dir != "" {
		s = strings.ReplaceAll(s, b.dir, "$TMP")
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, b.root+"/", ""), "(in "+b.root+") ", "")
}

// machine is the processor, as far as the system tells, and how busy it is.
func machine() string {
	system := fmt.Sprintf("%d threads, %s/%s%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, load())
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return system
	}
	known := ""
	for _, key := range []string{"model name", "cpu family", "model"} {
		if m := regexp.MustCompile(`(?m)^` + key + `\s*: (.*)$`).FindSubmatch(data); m != nil {
			known += strings.TrimPrefix(key, "model name") + " " + string(m[1]) + ", "
		}
	}
	return strings.TrimSpace(known + system)
}

// load is how busy the machine was in the last minute, where it tells.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	minute, _, _ := strings.Cut(string(data), " ")
	return ", load average " + minute
}
