package ir_test

import (
	"fmt"
	"strings"
	"testing"

	"nomul/ir"
)

// Scales of one name, and a constant that is called as they are, each have an array of
// their own in the file of a text.
func TestArraysOfOneName(t *testing.T) {
	list := func(from int) string {
		var items []string
		for i := range 40 {
			items = append(items, fmt.Sprint(from+i))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	net, err := ir.Parse("t.sir", `net t fixed steps=1 {
once
	%x = input : s16[40]
	%m.scale = const {data=`+list(1)+`} : s16[40] range 1..40
	%a = add %x, %m.scale : s32[40] scale m.scale[40]{data=`+list(100)+`}
	%b = add %a, %a : s32[40] scale m.scale[40]{data=`+list(200)+`}
	%c = add %b, %b : s32[40] scale m.scale[40]{data=`+list(200)+`}
	%y = output %c : s32[40] scale 2^-1
}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	arrays := ir.Arrays(net)
	if len(arrays) != 3 || arrays["m.scale"] == nil || arrays["m.scale.1"] == nil || arrays["m.scale.2"] == nil {
		t.Errorf("%d arrays, wanted m.scale, m.scale.1 and m.scale.2", len(arrays))
	}
	text := ir.Print(net, "t.npz")
	again, err := ir.Parse("t.sir", text, func(file, key string) (*ir.Tensor, error) {
		return arrays[key], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := ir.Print(again, "t.npz"); got != text {
		t.Errorf("got %s\nwanted %s", got, text)
	}
}

// Scales are written out where nothing else is elsewhere: the text can be read again. Beside
// other arrays their numbers are there too, and lines stay short.
func TestScalesInText(t *testing.T) {
	text := func(elements int) string {
		scale := strings.TrimSuffix(strings.Repeat("0.026936026936026935,0.015458937198067632,", 10), ",")
		return fmt.Sprintf(`net t fixed steps=1 {
once
	%%x = input : s16[20]
	%%c = const {data=[%s]} : u8[%d]
	%%a = add %%x, %%x : s32[20] scale a.scale[20]{data=[%s]}
	%%y = output %%a : s32[20] scale 2^-1
	%%z = output %%c : u8[%[2]d]
}
`, strings.TrimSuffix(strings.Repeat("1,200,", elements/2), ","), elements, scale)
	}
	for elements, want := range map[int]int{32: 0, 34: 2} {
		net, err := ir.Parse("t.sir", text(elements), nil)
		if err != nil {
			t.Fatal(err)
		}
		arrays := ir.Arrays(net)
		if len(arrays) != want {
			t.Errorf("beside a constant of %d elements %d arrays are elsewhere, wanted %d", elements, len(arrays), want)
		}
		printed := ir.Print(net, "t.npz")
		again, err := ir.Parse("t.sir", printed, func(_, key string) (*ir.Tensor, error) { return arrays[key], nil })
		if err != nil || ir.Print(again, "t.npz") != printed {
			t.Errorf("is not read again (%v):\n%s", err, printed)
		}
		for line := range strings.Lines(printed) {
			if want > 0 && len(line) > 160 {
				t.Errorf("a line of %d characters: %s", len(line), line)
			}
		}
	}
}
