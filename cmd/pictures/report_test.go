package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	fashion = "../../testdata/data/fashion-mnist/t10k-"
	cnn     = "../../testdata/models/fmnist-cnn-snntorch/cnn_ts26.onnx"
)

// reported is the address of the report of some images with all sections, and the record beside it.
func reported(t *testing.T, model string) (address, record string) {
	t.Helper()
	page := filepath.Join(t.TempDir(), "report.html")
	record = filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(model), ".onnx")+".json")
	made(t, "eval", model, "--images", fashion+"images-idx3-ubyte.gz", "--labels", fashion+"labels-idx1-ubyte.gz", "--mean", ".286", "--std", ".353",
		"--limit", "50", "--compare", "10", "--engine", "go", "--negative", "0", "--flips", "2", "--neurobench", "2", "--html", page, "-o", record)
	return at(t, page), record
}

func made(t *testing.T, args ...string) {
	t.Helper()
	if text, err := command(t, args...).CombinedOutput(); err != nil {
		t.Fatalf("nomul %s: %v: %s", strings.Join(args, " "), err, text)
	}
}

func at(t *testing.T, page string) string {
	t.Helper()
	address, err := local(page)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Reports and comparisons are readable in all windows: nothing is wider, no text of a plot overlaps another or is cut
// off, axe-core finds no serious fault, with the numbers open; the theme changes the ground and the plots.
func TestReports(t *testing.T) {
	b, source := chromium(t), axe(t)
	of, first := reported(t, mlp)
	other, second := reported(t, cnn)
	both := filepath.Join(t.TempDir(), "compare.html")
	made(t, "compare", first, second, "--html", both)
	for address, plots := range map[string]int{of: 7, other: 7, at(t, both): 2} {
		for _, w := range []window{wide, {1280, 800, true}, {400, 800, false}, {400, 800, true}} {
			page := visited(t, b, address, w)
			readable(t, page, fmt.Sprint(address, " ", w), plots)
			do(t, page, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
			narrow(t, page)
			accessible(t, page, source, fmt.Sprint(address, " ", w))
			colours := `getComputedStyle(document.body).backgroundColor + getComputedStyle(document.querySelector("svg.plot text")).fill`
			before := ask[string](t, page, colours)
			do(t, page, chromedp.Click(chromedp.CSS(`[data-does=theme]`)))
			if ask[string](t, page, colours) == before {
				t.Errorf("%s: the theme stays %s", address, before)
			}
			alone(t, page, address)
		}
	}
}

// readable demands so many plots, in which no text is cut off or overlaps another.
func readable(t *testing.T, page *tab, where string, plots int) {
	t.Helper()
	if n := ask[int](t, page, `document.querySelectorAll("svg.plot").length`); n != plots {
		t.Errorf("%s: %d plots", where, n)
	}
	bad := ask[[]string](t, page, `(() => {
		const out = [];
		for (const plot of document.querySelectorAll("svg.plot")) {
			const around = plot.getBoundingClientRect(), texts = [...plot.querySelectorAll("text")].map(e => [e.textContent, e.getBoundingClientRect()]);
			texts.forEach(([a, x], i) => {
				if (x.left < around.left - 1 || x.right > around.right + 1 || x.top < around.top - 1 || x.bottom > around.bottom + 1) out.push(a + " is cut off");
				texts.slice(0, i).forEach(([b, y]) => {
					if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 3 && y.top < x.bottom - 3) out.push(a + " overlaps " + b);
				});
			});
		}
		return out;
	})()`)
	if len(bad) > 0 {
		t.Errorf("%s: %v", where, bad)
	}
}
