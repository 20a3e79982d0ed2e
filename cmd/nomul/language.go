package main

import (
	"fmt"
	"strings"

	"nomul/frontend/dsl"
	"nomul/ir/diag"
	"nomul/passes"
)

// readSource compiles a text of the language; the paths in it begin at its folder.
func readSource(file string, set map[string]string, folder beside) (*dsl.Model, diag.List, error) {
	text, err := readFile(file)
	if err != nil {
		return nil, nil, err
	}
	m, errs := dsl.Compile(file, string(text), &dsl.Options{Text: folder.text, Arrays: folder.arrays, Set: set})
	return m, errs, errs.Err()
}

// settings reads NAME=VALUE items.
func settings(items []string) (map[string]string, error) {
	set := map[string]string{}
	for _, item := range items {
		name, value, ok := strings.Cut(item, "=")
		if !ok || name == "" {
			return nil, usageError{fmt.Errorf("--set %s: wanted NAME=VALUE", item)}
		}
		set[name] = value
	}
	return set, nil
}

// declared sets the pixels of a source text where no flag gives others.
func declared(o *passes.Options, p *dsl.Pixels) {
	if p == nil {
		return
	}
	if o.Pixels == nil && o.InputType.Kind == 0 {
		o.Pixels = &passes.Pixels{Scale: p.Scale, Mean: p.Mean, Std: p.Std}
		o.InputType = p.Type
	}
}
