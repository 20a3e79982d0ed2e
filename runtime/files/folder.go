package files

import (
	"os"
	"path/filepath"
	"slices"
)

// Folder is that of a model's file. Files that the model names are read from there and
// below, and from the folders that are allowed besides.
type Folder struct {
	dir   string    // with which relative paths begin
	roots []string  // without symbolic links
	named []string  // paths that the user has said
	found *[]string // the files that were opened
}

// FolderOf is the folder of a model. Where the model is a symbolic link the folder
// of the file itself counts too, as in a cache of files named by their contents. A path
// that the user has said, and not the model, may lead anywhere.
func FolderOf(model string, allowed []string, named ...string) *Folder {
	f := &Folder{dir: filepath.Dir(model), named: named, found: &[]string{}}
	for _, root := range append([]string{f.dir}, allowed...) {
		f.allow(root)
	}
	if file, err := filepath.EvalSymlinks(model); err == nil {
		f.allow(filepath.Dir(file))
	}
	return f
}

func (f *Folder) allow(root string) {
	if real, err := resolved(root); err == nil {
		f.roots = append(f.roots, real)
	}
}

// Of is the folder of another file that the model names, within the same bounds.
func (f *Folder) Of(path string) *Folder {
	return &Folder{filepath.Dir(f.path(path)), f.roots, nil, f.found}
}

// Found returns the paths of all files that were opened.
func (f *Folder) Found() []string { return *f.found }

func (f *Folder) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, name)
}

// Open opens a file that the model names. Errors do not name it; one of a file
// out of bounds is an *Outside.
func (f *Folder) Open(name string) (*os.File, error) {
	path := f.path(name)
	file, err := f.open(path, slices.Contains(f.named, name))
	if err == nil {
		*f.found = append(*f.found, path)
	}
	return file, err
}

func (f *Folder) open(path string, anywhere bool) (*os.File, error) {
	if anywhere {
		return Open(path)
	}
	real, err := resolved(path)
	if err != nil { // where there is no such file, nothing leads anywhere
		if real, _ = filepath.Abs(path); f.root(real) != "" {
			return nil, Reason(err)
		}
	}
	root := f.root(real)
	if root == "" {
		return nil, &Outside{real}
	}
	below, err := os.OpenRoot(root)
	if err != nil {
		return nil, Reason(err)
	}
	defer below.Close()
	inside, err := filepath.Rel(root, real)
	if err != nil {
		return nil, err
	}
	return regular(below.OpenFile(inside, openFlags, 0))
}

// root is the allowed folder that a path without symbolic links is below; empty for none.
func (f *Folder) root(real string) string {
	for _, root := range f.roots {
		if inside, err := filepath.Rel(root, real); err == nil && filepath.IsLocal(inside) {
			return root
		}
	}
	return ""
}

func resolved(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

// Outside is the error of a file that a model names and that is out of bounds.
type Outside struct{ Path string }

func (o *Outside) Error() string { return "it is outside the model's folder, at " + o.Path }
