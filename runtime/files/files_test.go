//go:build unix

package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"nomul/ir/irtest"
)

// countdown is a context that ends when it was looked at so many times.
type countdown struct {
	context.Context
	left *int
}

func (c countdown) Err() error {
	if *c.left--; *c.left < 0 {
		return context.Canceled
	}
	return nil
}

func after(n int) context.Context { return countdown{context.Background(), &n} }

// tree lists the files and folders below a folder, with the contents of files.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		all.WriteString(name)
		if e.Type().IsRegular() {
			data, _ := os.ReadFile(path)
			all.WriteString("=" + strings.ReplaceAll(string(data), "\n", " "))
		}
		all.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func outputs(pairs ...string) (out []Output) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Bytes(pairs[i], []byte(pairs[i+1])))
	}
	return out
}

var before = outputs("model.c", "old", "gone.c", "old", "old/only.c", "old", "lib/shared.c", "old")
var behind = outputs("model.c", "new", "more.c", "new", "new/only.c", "new", "lib/shared.c", "new")

// oldDir is a directory that WriteDir has made, with files that somebody put beside.
func oldDir(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "d")
	if err := WriteDir(t.Context(), dir, before); err != nil {
		t.Fatal(err)
	}
	put(t, dir+"/mine.c", "mine")
	put(t, dir+"/lib/mine.c", "mine")
	return dir
}

const (
	oldTree = "gone.c=old\nlib\nlib/mine.c=mine\nlib/shared.c=old\nmine.c=mine\nmodel.c=old\nnomul.manifest=model.c gone.c old/only.c lib/shared.c \nold\nold/only.c=old\n"
	newTree = "lib\nlib/mine.c=mine\nlib/shared.c=new\nmine.c=mine\nmodel.c=new\nmore.c=new\nnew\nnew/only.c=new\nnomul.manifest=model.c more.c new/only.c lib/shared.c \n"
)

// Cut off before any of its moves, also while it was being restored, an exchange is
// undone, and files that are somebody else's stay.
func TestExchangeIsWhole(t *testing.T) {
	irtest.Long(t)
	for cut, done := 0, false; !done; cut++ {
		for again := 0; ; again++ {
			dir := oldDir(t)
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := (directory{root, t.Context()}).stage(behind); err != nil {
				t.Fatal(err)
			}
			done = directory{root, after(cut)}.exchange() == nil
			_, first := directory{root, after(again)}.restore()
			if _, err := Restore(dir); err != nil {
				t.Fatal(err)
			}
			want := oldTree
			if done {
				want = newTree
			}
			if got := tree(t, dir); got != want {
				t.Fatalf("cut off before move %d, and its restoring before %d:\n%s", cut, again, got)
			}
			root.Close()
			if first == nil {
				break
			}
		}
		if cut > 100 {
			t.Fatal("it never ends")
		}
	}
}

// A directory is written again and again; files that it did not write are neither moved nor replaced.
func TestWriteDir(t *testing.T) {
	dir := oldDir(t)
	if err := WriteDir(t.Context(), dir, behind); err != nil || tree(t, dir) != newTree {
		t.Fatalf("%v\n%s", err, tree(t, dir))
	}
	if err := WriteDir(t.Context(), dir, before); err != nil || tree(t, dir) != oldTree {
		t.Fatalf("%v\n%s", err, tree(t, dir))
	}
	for n := range 12 { // the context is looked at twelve times before the first move, and more often
		if err := WriteDir(after(n), dir, behind); !errors.Is(err, context.Canceled) || tree(t, dir) != oldTree {
			t.Fatalf("ended at look %d: %v\n%s", n, err, tree(t, dir))
		}
	}
	put(t, dir+"/more.c", "mine")
	err := WriteDir(t.Context(), dir, behind)
	if err == nil || !strings.Contains(err.Error(), "more.c is in the way") {
		t.Error(err)
	}
	outside := dir + "-outside"
	put(t, outside, "secret")
	put(t, dir+"/"+Manifest, "../"+filepath.Base(outside)+"\n")
	if err := WriteDir(t.Context(), dir, outputs("other.c", "new")); err == nil {
		t.Error("a manifest named a file outside")
	}
	if got := tree(t, filepath.Dir(dir)); !strings.Contains(got, "d-outside=secret") || strings.Contains(got, ".nomul") {
		t.Error(got)
	}
	if err := WriteDir(after(2), dir+"/deep", behind); err == nil {
		t.Error("it was not interrupted")
	}
	if _, err := os.Stat(dir + "/deep"); !os.IsNotExist(err) {
		t.Error("a directory is left behind")
	}
}

// Files are written all or none, through symbolic links, and with their permissions.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	put(t, dir+"/real/a", "old")
	if err := errors.Join(os.Symlink("real/a", dir+"/link"), os.Symlink("real/none", dir+"/dangling"), os.Chmod(dir+"/real/a", 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), outputs(dir+"/link", "new", dir+"/dangling", "new")...); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); got != "dangling\nlink\nreal\nreal/a=new\nreal/none=new\n" {
		t.Error(got)
	}
	if info, _ := os.Stat(dir + "/real/a"); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	was := tree(t, dir)
	for _, c := range []struct {
		ctx   context.Context
		paths []string
		want  string
	}{
		{t.Context(), []string{dir + "/x", dir + "/nowhere/x"}, "nowhere/x: error: cannot be written: no such file or directory"},
		{t.Context(), []string{dir + "/x", dir + "/real"}, "real: error: cannot be written: it is a folder"},
		{t.Context(), []string{dir + "/x", "/dev/full"}, "/dev/full: error: cannot be written: no space left on device"},
		{after(1), []string{dir + "/x", dir + "/y"}, "context canceled"},
	} {
		err := Write(c.ctx, outputs(c.paths[0], "text", c.paths[1], "text")...)
		if err == nil || !strings.Contains(err.Error(), c.want) || tree(t, dir) != was {
			t.Errorf("%v: %v\n%s", c.paths, err, tree(t, dir))
		}
	}
}

// Devices and folders are refused, and a pipe that nobody writes to or reads from is not waited for.
func TestNoFile(t *testing.T) {
	pipe := t.TempDir() + "/pipe"
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]string{pipe: "it is a pipe", "/dev/zero": "it is a device", t.TempDir(): "it is a folder", pipe + "x": "no such file"} {
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := Write(t.Context(), Bytes(pipe, []byte("text"))); err == nil {
		t.Error("a pipe without a reader was written to")
	}
}

// A model's files are those of its folder and below, and of folders that are allowed.
func TestFolder(t *testing.T) {
	top := t.TempDir()
	for _, path := range []string{"model/m", "model/sub/w", "blobs/w", "cache/blobs/m", "cache/blobs/w", "secret"} {
		put(t, filepath.Join(top, path), "text")
	}
	links := map[string]string{"model/far": "../blobs/w", "model/near": "sub/w", "cache/snapshot/m": "../blobs/m", "cache/snapshot/w": "../blobs/w", "model/out": top, "alias": "model"}
	if err := os.MkdirAll(top+"/cache/snapshot", 0o755); err != nil {
		t.Fatal(err)
	}
	for from, to := range links {
		if err := os.Symlink(to, filepath.Join(top, from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(top+"/secret", top+"/model/hard"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		model, name, allowed string
		outside              bool
	}{
		{"model/m", "hard", "", false}, // a file of the folder, which whoever made it has
		{"model/m", "sub/w", "", false},
		{"alias/m", "sub/../sub/w", "", false},
		{"model/m", top + "/model/sub/w", "", false},
		{"model/m", "near", "", false},
		{"model/m", "far", "", true},
		{"model/m", "far", "blobs", false},
		{"model/m", "../secret", "", true},
		{"model/m", "../secret", "blobs", true},
		{"model/m", "../none", "", true},
		{"model/m", "out/secret", "", true},
		{"model/m", top + "/secret", "", true},
		{"model/m", top + "/secret", ".", false},
		{"cache/snapshot/m", "w", "", false},
	} {
		var allowed []string
		if c.allowed != "" {
			allowed = append(allowed, filepath.Join(top, c.allowed))
		}
		folder := FolderOf(filepath.Join(top, c.model), allowed)
		f, err := folder.Open(c.name)
		var outside *Outside
		if errors.As(err, &outside) != c.outside || !c.outside && err != nil {
			t.Errorf("%s of %s, %q allowed: %v", c.name, c.model, c.allowed, err)
		}
		if err == nil {
			f.Close()
		}
		if got := len(folder.Found()); c.outside == (got == 1) {
			t.Errorf("%s of %s: found %v", c.name, c.model, folder.Found())
		}
	}
	if _, err := FolderOf(top+"/model/m", nil, "../secret").Open("../secret"); err != nil {
		t.Error(err)
	}
	below := FolderOf(top+"/model/m", nil).Of("sub/x")
	if _, err := below.Open("w"); err != nil {
		t.Error(err)
	}
	if _, err := below.Open("../m"); err != nil {
		t.Error(err)
	}
	if _, err := below.Open("none"); err == nil || err.Error() != "no such file or directory" {
		t.Error(err)
	}
}
