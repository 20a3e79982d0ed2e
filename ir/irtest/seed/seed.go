// Package seed makes property tests repeatable, by being imported: they draw from
// seed 1 unless -rapid.seed or RAPID_SEED says otherwise, 0 being a new one.
package seed

import (
	"flag"
	"os"

	_ "pgregory.net/rapid" // has the flag
)

var _ = one()

// one sets the flag to 1 before the command line is read.
func one() error {
	if os.Getenv("RAPID_SEED") != "" {
		return nil
	}
	return flag.Set("rapid.seed", "1")
}
