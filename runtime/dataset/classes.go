package dataset

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"nomul/ir/diag"
	"nomul/runtime/files"
)

// classFile names the classes of a folder of images, one a line, the first of label 0.
const classFile = "classes.txt"

// maxDigits bounds the numbers that names of folders are taken to count classes by:
// WordNet's n02123045 is none.
const maxDigits = 4

// labelFolders gives each folder of a class its label, and names the classes: by
// the file of names, else by the numbers in the folders' names, else in their order.
func (m *Images) labelFolders(names []string) ([]int, error) {
	file := filepath.Join(m.File, classFile)
	var labels []int
	switch data, err := files.Read(file); {
	case err == nil:
		if labels, err = m.labelListed(file, string(data), names); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, bad(file, diag.BadFile, "cannot be read: %v", err)
	default:
		if labels = numbersIn(names); labels == nil {
			if i := disordered(names); i > 0 {
				return nil, diag.Errorf(diag.Origin{File: m.File}, diag.BadData, "the folder %s stands before %s as text, and behind it by its number: which class is the first is not said", names[i-1], names[i]).
					WithHelp("name the classes in their order in a file %s, one a line", filepath.Join(m.File, classFile))
			}
			m.sorted = len(names)
			for i := range names {
				labels = append(labels, i)
			}
		}
	}
	for i, name := range names {
		if other, taken := m.Classes[labels[i]]; taken && other != name {
			return nil, bad(m.File, diag.BadData, "the folders %s and %s both are class %d", other, name, labels[i])
		}
		m.Classes[labels[i]] = name
	}
	return labels, nil
}

// labelListed takes each folder's label from the lines of the file of names.
func (m *Images) labelListed(file, text string, names []string) ([]int, error) {
	listed := strings.Split(strings.TrimRight(text, " \t\r\n"), "\n")
	for i := range listed {
		listed[i] = strings.TrimSpace(listed[i])
		if listed[i] == "" {
			return nil, bad(file, diag.BadData, "line %d is empty; wanted the name of a class", i+1)
		}
		if j := slices.Index(listed[:i], listed[i]); j >= 0 {
			return nil, bad(file, diag.BadData, "%q is line %d and line %d", listed[i], j+1, i+1)
		}
		m.Classes[i] = listed[i]
	}
	var labels []int
	for _, name := range names {
		i := slices.Index(listed, name)
		if i < 0 {
			return nil, bad(file, diag.BadData, "does not name the folder %s", name)
		}
		labels = append(labels, i)
	}
	return labels, nil
}

// numbersIn are the numbers at the ends of names that are alike before them, as in
// 0, 1, 7 or class3, class5; nil when the names are otherwise.
func numbersIn(names []string) []int {
	var out []int
	for _, name := range names {
		head := strings.TrimRight(name, "0123456789")
		digits := name[len(head):]
		n, err := strconv.Atoi(digits)
		if err != nil || len(digits) > maxDigits || head != strings.TrimRight(names[0], "0123456789") {
			return nil
		}
		out = append(out, n)
	}
	return out
}

// disordered is the index of a name that begins with a lower number than the one before it,
// where all begin with numbers, as in 0_coat, 10_boot, 1_shirt; 0 when there is none.
func disordered(names []string) int {
	at, last := 0, 0
	for i, name := range names {
		n, err := strconv.Atoi(name[:len(name)-len(strings.TrimLeft(name, "0123456789"))])
		if err != nil {
			return 0
		}
		if i > 0 && n < last && at == 0 {
			at = i
		}
		last = n
	}
	return at
}
