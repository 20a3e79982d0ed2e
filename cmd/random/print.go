package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"nomul/frontend/onnx/randnet"
)

func (r *report) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "feature                      accepted  refused\n")
	for _, f := range randnet.Features() {
		fmt.Fprintf(w, "%-28s %8d %8d\n", f, r.Features[f].Accepted, r.Features[f].Refused)
	}
	r.printFates(w, "most frequent refusals", r.Refusals)
	r.printFates(w, "faults", r.Faults)
	fmt.Fprintf(w, "\nlargest measured/stated, and other measures\n")
	for _, kind := range slices.Sorted(maps.Keys(r.Bounds)) {
		b := r.Bounds[kind]
		fmt.Fprintf(w, "%8.4f %s (%d networks): %s\n         %s\n", b.Ratio, kind, b.Count, b.Where, b.Plan)
	}
	fmt.Fprintf(w, "\nengines\n")
	for _, name := range slices.Sorted(maps.Keys(r.Engines)) {
		e := r.Engines[name]
		fmt.Fprintf(w, "%-12s %6d networks, %d mismatches; refused by its Check: %d\n", name, e.Networks, e.Mismatches, e.Refused)
	}
	for _, what := range r.Unavailable {
		fmt.Fprintln(w, what)
	}
	fmt.Fprintf(w, "\npairs of features: %d occur together, %d cannot, %d not yet\n", r.Pairs.Met, r.Pairs.Apart, r.Pairs.Missing)
	fmt.Fprintf(w, "seed %d: %d networks in %.0f s: held %d, refused %d; compared with onnxruntime %d; ties %d; samples in which a silent neuron decides otherwise on integers %d\n",
		r.Seed, r.Networks, r.Seconds, r.Verdicts[held], r.Verdicts[refused], r.Peer, r.Ties, r.Parted)
	fmt.Fprintf(w, "mismatches %d, internal messages %d, panics %d\n", r.mismatches(), r.Verdicts[internal], r.Verdicts[panicked])
}

// mismatches returns the number of networks on which two oracles disagree, plus those on
// which an engine differs, engine by engine.
func (r *report) mismatches() int {
	n := r.Verdicts[wrong]
	for _, e := range r.Engines {
		n += e.Mismatches
	}
	return n
}

// faulty reports whether anything is nomul's fault.
func (r *report) faulty() bool { return r.mismatches()+r.Verdicts[internal]+r.Verdicts[panicked] > 0 }

func (r *report) printFates(w io.Writer, title string, list []*fate) {
	fmt.Fprintf(w, "\n%s\n", title)
	for _, f := range list {
		fmt.Fprintf(w, "%6d %s\n       %s %s\n       %s\n       %s\n", f.Count, f.Kind, f.File, f.Flags, f.Plan, shortened(f.Message))
	}
}

// shortened is the beginning of a message.
func shortened(text string) string {
	lines := strings.Split(text, "\n")
	out := strings.Join(lines[:min(len(lines), 4)], "\n       ")
	return out[:min(len(out), 700)]
}
