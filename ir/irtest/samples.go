package irtest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"nomul/ir"
)

// Inputs makes n samples of random inputs, the same for the same seed. Integers
// fill their range, with both ends and zero more often than by chance; reals
// are multiples of 1/64 in −2..2, so that float32 holds them.
func Inputs(net *ir.Net, seed uint64, n int) []map[string]*ir.Tensor {
	random := rand.New(rand.NewPCG(seed, 0))
	out := make([]map[string]*ir.Tensor, n)
	for i := range out {
		out[i] = map[string]*ir.Tensor{}
		for _, v := range net.All(ir.OpInput) {
			t := ir.NewTensor(net.SampleType(v))
			for j := range t.F {
				t.F[j] = float64(random.IntN(257)-128) / 64
			}
			for j := range t.I {
				t.I[j] = pickInt(random, v.Range)
			}
			out[i][v.Name] = t
		}
	}
	return out
}

func pickInt(random *rand.Rand, r ir.Range) int64 {
	switch random.IntN(6) {
	case 0:
		return r.Lo
	case 1:
		return r.Hi
	case 2:
		return min(max(0, r.Lo), r.Hi)
	}
	return r.Lo + random.Int64N(r.Hi-r.Lo+1)
}

// Vectors reads samples written as text: samples apart by an empty line, in
// each one line per input, its name and its elements in C order (of all steps,
// when there is one input per step). '#' begins a comment.
//
//	x 1 2 3
//	y 0.5
func Vectors(t testing.TB, path string, net *ir.Net, text string) []map[string]*ir.Tensor {
	t.Helper()
	var out []map[string]*ir.Tensor
	for _, block := range strings.Split(withoutComments(text), "\n\n") {
		if strings.TrimSpace(block) == "" {
			continue
		}
		sample := map[string]*ir.Tensor{}
		for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
			name, data, err := vector(net, strings.Fields(line))
			if err != nil {
				t.Fatalf("%s: %q: %v", path, line, err)
			}
			sample[name] = data
		}
		out = append(out, sample)
	}
	return out
}

// withoutComments removes lines that are comments only altogether, so that they do not part samples.
func withoutComments(text string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		code, _, commented := strings.Cut(line, "#")
		if code = strings.TrimSpace(code); code != "" || !commented {
			out = append(out, code)
		}
	}
	return strings.Join(out, "\n")
}

func vector(net *ir.Net, words []string) (string, *ir.Tensor, error) {
	v := net.Find(words[0])
	if v == nil || v.Op != ir.OpInput {
		return "", nil, fmt.Errorf("there is no input %q", words[0])
	}
	data := ir.NewTensor(net.SampleType(v))
	if len(words)-1 != data.Type.Size() {
		return "", nil, fmt.Errorf("%d elements, wanted %v", len(words)-1, data.Type)
	}
	for i, word := range words[1:] {
		var err error
		if data.Type.IsReal() {
			data.F[i], err = strconv.ParseFloat(word, 64)
		} else {
			data.I[i], err = strconv.ParseInt(word, 10, 64)
		}
		if err != nil {
			return "", nil, err
		}
	}
	return v.Name, data, nil
}

// Shuffle is the net with its values in another order that is as good: each
// still stands above its uses and behind the earlier clocks. The values are the
// same ones. No pass and no engine may lean on the order.
func Shuffle(net *ir.Net, seed uint64) *ir.Net {
	random := rand.New(rand.NewPCG(seed, 0))
	out := &ir.Net{Name: net.Name, Level: net.Level, Steps: net.Steps}
	placed := map[*ir.Value]bool{nil: true}
	for _, clock := range []ir.Clock{ir.Once, ir.Step, ir.End} {
		for {
			var ready []*ir.Value
			for _, v := range net.Values {
				if v.Clock == clock && !placed[v] && allPlaced(v, placed) {
					ready = append(ready, v)
				}
			}
			if len(ready) == 0 {
				break
			}
			v := ready[random.IntN(len(ready))]
			placed[v] = true
			out.Values = append(out.Values, v)
		}
	}
	return out
}

func allPlaced(v *ir.Value, placed map[*ir.Value]bool) bool {
	for _, a := range v.Args {
		if !placed[a] {
			return false
		}
	}
	return true
}
