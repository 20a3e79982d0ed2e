package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/runtime/dataset"
	"nomul/runtime/interp"
)

// calibrateFlags say on which samples passes measure a net.
type calibrateFlags struct {
	file  string
	limit int
}

func (f *calibrateFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.file, "calibrate", "", "images without labels on which numbers between layers are measured: an idx `FILE`, an .npz, a folder of folders of pictures, or an .npz of arrays as for run")
	fs.IntVar(&f.limit, "calibrate-limit", 512, "of these take at most `N`: the first, of folders some of each")
}

// give lets the passes of a model run nets on the calibration samples, if there are some.
func (f *calibrateFlags) give(c *cobra.Command, m *model) error {
	switch {
	case f.file != "" && f.limit < 1:
		return usageError{fmt.Errorf("--calibrate-limit %d: wanted at least 1", f.limit)}
	case f.file == "" && c.Flags().Changed("calibrate-limit"):
		return usageError{fmt.Errorf("--calibrate-limit: wanted --calibrate IMAGES beside it")}
	case f.file == "":
		return nil
	case m.net.Level == ir.Fixed:
		return usageError{fmt.Errorf("--calibrate: %s is integers already, for which nothing is measured", m.file)}
	}
	k := &calibration{c: c, model: m, file: f.file, limit: f.limit}
	if err := k.load(); err != nil {
		return err
	}
	m.options.Samples, m.calibration = k.observe, k
	return nil
}

// calibration holds the samples of a model.
type calibration struct {
	c      *cobra.Command
	model  *model
	file   string
	limit  int
	images *dataset.Images // nil where the samples are arrays
	others *dataset.Images // images that have no part in the calibration, on which its outcome is tried; there may be none
}

// load reads images. An .npz with an array that is called like an input has inputs as run takes them.
func (k *calibration) load() error {
	if ext := filepath.Ext(k.file); ext == ".npz" || ext == ".npy" {
		arrays, err := dataset.ReadArrays(k.file)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(k.model.net.All(ir.OpInput), func(v *ir.Value) bool { return arrays[v.Name] != nil }) {
			return nil
		}
	}
	all, err := dataset.ReadImages(k.file)
	if err != nil {
		return err
	}
	if all.Len() == 0 {
		return diag.Errorf(diag.Origin{File: k.file}, diag.BadData, "has no images")
	}
	calibrate, others := chosen(all.Len(), k.limit, all.Classes != nil)
	k.images, k.others = all.Pick(calibrate), all.Pick(others)
	if d := showsOne(k.images); d != nil {
		telling(k.c)(d)
	}
	return nil
}

// showsOne is a warning of images of which each is the first one once more; nil where they differ.
func showsOne(images *dataset.Images) *diag.Diagnostic {
	size := len(images.Pixels) / images.Len()
	if !bytes.Equal(images.Pixels[size:], images.Pixels[:len(images.Pixels)-size]) {
		return nil
	}
	d := diag.Errorf(diag.Origin{File: images.File}, diag.BadData, "%s, so numbers between layers are measured on one image: whatever is larger on others is cut",
		map[bool]string{true: "one image is given", false: fmt.Sprintf("the %d images are the same", images.Len())}[images.Len() == 1])
	d.Severity = diag.Warning
	return d.WithHelp("calibrate on some hundred images like those that the network will see")
}

// chosen are the numbers of the images that are taken of so many, and of others, at most as many, of those that
// are left: the first and the next; where images are sorted, at even distances.
func chosen(total, limit int, sorted bool) (taken, others []int) {
	n := min(total, limit)
	rest := min(total-n, n)
	for i := range n + rest {
		at := i
		if sorted {
			at = i * total / (n + rest)
		}
		if sorted && i%2 == 1 && len(others) < rest || !sorted && i >= n {
			others = append(others, at)
		} else {
			taken = append(taken, at)
		}
	}
	return taken, others
}

// observe is the options' Samples.
func (k *calibration) observe(net *ir.Net, want []*ir.Value, see func(sample, step int, v *ir.Value, t *ir.Tensor)) error {
	count, sample, err := k.samples(net)
	if err != nil {
		return err
	}
	bar := progress(k.c, count, "calibrating")
	defer bar.Close()
	return interp.Observe(net, want, workers(net, count), count, func(i int) (map[string]*ir.Tensor, error) {
		defer bar.Add(1)
		if err := k.c.Context().Err(); err != nil {
			return nil, err
		}
		return sample(i)
	}, see)
}

// samples returns how many samples there are for a net, and gives each.
func (k *calibration) samples(net *ir.Net) (int, interp.Samples, error) {
	feed := k.model.feed(net)
	if k.images == nil {
		all, err := feed.read(k.file)
		if err == nil && len(all) == 0 {
			err = diag.Errorf(diag.Origin{File: k.file}, diag.BadData, "has no samples")
		}
		return min(k.limit, len(all)), func(i int) (map[string]*ir.Tensor, error) { return all[i], nil }, err
	}
	images := feed.arranged(k.images)
	return images.Len(), func(i int) (map[string]*ir.Tensor, error) {
		in, err := feed.images(images, i, i+1)
		if err != nil {
			return nil, err
		}
		return in[0], nil
	}, nil
}
