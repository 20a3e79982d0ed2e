package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nomul/frontend/onnx/randnet"
)

// report holds the findings of a run.
type report struct {
	Seed        uint64               `json:"seed"`
	Networks    int                  `json:"networks"`
	Verdicts    map[verdict]int      `json:"verdicts"`
	Ties        int                  `json:"ties"`   // samples in which a spike is left to chance
	Parted      int                  `json:"parted"` // samples in which a silent neuron decides otherwise on integers
	Peer        int                  `json:"compared_with_onnxruntime"`
	Pairs       coverage             `json:"pairs_of_features"`
	Features    map[string]*accepted `json:"features"`
	Engines     map[string]ran       `json:"engines"`
	Bounds      map[string]worst     `json:"bounds"`
	Faults      []*fate              `json:"faults"`
	Refusals    []*fate              `json:"refusals"` // the most frequent
	Seconds     float64              `json:"seconds"`
	Unavailable []string             `json:"unavailable,omitempty"`

	fates map[string]*fate
}

// accepted counts the networks with a feature that are compiled, and those that are refused.
type accepted struct {
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
}

// ran counts the networks that an engine ran.
type ran struct {
	Networks   int `json:"networks"`
	Refused    int `json:"refused"`
	Mismatches int `json:"mismatches"`
}

// worst is the largest ratio of a measured error to the stated one.
type worst struct {
	Ratio float64 `json:"ratio"`
	Count int     `json:"networks"`
	Where string  `json:"where"`
	Plan  string  `json:"plan"`
}

// fate is an outcome that networks share, with the plan of one of them.
type fate struct {
	Kind    string  `json:"kind"`
	Count   int     `json:"count"`
	Verdict verdict `json:"verdict"`
	Plan    string  `json:"plan"`
	File    string  `json:"file,omitempty"`
	Flags   string  `json:"flags"`
	Message string  `json:"message"`

	plan    randnet.Plan
	outcome outcome
}

// topRefusals is how many kinds of refusals are told.
const topRefusals = 10

func newReport(seed uint64) *report {
	r := &report{Seed: seed, Verdicts: map[verdict]int{}, Features: map[string]*accepted{}, Engines: map[string]ran{},
		Bounds: map[string]worst{}, fates: map[string]*fate{}}
	for _, f := range randnet.Features() {
		r.Features[f] = &accepted{}
	}
	return r
}

// add counts a network that has been through the chain.
func (r *report) add(n *network) {
	r.Networks++
	r.Ties += n.ties
	r.Parted += n.parted
	r.Verdicts[n.outcome.verdict]++
	if n.peered {
		r.Peer++
	}
	for _, f := range n.model.Features {
		if n.outcome.verdict == refused {
			r.Features[f].Refused++
		} else {
			r.Features[f].Accepted++
		}
	}
	for kind, ratio := range n.worst {
		w := r.Bounds[kind]
		w.Count++
		if ratio > w.Ratio {
			w.Ratio, w.Where, w.Plan = ratio, n.where[kind], n.plan.String()
		}
		r.Bounds[kind] = w
	}
	if n.outcome.verdict != held {
		r.fault(n, n.outcome)
	}
}

func (r *report) fault(n *network, o outcome) {
	f := r.fates[o.kind()]
	if f == nil {
		f = &fate{Kind: o.kind(), Verdict: o.verdict, plan: n.plan, outcome: o}
		r.fates[o.kind()] = f
	}
	f.Count++
}

// finish shrinks the faults and refusals that are told, and keeps their files.
func (r *report) finish(d *drawer, keep string) error {
	r.Pairs = d.coverage()
	all := slices.SortedFunc(maps.Values(r.fates), func(a, b *fate) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind))
	})
	for _, f := range all {
		if f.Verdict != refused {
			r.Faults = append(r.Faults, f)
		} else if len(r.Refusals) < topRefusals {
			r.Refusals = append(r.Refusals, f)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := os.MkdirAll(keep, 0o755); err != nil {
		return err
	}
	for i, f := range slices.Concat(r.Faults, r.Refusals) {
		f.File = filepath.Join(keep, fmt.Sprintf("%02d-%s.onnx", i, f.Verdict))
		if err := f.keep(); err != nil {
			return err
		}
	}
	return nil
}

// keep writes the smallest network found that meets the same fate.
func (f *fate) keep() error {
	if !strings.HasPrefix(f.outcome.stage, "engine") && f.outcome.stage != "onnxruntime" {
		f.plan, f.outcome = shrunk(f.plan, f.outcome)
	}
	m, err := randnet.Build(f.plan)
	if err != nil {
		return err
	}
	f.Plan, f.Flags, f.Message = f.plan.String(), flags(m), f.outcome.message
	return os.WriteFile(f.File, m.Data, 0o644)
}

// flags returns the command line that a user would give with a file.
func flags(m *randnet.Model) string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if m.Mean != nil {
		add("--mean %g --std %g", m.Mean[0], m.Std[0])
	} else {
		add("--input-type %s", m.Elem)
	}
	for _, s := range m.State {
		add("--state %s=%s", s[0], s[1])
	}
	if m.Said > 0 {
		add("--steps %d", m.Said)
	}
	if m.Readout != "" {
		add("--readout %s", m.Readout)
	}
	if m.Stream {
		add("--stream")
	}
	return strings.Join(out, " ")
}
