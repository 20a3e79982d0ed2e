package irtest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"nomul/ir"
)

// recorder is a test that notes messages instead of failing.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "TestOfHarness" }
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprint(args...)) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// complaint returns the messages of f to its test, in one string.
func complaint(f func(t testing.TB)) string {
	r := &recorder{}
	done := make(chan bool)
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return strings.Join(r.said, "\n")
}

func TestCheckSaysHowToBless(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txtar")
	if err := os.WriteFile(path, []byte("-- want --\none\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := Load(t, path)
	if said := complaint(func(t testing.TB) { Check(t, path, a, "want", "one") }); said != "" {
		t.Errorf("equal but for the last newline: %s", said)
	}
	if Update() {
		return // an update would accept the wrong text below
	}
	said := complaint(func(t testing.TB) { Check(t, path, a, "want", "two\n") })
	if !strings.Contains(said, "go test -run 'TestOfHarness' -update") || !strings.Contains(said, "two") {
		t.Errorf("different: %q", said)
	}
	said = complaint(func(t testing.TB) { Check(t, path, a, "other", "") })
	if !strings.Contains(said, "section other differs") {
		t.Errorf("no such section: %q", said)
	}
	bless(t, path, a, find(a, "want"), txtar.File{Name: "want", Data: []byte("two\n")})
	bless(t, path, a, find(a, "new"), txtar.File{Name: "new", Data: []byte("three\n")})
	if !Has(a, "new") || Has(a, "other") {
		t.Errorf("sections are %v", a.Files)
	}
	if text := string(txtar.Format(Load(t, path))); text != "-- want --\ntwo\n-- new --\nthree\n" {
		t.Errorf("blessed: %q", text)
	}
}

func TestMissingThingsFail(t *testing.T) {
	for want, f := range map[string]func(t testing.TB){
		"no archives match":             func(t testing.TB) { Files(t, "nothing/*.txtar") },
		"no such file":                  func(t testing.TB) { Load(t, "nothing.txtar") },
		`has no section "in.sir"`:       func(t testing.TB) { Section(t, "a.txtar", &txtar.Archive{}, "in.sir") },
		"b.sir:1:1: error":              func(t testing.TB) { ParseNet(t, "a/b.sir", "nonsense") },
		`there is no input "q"`:         func(t testing.TB) { Vectors(t, "a", small(t), "q 1") },
		`there is no input "y"`:         func(t testing.TB) { Vectors(t, "a", small(t), "y 1 2") },
		"1 elements, wanted u4[2]":      func(t testing.TB) { Vectors(t, "a", small(t), "x 1") },
		`parsing "one": invalid syntax`: func(t testing.TB) { Vectors(t, "a", small(t), "x 0 one") },
	} {
		if said := complaint(f); !strings.Contains(said, want) {
			t.Errorf("got %q, wanted %q", said, want)
		}
	}
}

func small(t testing.TB) *ir.Net {
	return ParseNet(t, "small.sir", `net small spiking steps=3 {
once
	%x = input : u4[2] range 2..9
	%k = input : real[2]
	%one = const {fill=1} : real[]
	%a = add %k, %one : real[2]
	%b = mul %k, %one : real[2]
	%c = add %x, %a : real[2]
step
	%e = input {per=step} : spike[1]
	%d = delay %one : real[]
	%f = add %d, %e : real[1]
	%l = latch %d, %one : real[]
end
	%s = sum %f : real[1]
	%y = output %s : real[1]
	%z = output %s : real[1]
}`)
}

func TestVectors(t *testing.T) {
	got := Vectors(t, "a", small(t), `# the first
x 2 9   # both ends
k 0.5 -1
# is still the first
e 1 0 1

k 0 0
`)
	if len(got) != 2 || len(got[0]) != 3 || len(got[1]) != 1 {
		t.Fatalf("got %v", got)
	}
	if e := got[0]["e"]; !slices.Equal(e.I, []int64{1, 0, 1}) || e.Type.String() != "spike[3,1]" {
		t.Errorf("e is %v", e)
	}
	if k := got[0]["k"]; !slices.Equal(k.F, []float64{0.5, -1}) {
		t.Errorf("k is %v", k)
	}
}

func TestInputsAreDeterministicAndInRange(t *testing.T) {
	net := small(t)
	a, b := Inputs(net, 3, 20), Inputs(net, 3, 20)
	if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, Inputs(net, 4, 20)) {
		t.Error("the seed does not determine the samples")
	}
	seen := ir.Range{Lo: 5, Hi: 5}
	for _, in := range a {
		seen = seen.Union(in["x"].Range())
		for _, f := range in["k"].F {
			if float64(float32(f)) != f || f < -2 || f > 2 {
				t.Errorf("k has %v", f)
			}
		}
	}
	if seen != net.Find("x").Range {
		t.Errorf("x covers %v, wanted %v", seen, net.Find("x").Range)
	}
}

func TestShuffle(t *testing.T) {
	net := small(t)
	orders := map[string]bool{}
	for seed := range uint64(10) {
		s := Shuffle(net, seed)
		if err := ir.Verify(s); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Values, Shuffle(net, seed).Values) {
			t.Error("the seed does not determine the order")
		}
		if len(s.Values) != len(net.Values) {
			t.Fatalf("%d values of %d", len(s.Values), len(net.Values))
		}
		orders[ir.Print(s, "")] = true
	}
	if len(orders) < 5 {
		t.Errorf("10 seeds give %d orders", len(orders))
	}
}
