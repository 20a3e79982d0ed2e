package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"nomul/backends"
	"nomul/ir"
	"nomul/runtime/engine"
	"nomul/runtime/engine/toolchain"
	"nomul/runtime/proof"
)

// traceRoom bounds the bytes of one engine's traces that are held at a time; those of
// one sample always are.
const traceRoom = 64 << 20

// verifier runs the samples portion by portion, so that memory does not grow with
// their number.
type verifier struct {
	c       *cobra.Command
	net     *ir.Net
	samples [][][]int64
	report  verification
}

func (v *verifier) run(targets []string) error {
	ctx := v.c.Context()
	trials := slices.DeleteFunc(v.trials(), func(t *trial) bool {
		target := cmp.Or(t.row.Target, t.planOf)
		return target != "" && !slices.Contains(targets, target)
	})
	bar := progress(v.c, 2*len(trials)+len(v.samples)+1, "building engines")
	defer bar.Close()
	defer func() {
		for _, t := range trials {
			t.close()
		}
	}()
	each := func(do func(t *trial)) error {
		toolchain.Each(len(trials), func(i int) {
			if trials[i].err == nil {
				do(trials[i])
			}
		})
		return firstError(trials)
	}
	if err := each(func(t *trial) { t.build(ctx); bar.Add(1) }); err != nil {
		return err
	}
	bar.Describe("comparing")
	if err := v.compare(ctx, each, func(n int) { bar.Add(n) }); err != nil {
		return err
	}
	bar.Describe("proving")
	if err := each(func(t *trial) { t.demonstrate(ctx); bar.Add(1) }); err != nil {
		return err
	}
	v.report.Engines = append(v.report.Engines, engineRow{Name: "interp", Samples: len(v.samples)})
	for _, t := range trials {
		v.report.Engines = append(v.report.Engines, t.row)
		v.report.Proofs = append(v.report.Proofs, t.proofs...)
	}
	bar.Describe("proving that proofs can fail")
	v.report.Controls = proof.Controls(ctx, targets...)
	bar.Add(1)
	return nil
}

// compare holds every engine against the interpreter.
func (v *verifier) compare(ctx context.Context, each func(func(*trial)) error, done func(samples int)) error {
	portion := min(len(v.samples), max(1, traceRoom/max(1, backends.PortsOf(v.net).TraceBytes(v.net.Steps))))
	for first := 0; first < len(v.samples); first += portion {
		// The machines are of one portion: of large networks the engines need their memory.
		reference, err := engine.Interp(v.net, min(2, portion))
		if err != nil {
			return err
		}
		want, err := reference.Run(ctx, v.samples[first:min(first+portion, len(v.samples))], true)
		if err != nil {
			return err
		}
		if err := each(func(t *trial) { t.compare(ctx, first, want) }); err != nil {
			return err
		}
		done(len(want))
	}
	return nil
}

func firstError(trials []*trial) error {
	for _, t := range trials {
		if t.err != nil {
			return fmt.Errorf("%s: %w", t.row.Name, t.err)
		}
	}
	return nil
}

// trial is one engine to compare, with its proofs.
type trial struct {
	row  engineRow
	slow bool
	// planOf is the target whose plan is interpreted, of a trial that is no engine.
	planOf string
	open   func(ctx context.Context) (engine.Engine, error)
	// prove scans the artefacts of the engine; it may be nil.
	prove func(ctx context.Context, e engine.Engine) ([]proof.Proof, error)

	engine engine.Engine // nil until it is built, and when tools are missing
	proofs []proof.Proof
	err    error
}

func (t *trial) build(ctx context.Context) {
	e, err := t.open(ctx)
	switch {
	case toolchain.IsMissing(err), errors.As(err, new(*engine.TooLarge)):
		t.row.Skipped = err.Error()
	case err != nil:
		t.err = err
	default:
		t.engine = e
	}
}

// compare runs a portion of the samples, the first of which has a number; a slow engine
// only runs the first slowSamples of all.
func (t *trial) compare(ctx context.Context, first int, want backends.Vectors) {
	if t.slow {
		want = want[:max(0, min(len(want), slowSamples-first))]
	}
	if t.engine == nil || len(want) == 0 {
		return
	}
	got, err := t.engine.Run(ctx, engine.Samples(want), true)
	switch {
	case toolchain.IsMissing(err):
		t.row.Samples, t.row.Skipped = 0, err.Error()
		t.close()
		return
	case err != nil:
		t.err = err
		return
	}
	t.row.Mismatches.Add(first, want, got)
	if r, ok := t.engine.(engine.Reordering); ok && r.Reorders() {
		if got, err = t.engine.Run(ctx, engine.Samples(want), false); err != nil {
			t.err = err
			return
		}
		t.row.Mismatches.Add(first, want.WithoutSteps(), got)
	}
	if counted, ok := t.engine.(engine.Counted); ok {
		t.row.Cost.Add(t.row.Samples, counted.Cost(), len(want))
	}
	t.row.Samples += len(want)
}

// demonstrate makes the proofs.
func (t *trial) demonstrate(ctx context.Context) {
	if t.engine == nil || t.prove == nil {
		return
	}
	proofs, err := t.prove(ctx, t.engine)
	switch {
	case toolchain.IsMissing(err):
		t.row.Unproved = err.Error()
	case err != nil:
		t.err = err
	default:
		t.proofs, t.row.Proved = proofs, len(proofs)
	}
}

func (t *trial) close() {
	if t.engine != nil {
		t.engine.Close()
		t.engine = nil
	}
}
