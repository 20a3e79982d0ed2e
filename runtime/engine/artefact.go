package engine

import (
	"os"
	"path/filepath"

	"nomul/backends"
	"nomul/ir"
)

// artefact is a directory that a back end has filled.
type artefact struct {
	net     *ir.Net
	backend backends.Backend
	options backends.Options
	dir     string
}

// emit fills a new temporary directory. Errors are those of the back end's Check,
// or of the file system.
func emit(net *ir.Net, b backends.Backend, o backends.Options) (*artefact, error) {
	if err := b.Check(net).Err(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "nomul-"+b.Name()+"-*")
	if err != nil {
		return nil, err
	}
	a := &artefact{net, b, o, dir}
	if err := a.write(); err != nil {
		return nil, a.abandon(err)
	}
	return a, nil
}

// write prints the files, again when the vectors have changed.
func (a *artefact) write() error {
	for _, f := range a.backend.Emit(a.net, a.options) {
		path := a.path(filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (a *artefact) path(name string) string { return filepath.Join(a.dir, name) }

// abandon removes the directory after an error, which it gives back.
func (a *artefact) abandon(err error) error {
	os.RemoveAll(a.dir)
	return err
}

// Close removes the directory.
func (a *artefact) Close() error { return os.RemoveAll(a.dir) }

// Dir is the directory of the emitted sources and their build.
func (a *artefact) Dir() string { return a.dir }
