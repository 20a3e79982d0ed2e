package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"nomul/runtime/engine/toolchain"
)

// binding is the Go package that loads onnxruntime. The C interface it asks for
// is that of 1.24; newer libraries have it too.
const binding = "github.com/yalue/onnxruntime_go"

// askPython prints the folder of the Python package without loading it.
const askPython = `import importlib.util as u; s = u.find_spec("onnxruntime"); print(s.submodule_search_locations[0] if s else "")`

// onnxruntimeLibrary is the shared library to load: the given one, or that of
// the Python package.
func onnxruntimeLibrary(ctx context.Context, given string) (string, error) {
	if given != "" {
		_, err := os.Stat(given)
		return given, err
	}
	missing := &toolchain.Missing{Tools: []string{"onnxruntime 1.24 or newer (python3 -m pip install onnxruntime, or --ort with the path of its shared library)"}}
	out, _, err := toolchain.Run(ctx, toolchain.Command{Args: []string{"python3", "-c", askPython}})
	folder := strings.TrimSpace(string(out))
	if err != nil || folder == "" {
		return "", missing
	}
	pattern := "libonnxruntime.so.*"
	if runtime.GOOS == "darwin" {
		pattern = "libonnxruntime.*.dylib"
	}
	found, err := filepath.Glob(filepath.Join(folder, "capi", pattern))
	if err != nil || len(found) == 0 {
		return "", missing
	}
	return found[0], nil
}

// moduleVersion is the version of a module that nomul's go.mod asks for.
func (b *bench) moduleVersion(ctx context.Context, path string) (string, error) {
	out, err := b.exec(ctx, toolchain.Command{Dir: b.root, Args: []string{"go", "list", "-m", "-f", "{{.Version}}", path}})
	if err != nil {
		return "", fmt.Errorf("version of %s: %w", path, err)
	}
	return strings.TrimSpace(string(out)), nil
}
