package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/dataset"
)

// sampleFlags are samples without labels: of a file of arrays, or of images.
type sampleFlags struct{ images, vectors string }

func (f *sampleFlags) register(fs *pflag.FlagSet, use string) {
	fs.StringVar(&f.images, "images", "", use+" images: an idx `FILE`, an .npz or a folder of folders of pictures, of which some of each are taken; noise otherwise")
	fs.StringVar(&f.vectors, "vectors", "", use+" arrays: `FILE`.npz, as for run")
}

// check refuses samples from two places.
func (f *sampleFlags) check() error {
	if f.images != "" && f.vectors != "" {
		return usageError{fmt.Errorf("--images and --vectors: wanted one of them")}
	}
	return nil
}

// file is where samples are from; empty when none are given.
func (f *sampleFlags) file() string { return f.images + f.vectors }

// read returns n samples at most; none when none are given.
func (f *sampleFlags) read(m *model, net *ir.Net, n int) ([]map[string]*ir.Tensor, error) {
	switch {
	case f.images != "":
		set, err := dataset.ReadImages(f.images)
		if err != nil {
			return nil, err
		}
		if set = set.Some(n); set.Len() == 0 {
			return nil, diag.Errorf(diag.Origin{File: f.images}, diag.BadData, "has no images")
		}
		return m.feed(net).images(set, 0, set.Len())
	case f.vectors != "":
		all, err := m.feed(net).read(f.vectors)
		return all[:min(n, len(all))], err
	}
	return nil, nil
}
