package main

import (
	"fmt"
	"regexp"
	"strings"

	"nomul/frontend/onnx/randnet"
)

// perNetwork is how many samples a network is given.
const perNetwork = 4

// through takes a plan through the chain.
func through(p randnet.Plan) (*network, outcome) {
	m, err := randnet.Build(p)
	if err != nil {
		return nil, outcome{internal, "build", err.Error()}
	}
	n := newNetwork(p, m)
	return n, n.run()
}

func newNetwork(p randnet.Plan, m *randnet.Model) *network {
	n := &network{plan: p, model: m, worst: map[string]float64{}, where: map[string]string{}}
	n.draw(perNetwork)
	return n
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"|%[^\s:,]+`)
	typed    = regexp.MustCompile(`(real|spike|[us]\d+)?\[[\d,N]*\]`)
	numbered = regexp.MustCompile(`-?\d+(\.\d+)?(e[+-]?\d+)?`)
	opNames  = regexp.MustCompile(`\(ai\.onnx::\w+, opset \d+\)`)
)

// kind returns a message without the names and numbers that differ from network to
// network: of several messages the first.
func (o outcome) kind() string {
	text := o.message
	if o.verdict == panicked {
		text, _, _ = strings.Cut(text, "goroutine")
		if i := strings.Index(text, "panic: "); i >= 0 {
			text = text[i:]
		}
	}
	text, _, _ = strings.Cut(text, "\n")
	text = opNames.ReplaceAllString(text, "")
	text = quoted.ReplaceAllString(text, "…")
	text = typed.ReplaceAllString(text, "[…]")
	text = numbered.ReplaceAllString(text, "#")
	text = strings.TrimPrefix(text, "net.onnx: ")
	return fmt.Sprintf("%s at %s: %s", o.verdict, o.stage, strings.Join(strings.Fields(text), " "))
}

// alike reports whether two outcomes are the same fault.
func alike(a, b outcome) bool {
	if a.verdict == wrong || a.verdict == panicked {
		return a.verdict == b.verdict && a.stage == b.stage
	}
	return a.kind() == b.kind()
}

// shrunk is the simplest plan found that meets the same fate.
func shrunk(p randnet.Plan, fate outcome) (randnet.Plan, outcome) {
	for again := true; again; {
		again = false
		for _, q := range p.Simpler() {
			if _, o := through(q); alike(fate, o) {
				p, fate, again = q, o, true
				break
			}
		}
	}
	return p, fate
}
