package irtest

import (
	"os"
	"os/exec"
	"testing"
)

// Long leaves a test out of go test -short, the loop of editing and testing: it runs other
// programs, or takes long.
func Long(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs other programs or takes long: not with -short")
	}
}

// Need leaves a test out whose tools are not installed, unless they are required, as where
// make test has installed them.
func Need(t testing.TB, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err == nil {
			continue
		}
		if os.Getenv("NOMUL_REQUIRE_TOOLS") == "1" {
			t.Fatalf("%s is not installed", tool)
		}
		t.Skipf("%s is not installed", tool)
	}
}
