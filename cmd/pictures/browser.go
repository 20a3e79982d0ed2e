package main

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take for whatever it is asked.
const patience = 60 * time.Second

// names are those under which Chromium is installed.
var names = []string{"chromium", "chromium-browser", "google-chrome"}

// browser is a Chromium without windows.
type browser struct {
	ctx  context.Context
	stop context.CancelFunc
}

// path is that of Chromium, or empty.
func path() string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func start() (*browser, error) {
	path := path()
	if path == "" {
		return nil, fmt.Errorf("needs Chromium (looked for %v)", names)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox) // which root cannot have
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, err
	}
	return &browser{ctx, stop}, nil
}

// window is how a page is seen.
type window struct {
	width, height int
	dark          bool
}

// tab is an open page, and all that it has asked for and complained of.
type tab struct {
	ctx   context.Context
	close context.CancelFunc

	mu       sync.Mutex
	requests []string
	problems []string
}

func (b *browser) open(address string, w window) (*tab, error) {
	t := &tab{}
	t.ctx, t.close = chromedp.NewContext(b.ctx, chromedp.WithListener(t.note))
	scheme := map[bool]string{false: "light", true: "dark"}[w.dark]
	seen := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	err := chromedp.Do(t.ctx)
	if err == nil {
		_, err = chromedp.Call(t.ctx, emulation.SetEmulatedMedia, seen)
	}
	if err == nil {
		err = t.do(chromedp.EmulateViewport(int64(w.width), int64(w.height)), chromedp.Navigate(address), settled)
	}
	if err != nil {
		t.close()
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return t, nil
}

// settled waits until the page has drawn all that it does by itself.
var settled = chromedp.Evaluate[chromedp.Void](`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`, chromedp.EvalAwaitPromise)

func (t *tab) do(actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// note keeps requests, and messages of faults.
func (t *tab) note(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		t.requests = append(t.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		t.problems = append(t.problems, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *cdplog.EventEntryAdded:
		t.problems = append(t.problems, string(e.Entry.Level)+": "+e.Entry.Text)
	}
}

// said returns the requests and the complaints of the page.
func (t *tab) said() (requests, problems []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requests, t.problems
}

func (t *tab) picture() ([]byte, error) {
	if err := t.do(settled); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// evaluate runs a script in a page, and reads its result.
func evaluate[T any](t *tab, script string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}
