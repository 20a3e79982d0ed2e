package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"nomul/backends"
	"nomul/backends/goasm"
	"nomul/runtime/engine/toolchain"
)

// goFigures are times per image of the Go engine.
type goFigures struct {
	Beside  *sideBySide   `json:"onnxruntime,omitempty"`
	Kernels []kernelTimes `json:"kernels,omitempty"`
}

// kernelTimes are the times of one kernel. Stages are run and timed one by one.
type kernelTimes struct {
	Kernel string `json:"kernel"`
	// Micros is the mean over the images of each one's fastest run; Mean is that
	// of all runs, which other programs on the machine disturb.
	Micros float64     `json:"us_per_image"`
	Mean   float64     `json:"mean_us_per_image"`
	Stages []stageTime `json:"stages"`
}

// stageTime is the time that computing one value takes in an inference.
type stageTime struct {
	Value  string  `json:"value"`
	Micros float64 `json:"us"`
	Share  float64 `json:"share"`
}

// measureGo emits the Go engine, times it alone with its best and its plain
// kernel, and then beside onnxruntime.
func (b *bench) measureGo(ctx context.Context) figures {
	dir, err := b.emit(goasm.New(), backends.Options{Name: artefactName})
	if err != nil {
		b.missed("the Go engine", err)
		return nil
	}
	f := &goFigures{}
	if f.Kernels, err = b.timeKernels(ctx, dir); err != nil {
		b.missed("time of the Go engine's layers", err)
	}
	if f.Beside, err = b.besideORT(ctx, dir); err != nil {
		b.missed("the Go engine beside onnxruntime", err)
	}
	if f.Kernels == nil && f.Beside == nil {
		return nil
	}
	return f
}

// The runner times so many images so many times: the fastest run of each counts.
const (
	timedImages = 1000
	timedRounds = 10
)

// timeKernels runs the emitted runner, which times whole inferences and stages.
func (b *bench) timeKernels(ctx context.Context, dir string) ([]kernelTimes, error) {
	runner := filepath.Join(dir, "run")
	if _, err := b.exec(ctx, toolchain.Command{Dir: dir, Args: []string{"go", "build", "-o", runner, "./cmd/run"}}); err != nil {
		return nil, err
	}
	var out []kernelTimes
	few := b.images.Limit(b.timed)
	for _, kernel := range []string{"auto", "go"} {
		said, err := b.execSaid(ctx, toolchain.Command{Dir: dir, Env: []string{"GOMAXPROCS=1"}, Stdin: bytes.NewReader(few.Pixels),
			Args: []string{runner, "-kernel", kernel, "-bench", strconv.Itoa(timedRounds * few.Len())}})
		if err != nil {
			return out, err
		}
		times, err := readTimes(string(said))
		if err != nil {
			return out, err
		}
		if len(out) == 0 || out[0].Kernel != times.Kernel {
			out = append(out, times)
		}
	}
	return out, nil
}

// The lines of times in the runner's output.
var (
	wholeLine = regexp.MustCompile(`(?m)^kernel (\S+): (\d+) ns/sample undisturbed, (\d+) in the mean of \d+$`)
	stageLine = regexp.MustCompile(`(?m)^ *(\d+) ns +share \S+ +(\S+)$`)
)

// readTimes reads the times that the runner tells.
func readTimes(said string) (kernelTimes, error) {
	whole, stages := wholeLine.FindStringSubmatch(said), stageLine.FindAllStringSubmatch(said, -1)
	if whole == nil || stages == nil {
		return kernelTimes{}, fmt.Errorf("the runner told no times but %q", said)
	}
	t := kernelTimes{Kernel: whole[1], Micros: micros(whole[2]), Mean: micros(whole[3])}
	total := 0.0
	for _, s := range stages {
		t.Stages = append(t.Stages, stageTime{Value: s[2], Micros: micros(s[1])})
		total += micros(s[1])
	}
	for i := range t.Stages {
		t.Stages[i].Share = t.Stages[i].Micros / total
	}
	return t, nil
}

// micros reads digits of nanoseconds.
func micros(ns string) float64 {
	n, err := strconv.ParseFloat(ns, 64)
	if err != nil {
		return 0
	}
	return n / 1000
}

// pixelFile writes the images one after another, for programs in other modules.
func (b *bench) pixelFile() (string, error) {
	path := filepath.Join(b.dir, "images.bin")
	return path, os.WriteFile(path, b.images.Pixels, 0o644)
}

func (f *goFigures) tables() []table {
	var out []table
	if f.Beside != nil {
		out = append(out, f.Beside.table())
	}
	for _, k := range f.Kernels {
		t := table{
			Title: fmt.Sprintf("Go engine alone, kernel %s: %.1f µs per image undisturbed, %.1f in the mean; share of the layers", k.Kernel, k.Micros, k.Mean),
			Head:  []string{"value", "µs", "share"},
		}
		for _, s := range k.Stages {
			t.add("%"+s.Value, fmt.Sprintf("%.2f", s.Micros), fmt.Sprintf("%.1f %%", 100*s.Share))
		}
		out = append(out, t)
	}
	return out
}
