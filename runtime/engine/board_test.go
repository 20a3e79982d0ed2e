package engine

import (
	"testing"

	"nomul/backends"
)

// A model fits on a board to the last byte of each memory, of one that both share too.
func TestBoardsHaveRoom(t *testing.T) {
	apart, shared := Target{Flash: 4 << 20, RAM: 1 << 20}, Target{Flash: 5 << 20}
	for _, c := range []struct {
		board      Target
		flash, ram int
		want       string
	}{
		{apart, 4 << 20, 1 << 20, ""},
		{apart, 4<<20 + 1, 0, "needs 5 MB, and the board has 4"},
		{apart, 0, 1<<20 + 1, "needs 2 MB, and the board has 1"},
		{shared, 4 << 20, 1 << 20, ""},
		{shared, 4 << 20, 1<<20 + 1, "needs 6 MB, and the board has 5"},
	} {
		got := ""
		if err := c.board.fits([]backends.Need{{Memory: "flash", Bytes: c.flash}, {Memory: "ram", Bytes: c.ram - c.ram/3}, {Memory: "stack", Bytes: c.ram / 3}}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%d and %d bytes: %q, wanted %q", c.flash, c.ram, got, c.want)
		}
	}
}
