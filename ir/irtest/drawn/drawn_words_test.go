package drawn_test

import (
	"testing"

	"nomul/ir"
	"nomul/ir/irtest/drawn"
)

// Nets of words have neurons of every kind of word, and layers of weights behind them.
func TestWords(t *testing.T) {
	seen, read := map[string]int{}, map[ir.Op]int{}
	for seed := range uint64(40) {
		net, words := drawn.Words(seed)
		if err := ir.Verify(net); err != nil {
			t.Fatalf("%s: %v", net.Name, err)
		}
		for v, w := range words {
			switch {
			case v.Type.IsSpike():
				seen["spikes"]++
			case v.Range.Lo < 0:
				seen["signed"]++
			case !v.IsWord():
				seen["numbers"]++
			default:
				seen["counts"]++
			}
			seen[w.Reset.String()]++
		}
		for _, v := range net.Values {
			if len(v.Args) > 0 && (words[v.Args[0]] != nil || v.Args[0].Op == ir.OpLevels) && !v.Args[0].Type.IsSpike() {
				read[v.Op]++
			}
		}
	}
	t.Logf("%v, read by %v", seen, read)
	for _, kind := range []string{"signed", "counts", "zero", "none", "subtract"} {
		if seen[kind] < 15 {
			t.Errorf("%d of %s", seen[kind], kind)
		}
	}
	for _, op := range []ir.Op{ir.OpLinear, ir.OpConv, ir.OpMaxPool, ir.OpAdd, ir.OpConcat} {
		if read[op] == 0 {
			t.Errorf("%v reads words %d times", op, read[op])
		}
	}
}
