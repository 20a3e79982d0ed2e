package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"nomul/ir/diag"
)

// Manifest is a file in every directory that WriteDir has written: it lists the files
// that are its own, one a line.
const Manifest = "nomul.manifest"

// Where files are while they are exchanged, below the directory. The new ones
// are whole as soon as their manifest is there, and in place once it is gone again.
const (
	incoming = ".nomul-new"
	aside    = ".nomul-old"
)

// directory is one whose files are exchanged, unless the context ends.
type directory struct {
	*os.Root
	ctx context.Context
}

// WriteDir makes a directory of files, whose paths are below it, or exchanges those
// that it has made before, as their manifest lists them, for these. Other files stay;
// where one is in the way nothing is written. Errors are as those of Write.
func WriteDir(ctx context.Context, dir string, outputs []Output) error {
	_, err := os.Stat(dir)
	made := os.IsNotExist(err)
	if err := os.MkdirAll(Place(dir), 0o777); err != nil {
		return unwritable(ctx, dir, err)
	}
	if _, err := Restore(dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return unwritable(ctx, dir, err)
	}
	defer root.Close()
	d := directory{root, ctx}
	err = d.stage(outputs)
	if err == nil {
		err = d.exchange()
	}
	if err == nil {
		return nil
	}
	if _, rerr := Restore(dir); rerr == nil && made {
		os.Remove(Place(dir))
	}
	return unwritable(ctx, dir, err)
}

// stage writes the new files, the manifest last.
func (d directory) stage(outputs []Output) error {
	old := d.list("")
	var names strings.Builder
	for _, o := range outputs {
		if _, err := d.Lstat(o.Path); err == nil && !slices.Contains(old, o.Path) {
			return fmt.Errorf("%s is in the way, which nomul did not make", o.Path)
		}
		names.WriteString(o.Path + "\n")
	}
	outputs = append(outputs[:len(outputs):len(outputs)], Bytes(Manifest, []byte(names.String())))
	for _, o := range outputs {
		to := path.Join(incoming, o.Path)
		if err := d.MkdirAll(path.Dir(to), 0o777); err != nil {
			return err
		}
		f, err := d.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		if err := fill(d.ctx, f, o); err != nil {
			return err
		}
	}
	return nil
}

// exchange moves the old files aside and the new ones into their places. Whenever it is
// cut off, restore brings the old ones back.
func (d directory) exchange() error {
	old, young := d.list(""), d.list(incoming)
	if err := d.Mkdir(aside, 0o777); err != nil {
		return err
	}
	for _, name := range old {
		if err := d.move(name, path.Join(aside, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, name := range young { // the manifest is the last of them
		if err := d.move(path.Join(incoming, name), name); err != nil {
			return err
		}
	}
	for _, name := range old {
		d.tidy(path.Dir(name))
	}
	return d.drop()
}

// move renames a file, into a folder that is made when it is not there.
func (d directory) move(from, to string) error {
	if err := d.ctx.Err(); err != nil {
		return err
	}
	switch info, err := d.Lstat(from); {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder, in the place of a file that nomul made", from)
	}
	if err := d.MkdirAll(path.Dir(to), 0o777); err != nil {
		return err
	}
	return d.Rename(from, to)
}

// tidy removes a folder below the directory and those above it, as long as they are empty.
func (d directory) tidy(folder string) {
	for folder != "." && d.Remove(folder) == nil {
		folder = path.Dir(folder)
	}
}

// drop removes the two folders of an exchange that is over, first the manifest, so that
// no later build continues with half-removed ones.
func (d directory) drop() error {
	err := d.Remove(path.Join(incoming, Manifest))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return errors.Join(d.RemoveAll(incoming), d.RemoveAll(aside))
}

// list reads the manifest in a folder of the directory; nothing where there is none.
func (d directory) list(folder string) []string {
	data, err := d.ReadFile(path.Join(folder, Manifest))
	if err != nil {
		return nil
	}
	names := strings.Split(string(data), "\n")
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" || name == Manifest })
	return append(names, Manifest)
}

// Restore brings back the files of a directory from before a WriteDir that was cut
// off, and reports whether that had begun to exchange them. The files of one that had
// come to its end stay.
func Restore(dir string) (bool, error) {
	root, err := os.OpenRoot(dir)
	if err != nil { // there is none, which is as good
		return false, nil
	}
	defer root.Close()
	restored, err := directory{root, context.Background()}.restore()
	if err != nil {
		err = diag.Errorf(diag.Origin{File: dir}, diag.BadFile, "cannot be brought back to what it was before a build that was cut off: %v", Reason(err))
	}
	return restored, err
}

func (d directory) restore() (bool, error) {
	young := d.list(incoming)
	old := d.list(aside)
	if old == nil {
		old = d.list("")
	}
	_, err := d.Lstat(aside)
	if young == nil || err != nil { // everything was moved, or nothing yet
		return false, d.drop()
	}
	for _, name := range young {
		if _, err := d.Lstat(path.Join(incoming, name)); err != nil && !slices.Contains(old, name) {
			if err := d.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return false, err
			}
			d.tidy(path.Dir(name))
		}
	}
	for _, name := range old {
		if err := d.move(path.Join(aside, name), name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return true, d.drop()
}
