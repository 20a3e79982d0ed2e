package ir_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nomul/ir"
	"nomul/ir/irtest"
)

const flagship = `net mlp fixed steps=4 {
once
	%x = input {scale=[0.00392156862745098] mean=[0.286] std=[0.353]} : u8[1,28,28]
	%x.flat = reshape %x {shape=[784]} : u8[784]
	%w1 = const {seed=1 lo=-127 hi=127} : s8[512,784] range -127..127
	%b1 = const {seed=2 lo=-1000 hi=1000} : s16[512]
	%i1 = linear %x.flat, %w1, bias=%b1 {slots=planes} : s32[512]
	%th1 = const {seed=3 lo=100 hi=300} : u9[512] range 100..300
	%w2 = const {seed=4 lo=-127 hi=127} : s8[256,512] range -127..127
	%th2 = const {fill=4000} : u12[]
	%nb2 = const {seed=5 lo=-100 hi=100} : s8[256] range -100..100
	%w3 = const {seed=6 lo=-127 hi=127} : s8[10,256] range -127..127
	%b3 = const {data=[1,-2,3,4,5,6,7,8,9,10]} : s8[10] range -2..10
step
	%s1 = neuron %i1, %th1 {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[512]
	%i2 = linear %s1, %w2 : s16[256]
	%s2 = neuron %i2, %th2, bias=%nb2 {leak=shift:1 round=floor compare=ge reset=zero when=fire guard=4} : spike[256]
end
	%c = sum %s2 : u3[256] range 0..4
	%l = linear %c, %w3, bias=%b3 {slots=planes} : s32[10]
	%y = output %l : s32[10] scale 2^-12
}
`

func TestPrintParse(t *testing.T) {
	irtest.Long(t)
	net, err := ir.Parse("mlp.sir", flagship, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(net); err != nil {
		t.Fatal(err)
	}
	once := ir.Print(net, "")
	t.Log(once)
	again, err := ir.Parse("again.sir", once, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(once, ir.Print(again, "")); diff != "" {
		t.Error("printing what was parsed differs:\n", diff)
	}
}

// Every text of a net in the tree prints as it was, once parsed and printed.
func TestPrintIsCanonical(t *testing.T) {
	count := 0
	err := filepath.WalkDir("../testdata", func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".sir" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		count++
		net, err := ir.Parse(path, string(text), nil)
		if err != nil {
			t.Error(err)
			return nil
		}
		once := ir.Print(net, "")
		again, err := ir.Parse(path, once, nil)
		if err != nil {
			t.Error(err)
			return nil
		}
		if diff := cmp.Diff(once, ir.Print(again, "")); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d texts", count)
}
