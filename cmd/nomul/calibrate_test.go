package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"nomul/ir"
	"nomul/passes"
)

// idxOf writes images of 2×3 pixels, image i with the pixels 6i, 6i+1, … as an idx file.
func idxOf(t *testing.T, images int) string {
	t.Helper()
	data := []byte{0, 0, 8, 3, 0, 0, 0, byte(images), 0, 0, 0, 2, 0, 0, 0, 3}
	for i := range 6 * images {
		data = append(data, byte(i))
	}
	file := filepath.Join(t.TempDir(), "images.idx")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// opened is a model by the flags of a command line.
func openedBy(t *testing.T, file string, args ...string) (*model, error) {
	t.Helper()
	var flags compileFlags
	c := &cobra.Command{Use: "ir"}
	c.SetContext(context.Background())
	c.SetErr(&bytes.Buffer{})
	flags.register(c.Flags())
	if err := c.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return flags.open(c, file)
}

// Behind every pass the net is given the calibration images as it takes them there: as
// normalised numbers, then as pixels; the first of them, as many as are asked for.
func TestCalibrationAtEveryPass(t *testing.T) {
	m, err := openedBy(t, mlpSlice, "--mean", ".5", "--std", ".25", "--scale", "1/16", "--calibrate", idxOf(t, 9), "--calibrate-limit", "7")
	if err != nil {
		t.Fatal(err)
	}
	pixels := 0
	try := func(after string, n *ir.Net) {
		in := n.All(ir.OpInput)[0]
		var got, want []float64
		err := m.options.Samples(n, []*ir.Value{in}, func(sample, step int, v *ir.Value, x *ir.Tensor) {
			for i := range x.Type.Size() {
				got = append(got, x.At(i))
			}
		})
		for p := range 6 * 7 {
			x := float64(p)
			if in.Type.IsReal() {
				x = float64(float32((x/16 - .5) / .25))
			}
			want = append(want, x)
		}
		if !in.Type.IsReal() {
			pixels++
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("behind %s: %v, saw %v, wanted %v", after, err, got, want)
		}
	}
	try("import", m.net)
	if _, err := passes.Lower(m.net, ir.Fixed, "", m.options, func(p passes.Pass, n *ir.Net) { try(p.Name, n) }); err != nil {
		t.Fatal(err)
	}
	if pixels == 0 {
		t.Error("no net took pixels")
	}
}

// Calibration that cannot be is refused before anything is done.
func TestCalibrationRefused(t *testing.T) {
	images := idxOf(t, 2)
	fixed := filepath.Join(t.TempDir(), "fixed.sir")
	var out, stderr bytes.Buffer
	if code := run([]string{"ir", mlpSlice, "--level", "fixed", "--mean", "0", "--std", "1", "-o", fixed}, &out, &stderr); code != 0 {
		t.Fatal(stderr.String())
	}
	for _, c := range []struct{ args, wanted string }{
		{mlpSlice + " --calibrate " + images + " --calibrate-limit 0", "wanted at least 1"},
		{mlpSlice + " --calibrate-limit 5", "wanted --calibrate IMAGES"},
		{mlpSlice + " --calibrate nowhere.idx", "cannot be read"},
		{fixed + " --calibrate " + images, "integers already"},
	} {
		args := strings.Fields(c.args)
		if _, err := openedBy(t, args[0], args[1:]...); err == nil || !strings.Contains(err.Error(), c.wanted) {
			t.Errorf("%s: %v, wanted %q", c.args, err, c.wanted)
		}
	}
}

// Of sorted images some of each kind are calibrated on, and others of each kind are left; nothing is taken twice.
func TestCalibrationIsChosen(t *testing.T) {
	for _, c := range []struct {
		total, limit  int
		sorted        bool
		taken, others string
	}{
		{9, 3, false, "[0 1 2]", "[3 4 5]"}, {4, 3, false, "[0 1 2]", "[3]"}, {2, 3, false, "[0 1]", "[]"}, {3, 3, true, "[0 1 2]", "[]"},
		{12, 3, true, "[0 4 8]", "[2 6 10]"}, {5, 4, true, "[0 2 3 4]", "[1]"},
	} {
		taken, others := chosen(c.total, c.limit, c.sorted)
		if fmt.Sprint(taken) != c.taken || fmt.Sprint(others) != c.others {
			t.Errorf("%+v: %v and %v", c, taken, others)
		}
	}
}
