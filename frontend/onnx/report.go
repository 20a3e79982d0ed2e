package onnx

import (
	"errors"
	"strconv"

	"nomul/ir/diag"
)

// report takes an error of any kind into the list.
func (imp *importer) report(at diag.Origin, err error) {
	var d *diag.Diagnostic
	if errors.Is(err, errTold) {
		return
	}
	if !errors.As(err, &d) {
		imp.list.Add(at, diag.BadNet, "%v", err)
		return
	}
	imp.list = append(imp.list, d)
}

// merged tells the same error of several nodes once, as those of the time steps that
// a file writes out, with how many more there are.
func merged(list diag.List) diag.List {
	type kind struct {
		op, message string
		code        diag.Code
	}
	var out diag.List
	first, more := map[kind]*diag.Diagnostic{}, map[kind]int{}
	for _, d := range list {
		k := kind{d.Origin.Op, d.Message, d.Code}
		met := first[k]
		if met == nil || d.Severity == diag.Warning || d.Origin.Node == "" {
			if d.Severity != diag.Warning {
				first[k] = d
			}
			out = append(out, d)
			continue
		}
		more[k]++
		met.Notes = []string{strconv.Itoa(more[k]) + pluralOf(more[k], " more node does so", " more nodes do so")}
	}
	return out
}
