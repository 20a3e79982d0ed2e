package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"nomul/frontend/dsl"
	"nomul/ir/diag"
	"nomul/runtime/files"
)

func fmtCommand() *cobra.Command {
	var write, check bool
	c := &cobra.Command{
		Use:   "fmt FILE.snn…",
		Short: "Print models of the language in their canonical form",
		Long: `Print source texts of the language in their canonical form. Comments and line
breaks between statements stay. A file named - is read from standard input.`,
		Example: `  nomul fmt model.snn
  nomul fmt -w *.snn        write the files
  nomul fmt --check *.snn   name those that would change, and exit with 1`,
		Args: someFiles,
		RunE: func(c *cobra.Command, files []string) error {
			changed, err := formatFiles(c, files, write, check)
			if err == nil && check && changed > 0 {
				err = fmt.Errorf("%d of %d files are not in canonical form", changed, len(files))
			}
			return err
		},
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "write to the files instead of standard output")
	c.Flags().BoolVar(&check, "check", false, "only name the files that would change")
	return c
}

func formatFiles(c *cobra.Command, names []string, write, check bool) (changed int, err error) {
	for _, file := range names {
		data, err := readText(c.InOrStdin(), file)
		if err != nil {
			return changed, err
		}
		text, err := dsl.Format(file, string(data))
		if err != nil {
			return changed, err
		}
		if text != string(data) {
			changed++
		}
		switch {
		case check && text != string(data):
			fmt.Fprintln(c.OutOrStdout(), file)
		case check:
		case !write || file == "-":
			fmt.Fprint(c.OutOrStdout(), text)
		case text != string(data):
			if err := files.Write(c.Context(), files.Bytes(file, []byte(text))); err != nil {
				return changed, err
			}
		}
	}
	return changed, nil
}

// readText reads a file, or standard input for -.
func readText(stdin io.Reader, file string) ([]byte, error) {
	if file != "-" {
		return readFile(file)
	}
	data, err := io.ReadAll(stdin)
	if err != nil {
		return nil, diag.Errorf(diag.Origin{File: file}, diag.BadFile, "cannot be read: %v", files.Reason(err))
	}
	return data, nil
}
