package ir

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxInline is the largest constant that is written out in the text. Of a scale it is maxScale
// where the text refers to other arrays anyway, so that lines can be read.
const (
	maxInline = 32
	maxScale  = 4
)

// Print is the net in the text form. Constants too large to write out are
// referred to in the named .npz file, or, when it is empty, by digest alone:
// such text is for reading. Printing is canonical.
func Print(n *Net, npz string) string {
	var b strings.Builder
	files := arraysOf(n, npz)
	fmt.Fprintf(&b, "net %s %v steps=%d%s {\n", n.Name, n.Level, n.Steps, printOrder(n))
	clock := Clock(255)
	for _, v := range n.Values {
		if v.Clock != clock {
			clock = v.Clock
			fmt.Fprintf(&b, "%v\n", clock)
		}
		b.WriteByte('\t')
		printValue(&b, v, files)
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	return b.String()
}

// printOrder names the outputs in the order of the model, where it is not that of the values.
func printOrder(n *Net) string {
	var order []string
	for _, v := range n.All(OpOutput) {
		order = append(order, v.Name)
	}
	if slices.Equal(order, n.outputs()) {
		return ""
	}
	return " order=[" + strings.Join(order, ",") + "]"
}

// String is the value's line in the text form.
func (v *Value) String() string {
	var b strings.Builder
	printValue(&b, v, nil)
	return b.String()
}

func printValue(b *strings.Builder, v *Value, files *arrays) {
	fmt.Fprintf(b, "%%%s = %v", v.Name, v.Op)
	printOperands(b, v)
	if attrs := printAttrs(v, files); attrs != "" {
		fmt.Fprintf(b, " {%s}", attrs)
	}
	fmt.Fprintf(b, " : %v", v.Type)
	if !v.Type.IsReal() && v.Range != v.Type.Full() {
		fmt.Fprintf(b, " range %v", v.Range)
	}
	if v.State != (Range{}) {
		fmt.Fprintf(b, " state %v", v.State)
	}
	if v.Current != (Range{}) {
		fmt.Fprintf(b, " current %v", v.Current)
	}
	if v.Scale != nil {
		fmt.Fprintf(b, " scale %s", printScale(v.Scale, files))
	}
	if v.Measured != nil {
		fmt.Fprintf(b, " measured {%v}", v.Measured)
	}
}

func printOperands(b *strings.Builder, v *Value) {
	slots := ops[v.Op].operands
	sep := " "
	for i, a := range v.Args {
		if a == nil {
			continue
		}
		b.WriteString(sep)
		sep = ", "
		if s := slots[min(i, len(slots)-1)]; s.Optional && !s.Bare {
			b.WriteString(s.Name + "=")
		}
		b.WriteString("%" + a.Name)
	}
}

// printScale writes 2^-12, a number, or name{file=…} for per-element data.
func printScale(s *Scale, files *arrays) string {
	if s.Name == "" {
		f := s.Data.F[0]
		if frac, exp := math.Frexp(f); frac == 0.5 {
			return fmt.Sprintf("2^%d", exp-1)
		}
		return formatFloat(f)
	}
	most := maxScale
	if files != nil {
		most = files.most
	}
	return fmt.Sprintf("%s%v{%s}", s.Name, s.Data.Type.Shape, printConst(s.Name, ConstAttrs{Data: s.Data}, files, most))
}

func printAttrs(v *Value, files *arrays) string {
	if c, ok := v.Attrs.(ConstAttrs); ok {
		return printConst(v.Name, c, files, maxInline)
	}
	if v.Attrs == nil {
		return ""
	}
	s := reflect.ValueOf(v.Attrs)
	var parts []string
	for i := range s.NumField() {
		f := s.Type().Field(i)
		if s.Field(i).IsZero() && f.Tag.Get("ir") != "always" {
			continue
		}
		parts = append(parts, attrName(f.Name)+"="+printField(s.Field(i)))
	}
	return strings.Join(parts, " ")
}

// attrName is a field's name in the text form: CountPad is count-pad.
func attrName(field string) string {
	var b strings.Builder
	for i, c := range field {
		if i > 0 && unicode.IsUpper(c) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func printField(f reflect.Value) string {
	if m, ok := f.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			return "?"
		}
		return string(text)
	}
	switch x := f.Interface().(type) {
	case string:
		return strconv.Quote(x)
	case float64:
		return formatFloat(x)
	case []int:
		return printList(len(x), func(i int) string { return strconv.Itoa(x[i]) })
	case []float64:
		return printList(len(x), func(i int) string { return formatFloat(x[i]) })
	}
	return fmt.Sprint(f.Interface())
}

func printList(n int, item func(int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = item(i)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// formatFloat is the shortest decimal that reads back as the same float64.
func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// inline reports whether a constant is written out rather than stored in a file.
func inline(c ConstAttrs, most int) bool {
	if c.Seed != nil || c.Data.Type.Size() <= most {
		return true
	}
	_, uniform := c.Data.Uniform()
	return uniform
}

func printConst(name string, c ConstAttrs, files *arrays, most int) string {
	if c.Seed != nil {
		return fmt.Sprintf("seed=%d lo=%s hi=%s", c.Seed.Seed, formatFloat(c.Seed.Lo), formatFloat(c.Seed.Hi))
	}
	element := func(i int) string {
		if c.Data.Type.IsReal() {
			return formatFloat(c.Data.F[i])
		}
		return strconv.FormatInt(c.Data.I[i], 10)
	}
	if _, uniform := c.Data.Uniform(); uniform {
		return "fill=" + element(0)
	}
	if inline(c, most) {
		return "data=" + printList(c.Data.Type.Size(), element)
	}
	return files.attrs(name, c.Data)
}
