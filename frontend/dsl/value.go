package dsl

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"nomul/ir"
)

// kind is the sort of a value.
type kind uint8

// The kinds. A bad value is one whose error was told; results computed from it are
// bad too, without another message.
const (
	isBad kind = iota
	isNothing
	isNumber
	isText
	isTruth
	isWord
	isList
	isSignal
	isFunction
)

// value is the result of an expression at compile time. Signals are values of the net,
// all others are known numbers, words, lists and functions.
type value struct {
	kind  kind
	num   float64
	text  string // of a text or a word
	truth bool
	list  []value
	size  int // elements of a list and of those in it
	sig   *ir.Value
	fn    callable
}

// callable is a layer, a neuron or a block.
type callable interface {
	call(e *elab, f *frame, c *callSite) value
	what() string
}

var bad, nothing = value{}, value{kind: isNothing}

func number(f float64) value { return value{kind: isNumber, num: f} }

func count(n int) value { return number(float64(n)) }

func truth(b bool) value { return value{kind: isTruth, truth: b} }

func textValue(s string) value { return value{kind: isText, text: s} }

func wordValue(s string) value { return value{kind: isWord, text: s} }

func listOf(items ...value) value {
	v := value{kind: isList, list: items, size: 1}
	for _, x := range items {
		v.size += max(1, x.size)
	}
	return v
}

func signal(v *ir.Value) value {
	if v == nil {
		return bad
	}
	return value{kind: isSignal, sig: v}
}

func function(c callable) value { return value{kind: isFunction, fn: c} }

// whole is the number as an int, if it is one that an int can be.
func (v value) whole() (int, bool) {
	if v.kind != isNumber || v.num != math.Trunc(v.num) || math.Abs(v.num) > 1<<50 {
		return 0, false
	}
	return int(v.num), true
}

// shownItems bounds the elements of a list that are told.
const shownItems = 8

// String is the value for people.
func (v value) String() string {
	switch v.kind {
	case isNumber:
		return formatNumber(v.num)
	case isText:
		return strconv.Quote(v.text)
	case isTruth:
		return strconv.FormatBool(v.truth)
	case isWord:
		return v.text
	case isSignal:
		return v.sig.Type.String()
	case isFunction:
		return v.fn.what()
	case isList:
		var parts []string
		for i, x := range v.list {
			if i == shownItems {
				parts = append(parts, fmt.Sprintf("… %d in all", len(v.list)))
				break
			}
			parts = append(parts, x.String())
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "nothing"
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// equal compares two values that are no signals.
func (v value) equal(w value) bool {
	if v.kind != w.kind || len(v.list) != len(w.list) {
		return false
	}
	for i := range v.list {
		if !v.list[i].equal(w.list[i]) {
			return false
		}
	}
	return v.num == w.num && v.text == w.text && v.truth == w.truth
}

// float32s are the numbers as the frameworks hold them.
func float32s(f float64) float64 { return float64(float32(f)) }

// words are names that stand for themselves wherever no name of the text hides them.
var words = wordSet(`zero subtract none all fire next both before after late floor ceil same
	time space channels height width tokens step once nearest`)

// String names the kind, in messages about parameters.
func (k kind) String() string {
	names := map[kind]string{isNumber: "a number", isText: "a string", isTruth: "true or false",
		isWord: "a word", isList: "a list", isSignal: "a value of the net", isFunction: "a layer"}
	if n := names[k]; n != "" {
		return n
	}
	return fmt.Sprintf("kind %d", k)
}
