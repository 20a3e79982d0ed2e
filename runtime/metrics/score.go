// Package metrics turns runs into figures: accuracy and confusion, agreement of
// predictions, spike rates, synaptic operations; and it gives the verdict on
// the multiplications left in a net.
package metrics

// Evaluation is the report of `nomul eval`.
type Evaluation struct {
	Score
	// ImportedAccuracy is that of the network as it was given, and Agreement the
	// share of predictions equal to its own; nil when it is the net under test.
	ImportedAccuracy *float64 `json:"imported_accuracy,omitempty"`
	Agreement        *float64 `json:"agreement,omitempty"`
	Engine           string   `json:"engine"`
	Level            string   `json:"level"`
	Steps            int      `json:"steps"`
	Activity
	// SecondsPerSample is the engine's own time, Data that of making its samples of
	// images and of reading results, and Start that until it takes the first sample.
	SecondsPerSample     float64 `json:"seconds_per_sample"`
	DataSecondsPerSample float64 `json:"data_seconds_per_sample"`
	StartSeconds         float64 `json:"start_seconds"`
}

// Score is how predictions compare with labels.
type Score struct {
	Samples  int     `json:"samples"`
	Correct  int     `json:"correct"`
	Accuracy float64 `json:"accuracy"`
	// Confusion counts samples by label (row) and prediction (column).
	Confusion [][]int `json:"confusion"`
}

// NewScore compares one prediction per sample with its label; both must be
// classes 0 … classes−1, and as many of one as of the other.
func NewScore(classes int, labels, predictions []int) Score {
	s := Score{Samples: len(labels), Confusion: make([][]int, classes)}
	for i := range s.Confusion {
		s.Confusion[i] = make([]int, classes)
	}
	for i, label := range labels {
		s.Confusion[label][predictions[i]]++
		if label == predictions[i] {
			s.Correct++
		}
	}
	s.Accuracy = share(s.Correct, s.Samples)
	return s
}

// Alarms tells of a score with a negative class, that of images with nothing to find,
// how the others, the positive ones, were found.
type Alarms struct {
	// Negative is the class.
	Negative int `json:"negative"`
	// Positives are the images of other classes, Missed those taken for negative.
	Positives int `json:"positives"`
	Missed    int `json:"missed"`
	// Negatives are the images of the class, FalseAlarms those taken for another.
	Negatives   int `json:"negatives"`
	FalseAlarms int `json:"false_alarms"`
}

// Alarms counts with one of the classes as the negative one.
func (s Score) Alarms(negative int) Alarms {
	a := Alarms{Negative: negative}
	for label, counts := range s.Confusion {
		for predicted, n := range counts {
			switch {
			case label != negative:
				a.Positives += n
				if predicted == negative {
					a.Missed += n
				}
			default:
				a.Negatives += n
				if predicted != negative {
					a.FalseAlarms += n
				}
			}
		}
	}
	return a
}

// Agreement is the share of equal predictions; both lists are of one length.
func Agreement(a, b []int) float64 {
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	return share(same, len(a))
}

// Predict is the class that a result stands for: the index of its greatest
// element, or of its least; the lowest index wins ties.
func Predict[N int64 | float64](out []N, least bool) int {
	best := 0
	for i, y := range out {
		if least && y < out[best] || !least && y > out[best] {
			best = i
		}
	}
	return best
}

// share is a part of a whole; of nothing it is 0.
func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
