package main

import (
	"bufio"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// networkViewed is a page of the bundled MLP.
func networkViewed(t *testing.T) string {
	t.Helper()
	return written(t, "view", mlp, "--mean", ".286", "--std", ".353")
}

const mlp = "../../testdata/models/fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx"

var wide = window{1280, 800, false}

// chosen is the name of the value that the page shows, or empty.
const chosen = `document.querySelector(".line.chosen b")?.textContent || document.querySelector(".line.chosen")?.textContent.trim().split(/\s+/)[1] || ""`

// The value of a node of the file is followed to the integers: a click on its line, then one key for each stage.
func TestViewFollows(t *testing.T) {
	b := chromium(t)
	address := networkViewed(t)
	page := visited(t, b, address+"#stage=given", wide)
	do(t, page, chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll(".line")].find(l => l.textContent.startsWith("%/fc2_1/Gemm_output_0 =")).click()`))
	if from := ask[string](t, page, `document.getElementById("panel").textContent`); !strings.Contains(from, `node "/fc2_1/Gemm" (ai.onnx::Gemm, opset 17)`) {
		t.Errorf("the panel does not say the node: %s", from)
	}
	stages := ask[int](t, page, `document.querySelectorAll("#stages button").length`)
	var way []string
	for range stages - 1 {
		do(t, page, keys(kb.ArrowRight))
		stage := ask[string](t, page, `document.querySelector("#pass b").textContent`)
		name, box := ask[string](t, page, chosen), ask[int](t, page, `document.querySelectorAll("#view .followed, #view .part").length`)
		if name == "" || box == 0 {
			t.Errorf("behind %s the value is lost: %q in the text, %d boxes", stage, name, box)
		}
		way = append(way, stage+" "+name)
	}
	if text := strings.Join(way, ", "); !strings.Contains(text, "reroll-time %/fc2/Gemm_output_0") || !strings.Contains(text, "name-layers %fc2,") || !strings.HasSuffix(text, "quantise %bn2, lowered bn2") {
		t.Errorf("it goes %s", text)
	}
	panel := ask[string](t, page, `document.getElementById("panel").textContent`)
	if !regexp.MustCompile(`range-\d+\.\.\d+`).MatchString(panel) || !strings.Contains(panel, "off the real number") {
		t.Errorf("the panel has no range or bound: %s", panel)
	}
	alone(t, page, strings.SplitN(address, "#", 2)[0])
}

// Search finds values of any stage by name and by node; the theme changes colours; layers open by key.
func TestViewKeys(t *testing.T) {
	page := visited(t, chromium(t), networkViewed(t)+"#stage=raise-neurons", wide)
	do(t, page, keys("/fc2.weight"))
	if found := ask[string](t, page, `document.querySelector("#found li").textContent`); !strings.Contains(found, "fc2.weight const real[256,512]") {
		t.Errorf("found %q", found)
	}
	do(t, page, keys(kb.Enter))
	if name := ask[string](t, page, chosen); name != "%fc2.weight" {
		t.Errorf("Enter takes %s", name)
	}
	if n := ask[int](t, page, `document.querySelectorAll("#panel .histogram rect").length`); n != 48 {
		t.Errorf("the histogram has %d bins", n)
	}
	do(t, page, keys(kb.Escape))
	if name := ask[string](t, page, chosen); name != "" {
		t.Errorf("behind Esc %s is followed", name)
	}
	ground := `getComputedStyle(document.body).backgroundColor`
	light := ask[string](t, page, ground)
	do(t, page, chromedp.Click(chromedp.CSS(`[data-does=theme]`)))
	if dark := ask[string](t, page, ground); dark == light || ask[string](t, page, `document.querySelector("[data-does=theme]").getAttribute("aria-pressed")`) != "true" {
		t.Errorf("the theme stays %s", dark)
	}
	do(t, page, chromedp.Evaluate[chromedp.Void](`document.querySelector('.box[aria-expanded="false"]').focus()`), keys(kb.Enter))
	if n := ask[int](t, page, `document.querySelectorAll('.box[aria-expanded="true"]').length`); n != 1 {
		t.Errorf("Enter opens %d layers", n)
	}
}

// Boxes do not overlap, but for those inside of opened ones.
func TestViewBoxesStandApart(t *testing.T) {
	page := visited(t, chromium(t), networkViewed(t), wide)
	for _, stage := range []string{"given", "reroll-time", "quantise", "lowered"} {
		do(t, page, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll("#stages button")].find(b => b.firstChild.textContent === %q).click()`, stage)))
		for range 2 { // closed, open
			overlaps := ask[[]string](t, page, `(() => {
				const boxes = [...document.querySelectorAll(".box:not([aria-expanded=true])")].map(b => [b.dataset.name, b.querySelector("rect").getBoundingClientRect()]);
				const out = [];
				boxes.forEach(([a, x], i) => boxes.slice(0, i).forEach(([b, y]) => {
					if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1) out.push(a + " and " + b);
				}));
				return boxes.length ? out : ["no boxes"];
			})()`)
			if len(overlaps) > 0 {
				t.Errorf("%s: %v overlap", stage, overlaps)
			}
			do(t, page, keys("e"))
		}
	}
}

// axe-core finds no serious fault, light and dark, wide and narrow, with and without a value followed; and it
// finds one that is made.
func TestViewIsAccessible(t *testing.T) {
	b, source := chromium(t), axe(t)
	address := networkViewed(t)
	for _, w := range []window{wide, {1280, 800, true}, {400, 800, false}, {400, 800, true}} {
		page := visited(t, b, address+"#stage=quantise&value=fc2.weight", w)
		narrow(t, page)
		accessible(t, page, source, fmt.Sprint(w, " following"))
		do(t, page, keys(kb.Escape), keys("e"))
		accessible(t, page, source, fmt.Sprint(w, " opened"))
		for _, part := range []string{"text", "panel"} {
			if w.width == 400 {
				do(t, page, chromedp.Click(chromedp.CSS(`#tabs [data-tab=`+part+`]`)))
				narrow(t, page)
				accessible(t, page, source, fmt.Sprint(w, part))
			}
		}
		do(t, page, keys("/lif"))
		accessible(t, page, source, fmt.Sprint(w, " searching"))
		do(t, page, keys(kb.Escape), keys("?"))
		accessible(t, page, source, fmt.Sprint(w, " help"))
	}
	page := visited(t, b, address, wide)
	do(t, page, chromedp.Evaluate[chromedp.Void](`document.body.append(document.createElement("button"))`))
	if len(faults(t, page, source)) == 0 {
		t.Error("axe-core finds no fault in a button without a name")
	}
}

// A page that wanted something from elsewhere would not get it, and the request would be seen.
func TestPagesCannotLoad(t *testing.T) {
	page := visited(t, chromium(t), networkViewed(t), wide)
	if got := ask[string](t, page, `fetch("https://example.invalid/").then(() => "loaded", e => "refused")`); got != "refused" {
		t.Errorf("the page has %s from elsewhere", got)
	}
	if _, problems := page.said(); !strings.Contains(strings.Join(problems, "\n"), "Content Security Policy") {
		t.Errorf("nothing tells of the policy: %v", problems)
	}
}

// A served page has the same texts, stage by stage.
func TestViewServed(t *testing.T) {
	b := chromium(t)
	c := command(t, "view", "--serve", mlp, "--mean", ".286", "--std", ".353")
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	said, err := bufio.NewReader(out).ReadString('\n')
	address := regexp.MustCompile(`http://\S+/`).FindString(said)
	if err != nil || address == "" {
		t.Fatalf("it says %q: %v", said, err)
	}
	page := visited(t, b, address+"#stage=quantise", wide)
	do(t, page, chromedp.WaitReady(chromedp.CSS(`.line`)))
	if text := ask[string](t, page, `document.getElementById("lines").textContent`); !strings.Contains(text, "%bn2 = linear %lif1, %bn2.weight") {
		t.Errorf("the text is %.200s", text)
	}
	alone(t, page, address)
	if requests, _ := page.said(); len(requests) != 3 {
		t.Errorf("wanted the page and the texts of two stages: %v", requests)
	}
}
