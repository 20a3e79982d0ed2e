// Random draws random spiking networks, takes each through nomul, and holds
// every stage against the one before.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"nomul/frontend/onnx/randnet"
	"nomul/runtime/engine/toolchain"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	o, err := parseOptions(os.Args[1:])
	ok := false
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return
	case err == nil && o.plan != "":
		ok = one(os.Stdout, randnet.Parse(o.plan), o.keep)
	case err == nil:
		ok, err = run(ctx, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "random:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// one takes one network through the chain, and keeps its file.
func one(w io.Writer, p randnet.Plan, keep string) bool {
	n, o := through(p)
	f := fate{File: keep + ".onnx", plan: p, outcome: outcome{stage: "engine"}}
	if err := f.keep(); err != nil {
		fmt.Fprintln(w, err)
	}
	fmt.Fprintln(w, f.File, f.Flags)
	fmt.Fprintln(w, o)
	for kind, ratio := range n.worst {
		fmt.Fprintf(w, "%.4f of the bound of %s: %s\n", ratio, kind, n.where[kind])
	}
	return o.verdict == held || o.verdict == refused
}

// run draws the networks and prints the report; ok tells that nothing is wrong.
func run(ctx context.Context, o *options) (ok bool, err error) {
	fmt.Fprintf(os.Stderr, "seed %d\n", o.seed)
	bar := progress(o.count)
	r, err := survey(ctx, o, func(n int) { bar.Add(n) })
	bar.Close()
	if err != nil {
		return false, err
	}
	if o.json {
		return !r.faulty(), r.printJSON(os.Stdout)
	}
	r.print(os.Stdout)
	return !r.faulty(), nil
}

func progress(count int) *progressbar.ProgressBar {
	return progressbar.NewOptions(count, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(),
		progressbar.OptionSetVisibility(term.IsTerminal(int(os.Stderr.Fd()))), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
}

// survey takes all networks through everything that was asked for, in batches.
func survey(ctx context.Context, o *options, done func(int)) (*report, error) {
	start := time.Now()
	d, r := newDrawer(o.seed), newReport(o.seed)
	peer := hasPeer(ctx)
	if !peer {
		r.Unavailable = append(r.Unavailable, "onnxruntime is not there: nothing was compared with it")
	}
	left := o.engines
	for drawn := 0; drawn < o.count && ctx.Err() == nil; drawn += batchSize {
		batch, err := compiled(d, min(batchSize, o.count-drawn), o.workers)
		if err != nil {
			return nil, err
		}
		if peer {
			if err := askPeer(ctx, batch); err != nil {
				return nil, err
			}
		}
		for _, n := range batch {
			r.add(n)
		}
		if err := r.build(ctx, batch, &left); err != nil {
			return nil, err
		}
		done(len(batch))
	}
	err := r.finish(d, o.keep)
	r.Seconds = time.Since(start).Seconds()
	return r, errors.Join(err, ctx.Err())
}

// compiled draws networks and takes them through the chain, several at once.
func compiled(d *drawer, count, workers int) ([]*network, error) {
	batch := make([]*network, count)
	for i := range batch {
		p, m, err := d.next()
		if err != nil {
			return nil, err
		}
		batch[i] = newNetwork(p, m)
	}
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < count; i += workers {
				batch[i].outcome = batch[i].run()
			}
		})
	}
	group.Wait()
	return batch, nil
}

// build runs those of a batch that have become integers on the engines, as many as are left to do.
func (r *report) build(ctx context.Context, batch []*network, left *[3]int) error {
	for i, g := range groups() {
		var some []*network
		for _, n := range batch {
			if n.outcome.verdict == held && len(some) < left[i] {
				some = append(some, n)
			}
		}
		if len(some) == 0 {
			continue
		}
		err := r.onEngines(ctx, g, some)
		if toolchain.IsMissing(err) {
			r.Unavailable = append(r.Unavailable, fmt.Sprintf("%s: %v", g.name, err))
			left[i] = 0
			continue
		}
		if err != nil {
			return err
		}
		left[i] -= len(some)
	}
	return nil
}
