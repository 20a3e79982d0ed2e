package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// printConfusion prints how many images of each label were taken for each class, or
// where that is wider than a line the most frequent mistakes.
func (r *evaluation) printConfusion(w io.Writer) {
	if len(r.Confusion)*(1+columnGap) <= lineWidth { // else not even a digit of each class fits
		head, rows := r.confusionHead(), r.confusionRows()
		widths, _ := columns(append([][]string{head}, rows...))
		total := columnGap * (len(widths) - 1)
		for _, n := range widths {
			total += n
		}
		if total <= lineWidth {
			printTable(w, head, rows)
			return
		}
	}
	mistakes := r.mistakes()
	if len(mistakes) == 0 {
		fmt.Fprintf(w, "no image was taken for one of another of the %d classes\n", len(r.Confusion))
		return
	}
	cutTable(w, []string{"label", "taken for", "images"}, mistakes, "--json")
}

// mistakes are pairs of classes of which one was taken for the other, the most frequent first.
func (r *evaluation) mistakes() [][]string {
	type mistake struct{ label, predicted, images int }
	var all []mistake
	for i, counts := range r.Confusion {
		for k, n := range counts {
			if i != k && n > 0 {
				all = append(all, mistake{i, k, n})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b mistake) int { return cmp.Compare(b.images, a.images) })
	var rows [][]string
	for _, m := range all {
		rows = append(rows, []string{r.class(m.label), r.class(m.predicted), fmt.Sprint(m.images)})
	}
	return rows
}

func (r *evaluation) confusionHead() []string {
	head := []string{"label \\ predicted"}
	for i := range r.Confusion {
		head = append(head, r.class(i))
	}
	return head
}

func (r *evaluation) confusionRows() [][]string {
	var rows [][]string
	for i, counts := range r.Confusion {
		row := []string{r.class(i)}
		for _, n := range counts {
			row = append(row, fmt.Sprint(n))
		}
		rows = append(rows, row)
	}
	return rows
}
