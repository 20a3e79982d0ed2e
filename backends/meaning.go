package backends

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"nomul/ir"
)

// Meanings returns the lines of the first comment of an artefact about inputs and outputs:
// their table, in which kind is the type of an argument in the artefact's language, and
// then in words the meaning of an element of each.
func Meanings(net *ir.Net, names Names, kind func(*ir.Value) string) []string {
	ports := PortsOf(net)
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\ttype\tshape\tintegers\tin the model")
	for _, v := range append(append([]*ir.Value(nil), ports.Inputs...), ports.Outputs...) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d to %d\t%s\n", names[v], kind(v), shape(net.SampleType(v).Shape), v.Range.Lo, v.Range.Hi, v.Name)
	}
	t.Flush()
	out := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	out = append(out, "", "Elements are in C order: the index of the last axis changes first.")
	for _, v := range ports.Inputs {
		out = append(out, inputMeanings(net, v, names[v])...)
	}
	for _, v := range ports.Outputs {
		out = append(out, outputMeanings(net, v, names[v])...)
	}
	return out
}

// shape is written as sizes; one number has none.
func shape(s ir.Shape) string {
	if s.Rank() == 0 {
		return "1"
	}
	return strings.Trim(s.String(), "[]")
}

// Kind names nets of so many time steps, in words.
func Kind(steps int) string {
	if steps == 1 {
		return "a network"
	}
	return fmt.Sprintf("a spiking network of %d time steps", steps)
}

func inputMeanings(net *ir.Net, v *ir.Value, name string) []string {
	a := v.Attrs.(ir.InputAttrs)
	var out []string
	switch {
	case v.Clock != ir.Step:
		if net.Steps > 1 {
			out = append(out, fmt.Sprintf("%s is one sample, the same in all %d time steps.", name, net.Steps))
		}
	case a.Of != nil:
		out = append(out, fmt.Sprintf("%s is a frame for each of %d time steps, that of the first step first.", name, net.Steps),
			fmt.Sprintf("Frame t is %d entries from %s on, along axis %d of the model's own input of shape %s.",
				v.Type.Shape.Dim(a.Axis), counted(a.First, a.Every), a.Axis, shape(ir.ShapeOf(a.Of...))))
	default:
		out = append(out, fmt.Sprintf("%s is a frame for each of %d time steps, that of the first step first.", name, net.Steps))
	}
	switch m := a.Meaning(); {
	case v.Type.IsSpike():
		out = append(out, fmt.Sprintf("An element of %s is 1 for a spike and 0 for none.", name))
	case m != "":
		out = append(out, fmt.Sprintf("A pixel p of %s stands for %s.", name, m))
		if n := a.Channels(); n > 1 {
			axis := "first"
			if ir.ChannelAxis(v.Type.Shape.Dims(), n) > 0 {
				axis = "last"
			}
			out = append(out, fmt.Sprintf("The lists have a number for each channel, the %s axis of an image.", axis))
		}
	default:
		out = append(out, fmt.Sprintf("An element of %s is the number itself.", name))
	}
	return out
}

// counted is first + every·t.
func counted(first, every int) string {
	if every == 1 {
		return fmt.Sprintf("%d + t", first)
	}
	return fmt.Sprintf("%d + %d*t", first, every)
}

func outputMeanings(net *ir.Net, v *ir.Value, name string) []string {
	which := "greatest"
	if ir.LeastWins(v) {
		which = "least, the earliest spike"
	}
	times := ""
	if v.Scale != nil {
		times = " times " + unit(v.Scale)
	}
	var out []string
	if words := ir.ReadoutOf(v).Words(net.Steps); words != "" {
		out = append(out, fmt.Sprintf("%s is the model's %s, %s.", name, v.Name, words))
	}
	return append(out, fmt.Sprintf("An element of %s%s is the network's real output.", name, times),
		fmt.Sprintf("A class that %s predicts is its %s; of several the first.", name, which))
}

// unit is a factor from integers to real numbers.
func unit(s *ir.Scale) string {
	if len(s.Data.F) > 1 {
		return "the scale of its place, " + s.Name + ","
	}
	f := s.Data.F[0]
	number := strconv.FormatFloat(f, 'g', -1, 64)
	if frac, exp := math.Frexp(f); frac == 0.5 && f != 1 {
		return fmt.Sprintf("2^%d = %s", exp-1, number)
	}
	return number
}
