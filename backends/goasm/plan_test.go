package goasm

import (
	"slices"
	"testing"

	"nomul/backends"
	"nomul/ir"
)

// TestCut fixes how words are cut, for the cost table speaks for itself only
// until someone changes it.
func TestCut(t *testing.T) {
	for _, c := range []struct{ bits, inputs, digits, digitBits int }{
		{1, 100, 1, 1},
		{4, 784, 1, 4},
		{8, 784, 2, 4},
		{8, 1800, 2, 4},
		{8, 2000, 1, 8},
		{16, 784, 4, 4},
		{32, 10, 32, 1},
	} {
		if got := cut(c.bits, c.inputs); got != (digitPlan{c.digits, c.digitBits}) {
			t.Errorf("%d bits, %d inputs: %+v, want %d digits of %d bits", c.bits, c.inputs, got, c.digits, c.digitBits)
		}
	}
}

// TestBlocks holds the runs of inputs against the definition: no sum of some of
// a run's weights leaves 16 bits, and one row more could.
func TestBlocks(t *testing.T) {
	m := matrix{outputs: 2, inputs: 600, data: make([]int64, 1200)}
	for k := range 600 {
		m.data[k], m.data[600+k] = 127, -128
	}
	if got, want := m.blocks(1), []int{256, 512, 600}; !slices.Equal(got, want) {
		t.Errorf("blocks of ±127: %v, want %v", got, want)
	}
	for k := range 600 {
		m.data[k], m.data[600+k] = 50*int64(k%2), -54
	}
	if got, want := m.blocks(1), []int{600}; !slices.Equal(got, want) {
		t.Errorf("blocks of small weights: %v, want %v", got, want)
	}
}

func TestIdentifiers(t *testing.T) {
	s := newScope()
	for _, c := range [][2]string{
		{"s1", "s1"}, {"s1", "s1_"}, {"/bn1/Out.0", "bn1_Out_0"}, {"func", "func_"}, {"words", "words_"}, {"7", "v7"}, {"//", "v"}, {"Y", "y"},
	} {
		if got := s.claim(c[0]); got != c[1] {
			t.Errorf("%q became %q, want %q", c[0], got, c[1])
		}
	}
	for name, want := range map[string]string{"fmnist": "fmnist", "main": "mainnet", "go": "gonet"} {
		if got := packageName(name); got != want {
			t.Errorf("package of %q is %q, want %q", name, got, want)
		}
	}
}

// TestJoined fixes which elementwise ops are one program: an op with the last one of its operands,
// as long as the machines have registers for all of them.
func TestJoined(t *testing.T) {
	for _, c := range []struct {
		body  string
		loops int
	}{
		{"%s = shl %a {k=3} : s19[70]\n\t%y.1 = sub %s, %b : s20[70]", 1},
		{"%s = shl %a {k=3} : s19[70]\n\t%r = map %b {fn=relu} : u15[70]\n\t%y.1 = add %s, %r : s20[70]", 2},
		{"%s = sub %a, %b : s17[70]\n\t%r = sub %b, %a : s17[70]\n\t%q = min %s, %r : s17[70]\n\t%y.1 = add %q, %a : s18[70]", 2},
		{"%k = const {seed=1 lo=0 hi=9} : u4[70]\n\t%s = sub %a, %b : s17[70]\n\t%r = sub %b, %k : s17[70]\n\t%q = min %s, %r : s17[70]\n\t%y.1 = add %q, %a : s18[70]", 2},
		{"%s = sub %a, %b : s17[70]\n\t%r = sub %s, %a : s18[70]\n\t%y.1 = add %s, %r : s19[70]", 1},
	} {
		net, err := ir.Parse("joined.sir", "net joined fixed steps=1 {\nonce\n\t%a = input : s16[70]\n\t%b = input : s16[70]\n\t"+c.body+"\n\t%y = output %y.1 : s20[70]\n}\n", nil)
		if err != nil {
			t.Fatal(err)
		}
		p := planOf(net, backends.Options{})
		if len(p.loops) != c.loops {
			t.Errorf("%s: %d programs, wanted %d", c.body, len(p.loops), c.loops)
		}
		for _, s := range p.loops {
			if _, ok := avx2.function(s); !ok {
				t.Errorf("%s is not in AVX2", s.program)
			}
		}
	}
}
