package main

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/passes"
)

// roundedInputs says of the real inputs of a quantised network, where nothing is said of pixels, that they
// are the integers to which the file rounds them, and what these stand for.
func roundedInputs(net *ir.Net, o *passes.Options) []string {
	real := func(v *ir.Value) bool { return v.Type.IsReal() }
	if o.Pixels != nil || o.InputType.Kind != 0 || net.Level != ir.Source || !slices.ContainsFunc(net.All(ir.OpInput), real) {
		return nil
	}
	read, err := passes.Lower(net, ir.Spiking, "read-quantised", &passes.Options{}, nil)
	if err != nil {
		return nil // compiling tells
	}
	var out []string
	for _, in := range read.All(ir.OpInput) {
		if means := in.Attrs.(ir.InputAttrs).Meaning(); !real(in) && real(net.Find(in.Name)) && means != "" {
			out = append(out, fmt.Sprintf("input: %s is the integer %d to %d that the file rounds it to, %s = %s of an integer p; give --mean and --std if yours are other pixels",
				in.Name, in.Range.Lo, in.Range.Hi, in.Name, means))
		}
	}
	return out
}
