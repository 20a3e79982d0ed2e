package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	lineWidth  = 80 // of a terminal that everybody has
	columnGap  = 2
	textWidth  = 30 // to which columns of words shrink before those of names do
	nameWidth  = 10 // to which columns shrink at most
	wrapIndent = "  "
)

// fitted returns rows that take a line's width at most, where that can be: words go on
// in further rows, and long names lose their middles.
func fitted(rows [][]string) [][]string {
	widths, words := columns(rows)
	total := columnGap * (len(widths) - 1)
	for _, n := range widths {
		total += n
	}
	if total <= lineWidth {
		return rows
	}
	excess := shrink(widths, total-lineWidth, func(i int) bool { return words[i] && widths[i] > textWidth })
	shrink(widths, excess, func(i int) bool { return widths[i] > nameWidth })
	var out [][]string
	for _, row := range rows {
		out = append(out, broken(row, widths)...)
	}
	return out
}

// columns returns how wide the columns are, and which have cells of several words.
func columns(rows [][]string) (widths []int, words []bool) {
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths, words = append(widths, 0), append(words, false)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			words[i] = words[i] || strings.Contains(cell, " ")
		}
	}
	return widths, words
}

// shrink takes an excess off the widest columns of those that may; it returns the rest.
func shrink(widths []int, excess int, may func(i int) bool) int {
	for ; excess > 0; excess-- {
		widest := -1
		for i := range widths {
			if may(i) && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return excess
}

// broken returns the rows that one becomes where its cells do not fit.
func broken(row []string, widths []int) [][]string {
	cells, height := make([][]string, len(row)), 0
	for i, cell := range row {
		cells[i] = lines(cell, widths[i])
		height = max(height, len(cells[i]))
	}
	out := make([][]string, height)
	for k := range out {
		out[k] = make([]string, len(row))
		for i, c := range cells {
			if k < len(c) {
				out[k][i] = c[k]
			}
		}
	}
	return out
}

// lines breaks a text at its blanks into lines of a width.
func lines(text string, width int) []string {
	if utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var out []string
	for _, word := range strings.Fields(text) {
		word = elided(word, width)
		last := len(out) - 1
		if last >= 0 && utf8.RuneCountInString(out[last])+1+utf8.RuneCountInString(word) <= width {
			out[last] += " " + word
			continue
		}
		out = append(out, word)
	}
	return out
}

// elided is a name that has lost its middle, which tells least, where it is too long.
func elided(name string, width int) string {
	r := []rune(name)
	if len(r) <= width {
		return name
	}
	front := (width - 1) / 2
	return string(slices.Concat(r[:front], []rune("…"), r[len(r)-(width-1-front):]))
}

// wrapped prints a sentence on as many lines as it takes, the later ones indented.
func wrapped(w io.Writer, text string) {
	for i, line := range lines(text, lineWidth-len(wrapIndent)) {
		if i > 0 {
			line = wrapIndent + line
		}
		fmt.Fprintln(w, line)
	}
}

// shownRows is how many rows of a long table people are shown.
const shownRows = 20

// cutTable prints the first rows of a table, and how the others are seen.
func cutTable(w io.Writer, head []string, rows [][]string, see string) {
	printTable(w, head, rows[:min(len(rows), shownRows)])
	if more := len(rows) - shownRows; more > 0 {
		fmt.Fprintf(w, "… and %d more, see %s\n", more, see)
	}
}
