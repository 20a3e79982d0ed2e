//go:build !unix

package toolchain

import "os/exec"

// alone would have a tool end together with what it has started, where there are groups.
func alone(*exec.Cmd) {}
