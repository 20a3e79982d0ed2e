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
		if labels = numbersIn(names); labels != nil {
			m.numbered = true
		} else {
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
		n, ok := numberBehind(name)
		if !ok || strings.TrimRight(name, digits) != strings.TrimRight(names[0], digits) {
			return nil
		}
		out = append(out, n)
	}
	return out
}

const digits = "0123456789"

// numberBehind is the number that a name ends with.
func numberBehind(name string) (n int, ok bool) {
	return number(name[len(strings.TrimRight(name, digits)):])
}

// numberBefore is the number that a name begins with.
func numberBefore(name string) (n int, ok bool) {
	return number(name[:len(name)-len(strings.TrimLeft(name, digits))])
}

func number(text string) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && len(text) <= maxDigits
}

// disordered is the index of a name of a lower number than the one before it, where all
// begin or all end with numbers, as in 0_coat, 10_boot, 1_shirt; 0 when there is none.
func disordered(names []string) int {
	return max(falls(names, numberBefore), falls(names, numberBehind))
}

// falls is the first index at which the numbers of all names fall; 0 when they do not, or
// some name has none.
func falls(names []string, of func(string) (int, bool)) int {
	at, last := 0, 0
	for i, name := range names {
		n, ok := of(name)
		if !ok {
			return 0
		}
		if i > 0 && n < last && at == 0 {
			at = i
		}
		last = n
	}
	return at
}

// FitLabels counts classes from 0 that folders count from 1 up to the number of a model's
// classes. It refuses a label that is not one of the classes 0 … classes−1, and folders
// of images that may be any of more classes.
func (m *Images) FitLabels(classes int) error {
	if m.sorted > 0 && m.sorted != classes {
		return diag.Errorf(diag.Origin{File: m.File}, diag.BadData, "has %d folders, the model has %d classes: which folder is which class is not said", m.sorted, classes).
			WithHelp("name the folders by their numbers, such as class3, or list the names of all classes in %s beside them", classFile)
	}
	if m.numbered && len(m.Classes) == classes && m.Classes[0] == "" && m.Classes[classes] != "" {
		m.countFromZero()
	}
	for i, l := range m.Labels {
		switch {
		case l >= 0 && l < classes:
		case m.numbered:
			return diag.Errorf(diag.Origin{File: m.File}, diag.BadData, "the folder %s is class %d, but the model has the classes 0 to %d", m.Classes[l], l, classes-1).
				WithHelp("number the folders from 0, or list the names of all classes in %s beside them", classFile)
		default:
			return bad(m.File, diag.BadData, "image %d has label %d; the model has the classes 0 to %d", i, l, classes-1)
		}
	}
	return nil
}

// countFromZero makes each label, of which none is 0, one less.
func (m *Images) countFromZero() {
	named := map[int]string{}
	for l, name := range m.Classes {
		named[l-1] = name
	}
	labels := slices.Clone(m.Labels)
	for i := range labels {
		labels[i]--
	}
	m.Classes, m.Labels = named, labels
}
