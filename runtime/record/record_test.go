package record

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// sample is a record of two time steps with one entry of each kind for each image of a part.
func sample(part, of int) *Record {
	p := Part(part, of, 5)
	n := p.To - p.From
	labels := []int{0, 1, 1, 0, 2}[p.From:p.To]
	r := &Record{
		Format: Format,
		Run: Run{Version: "v", Model: "m.onnx", ModelDigest: "a", NetDigest: "b", DataDigest: "c", Samples: 5,
			Settings: map[string]string{"mean": ".5"}, Engine: "go", Level: "fixed", Steps: 2, Classes: 3, Names: map[int]string{1: "one"}, Decides: "y", Counts: "all"},
		Shard:      &p,
		Layers:     []Layer{{"a", "neuron", 4, []int64{int64(n), int64(2 * n)}}, {"y", "readout", 3, nil}},
		Operations: []Operation{{"w", "linear", "y", "end", 12, []int64{int64(7 * n)}}},
		Costs:      []LayerCost{{Name: "y", Connections: 12, Slots: 12}},
		Counted:    n,
		Images:     Images{labels, []int{0, 1, 0, 0, 2}[p.From:p.To], [][]int{[]int{0, 2, 1, 1, 2}[p.From:p.To]}},
		Compared:   &Compared{n, n, n - 1},
		Kept:       &Kept{n},
		Times:      Times{n, .5, .25, .125},
	}
	if of == 1 {
		r.Shard = nil
	}
	return r
}

// Shards in any order add up to the record of one run, and reading gives back the record that was written.
func TestMerge(t *testing.T) {
	whole := sample(1, 1)
	whole.Compared.Equal = 2 // of three shards, each with one that differs
	merged, err := Merge([]Named{{"b", sample(2, 3)}, {"c", sample(3, 3)}, {"a", sample(1, 3)}})
	if err != nil {
		t.Fatal(err)
	}
	if merged.Times != (Times{5, 1.5, .75, .375}) {
		t.Errorf("times %+v", merged.Times)
	}
	merged.Times = whole.Times
	if !bytes.Equal(merged.Bytes(), whole.Bytes()) {
		t.Errorf("got\n%s\nwant\n%s", merged.Bytes(), whole.Bytes())
	}
	path := filepath.Join(t.TempDir(), "run.json")
	if err := merged.Write(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path); err != nil || !reflect.DeepEqual(got, whole) {
		t.Errorf("read %+v, %v", got, err)
	}
}

func TestMergeRefuses(t *testing.T) {
	other := func(change func(*Record)) *Record {
		r := sample(2, 2)
		change(r)
		return r
	}
	for want, shards := range map[string][]Named{
		"no records":                                     {},
		"a is no shard":                                  {{"a", sample(1, 1)}},
		"a and b overlap: both are shard 1/2":            {{"a", sample(1, 2)}, {"b", sample(1, 2)}},
		"shards are missing: 2/7, 4/7, 5/7, 6/7, 7/7":    {{"a", sample(1, 7)}, {"b", sample(3, 7)}},
		"one is a shard of 2, one of 3":                  {{"a", sample(1, 2)}, {"b", sample(2, 3)}},
		"model_digest is a of one, x of the other":       {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Run.ModelDigest = "x" })}},
		"data_digest is c of one, x of the other":        {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Run.DataDigest = "x" })}},
		"--mean is .5 of one, .6 of the other":           {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Run.Settings = map[string]string{"mean": ".6"} })}},
		"only one has --std 2":                           {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Run.Settings = map[string]string{"mean": ".5", "std": "2"} })}},
		"their layers are not the same":                  {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Layers = r.Layers[1:] })}},
		"their operations are not the same":              {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Operations[0].Dense++ })}},
		"one has counts that the other has not":          {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Compared = nil })}},
		"engine is go of one, c of the other":            {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Run.Engine = "c" })}},
		"a and b are of different runs: version is v of": {{"a", sample(1, 2)}, {"b", other(func(r *Record) { r.Run.Version = "w" })}},
	} {
		if _, err := Merge(shards); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, wanted %s", err, want)
		}
	}
}

// A file that is cut off, has more than a record, or counts that do not fit together is refused.
func TestParseRefuses(t *testing.T) {
	text := string(sample(2, 3).Bytes())
	if _, err := Parse("r", []byte(text)); err != nil {
		t.Fatal(err)
	}
	for want, bad := range map[string]string{
		"unexpected end":         text[:len(text)/2],
		"its format is 2":        strings.Replace(text, `"format": 1`, `"format": 2`, 1),
		"it has no format":       "{}",
		"unknown field":          strings.Replace(text, `"counted"`, `"more":1,"counted"`, 1),
		"invalid character":      text + "{",
		"shard 1/3":              strings.Replace(text, `"part":2`, `"part":1`, 1),
		"of class 7":             strings.Replace(text, `"classes":[0,0]`, `"classes":[0,7]`, 1),
		"has 1 entries":          strings.Replace(text, `"classes":[0,0]`, `"classes":[0]`, 1),
		"of 3 time steps":        strings.Replace(text, `"spikes":[2,4]`, `"spikes":[2,4,4]`, 1),
		"behind 2 time steps":    strings.Replace(text, `"after":[`, `"after":[[1,1],`, 1),
		"has 2 counts":           strings.Replace(text, `"synops":[14]`, `"synops":[14,1]`, 1),
		"counted than there are": strings.Replace(text, `"counted": 2`, `"counted": 3`, 1),
	} {
		if _, err := Parse("r", []byte(bad)); err == nil || !strings.Contains(err.Error(), want) || bad == text {
			t.Errorf("got %v, wanted %s", err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
	if path := t.TempDir() + "/half"; os.WriteFile(path, []byte(text[:20]), 0o600) != nil {
		t.Error("the test cannot write")
	} else if _, err := Read(path); err == nil {
		t.Error("half a file was read")
	}
}

// The first step from which the class is right and stays right.
func TestSteps(t *testing.T) {
	m := Images{Labels: []int{1, 1, 1, 1}, Classes: []int{1, 1, 1, 0}, After: [][]int{{1, 1, 0, 1}, {1, 0, 0, 1}}}
	if got := m.Steps(); !reflect.DeepEqual(got, []int{1, 3, 3, 0}) {
		t.Errorf("got %v", got)
	}
	if got := m.Correct(); !reflect.DeepEqual(got, []int{3, 2, 3}) {
		t.Errorf("got %v", got)
	}
	m.After = nil
	if got := m.Steps(); got != nil {
		t.Errorf("got %v without steps", got)
	}
	if got := m.Correct(); !reflect.DeepEqual(got, []int{3}) {
		t.Errorf("got %v", got)
	}
}
