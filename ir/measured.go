package ir

import (
	"math"
	"strconv"
	"strings"

	"nomul/ir/diag"
)

// Measured are figures of a layer of integers beside that of real numbers, on calibration samples. Those that
// the layer does not have are nil. They serve reports; no emitted arithmetic reads them.
type Measured struct {
	// SNR, of weights, is the variance of the layer's result to that of the error that rounding adds to it, in decibels,
	// where the operand is that of the net of real numbers; nil also where nothing is added.
	SNR *float64 `json:"snr_db,omitempty"`
	// Flips, of neurons, is the share of decisions that are others, where the layer is fed the spikes of the
	// net of real numbers.
	Flips *float64 `json:"flips,omitempty"`
	// Clipped, of words, is the share of those that are the largest there is.
	Clipped *float64 `json:"clipped,omitempty"`
	// Correlation, of neurons and words, is that of their means over the time steps with those in the
	// network as imported, over all elements and samples, of words the mean over channels; each network runs by
	// itself.
	Correlation *float64 `json:"correlation,omitempty"`
}

// figures are the fields by their keys in the text form, in its order.
func (m *Measured) figures() []measure {
	return []measure{{"snr", &m.SNR}, {"flips", &m.Flips}, {"clipped", &m.Clipped}, {"correlation", &m.Correlation}}
}

type measure struct {
	key   string
	value **float64
}

// Round rounds the figures to six decimals: sums that several workers add up end differently.
func (m *Measured) Round() {
	for _, f := range m.figures() {
		if x := *f.value; x != nil {
			rounded := math.Round(*x*1e6) / 1e6
			*f.value = &rounded
		}
	}
}

func (m *Measured) String() string {
	var parts []string
	for _, f := range m.figures() {
		if *f.value != nil {
			parts = append(parts, f.key+"="+formatFloat(**f.value))
		}
	}
	return strings.Join(parts, " ")
}

// measured reads the figures of a layer.
func (p *parser) measured(s *scanner) *Measured {
	m := &Measured{}
	for _, field := range s.attrList() {
		if err := m.set(field.key, field.value); err != nil {
			s.failAt(field.col, diag.BadAttribute, err)
		}
	}
	return m
}

func (m *Measured) set(key, text string) error {
	for _, f := range m.figures() {
		if f.key != key {
			continue
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return parseError(key + " is " + text + ", wanted a number")
		}
		*f.value = &x
		return nil
	}
	return parseError("no figure is called " + key + "; wanted snr, flips, clipped or correlation")
}
