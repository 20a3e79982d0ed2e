package irtest

import (
	"os"
	"path/filepath"
)

// Beside reads parts of files in the folder of a test's model.
func Beside(model string) func(location string, offset, length int64) ([]byte, error) {
	return func(location string, offset, length int64) ([]byte, error) {
		f, err := os.Open(filepath.Join(filepath.Dir(model), location))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		data := make([]byte, length)
		_, err = f.ReadAt(data, offset)
		return data, err
	}
}
