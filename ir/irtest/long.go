package irtest

import "testing"

// Long leaves a test out of go test -short, the loop of editing and testing: it runs other
// programs, or takes long.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs other programs or takes long: not with -short")
	}
}
