package passes

import (
	"testing"
)

// The pipeline respects every ordering constraint, and each pass is described.
func TestOrder(t *testing.T) {
	at := map[string]int{}
	for i, p := range All {
		if _, twice := at[p.Name]; twice {
			t.Errorf("pass %s is listed twice", p.Name)
		}
		at[p.Name] = i
		if p.Doc == "" || p.Run == nil || p.From > p.To || p.To > p.Goal {
			t.Errorf("pass %s: bad row", p.Name)
		}
	}
	for _, c := range Order {
		before, ok1 := at[c.Before]
		after, ok2 := at[c.After]
		if !ok1 || !ok2 || before >= after {
			t.Errorf("%s must stand before %s: %s", c.Before, c.After, c.Why)
		}
	}
}
