package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"nomul/backends"
)

// built is the report of build.
type built struct {
	Target string      `json:"target"`
	Dir    string      `json:"dir"`
	Files  []builtFile `json:"files"`
	Memory []memoryRow `json:"memory"` // that the model needs on a target, where that is known
	Use    string      `json:"use"`
	Test   string      `json:"test"`           // a command line in the directory
	Size   string      `json:"size,omitempty"` // another
	name   string      // of the model
}

type builtFile struct {
	File  string `json:"file"`
	Bytes int    `json:"bytes"`
}

type memoryRow struct {
	Memory string `json:"memory"`
	Bytes  int    `json:"bytes"`
	For    string `json:"for"`
}

// selfTest is the command that tests an emitted directory, by target; sizeOf the one that tells the
// size of the program or the circuit, and its tools.
var (
	selfTest = map[string]string{"go": "go test ./...", "c": "make test", "verilog": "make test"}
	sizeOf   = map[string][2]string{
		"c":       {"make size", "code and data of boards, by their compilers"},
		"verilog": {"make synth", "look-up tables, registers and block RAM of two FPGAs, by yosys"},
	}
)

// useOf names, by target, the files of an emitted directory that belong into a program,
// with a place for the model's name.
var useOf = map[string]string{
	"go":      "copy the folder %[1]s into a module; go doc ./%[1]s says how",
	"c":       "%[1]s.h, %[1]s.c, %[1]s_weights.h and %[1]s_weights*.c; %[1]s.h says how, main.c is an example",
	"verilog": "%[1]s.v and %[1]s_*.hex; the head of %[1]s.v says how",
}

func builtOf(target, name, dir string, files []backends.File, needs []backends.Need) built {
	b := built{Target: target, Dir: dir, Memory: []memoryRow{}, Use: fmt.Sprintf(useOf[target], name), Test: selfTest[target], Size: sizeOf[target][0], name: name}
	for _, f := range files {
		b.Files = append(b.Files, builtFile{f.Name, len(f.Data)})
	}
	for _, n := range needs {
		b.Memory = append(b.Memory, memoryRow{n.Memory, n.Bytes, n.Use})
	}
	return b
}

// put prints the written files, the memory that they need, and commands to use and test them.
func (b built) put(c *cobra.Command, asJSON bool) error {
	w := c.OutOrStdout()
	if asJSON {
		return printJSON(w, b)
	}
	printAligned(w, b.rows()) // names to copy are whole
	if len(b.Memory) > 0 {
		var rows [][]string
		for _, m := range b.Memory {
			rows = append(rows, []string{m.Memory, bytesColumn(m.Bytes), m.For})
		}
		fmt.Fprintln(w)
		printTable(w, []string{"memory", "     bytes", "for"}, rows)
	}
	fmt.Fprintf(w, "\nuse it:  %s\n", b.Use)
	fmt.Fprintf(w, "test it: cd %s && %s\n", shellQuoted(b.Dir), b.Test)
	if b.Size != "" {
		fmt.Fprintf(w, "size it: cd %s && %s (%s)\n", shellQuoted(b.Dir), b.Size, sizeOf[b.Target][1])
	}
	return nil
}

// alike is the number of files from which on those of a folder, or of a kind, are shown together.
const alike = 6

// rows are the files with their sizes; those of a folder of many are one row, and so are the
// weights or memories of a model when they are many.
func (b built) rows() [][]string {
	count, bytes := map[string]int{}, map[string]int{}
	for _, f := range b.Files {
		count[b.group(f)]++
		bytes[b.group(f)] += f.Bytes
	}
	rows := [][]string{{"file", "     bytes"}}
	shown := map[string]bool{}
	for _, f := range b.Files {
		switch group := b.group(f); {
		case count[group] < alike:
			rows = append(rows, []string{filepath.Join(b.Dir, f.File), bytesColumn(f.Bytes)})
		case !shown[group]:
			shown[group] = true
			rows = append(rows, []string{fmt.Sprintf("%s/%s (%d files)", filepath.Clean(b.Dir), group, count[group]), bytesColumn(bytes[group])})
		}
	}
	return rows
}

// group is a file's folder; in the directory itself, the model's name and the file's extension.
func (b built) group(f builtFile) string {
	if dir := filepath.Dir(f.File); dir != "." {
		return dir + "/"
	}
	if front := b.name + "_"; strings.HasPrefix(f.File, front) {
		return front + "*" + filepath.Ext(f.File)
	}
	return f.File
}

// bytesColumn is a number of bytes in a column of its own.
func bytesColumn(n int) string { return fmt.Sprintf("%10d", n) }
