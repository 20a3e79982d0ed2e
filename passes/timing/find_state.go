package timing

import (
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// statesFound pairs inputs with outputs of the same type that are computed from
// them: those whose names are alike but for words such as in and out; when no
// names are, those whose types leave no choice. None where nothing looks like a
// state: without a threshold, or with a single input.
func statesFound(n *ir.Net, o *rewrite.Options) ([]state, error) {
	inputs := n.All(ir.OpInput)
	if len(canonical.Comparisons(n)) == 0 || len(inputs) < 2 {
		return nil, nil
	}
	c := Candidates(n, inputs)
	found := c.byName(n.All(ir.OpOutput))
	if len(found) == 0 {
		found = c.ByType()
	}
	if len(found) == 0 && len(c.of) > 0 && o.Steps > 0 {
		return nil, diag.Errorf(PlaceOf(n), diag.NotUnrolled, "which of the inputs %s are the state, and which of the outputs %s they become, is not clear from names or types",
			Ports(n, ir.OpInput), Ports(n, ir.OpOutput)).WithHelp("say --state IN=OUT,…")
	}
	return found, nil
}

// pairable are the outputs that may be the next state of each input.
type pairable struct {
	inputs []*ir.Value
	of     map[*ir.Value][]*ir.Value
}

// Candidates returns the inputs and outputs that may be one state.
func Candidates(n *ir.Net, inputs []*ir.Value) pairable {
	c := pairable{inputs, map[*ir.Value][]*ir.Value{}}
	for _, in := range inputs {
		reached := map[*ir.Value]bool{in: true}
		for _, v := range n.Values {
			reached[v] = reached[v] || slices.ContainsFunc(v.Args, func(a *ir.Value) bool { return reached[a] })
			if v.Op == ir.OpOutput && reached[v] && v.Type == in.Type {
				c.of[in] = append(c.of[in], v)
			}
		}
	}
	return c
}

// byName pairs inputs and outputs of one name. Beside such, an output need not be computed from its input: in a
// line of delays it is the input of another.
func (c pairable) byName(outputs []*ir.Value) []state {
	var out []state
	shown := false
	for _, in := range c.inputs {
		for _, o := range outputs {
			computed, name := slices.Contains(c.of[in], o), stem(o.Name)
			if stem(in.Name) == name && in.Type == o.Type && (name != "" || computed) {
				out, shown = append(out, state{In: in, Out: o}), shown || computed
			}
		}
	}
	if !shown {
		return nil
	}
	return out
}

// sideWords are the words by which the names of a state before and after a step differ.
var sideWords = []string{"in", "out", "input", "output", "next", "new", "prev", "old", "init", "0", "1"}

// stem is a name without the words that tell one side of the step from the other.
func stem(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("_./:-", r) })
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return slices.Contains(sideWords, w) }), "_")
}

// ByType pairs inputs that may become one output only, which no other input may
// become; the inputs left must have no output of their type at all.
func (c pairable) ByType() []state {
	claims := map[*ir.Value]int{}
	for _, in := range c.inputs {
		for _, o := range c.of[in] {
			claims[o]++
		}
	}
	var out []state
	for _, in := range c.inputs {
		list := c.of[in]
		switch {
		case len(list) == 0:
		case len(list) == 1 && claims[list[0]] == 1:
			out = append(out, state{In: in, Out: list[0]})
		default:
			return nil
		}
	}
	if len(out) == len(c.inputs) {
		return nil // something must come in besides the state
	}
	return out
}
