// Package files reads and writes files such that nothing hangs, nothing outside of
// given folders is read on a model's word, and no output is ever half of one.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// openFlags open without waiting for the other end of a pipe.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK

// Read reads a whole file. Errors do not name it, for the caller does.
func Read(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	return data, Reason(err)
}

// Open opens a file for reading. Folders, and pipes and devices, which may never
// end, are refused.
func Open(path string) (*os.File, error) {
	return regular(os.OpenFile(path, openFlags, 0))
}

func regular(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, Reason(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is %s, wanted a file", sort(info.Mode()))
	}
	if err != nil {
		f.Close()
		return nil, Reason(err)
	}
	return f, nil
}

// sort names the sort of an entry of a folder that is no regular file.
func sort(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// Reason is a file error without the operation and the path.
func Reason(err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return at.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
