package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"nomul/frontend/dsl"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/runtime/dataset"
	"nomul/runtime/files"
)

func exportCommand() *cobra.Command {
	var flags compileFlags
	var out string
	c := &cobra.Command{
		Use:   "export MODEL -o FILE.snn",
		Short: "Write a model as a source text of the language",
		Long: `Write a model as a source text of the language, with its weights in an .npz
file beside it. The text compiles to the same network. With --mean and --std it
takes pixels.`,
		Example: `  nomul export model.onnx -o model.snn --mean .286 --std .353`,
		Args:    oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			if err := require(c, "out"); err != nil {
				return err
			}
			m, err := flags.open(c, args[0])
			if err == nil {
				err = apart([]string{out}, m.inputs)
			}
			if err != nil {
				return err
			}
			net, err := m.at(ir.Spiking)
			if err != nil {
				return err
			}
			outputs, err := sourceOutputs(net, out, pixelsFor(m.options))
			if err != nil {
				return err
			}
			return m.write(c, outputs)
		},
	}
	flags.registerReading(c.Flags())
	c.Flags().StringVarP(&out, "out", "o", "", "the `FILE`.snn to write; the weights go into an .npz beside it")
	return c
}

// pixelsFor is the pixels of the flags, for a source text; nil without them.
func pixelsFor(o *passes.Options) *dsl.Pixels {
	if o.Pixels == nil {
		return nil
	}
	p := &dsl.Pixels{Type: o.InputType, Scale: o.Pixels.Scale, Mean: o.Pixels.Mean, Std: o.Pixels.Std}
	if p.Type.Kind == 0 {
		p.Type = ir.UintType(8, ir.Shape{})
	}
	return p
}

// sourceOutputs are the files of a net as a source text: itself, and its weights beside it.
func sourceOutputs(net *ir.Net, file string, pixels *dsl.Pixels) ([]files.Output, error) {
	npz := strings.TrimSuffix(filepath.Base(file), ".snn") + ".npz"
	x, err := dsl.Export(net, npz, pixels)
	if err != nil {
		return nil, err
	}
	outputs := []files.Output{files.Bytes(file, []byte(x.Text))}
	if len(x.Arrays) > 0 {
		arrays := map[string]*dataset.Array{}
		for name, t := range x.Arrays {
			arrays[name] = dataset.FromTensor(t)
		}
		outputs = append(outputs, dataset.Output(filepath.Join(filepath.Dir(file), npz), arrays))
	}
	return outputs, nil
}

func newCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME.snn",
		Short: "Write a first model in the language, to change",
		Example: `  nomul new first.snn
  nomul check first.snn`,
		Args: oneModel,
		RunE: func(c *cobra.Command, args []string) error {
			file := args[0]
			name := strings.TrimSuffix(filepath.Base(file), ".snn")
			if filepath.Ext(file) != ".snn" || !dsl.IsName(name) {
				return usageError{fmt.Errorf("%s: wanted NAME.snn, the name of letters, digits and _, no digit first, and no word of the language", file)}
			}
			if _, err := os.Stat(file); err == nil {
				return diag.Errorf(diag.Origin{File: file}, diag.BadFile, "is there already, and is left as it is")
			}
			if err := files.Write(c.Context(), files.Bytes(file, []byte(dsl.Starter(name)))); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "wrote %s; look at it with: nomul check %s\n", file, shellQuoted(file))
			return nil
		},
	}
}
