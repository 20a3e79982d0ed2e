package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"nomul/runtime/engine/toolchain"
	"nomul/runtime/metrics"
)

// sideBySide is the Go engine and onnxruntime in turn; times in µs per image. The
// thread's processor time leaves out that of other programs on the machine.
type sideBySide struct {
	held         *wanted // the bounds, if there are any
	Version      string  `json:"version"` // of onnxruntime
	Kernel       string  `json:"kernel"`
	Images       int     `json:"images"`
	Rounds       int     `json:"rounds"`
	Engine       spread  `json:"engine_us"`
	Peer         spread  `json:"onnxruntime_us"`
	Ratio        spread  `json:"ratio"` // pair by pair
	EngineThread spread  `json:"engine_thread_us"`
	PeerThread   spread  `json:"onnxruntime_thread_us"`
	RatioThread  spread  `json:"ratio_thread"`
	Pairs        int     `json:"pairs"`
	Agreement    float64 `json:"agreement"`
	Accuracy     float64 `json:"accuracy"`
	PeerAccuracy float64 `json:"onnxruntime_accuracy"`
}

// block is how many images one engine runs before it is the other's turn: long
// against the clock's grain, short against the moods of a shared machine.
const block = 50

//go:embed peer.go.tmpl
var peerSource string

// peer is the data of the templates of the generated program and its go.mod.
type peer struct {
	Module, Package  string // of the emitted engine
	Engine           string // its folder
	Binding, Version string
	Block            int
	Size, Plane      int // elements of an image, and of one of its channels
	Scale, Mean, Std []float64
}

const peerModule = `module peer

go 1.26.0

require (
	{{.Binding}} {{.Version}}
	{{.Module}} v0.0.0
)

replace {{.Module}} => {{.Engine}}
`

// peerOut is the output of the generated program.
type peerOut struct {
	Kernel, Version string
	Pairs           []struct{ Engine, Peer peerCost }
	Engine, Peer    []int
}

// peerCost is nanoseconds per image.
type peerCost struct{ Wall, Thread float64 }

// besideORT builds a program that holds the emitted engine and onnxruntime, and runs it.
func (b *bench) besideORT(ctx context.Context, engine string) (*sideBySide, error) {
	library, err := onnxruntimeLibrary(ctx, b.o.ort)
	if err != nil {
		return nil, err
	}
	program, err := b.buildPeer(ctx, engine)
	if err != nil {
		return nil, err
	}
	pixels, err := b.pixelFile()
	if err != nil {
		return nil, err
	}
	model, err := filepath.Abs(b.o.model)
	if err != nil {
		return nil, err
	}
	data, err := b.exec(ctx, toolchain.Command{Args: []string{program, library, model, pixels, strconv.Itoa(b.o.rounds)}})
	if err != nil {
		return nil, err
	}
	var out peerOut
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, err
	}
	b.tool("onnxruntime", out.Version)
	return b.beside(out), nil
}

func (b *bench) beside(out peerOut) *sideBySide {
	labels := b.images.Labels
	s := &sideBySide{
		held:    b.bounds(),
		Version: out.Version, Kernel: out.Kernel, Images: b.images.Len(), Rounds: b.o.rounds, Pairs: len(out.Pairs),
		Agreement: metrics.Agreement(out.Engine, out.Peer),
		Accuracy:  metrics.Agreement(out.Engine, labels), PeerAccuracy: metrics.Agreement(out.Peer, labels),
	}
	s.Engine, s.Peer, s.Ratio = out.spreads(func(c peerCost) float64 { return c.Wall })
	s.EngineThread, s.PeerThread, s.RatioThread = out.spreads(func(c peerCost) float64 { return c.Thread })
	return s
}

// bounds are those of a bundled network.
func (b *bench) bounds() *wanted {
	for _, w := range held {
		if b.o.model == filepath.Join(b.root, w.model) {
			return &w
		}
	}
	return nil
}

// spreads are those of one kind of time, in µs, and of its ratio.
func (out peerOut) spreads(kind func(peerCost) float64) (engine, other, ratio spread) {
	var es, ps, rs []float64
	for _, p := range out.Pairs {
		e, o := kind(p.Engine), kind(p.Peer)
		es, ps, rs = append(es, e/1000), append(ps, o/1000), append(rs, o/e)
	}
	return spreadOf(es), spreadOf(ps), spreadOf(rs)
}

// buildPeer generates the program in a module of its own and builds it. It needs
// cgo, which the Go engine itself does not.
func (b *bench) buildPeer(ctx context.Context, engine string) (string, error) {
	cc, err := b.exec(ctx, toolchain.Command{Args: []string{"go", "env", "CC"}})
	if err != nil {
		return "", err
	}
	if err := toolchain.Need(strings.Fields(string(cc))[0]); err != nil {
		return "", err
	}
	dir := filepath.Join(b.dir, "peer")
	p, err := b.newPeer(ctx, engine)
	if err != nil {
		return "", err
	}
	if err := p.write(dir, filepath.Join(b.root, "go.sum")); err != nil {
		return "", err
	}
	program := filepath.Join(dir, "peer")
	_, err = b.exec(ctx, toolchain.Command{Dir: dir, Env: []string{"CGO_ENABLED=1", "GOFLAGS=-mod=mod", "GOWORK=off"},
		Args: []string{"go", "build", "-o", program, "."}})
	return program, err
}

func (b *bench) newPeer(ctx context.Context, engine string) (*peer, error) {
	version, err := b.moduleVersion(ctx, binding)
	if err != nil {
		return nil, err
	}
	module, err := b.exec(ctx, toolchain.Command{Dir: engine, Args: []string{"go", "list", "-m"}})
	if err != nil {
		return nil, err
	}
	b.tool(binding, version)
	size := len(b.images.Pixels) / b.images.Len()
	p := &peer{Module: strings.TrimSpace(string(module)), Package: artefactName, Engine: engine, Binding: binding, Version: version, Block: block,
		Size: size, Plane: size, Scale: b.o.pixels.Scale, Mean: b.o.pixels.Mean, Std: b.o.pixels.Std}
	if len(b.images.Shape) > 2 {
		p.Plane /= b.images.Shape[0]
	}
	return p, nil
}

// write makes the module; go.sum is nomul's, whose sums cover all that it needs.
func (p *peer) write(dir, sums string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	sum, err := os.ReadFile(sums)
	if err != nil {
		return err
	}
	main, err := p.fill(peerSource)
	if err != nil {
		return err
	}
	mod, err := p.fill(peerModule)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"go.sum": sum, "main.go": main, "go.mod": mod} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) fill(text string) ([]byte, error) {
	t, err := template.New("peer").Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, p)
	return out.Bytes(), err
}

func (s *sideBySide) table() table {
	t := table{
		Title: "Go engine beside onnxruntime fp32 on the same ONNX file: one process, one thread, in turn, batch 1; µs per image",
		Head:  []string{"engine", "min", "median", "max"},
	}
	for _, row := range []struct {
		name, verb string
		spread     spread
	}{
		{"nomul go, kernel " + s.Kernel, "%.1f", s.Engine},
		{"onnxruntime " + s.Version, "%.1f", s.Peer},
		{"ratio, pair by pair", "%.2f", s.Ratio},
		{"processor time: nomul go", "%.1f", s.EngineThread},
		{"processor time: onnxruntime", "%.1f", s.PeerThread},
		{"ratio of processor times", "%.2f", s.RatioThread},
	} {
		t.add(append([]any{row.name}, row.spread.cells(row.verb)...)...)
	}
	t.note("%d images, %d rounds, %d pairs of %d images each", s.Images, s.Rounds, s.Pairs, block)
	t.note("ratio of the minima %.2f; processor time leaves out what other programs took of the machine", s.Peer.Min/s.Engine.Min)
	t.note("same prediction on %.2f %% of the images; accuracy %.2f %%, of onnxruntime %.2f %%", 100*s.Agreement, 100*s.Accuracy, 100*s.PeerAccuracy)
	if w := s.held; w != nil {
		t.note("wanted: median ratio of processor times at least %g: %s; same prediction on at least %.1f %%: %s",
			w.ratio, met(s.RatioThread.Median >= w.ratio), 100*w.agreement, met(s.Agreement >= w.agreement))
	}
	return t
}

func met(ok bool) string {
	if ok {
		return "met"
	}
	return "NOT met"
}
