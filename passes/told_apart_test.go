package passes

import (
	"slices"
	"strings"
	"testing"

	"nomul/ir/irtest"
)

// A node that computes several time steps is named once, and is not held against itself.
func TestNodeOfSeveralStepsNamedOnce(t *testing.T) {
	for _, c := range []struct {
		archive string
		of      []string
		want    string
	}{
		{"reroll-time-odd-step", []string{"div_24", "div_60"}, `node "n" has another constant in time step 1 than in the last step`},
		{"reroll-time-odd-comparison", []string{"c2", "b"}, `node "n" compares with another threshold, or in another way, than in the last step`},
		{"reroll-time-other-first", []string{"min63", "min63.3"}, `node "n" does not compute there as in the others`},
	} {
		path := "../testdata/passes/" + c.archive + ".txtar"
		net := irtest.ArchivedNet(t, path)
		for _, v := range net.Values {
			if slices.Contains(c.of, v.Name) {
				v.Origin.Node = "n"
			}
		}
		p, _ := Named("reroll-time")
		_, err := Apply(p, net, &Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, wanted %q", c.archive, err, c.want)
		}
	}
}
