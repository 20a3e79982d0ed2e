package main

import (
	"errors"

	"github.com/spf13/cobra"

	"nomul/ir/diag"
	"nomul/runtime/record"
)

func mergeCommand() *cobra.Command {
	var output string
	var asJSON bool
	c := &cobra.Command{
		Use:   "merge RECORD…",
		Short: "Add the records of all shards of an evaluation up to that of one run",
		Long: `Read the records that nomul eval --shard I/N -o FILE wrote, of all N shards and
in any order, and write the record that one run of all images writes, byte for
byte but for times. Records of another model, of other images or settings, and
shards that are missing or there twice are errors.`,
		Example: `  nomul merge run1.json run2.json run3.json -o run.json`,
		Args:    someFiles,
		RunE: func(c *cobra.Command, args []string) error {
			var shards []record.Named
			for _, file := range args {
				r, err := record.Read(file)
				if err != nil {
					return err
				}
				shards = append(shards, record.Named{Name: file, Record: r})
			}
			r, err := record.Merge(shards)
			if err != nil {
				return diag.Errorf(diag.Origin{}, diag.BadData, "%v", err)
			}
			if output == "" {
				return reportOf(r).put(c, asJSON)
			}
			return errors.Join(r.Write(c.Context(), output), reportOf(r).put(c, asJSON))
		},
	}
	c.Flags().StringVarP(&output, "out", "o", "", "write the record of all images to `FILE`, whole or not at all")
	jsonFlag(c, &asJSON)
	return c
}
