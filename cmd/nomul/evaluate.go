package main

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/cost"
	"nomul/runtime/dataset"
	"nomul/runtime/record"
)

// evaluator classifies images.
type evaluator struct {
	c      *cobra.Command
	model  *model
	images *dataset.Images
	count  int
	// numbers are those of the images in the set that they were taken from; nil when they are the set.
	numbers []int
}

// some is the same of fewer images.
func (e *evaluator) some(n int) *evaluator {
	few := *e
	few.images = e.images.Some(n)
	few.count = few.images.Len()
	return &few
}

// pick is the same of the images of some numbers.
func (e *evaluator) pick(numbers []int) *evaluator {
	few := *e
	few.images, few.count, few.numbers = e.images.Pick(numbers), len(numbers), numbers
	return &few
}

// number is that of an image in the set.
func (e *evaluator) number(i int) int {
	if e.numbers == nil {
		return i
	}
	return e.numbers[i]
}

// evenly are so many numbers below a total, evenly, which lie in a part.
func evenly(n, total int, of record.Shard) []int {
	out := []int{}
	for i := range n {
		if at := i * total / n; at >= of.From && at < of.To {
			out = append(out, at)
		}
	}
	return out
}

// evaluate runs the images of the shard and returns the record, which it writes if it is to.
func (e *evaluator) evaluate(f *evalFlags, net *ir.Net) (*record.Record, error) {
	d, err := e.fit(net)
	if err != nil {
		return nil, err
	}
	if _, err := negativeClass(f.negative, d.classes, e.images.Classes); err != nil {
		return nil, err
	}
	r := &record.Record{Format: record.Format}
	if r.Shard, err = f.part(e.count); err != nil {
		return nil, err
	}
	if r.Run, err = e.describe(f, net, d); err != nil {
		return nil, err
	}
	if f.resume {
		if old, err := resumed(f.output, r); old != nil || err != nil {
			return old, err
		}
	}
	if err := e.fill(r, f, net); err != nil || f.output == "" {
		return r, err
	}
	return r, r.Write(e.c.Context(), f.output)
}

// fit holds the images and labels to the inputs and the output of the net.
func (e *evaluator) fit(net *ir.Net) (decision, error) {
	d, err := e.decide(net)
	if err != nil {
		return d, err
	}
	e.images = e.model.feed(net).arranged(e.images)
	if _, err := e.model.feed(net).images(e.images, 0, min(1, e.count)); err != nil {
		return d, err
	}
	return d, e.images.FitLabels(d.classes)
}

// resumed is the record of a file if it is there and of the same run and shard. One of another is an error.
func resumed(path string, r *record.Record) (*record.Record, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	old, err := record.Read(path)
	if err != nil {
		return nil, err
	}
	why := r.Run.Differs(old.Run)
	if a, b := r.Range(), old.Range(); why == "" && a != b {
		why = fmt.Sprintf("it has shard %d/%d", b.Part, b.Of)
	}
	if why != "" {
		return nil, diag.Errorf(diag.Origin{File: path}, diag.BadData, "--resume: it is the record of another run: %s", why)
	}
	return old, nil
}

// describe names the model, the images and the settings of a run.
func (e *evaluator) describe(f *evalFlags, net *ir.Net, d decision) (record.Run, error) {
	model, err := e.model.digest()
	if err != nil {
		return record.Run{}, err
	}
	return record.Run{
		Version: version(debug.ReadBuildInfo()), Model: filepath.Base(e.model.file), ModelDigest: model,
		NetDigest: netDigest(net), DataDigest: dataDigest(e.images), Samples: e.count,
		Settings: settingsOf(e.c.Flags()), Engine: f.engine, Level: net.Level.String(), Steps: net.Steps,
		Classes: d.classes, Names: e.images.Classes, Decides: d.rule(), Counts: countedBy(f.engine),
	}, nil
}

// settingsOf are the flags that were given and that a count may depend on.
func settingsOf(fs *pflag.FlagSet) map[string]string {
	out := map[string]string{}
	fs.Visit(func(f *pflag.Flag) {
		if !slices.Contains(notSettings, f.Name) {
			out[f.Name] = f.Value.String()
		}
	})
	return out
}

// netDigest is that of the text of a net, by which a record is known to be of it.
func netDigest(net *ir.Net) string {
	h := sha256.New()
	io.WriteString(h, ir.Print(net, ""))
	return digest(h)
}

// digest names the digest of all that was written to a hash.
func digest(h hash.Hash) string { return fmt.Sprintf("sha256:%x", h.Sum(nil)) }

// digest is that of the names and bytes of the files that the model is of.
func (m *model) digest() (string, error) {
	h := sha256.New()
	for _, file := range m.inputs {
		data, err := readFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n", filepath.Base(file), len(data))
		h.Write(data)
	}
	return digest(h), nil
}

// dataDigest is that of pixels and labels.
func dataDigest(m *dataset.Images) string {
	h := sha256.New()
	fmt.Fprintln(h, m.Shape, m.Len())
	h.Write(m.Pixels)
	for _, l := range m.Labels {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(l)))
	}
	return digest(h)
}

// fill runs the images of the record and counts.
func (e *evaluator) fill(r *record.Record, f *evalFlags, net *ir.Net) error {
	of := r.Range()
	part := e
	if r.Shard != nil {
		part = e.pick(imagesOf(of))
	}
	compared := evenly(f.compared(e.count), e.count, of)
	// The network as imported predicts while the engine under test is built, but not while its time is
	// measured.
	var want predicted
	done := make(chan struct{})
	go func() {
		defer close(done)
		if f.compare != "0" {
			want = e.pick(compared).sourcePredictions(net)
		}
	}()
	got, err := part.predict(net, f.engine, evenly(min(activitySamples, e.count), e.count, of), done)
	<-done
	if err = errors.Join(err, want.err); err != nil {
		return err
	}
	r.Layers, r.Operations = got.counter.Record()
	if net.Level == ir.Fixed {
		r.Costs = cost.Layers(net)
	}
	r.Counted = got.counter.Samples()
	r.Images = record.Images{Labels: slices.Clone(part.images.Labels[:part.count]), Classes: got.classes, After: got.after}
	r.Unstepped = got.why
	r.Times = got.took
	if want.classes != nil {
		r.Compared = &record.Compared{Images: len(compared)}
		for i, at := range compared {
			r.Compared.Correct += truth(want.classes[i] == e.images.Labels[at])
			r.Compared.Equal += truth(want.classes[i] == got.classes[at-of.From])
		}
	}
	r.Kept, err = part.keptResiduals(net, f.engine)
	return err
}

func truth(is bool) int {
	if is {
		return 1
	}
	return 0
}

func imagesOf(of record.Shard) []int {
	out := make([]int, of.To-of.From)
	for i := range out {
		out[i] = of.From + i
	}
	return out
}
