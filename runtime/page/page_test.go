package page

import (
	"strings"
	"testing"
)

// Titles and data cannot end the element that they are in, and pages are the same each time.
func TestPagesAreWhole(t *testing.T) {
	p := Page{Title: `</title><b>"`, Data: map[string]any{"a": "</script>", "b": 1, "c": 2}}
	written := func() string {
		var b strings.Builder
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := written()
	if strings.Contains(text, "<b>") || strings.Count(text, "</script>") != 4 || !strings.Contains(text, `id="a">"\u003c/script\u003e"</script>`) {
		t.Error(text)
	}
	for range 20 {
		if written() != text {
			t.Fatal("two pages of the same data differ")
		}
	}
}

// Only a page that is served may load, and from there alone.
func TestPolicies(t *testing.T) {
	for served, want := range map[bool]int{false: 0, true: 1} {
		var b strings.Builder
		if err := (&Page{Served: served}).Write(&b); err != nil {
			t.Fatal(err)
		}
		if text := b.String(); strings.Count(text, "connect-src &#39;self&#39;") != want || !strings.Contains(text, "default-src &#39;none&#39;") {
			t.Error(text)
		}
	}
	if err := (&Page{Data: map[string]any{"x": func() {}}}).Write(&strings.Builder{}); err == nil {
		t.Error("data without a text are written")
	}
}
