//go:build !unix

package toolchain

import "os/exec"

// alone does nothing: there are no groups by which a tool's children could end with it.
func alone(*exec.Cmd) {}
