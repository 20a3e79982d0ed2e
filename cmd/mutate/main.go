// Command mutate changes single places of the tree, one at a time, and reports
// those that no test notices. The places are drawn by a seed, so that a run can be
// repeated on the same commit:
//
//	go run ./cmd/mutate -n 60 --seed 8 ./passes ./ir/...
//
// The tests of a place's package run first, then those of the packages that
// import or embed it, all with -short and the time limit each. A mutant that does not
// compile is replaced by the next one drawn; one whose tests do not end is caught.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/pflag"
)

const (
	exitOK       = 0
	exitSurvived = 1
	exitUsage    = 2
)

// choices are the user's.
type choices struct {
	count    int
	seed     uint64
	limit    time.Duration
	only     string
	list     bool
	json     bool
	packages []string
}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil {
		var survived int
		if survived, err = run(o, os.Stdout); err == nil && survived > 0 {
			os.Exit(exitSurvived)
		}
	}
	switch {
	case errors.Is(err, pflag.ErrHelp):
		os.Exit(exitOK)
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(exitUsage)
	}
}

func parse(args []string) (choices, error) {
	var o choices
	f := pflag.NewFlagSet("mutate", pflag.ContinueOnError)
	f.IntVarP(&o.count, "count", "n", 60, "how many places, spread evenly over the named patterns of packages")
	f.Uint64Var(&o.seed, "seed", 1, "the seed that draws them")
	f.DurationVar(&o.limit, "limit", time.Minute, "processor time for the tests of one package")
	f.StringVar(&o.only, "only", "", "tries all mutants of one place, FILE:LINE, in place of drawn ones")
	f.BoolVar(&o.list, "list", false, "lists the places and runs nothing")
	f.BoolVar(&o.json, "json", false, "one JSON object for each place")
	err := f.Parse(args)
	if o.packages = f.Args(); len(o.packages) == 0 {
		o.packages = []string{"./passes/...", "./ir/...", "./runtime/metrics", "./cmd/nomul", "./backends/..."}
	}
	return o, err
}

// run tries the drawn mutants and returns how many survived.
func run(o choices, w io.Writer) (int, error) {
	tree, err := load(o.packages)
	if err != nil {
		return 0, err
	}
	draw := tree.draw(o)
	survived, tried := 0, 0
	for m, ok := draw(true); ok && (o.only != "" || tried < o.count); m, ok = draw(m.fate != notBuilt) {
		if !o.list {
			if err := tree.try(m, o.limit); err != nil {
				return survived, err
			}
		}
		if m.fate == notBuilt {
			continue
		}
		tried++
		if m.fate == lives {
			survived++
		}
		report(w, o, m)
	}
	if !o.list && !o.json {
		fmt.Fprintf(w, "%d places, seed %d: %d caught, %d survived\n", tried, o.seed, tried-survived, survived)
	}
	return survived, nil
}

func report(w io.Writer, o choices, m *mutant) {
	if o.json {
		text, _ := json.Marshal(map[string]any{"place": m.place(), "from": m.from, "to": m.to, "fate": m.fate.String(), "by": m.by, "seconds": m.took.Seconds()})
		fmt.Fprintln(w, string(text))
		return
	}
	fmt.Fprintf(w, "%-9s %-44s %s → %s", m.fate, m.place(), oneLine(m.from), oneLine(m.to))
	if m.by != "" {
		fmt.Fprintf(w, "  (%s, %.0f s)", m.by, m.took.Seconds())
	}
	fmt.Fprintln(w)
}
