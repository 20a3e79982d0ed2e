package irtest

import (
	"archive/zip"
	"io/fs"
	"testing"
)

// AddCorpus adds the files of a zip to the seeds of a fuzz test: inputs that reached
// new code in earlier runs, and inputs that once failed.
func AddCorpus(f *testing.F, path string) {
	f.Helper()
	corpus, err := zip.OpenReader(path)
	if err != nil {
		f.Fatal(err)
	}
	defer corpus.Close()
	for _, file := range corpus.File {
		data, err := fs.ReadFile(corpus, file.Name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}
