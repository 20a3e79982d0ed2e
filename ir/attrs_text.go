package ir

import "fmt"

// ReadAttrs makes an op's attribute struct from the text between the braces of a
// value's line: key=value fields apart by spaces. It is nil for an op without
// attributes. The error names the field and the form expected.
func ReadAttrs(op Op, text string) (Attrs, error) {
	row := ops[op]
	s := &scanner{text: "{" + text + "}", line: 1}
	fields := s.attrList()
	if s.err == nil && !s.atEnd() {
		return nil, fmt.Errorf("unexpected %s", s.found())
	}
	if row.attrs == nil {
		if s.err == nil && len(fields) > 0 {
			return nil, fmt.Errorf("%v has no attributes", op)
		}
		return nil, textError(s)
	}
	attrs := parseAttrs(s, row.attrs, fields)
	return attrs, textError(s)
}

func textError(s *scanner) error {
	if s.err == nil {
		return nil
	}
	return fmt.Errorf("%s", s.err.Message)
}

// AttrsText returns the text that ReadAttrs reads.
func AttrsText(v *Value) string { return printAttrs(v, nil) }

// Noise makes a constant of uniform noise, the same for the same seed. For reals
// the numbers are in Lo..Hi, for integers between both ends, which they can be.
func Noise(t Type, seed Seed) ConstAttrs {
	data, state := NewTensor(t), uint64(seed.Seed)
	for i := range t.Size() {
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		u := float64((z^z>>31)>>11) / (1 << 53)
		if t.IsReal() {
			data.F[i] = seed.Lo + float64(u*(seed.Hi-seed.Lo))
		} else {
			data.I[i] = int64(seed.Lo) + int64(u*(seed.Hi-seed.Lo+1))
		}
	}
	return ConstAttrs{Data: data, Seed: &seed}
}
