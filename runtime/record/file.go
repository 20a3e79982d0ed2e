package record

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"nomul/ir/diag"
	"nomul/runtime/files"
)

// Bytes are the text of a record: JSON, a field of the record on each line.
func (r *Record) Bytes() []byte {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // integers, texts and finite times always have a text
	}
	var fields []string
	values := map[string]json.RawMessage{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.Token()
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		d.Decode(&value)
		fields = append(fields, name.(string))
		values[name.(string)] = value
	}
	var out bytes.Buffer
	for i, name := range fields {
		fmt.Fprintf(&out, "%s%q: %s", []string{"{\n  ", ",\n  "}[min(i, 1)], name, values[name])
	}
	out.WriteString("\n}\n")
	return out.Bytes()
}

// Write writes a record to a file, whole or not at all.
func (r *Record) Write(ctx context.Context, path string) error {
	return files.Write(ctx, files.Bytes(path, r.Bytes()))
}

// Read reads the record of a file.
func Read(path string) (*Record, error) {
	data, err := files.Read(path)
	if err != nil {
		return nil, diag.Errorf(diag.Origin{File: path}, diag.BadFile, "cannot be read: %v", err)
	}
	return Parse(path, data)
}

// Parse reads the text of a record. Fields that a record does not have, and lists that are not as
// long as they must be, are errors.
func Parse(path string, data []byte) (*Record, error) {
	var version struct {
		Format *int `json:"format"`
	}
	r := &Record{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := json.Unmarshal(data, &version)
	switch {
	case err == nil && version.Format == nil:
		err = fmt.Errorf("it has no format")
	case err == nil && *version.Format != Format:
		err = fmt.Errorf("its format is %d, this nomul reads %d", *version.Format, Format)
	case err == nil:
		err = d.Decode(r)
	}
	if _, more := d.Token(); err == nil && more != io.EOF {
		err = fmt.Errorf("there is text behind it")
	}
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, diag.Errorf(diag.Origin{File: path}, diag.BadData, "is no record of an evaluation, as eval -o writes it: %v", err)
	}
	return r, nil
}

// Range is the shard of a record; the first of one if it has all images.
func (r *Record) Range() Shard {
	if r.Shard == nil {
		return Shard{Part: 1, Of: 1, To: r.Run.Samples}
	}
	return *r.Shard
}

// check holds a record to the invariants that figures rely on.
func (r *Record) check() error {
	p := r.Range()
	if p.Of < 1 || p.Part < 1 || p.Part > p.Of || p.From != bound(p.Part-1, p.Of, r.Run.Samples) || p.To != bound(p.Part, p.Of, r.Run.Samples) {
		return fmt.Errorf("shard %d/%d has the images from %d to %d of %d", p.Part, p.Of, p.From, p.To, r.Run.Samples)
	}
	n := p.To - p.From
	lists := append([][]int{r.Images.Labels, r.Images.Classes}, r.Images.After...)
	for _, list := range lists {
		if len(list) != n {
			return fmt.Errorf("a list of images has %d entries, wanted %d", len(list), n)
		}
		if i := slices.IndexFunc(list, func(c int) bool { return c < 0 || c >= r.Run.Classes }); i >= 0 {
			return fmt.Errorf("image %d is of class %d, there are %d", p.From+i, list[i], r.Run.Classes)
		}
	}
	if after := len(r.Images.After); after != 0 && after != r.Run.Steps-1 {
		return fmt.Errorf("classes behind %d time steps, wanted %d", after, r.Run.Steps-1)
	}
	for _, l := range r.Layers {
		if l.Spikes != nil && len(l.Spikes) != r.Run.Steps {
			return fmt.Errorf("layer %s has spikes of %d time steps, wanted %d", l.Name, len(l.Spikes), r.Run.Steps)
		}
	}
	for _, o := range r.Operations {
		if want := map[string]int{"once": 1, "step": r.Run.Steps, "end": 1}[o.Clock]; want == 0 || len(o.Synops) != want {
			return fmt.Errorf("operation %s of clock %q has %d counts", o.Name, o.Clock, len(o.Synops))
		}
	}
	if c := r.Compared; r.Counted < 0 || r.Counted > n || c != nil && (c.Images < 0 || c.Images > n || max(c.Correct, c.Equal) > c.Images || min(c.Correct, c.Equal) < 0) {
		return fmt.Errorf("more images are counted than there are")
	}
	return nil
}

// bound is the first image of the part behind so many of all parts.
func bound(parts, of, samples int) int {
	whole, rest := samples/of, samples%of
	return parts*whole + min(parts, rest)
}

// Part is a shard, from 1, of so many images; the shards are as large as each other, but for one image.
func Part(part, of, samples int) Shard {
	return Shard{part, of, bound(part-1, of, samples), bound(part, of, samples)}
}
