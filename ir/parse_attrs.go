package ir

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"nomul/ir/diag"
)

// attrs fills the attribute struct of the value's row from key=value fields.
func (p *parser) attrs(s *scanner, v *Value, fields []field) {
	row := ops[v.Op]
	switch {
	case v.Op == OpConst:
		v.Attrs = p.constant(s, v.Type, fields)
	case row.attrs != nil:
		v.Attrs = parseAttrs(s, row.attrs, fields)
	case len(fields) > 0:
		s.failAt(fields[0].col, diag.UnknownName, fmt.Errorf("%v has no attributes", v.Op))
	}
}

func parseAttrs(s *scanner, zero Attrs, fields []field) Attrs {
	target := reflect.New(reflect.TypeOf(zero)).Elem()
	seen := map[string]bool{}
	for _, f := range fields {
		i := fieldNamed(target.Type(), f.key)
		switch {
		case i < 0:
			s.failAt(f.col, diag.UnknownName, fmt.Errorf("there is no attribute %q; wanted %s", f.key, fieldList(target.Type())))
			return zero
		case seen[f.key]:
			s.failAt(f.col, diag.BadAttribute, fmt.Errorf("%s is given twice", f.key))
			return zero
		}
		seen[f.key] = true
		if err := parseField(target.Field(i), f.value); err != nil {
			s.failAt(f.col, diag.BadAttribute, fmt.Errorf("%s: %w", f.key, err))
			return zero
		}
	}
	for i := range target.NumField() {
		f := target.Type().Field(i)
		if f.Tag.Get("ir") == "always" && !seen[attrName(f.Name)] {
			s.fail(diag.BadAttribute, "attribute %s is missing", attrName(f.Name))
			return zero
		}
	}
	return target.Interface().(Attrs)
}

func fieldNamed(t reflect.Type, key string) int {
	for i := range t.NumField() {
		if attrName(t.Field(i).Name) == key {
			return i
		}
	}
	return -1
}

func fieldList(t reflect.Type) string {
	var out []string
	for i := range t.NumField() {
		out = append(out, attrName(t.Field(i).Name))
	}
	return strings.Join(out, ", ")
}

func parseField(f reflect.Value, text string) error {
	if u, ok := f.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	var err error
	switch x := f.Addr().Interface().(type) {
	case *string:
		*x, err = strconv.Unquote(text)
	case *int:
		*x, err = strconv.Atoi(text)
	case *bool:
		*x, err = strconv.ParseBool(text)
	case *float64:
		*x, err = parseFloat(text)
	case *[]int:
		*x, err = parseList(text, strconv.Atoi)
	case *[]float64:
		*x, err = parseList(text, parseFloat)
	}
	if err != nil {
		return fmt.Errorf("cannot read %q", text)
	}
	return nil
}

// parseFloat reads a finite number.
func parseFloat(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && f-f != 0 {
		err = fmt.Errorf("%q is not finite", text)
	}
	return f, err
}

func parseList[T any](text string, item func(string) (T, error)) ([]T, error) {
	inner, ok := strings.CutPrefix(text, "[")
	if ok {
		inner, ok = strings.CutSuffix(inner, "]")
	}
	if !ok {
		return nil, fmt.Errorf("%q is not a list", text)
	}
	out := []T{}
	if strings.TrimSpace(inner) == "" {
		return out, nil
	}
	for _, part := range strings.Split(inner, ",") {
		x, err := item(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// constant makes a constant's data from one of: fill, data, seed+lo+hi, file+digest.
func (p *parser) constant(s *scanner, t Type, fields []field) ConstAttrs {
	got := map[string]string{}
	for _, f := range fields {
		got[f.key] = f.value
	}
	var c ConstAttrs
	var err error
	switch {
	case got["fill"] != "" && len(got) == 1:
		c.Data, err = listed(t, []string{got["fill"]})
	case got["data"] != "" && len(got) == 1:
		var items []string
		items, err = parseList(got["data"], func(s string) (string, error) { return s, nil })
		if err == nil && len(items) != t.Size() {
			err = fmt.Errorf("%d numbers given, wanted %d", len(items), t.Size())
		}
		if err == nil {
			c.Data, err = listed(t, items)
		}
	case got["seed"] != "" && len(got) == 3:
		c, err = seeded(t, got)
	case got["file"] != "" && got["digest"] != "" && len(got) == 2:
		c.Data, err = p.fetch(t, got["file"], got["digest"])
	case got["digest"] != "" && len(got) == 1:
		err = fmt.Errorf("the data is not here, only its digest; write the text with -o to keep the constants beside it")
	default:
		err = fmt.Errorf("wanted one of fill=, data=[…], seed= lo= hi=, or file= digest=")
	}
	if err != nil {
		s.fail(diag.BadConstant, "%v", err)
	}
	return c
}

// listed makes data from written numbers; a single one fills everything.
func listed(t Type, items []string) (*Tensor, error) {
	data := NewTensor(t)
	for i := range t.Size() {
		text := items[min(i, len(items)-1)]
		var err error
		if t.IsReal() {
			data.F[i], err = parseFloat(text)
		} else {
			data.I[i], err = strconv.ParseInt(text, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("%q is not a number of type %v", text, t.elem())
		}
	}
	return data, nil
}

func (p *parser) fetch(t Type, quoted, digest string) (*Tensor, error) {
	ref, err := strconv.Unquote(quoted)
	if err != nil {
		return nil, fmt.Errorf("file=%s is not a string", quoted)
	}
	file, key, ok := strings.Cut(ref, ":")
	if !ok || p.load == nil {
		return nil, fmt.Errorf("cannot load %q; wanted FILE.npz:NAME in a file of its own", ref)
	}
	got, err := p.load(file, key)
	if err != nil {
		return nil, err
	}
	if len(got.F)+len(got.I) != t.Size() || got.Type.IsReal() != t.IsReal() {
		return nil, fmt.Errorf("%s holds %v, wanted %v", ref, got.Type, t)
	}
	data := &Tensor{Type: t, F: got.F, I: got.I}
	if d := data.Digest(); d != digest {
		return nil, fmt.Errorf("%s has digest %s, wanted %s: the file does not belong to this text", ref, d, digest)
	}
	return data, nil
}

// seeded makes uniform noise: splitmix64 from the seed, each draw mapped to lo..hi.
func seeded(t Type, got map[string]string) (ConstAttrs, error) {
	seed, err := strconv.ParseInt(got["seed"], 10, 64)
	lo, err1 := parseFloat(got["lo"])
	hi, err2 := parseFloat(got["hi"])
	if err != nil || err1 != nil || err2 != nil || lo > hi {
		return ConstAttrs{}, fmt.Errorf("wanted seed=N lo=A hi=B with A ≤ B")
	}
	return Noise(t, Seed{seed, lo, hi}), nil
}
