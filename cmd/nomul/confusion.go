package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
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

// alarm counts with the class as the negative one that --negative means, if it was given.
func (r *evaluation) alarm(negative string) error {
	class, err := negativeClass(negative, len(r.Confusion), r.Classes)
	if class >= 0 {
		a := r.Score.Alarms(class)
		r.Alarms = &a
	}
	return err
}

// negativeClass is the one of so many classes that --negative means, by its name or else its number; -1
// where the flag was not given.
func negativeClass(negative string, classes int, names map[int]string) (int, error) {
	if negative == "" {
		return -1, nil
	}
	var known []string
	for i := range classes {
		known = append(known, className(i, names))
	}
	class := slices.Index(known, negative)
	if i, err := strconv.Atoi(negative); class < 0 && err == nil && i >= 0 && i < len(known) {
		class = i
	}
	if class < 0 {
		if len(known) > shownClasses {
			known = append(known[:shownClasses], "…")
		}
		return -1, usageError{fmt.Errorf("--negative %s: wanted one of the classes %s", negative, strings.Join(known, ", "))}
	}
	return class, nil
}

// alarmRows are the figures of a score with a negative class.
func (r *evaluation) alarmRows() [][]string {
	a, name := r.Alarms, r.class(r.Alarms.Negative)
	row := func(figure string, part, all int, of, taken string) []string {
		return []string{figure, fmt.Sprintf("%s: %d of %d images of %s taken for %s", percent(part, all), part, all, of, taken)}
	}
	return [][]string{
		row("missed", a.Missed, a.Positives, "other classes", name),
		row("false alarms", a.FalseAlarms, a.Negatives, name, "another class"),
	}
}

// printAlarms prints for each class how many of its images were found, were missed, and how
// many images with nothing to find were taken for it.
func (r *evaluation) printAlarms(w io.Writer) {
	cutTable(w, alarmHead, r.alarmTable(), "--json")
	fmt.Fprintln(w)
}

var alarmHead = []string{"class", "images", "right", "missed", "false alarms"}

// alarmTable has a row for each class.
func (r *evaluation) alarmTable() (rows [][]string) {
	for i, counts := range r.Confusion {
		images := 0
		for _, n := range counts {
			images += n
		}
		row := []string{r.class(i), fmt.Sprint(images), percent(counts[i], images), "", ""}
		if i != r.Alarms.Negative {
			row[3], row[4] = fmt.Sprint(counts[r.Alarms.Negative]), fmt.Sprint(r.Confusion[r.Alarms.Negative][i])
		}
		rows = append(rows, row)
	}
	return rows
}

// percent is a part of a whole; of nothing it is a dash.
func percent(part, all int) string {
	if all == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(part)/float64(all))
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
