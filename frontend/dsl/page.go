package dsl

import (
	"fmt"
	"regexp"
	"strings"
)

// Page is the reference of the language in Markdown: the grammar as the parser
// has it, the tokens, the functions, and the fields of a neuron.
func Page() string {
	var b strings.Builder
	b.WriteString("# The grammar of .snn files\n\n" +
		"Made from the parser by a test (`go test ./frontend/dsl -run Page -update`); `frontend/dsl/doc.go` explains it.\n\n" +
		"`?` is once or not, `*` any number of times, `|` either. `EOL` ends a statement: the end of a line, unless the line ends in\n" +
		"an operator, a comma or an open parenthesis, or the next one begins with an operator; or a semicolon.\n\n```\n")
	for _, line := range strings.Split(strings.TrimSpace(grammar.String()), "\n") {
		if !strings.HasPrefix(line, "Skipped") {
			b.WriteString(rule(line) + "\n")
		}
	}
	b.WriteString("```\n\n| token | is |\n|---|---|\n")
	for _, t := range tokenDocs {
		fmt.Fprintf(&b, "| %s | %s |\n", t[0], t[1])
	}
	b.WriteString("\nOperators, the ones that bind least first: `|>`, `||`, `&&`, comparisons, `+ -`, `* / %`.\n")
	b.WriteString("\n## Functions\n\n| function | does |\n|---|---|\n")
	for _, l := range Layers() {
		fmt.Fprintf(&b, "| `%s(%s)` | %s |\n", l.Name, l.Params, escaped(l.Doc))
	}
	fmt.Fprintf(&b, "| `op(name, …)` | %s |\n", anyOpDoc)
	b.WriteString("\n## Inputs\n\n| option | is |\n|---|---|\n")
	for _, o := range inputOptions {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o[0], o[1])
	}
	b.WriteString("\n## Neurons\n\n| field | default | is |\n|---|---|---|\n")
	for _, p := range neuronFields {
		def := ""
		if p.def != nil && p.def.kind != isNothing {
			def = p.def.String()
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.name, def, escaped(fieldDocs[p.name]))
	}
	return b.String()
}

const anyOpDoc = "any operation of the intermediate representation by its name; its attributes and optional operands by theirs"

var tokenDocs = [][2]string{
	{"Ident", "a letter or `_`, then letters, digits and `_`; none of the grammar's words, but `next`, `per`, `mean`, `std` and `scale`"},
	{"Number", "`4`, `.5`, `1e-3`"},
	{"String", "`\"text\"`; in names of layers, `{expression}` stands for its value"},
	{"Comment", "`//` to the end of the line; `///` documents what follows"},
}

// inputOptions are the options that may stand behind the type of an input.
var inputOptions = [][2]string{
	{"mean M", "with `std` and `scale`, what a pixel p stands for: x = (p·scale − mean)/std; a number, or one for each channel; 0 when absent"},
	{"std S", "see `mean`; 1 when absent"},
	{"scale A", "see `mean`; 1/255 when absent"},
	{"per step", "a new array in each time step, as frames and events are; `per once`, which is the default, the same one in all"},
}

// fieldDocs documents the fields of a neuron.
var fieldDocs = map[string]string{
	"tau":           "time constant in steps: H = V + (x − V)/tau; one of tau, beta and leak is needed",
	"beta":          "what is left of the membrane: H = beta·V + x",
	"leak":          "none, all, a factor, or an integer leak in quotes: `\"shift:k\"`, `\"decay:k\"`, `\"csd:3/4\"`, N over a power of two",
	"decay_input":   "false: with tau, the input is not divided by it",
	"gain":          "factor of the input",
	"threshold":     "fires at it (1 when absent)",
	"fires":         "`>=` (SpikingJelly) or `>` (snnTorch, Norse); needed",
	"reset":         "zero, subtract, none, or the membrane's new value; needed",
	"amount":        "what subtract subtracts, the threshold when absent",
	"when":          "fire: the reset acts in the step that fires; next: in the next one, after the leak; both: snnTorch's reset_delay=False",
	"init":          "the membrane before the first step",
	"bias":          "added in every step",
	"current":       "the leak of a current between input and membrane, as for leak; none when absent",
	"order":         "before: the current leaks before the input is added (snnTorch's Synaptic); after: behind it (Norse); late: before it, and the membrane gets what the current was one step ago (snnTorch's Alpha)",
	"masks":         "the delayed reset to zero kills the new input too",
	"masks_current": "and the current",
	"adapt":         "a threshold that adapts: what remains in each step of what it has grown by; a number, none, all, or shift, decay or csd in a string",
	"jump":          "how much each spike makes the threshold grow",
	"adapt_reset":   "a reset that subtracts takes what the threshold has grown by, too",
	"refractory":    "the steps in which it holds its membrane after a spike; `drive:N`: nothing comes in for N steps, `spike:N`: nothing fires, `leak:N`: neither",
	"silent":        "the result is the membrane, no spikes; without a reset there is no threshold",
	"round":         "of integer leaks: floor, ceil or zero",
	"levels":        "up to how many thresholds count, the n-th at n times the threshold: the neuron hands on how many its membrane has reached, and subtract takes the amount for each; `fires: nearest` rounds the count, halves to the even one (I-LIF)",
	"values":        "`[LOW, HIGH]`: it fires below 0, too, LOW for each level there and HIGH for each above: `[-1, 1]` is a ternary neuron",
}

var (
	inBrackets = regexp.MustCompile(`<(\w+)>`)
	skipped    = regexp.MustCompile(` \| Skipped\b`)
)

// rule is a rule as people read it.
func rule(line string) string {
	line = skipped.ReplaceAllString(line, "")
	return inBrackets.ReplaceAllStringFunc(line, func(s string) string {
		if s == "<eol>" {
			return "EOL"
		}
		return strings.ToUpper(s[1:2]) + s[2:len(s)-1]
	})
}

func escaped(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
