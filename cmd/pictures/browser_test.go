package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"nomul/ir/irtest"
)

// chromium is a browser for a test, which is left out as others are that need a tool.
func chromium(t *testing.T) *browser {
	t.Helper()
	irtest.Long(t)
	if path() == "" {
		irtest.Need(t, names[0])
	}
	b, err := start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	return b
}

// folder is shared by all tests; program builds nomul there, once.
var folder, program = os.TempDir(), sync.OnceValues(func() (string, error) {
	out := filepath.Join(folder, "nomul")
	text, err := exec.Command("go", "build", "-o", out, "../nomul").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return out, err
})

func TestMain(m *testing.M) {
	made, err := os.MkdirTemp("", "pictures-*")
	if err != nil {
		panic(err)
	}
	folder = made
	code := m.Run()
	os.RemoveAll(made)
	os.Exit(code)
}

// command is a call of nomul.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	p, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(p, args...)
}

// written is the address of a page that nomul writes.
func written(t *testing.T, args ...string) string {
	t.Helper()
	page := filepath.Join(t.TempDir(), "page.html")
	if text, err := command(t, append(args, "-o", page)...).CombinedOutput(); err != nil {
		t.Fatalf("nomul %s: %v: %s", strings.Join(args, " "), err, text)
	}
	address, err := local(page)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// visited opens a page for a test.
func visited(t *testing.T, b *browser, address string, w window) *tab {
	t.Helper()
	page, err := b.open(address, w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(page.close)
	return page
}

func ask[T any](t *testing.T, page *tab, script string) T {
	t.Helper()
	got, err := evaluate[T](page, script)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return got
}

func do(t *testing.T, page *tab, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := page.do(append(actions, settled)...); err != nil {
		t.Fatal(err)
	}
}

// keys presses keys one after another, as a keyboard does: one that the page takes writes nothing.
func keys(text string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		for _, r := range text {
			events := kb.Encode(r)
			if len(events) == 3 { // down, character and up
				events[0].Text = events[1].Text
				events = []*input.DispatchKeyEventParams{events[0], events[2]}
			}
			for _, e := range events {
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *e); err != nil {
					return chromedp.Void{}, err
				}
			}
		}
		return chromedp.Void{}, nil
	}
}

// alone demands that a page has asked for nothing but its own address, and complained of nothing.
func alone(t *testing.T, page *tab, own string) {
	t.Helper()
	requests, problems := page.said()
	if len(requests) == 0 {
		t.Error("no request was seen, not even that for the page")
	}
	for _, r := range requests {
		if !strings.HasPrefix(r, own) && !strings.HasPrefix(r, "data:") {
			t.Errorf("the page asks for %s", r)
		}
	}
	for _, p := range problems {
		t.Errorf("the page complains: %s", p)
	}
}

// narrow demands that nothing is wider than the window.
func narrow(t *testing.T, page *tab) {
	t.Helper()
	if wide := ask[[]int](t, page, `[document.documentElement.scrollWidth, innerWidth]`); wide[0] > wide[1] {
		t.Errorf("the page is %d wide in a window of %d", wide[0], wide[1])
	}
}

// axe is the source of axe-core, which make test installs.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../../.cache/axe/axe_playwright_python/axe.min.js")
	if err != nil && os.Getenv("NOMUL_REQUIRE_TOOLS") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("needs axe-core: %v", err)
	}
	return string(source)
}

// fault is a violation that axe-core finds.
type fault struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// faults runs axe-core in a page, and returns those that are serious.
func faults(t *testing.T, page *tab, source string) []fault {
	t.Helper()
	do(t, page, chromedp.Evaluate[chromedp.Void](source))
	var all []fault
	text := ask[string](t, page, `axe.run().then(r => JSON.stringify(r.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => ({HTML: n.html, FailureSummary: n.failureSummary}))}))))`)
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	var serious []fault
	for _, f := range all {
		if f.Impact == "serious" || f.Impact == "critical" {
			serious = append(serious, f)
		}
	}
	return serious
}

// accessible demands that axe-core finds no serious fault.
func accessible(t *testing.T, page *tab, source, where string) {
	t.Helper()
	for _, f := range faults(t, page, source) {
		t.Errorf("%s: %s (%s): %s, at %d places, the first %.300s\n%s", where, f.ID, f.Impact, f.Help, len(f.Nodes), f.Nodes[0].HTML, f.Nodes[0].FailureSummary)
	}
}
