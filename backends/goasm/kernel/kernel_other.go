//go:build !amd64 && !arm64

package kernel

// assembly lists the assembly kernels this machine can run.
func assembly() []*kernel { return nil }
