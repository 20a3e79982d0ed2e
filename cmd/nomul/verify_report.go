package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nomul/ir/diag"
)

// verdict is the exit status: a difference, a proof that does not hold, or a
// control that passed.
func (r *verification) verdict() error {
	var list diag.List
	for _, e := range r.Engines {
		if !e.None() {
			list.Add(diag.Origin{}, diag.BadNet, "engine %s differs from the interpreter: %s", e.Name, e.First)
		}
	}
	for _, p := range r.Proofs {
		if !p.Holds() {
			list.Add(diag.Origin{}, diag.BadNet, "the proof of %s fails: %d scanned, found %s", p.Target, p.Scanned, strings.Join(p.Forbidden, ", "))
		}
	}
	for _, k := range r.Controls {
		if !k.Caught && k.Skipped == "" {
			list.Add(diag.Origin{}, diag.BadNet, "the proof of %s did not notice %s %s", k.Name, k.What, k.Failed)
		}
	}
	return list.Err()
}

// nothing is said where no engine ran, or no proof was made.
const nothing = "NOTHING WAS VERIFIED"

// coverage refuses to take for verified a target that no engine ran or that no proof was
// made of, because tools are missing: each that was named, or all of them together.
func (r *verification) coverage(targets []string, named bool) error {
	if !named {
		return r.covered(nothing, targets...)
	}
	var errs []error
	for _, t := range targets {
		errs = append(errs, r.covered("target "+t+" was not verified", t))
	}
	return errors.Join(errs...)
}

// covered demands an engine that ran, and a proof, among those of some targets.
func (r *verification) covered(what string, targets ...string) error {
	ran, proofs := 0, 0
	var missing []string
	for _, e := range r.Engines {
		if !slices.Contains(targets, e.Target) {
			continue
		}
		if why := e.Skipped + e.Unproved; why != "" && !slices.Contains(missing, why) {
			missing = append(missing, why)
		}
		if e.Skipped == "" {
			ran++
		}
		proofs += e.Proved
	}
	tools := strings.Join(missing, "; ")
	switch {
	case ran == 0:
		return fmt.Errorf("%s: no engine ran: %s", what, tools)
	case proofs == 0:
		return fmt.Errorf("%s: no proof was made: %s", what, tools)
	}
	return nil
}

// put prints the report for machines or for people, and returns its fault.
func (r *verification) put(c *cobra.Command, asJSON bool, fault error) error {
	if !asJSON {
		r.print(c)
		return fault
	}
	r.Error, r.Total = problemOf(fault), r.total()
	if err := printJSON(c.OutOrStdout(), r); err != nil {
		return err
	}
	return fault
}

func (r *verification) print(c *cobra.Command) {
	w := c.OutOrStdout()
	var rows [][]string
	for _, e := range r.Engines {
		note := e.Skipped
		switch {
		case note != "":
			note = "not run: " + note
		case e.Instructions > 0:
			note = fmt.Sprintf("%.0f instructions per sample", e.Instructions)
		case e.Cycles > 0:
			note = fmt.Sprintf("%.0f clocks per sample", e.Cycles)
		}
		if e.Unproved != "" {
			note = strings.TrimPrefix(note+", not proved: "+e.Unproved, ", ")
		}
		rows = append(rows, []string{e.Name, fmt.Sprint(e.Samples), fmt.Sprint(e.Spikes), fmt.Sprint(e.States), fmt.Sprint(e.Outputs), note})
	}
	fmt.Fprintln(w, "how many spikes, states of neurons and outputs differ from the interpreter's")
	printTable(w, []string{"engine", "samples", "spikes", "states", "outputs", ""}, rows)
	fmt.Fprintln(w)
	rows = nil
	for _, p := range r.Proofs {
		rows = append(rows, []string{p.Target, fmt.Sprint(p.Scanned), fmt.Sprint(len(p.Forbidden)), p.Tool})
	}
	printTable(w, []string{"proof of", "scanned", "multiplications", "by"}, rows)
	fmt.Fprintln(w)
	rows = nil
	for _, k := range r.Controls {
		caught := "caught"
		switch {
		case k.Skipped != "":
			caught = "skipped: " + k.Skipped
		case !k.Caught:
			caught = "NOT CAUGHT"
		}
		rows = append(rows, []string{k.Name, k.What, caught})
	}
	printTable(w, []string{"control of", "which does multiply", "is"}, rows)
	fmt.Fprintf(w, "\n%s\n", r.summary())
}

// total counts engines that ran and are equal, proofs that hold and controls that were
// caught, of all that there are. The interpreter is not held against itself.
type total struct {
	Engines  int `json:"engines"`
	Ran      int `json:"ran"`
	Equal    int `json:"equal"`
	Proofs   int `json:"proofs"`
	Hold     int `json:"hold"`
	Controls int `json:"controls"`
	Caught   int `json:"caught"`
}

func (r *verification) total() total {
	t := total{Proofs: len(r.Proofs), Controls: len(r.Controls)}
	for _, e := range r.Engines {
		if e.Target == "" {
			continue
		}
		t.Engines++
		if e.Skipped == "" {
			t.Ran++
		}
		if e.Skipped == "" && e.None() {
			t.Equal++
		}
	}
	for _, p := range r.Proofs {
		if p.Holds() {
			t.Hold++
		}
	}
	for _, k := range r.Controls {
		if k.Caught {
			t.Caught++
		}
	}
	return t
}

// summary is the total in words.
func (r *verification) summary() string {
	t, verified := r.total(), ""
	if t.Ran == 0 {
		verified = nothing + ": "
	}
	return verified + fmt.Sprintf("%d of %d engines equal the interpreter in every bit, %d of %d proofs hold, %d of %d controls were caught",
		t.Equal, t.Engines, t.Hold, t.Proofs, t.Caught, t.Controls)
}
