package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	fashion = "../../testdata/data/fashion-mnist/t10k-"
	cnn     = "../../testdata/models/fmnist-cnn-snntorch/cnn_ts26.onnx"
)

// reported is the address of the report of some images, with all sections.
func reported(t *testing.T, model string) string {
	t.Helper()
	page := filepath.Join(t.TempDir(), "report.html")
	text, err := command(t, "eval", model, "--images", fashion+"images-idx3-ubyte.gz", "--labels", fashion+"labels-idx1-ubyte.gz", "--mean", ".286", "--std", ".353",
		"--limit", "50", "--compare", "10", "--engine", "go", "--negative", "0", "--flips", "2", "--neurobench", "2", "--html", page).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	address, err := local(page)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Reports are readable in all windows: nothing is wider, no text of a plot overlaps another or is cut off, axe-core
// finds no serious fault, with the numbers open; the theme changes the ground and the plots.
func TestReports(t *testing.T) {
	b, source := chromium(t), axe(t)
	for _, model := range []string{mlp, cnn} {
		address := reported(t, model)
		for _, w := range []window{wide, {1280, 800, true}, {400, 800, false}, {400, 800, true}} {
			where := fmt.Sprint(filepath.Base(model), " ", w)
			page := visited(t, b, address, w)
			if n := ask[int](t, page, `document.querySelectorAll("svg.plot").length`); n != 6 {
				t.Errorf("%s: %d plots", where, n)
			}
			if bad := ask[[]string](t, page, `(() => {
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
			})()`); len(bad) > 0 {
				t.Errorf("%s: %v", where, bad)
			}
			do(t, page, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true)`))
			narrow(t, page)
			accessible(t, page, source, where)
			colours := `getComputedStyle(document.body).backgroundColor + getComputedStyle(document.querySelector("svg.plot text")).fill`
			before := ask[string](t, page, colours)
			do(t, page, chromedp.Click(chromedp.CSS(`[data-does=theme]`)))
			if ask[string](t, page, colours) == before {
				t.Errorf("%s: the theme stays %s", where, before)
			}
			alone(t, page, address)
		}
	}
}
