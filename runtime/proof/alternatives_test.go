package proof

import (
	"fmt"
	"os"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

// TestEveryAlternativeHasAnExample takes every alternative, option and letter of
// the lists of multiplications away, one at a time, and demands that an example
// of forbidden.txt gets through then: none is untested, and none is covered by the
// others. Behind "not" stand words that must never be refused.
func TestEveryAlternativeHasAnExample(t *testing.T) {
	lists := map[string]*regexp.Regexp{"helpers": helper, "cells": multiplier}
	for _, m := range machines {
		lists[m.name] = m.forbidden
	}
	examples := readExamples(t)
	for name, list := range lists {
		e, ok := examples[name]
		if !ok {
			t.Errorf("no examples of %s", name)
		}
		for _, word := range e.refused {
			if !list.MatchString(word) {
				t.Errorf("%s: %s is not refused", name, word)
			}
		}
		for _, word := range e.passed {
			if list.MatchString(word) {
				t.Errorf("%s: %s is refused", name, word)
			}
		}
		for _, w := range weakened(t, list) {
			if !slices.ContainsFunc(e.refused, func(word string) bool { return !w.list.MatchString(word) }) {
				t.Errorf("%s: every example is refused also %s", name, w.how)
			}
		}
		delete(examples, name)
	}
	for name := range examples {
		t.Errorf("examples of %s, which has no list", name)
	}
}

// weaker is a list with less in it.
type weaker struct {
	list *regexp.Regexp
	how  string
}

type wordList struct{ refused, passed []string }

func readExamples(t *testing.T) map[string]wordList {
	t.Helper()
	text, err := os.ReadFile(fixtures + "forbidden.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]wordList{}
	name := ""
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case len(words) == 1 && strings.HasSuffix(words[0], ":"):
			name = strings.TrimSuffix(words[0], ":")
		case words[0] == "not":
			out[name] = wordList{out[name].refused, append(out[name].passed, words[1:]...)}
		default:
			out[name] = wordList{append(out[name].refused, words...), out[name].passed}
		}
	}
	return out
}

// weakened returns an expression in weaker forms: without one of its alternatives,
// without one of its options or with it always there, without one of its letters.
func weakened(t *testing.T, list *regexp.Regexp) []weaker {
	t.Helper()
	whole, err := syntax.Parse(list.String(), syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	var out []weaker
	try := func(node *syntax.Regexp, as syntax.Regexp) {
		kept, how := *node, fmt.Sprintf("with %s for %s", &as, node)
		*node = as
		out = append(out, weaker{regexp.MustCompile(whole.String()), how})
		*node = kept
	}
	var walk func(node *syntax.Regexp)
	walk = func(node *syntax.Regexp) {
		switch node.Op {
		case syntax.OpAlternate:
			for i := range node.Sub {
				try(node, syntax.Regexp{Op: syntax.OpAlternate, Flags: node.Flags, Sub: slices.Delete(slices.Clone(node.Sub), i, i+1)})
			}
		case syntax.OpQuest:
			try(node, syntax.Regexp{Op: syntax.OpEmptyMatch})
			try(node, *node.Sub[0])
		case syntax.OpStar:
			try(node, syntax.Regexp{Op: syntax.OpEmptyMatch})
		case syntax.OpCharClass:
			for _, r := range letters(node.Rune) {
				try(node, syntax.Regexp{Op: syntax.OpCharClass, Flags: node.Flags, Rune: without(node.Rune, r)})
			}
		}
		for _, sub := range node.Sub {
			walk(sub)
		}
	}
	walk(whole)
	return out
}

// letters are those of a small class; a large one, such as any letter, has none.
func letters(class []rune) []rune {
	var out []rune
	for i := 0; i < len(class); i += 2 {
		for r := class[i]; r <= class[i+1]; r++ {
			out = append(out, r)
		}
	}
	if len(out) > 5 {
		return nil
	}
	return out
}

func without(class []rune, letter rune) []rune {
	var out []rune
	for _, r := range letters(class) {
		if r != letter {
			out = append(out, r, r)
		}
	}
	return out
}
