package main

import (
	"context"
	"os"
	"path/filepath"
)

// wanted is the bounds of the Go engine beside onnxruntime, for a bundled network.
type wanted struct {
	model     string
	ratio     float64 // of processor times, in the median
	agreement float64 // of predictions
}

// held are the bundled networks; the first is the one that all sections measure.
var held = []wanted{
	{bundledModel, 6, 0.98},
	{"testdata/models/fmnist-cnn-snntorch/cnn_ts26.onnx", 4, 0.963},
	{"testdata/models/fmnist-resnet-sj-sew/ressew_ts26_sjhead_bn.onnx", 4, 0.98},
	{"testdata/models/fmnist-spiking-mlp-bnc/smlpbnc_ts26_sjhead_bn.onnx", 4, 0.95},
}

// The images of the slower networks: onnxruntime needs milliseconds for an image, and
// so does the plain kernel, whose layers are timed.
const (
	networkImages = 1000
	networkTimed  = 20
)

// networkFigures are the Go engine's figures on several networks.
type networkFigures []networkResult

type networkResult struct {
	Model string     `json:"model"`
	Go    *goFigures `json:"go"`
}

func (f networkFigures) tables() []table {
	var out []table
	for _, n := range f {
		for _, t := range n.Go.tables() {
			t.Title = n.Model + "\n" + t.Title
			out = append(out, t)
		}
	}
	return out
}

// measureNetworks measures the Go engine on the other bundled networks. There
// are none when a model was named.
func (b *bench) measureNetworks(ctx context.Context) figures {
	if b.o.model != filepath.Join(b.root, bundledModel) {
		return nil
	}
	var out networkFigures
	for _, w := range held[1:] {
		one, err := b.network(w.model)
		if err != nil {
			b.missed(w.model, err)
			continue
		}
		if f, ok := one.measureGo(ctx).(*goFigures); ok {
			out = append(out, networkResult{w.model, f})
		}
		b.adopt(one.report)
	}
	if out == nil {
		return nil
	}
	return out
}

// network is a run on another bundled network, with a report of its own.
func (b *bench) network(model string) (*bench, error) {
	o := *b.o
	o.model = filepath.Join(b.root, model)
	one := &bench{o: &o, root: b.root, images: b.images.Limit(networkImages), timed: networkTimed, report: &report{}, section: b.section}
	one.dir = filepath.Join(b.dir, filepath.Base(filepath.Dir(model)))
	if err := os.MkdirAll(one.dir, 0o755); err != nil {
		return nil, err
	}
	return one, one.compile()
}

// adopt takes over the tools, commands and missed figures of another report.
func (b *bench) adopt(r *report) {
	for _, t := range r.Tools {
		b.tool(t.Name, t.Version)
	}
	b.report.Missed = append(b.report.Missed, r.Missed...)
	b.report.Commands = append(b.report.Commands, r.Commands...)
}
