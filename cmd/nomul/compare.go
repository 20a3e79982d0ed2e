package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nomul/ir/diag"
	"nomul/runtime/files"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
)

// comparison has the figures of several evaluations of the same images.
type comparison struct {
	Samples     int          `json:"samples"`
	DataDigest  string       `json:"data_digest"`
	Runs        []compared   `json:"runs"`
	Differences []difference `json:"differences"`
}

// compared is one of the evaluations.
type compared struct {
	Name string `json:"name"`
	// Model and Settings tell in which points runs are apart.
	Model    string            `json:"model"`
	Settings map[string]string `json:"settings"`
	Steps    int               `json:"steps"`
	Accuracy float64           `json:"accuracy"`
	Interval metrics.Interval  `json:"accuracy_interval"`
	Spikes   float64           `json:"spikes"`
	Synops   float64           `json:"synops"`
	// Energies are pJ per sample by regime; none where the record has no counts for them.
	Energies []estimated `json:"energies,omitempty"`
	// Front tells that no other run is both as accurate and as cheap in the last regime, and better in one.
	Front bool `json:"pareto,omitempty"`
}

// estimated is the energy of a run in a regime, and that of the quantised network beside it.
type estimated struct {
	Regime string  `json:"regime"`
	Spikes float64 `json:"spikes_pj"`
	ANN    float64 `json:"ann_pj"`
}

// difference is that of the accuracies of two runs.
type difference struct {
	First  string `json:"first"`
	Second string `json:"second"`
	// Accuracy is that of the first less that of the second.
	Accuracy float64 `json:"accuracy"`
	metrics.Difference
	Noise bool `json:"noise"`
}

func compareCommand() *cobra.Command {
	var page string
	var asJSON bool
	c := &cobra.Command{
		Use:   "compare RECORD RECORD…",
		Short: "Compare evaluations of the same images, and tell which differences are noise",
		Long: `Read the records that nomul eval -o wrote, of other models, settings, skips or
time steps but of the same images, and print accuracy with its 95 % interval
(Wilson), spikes, synaptic operations and energy by regime, beside that of the
quantised network of the same layers. Records of other images are errors.

For each two runs McNemar's test, on the images that one of them alone has
right, gives the probability p of so large a difference if neither were better:
above 5 % it is noise. Of many pairs one in twenty is below by chance alone.

"front" marks runs that no other beats in both accuracy and energy with memory.`,
		Example: `  nomul compare t2.json t4.json t8.json
  nomul compare t2.json t4.json t8.json --html compare.html`,
		Args: takes("two records or more", 2, math.MaxInt),
		RunE: func(c *cobra.Command, args []string) error {
			if err := apart([]string{page}, args); err != nil {
				return err
			}
			r, err := compareRecords(args)
			if err != nil {
				return err
			}
			if page != "" {
				p, err := r.page()
				if err != nil {
					return err
				}
				if err := files.Write(c.Context(), files.Output{Path: page, Fill: p.Write}); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), r)
			}
			r.print(c.OutOrStdout())
			return nil
		},
	}
	c.Flags().StringVar(&page, "html", "", "write the comparison as a page to `FILE`, with its picture")
	jsonFlag(c, &asJSON)
	return c
}

// compareRecords reads records of the same images.
func compareRecords(paths []string) (*comparison, error) {
	var all []record.Named
	names := shortNames(paths)
	for i, path := range paths {
		r, err := record.Read(path)
		if err != nil {
			return nil, err
		}
		if r.Shard != nil {
			return nil, diag.Errorf(diag.Origin{File: path}, diag.BadData, "it is the record of shard %d/%d: compare those of all images, which merge writes", r.Shard.Part, r.Shard.Of)
		}
		if first := all; len(first) > 0 && r.Run.DataDigest != first[0].Run.DataDigest {
			return nil, diag.Errorf(diag.Origin{File: path}, diag.BadData, "it is of other images than %s: only runs of the same can be compared", paths[0])
		}
		all = append(all, record.Named{Name: names[i], Record: r})
	}
	return compare(all), nil
}

// shortNames are the names of files without folder and extension, or the paths where these are not all different.
func shortNames(paths []string) []string {
	var out []string
	for _, p := range paths {
		out = append(out, strings.TrimSuffix(filepath.Base(p), filepath.Ext(p)))
	}
	for i, n := range out {
		if slices.Contains(out[:i], n) {
			return paths
		}
	}
	return out
}

// compare derives the figures of records.
func compare(all []record.Named) *comparison {
	out := &comparison{Samples: all[0].Run.Samples, DataDigest: all[0].Run.DataDigest}
	for i, r := range all {
		out.Runs = append(out.Runs, comparedRun(r, all))
		for _, other := range all[i+1:] {
			out.Differences = append(out.Differences, differ(r, other))
		}
	}
	for i := range out.Runs {
		out.Runs[i].Front = out.front(i)
	}
	return out
}

func comparedRun(r record.Named, all []record.Named) compared {
	e := reportOf(r.Record)
	run := compared{Name: r.Name, Model: r.Run.Model, Settings: map[string]string{}, Steps: r.Run.Steps, Accuracy: e.Accuracy,
		Interval: metrics.Wilson(e.Correct, e.Samples), Spikes: e.Totals.Spikes, Synops: e.Totals.Synops}
	for name, value := range r.Run.Settings {
		if slices.ContainsFunc(all, func(o record.Named) bool { return o.Run.Settings[name] != value }) {
			run.Settings[name] = value
		}
	}
	if e.Costs != nil {
		for _, regime := range e.Costs.Regimes {
			run.Energies = append(run.Energies, estimated{regime.Name, regime.Total.Spikes, regime.Total.ANN})
		}
	}
	return run
}

func differ(a, b record.Named) difference {
	d := difference{First: a.Name, Second: b.Name, Difference: metrics.McNemar(a.Images.Labels, a.Images.Classes, b.Images.Classes)}
	d.Accuracy, d.Noise = float64(d.OnlyFirst-d.OnlySecond)/float64(max(1, len(a.Images.Labels))), d.Difference.Noise()
	return d
}

// front reports whether no other run beats one in accuracy and energy.
func (c *comparison) front(i int) bool {
	r := c.Runs[i]
	if r.Energies == nil {
		return false
	}
	return !slices.ContainsFunc(c.Runs, func(o compared) bool {
		return o.Energies != nil && o.Accuracy >= r.Accuracy && o.cheapest() <= r.cheapest() && (o.Accuracy > r.Accuracy || o.cheapest() < r.cheapest())
	})
}

// cheapest is the energy in the last regime, which has all that is counted.
func (r compared) cheapest() float64 { return r.Energies[len(r.Energies)-1].Spikes }

// is tells a run from the others: its model and the settings that not all have.
func (r compared) is() string {
	words := []string{r.Model}
	for _, name := range sortedKeys(r.Settings) {
		words = append(words, fmt.Sprintf("--%s %s", name, r.Settings[name]))
	}
	return strings.Join(words, " ")
}
