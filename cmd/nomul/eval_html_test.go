package main

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// The page has the figures of --json, and with --resume it is that of the record, byte for byte, but for the times.
func TestReport(t *testing.T) {
	irtest.Long(t)
	dir := t.TempDir()
	line := []string{"eval", mlpFolder + "/mlp_ts26_sjhead_bn.onnx", "--images", images, "--labels", labels, "--mean", ".2860", "--std", ".3530",
		"--limit", "60", "--compare", "20", "--engine", "go", "--negative", "3", "-o", dir + "/run.json", "--resume", "--json"}
	page := func(more ...string) (string, evaluation) {
		var e evaluation
		fromJSON(t, nomul(t, append(append(line[:len(line):len(line)], "--html", dir+"/report.html"), more...)...), &e)
		return read(t, dir+"/report.html"), e
	}
	text, e := page()
	plain := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, "\n"))
	wanted := []string{fmt.Sprintf("%.2f %%", 100*e.Accuracy), grouped(e.Totals.Synops), energy(e.Costs.Regimes[2].Total.Spikes), meeting(e.Costs.Regimes[2].Total),
		fmt.Sprintf("%.2f %%", 100*e.Layers[0].SpikeRate), fmt.Sprintf("missed: %s", percent(e.Alarms.Missed, e.Alarms.Positives)), "0 of 3 products are multiplications", "sha256:", "--mean .2860"}
	for t := range e.AccuracyAfter {
		wanted = append(wanted, fmt.Sprintf("%.2f %%", 100*e.AccuracyAfter[t]))
	}
	for _, w := range wanted {
		if !strings.Contains(plain, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
	if again, _ := page(); again != text {
		t.Error("the page of a record is another than that of its evaluation")
	}
	if flips, _ := page("--flips", "2"); !strings.Contains(flips, "Decisions that integers change") {
		t.Error("the page has no flips")
	}
}
