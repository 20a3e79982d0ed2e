package goasm

import (
	"bytes"
	"fmt"
	"go/format"
)

// printer collects a Go file.
type printer struct{ bytes.Buffer }

// f prints a line.
func (p *printer) f(line string, args ...any) { fmt.Fprintf(p, line+"\n", args...) }

// source is the file, formatted.
func (p *printer) source() []byte {
	out, err := format.Source(p.Bytes())
	if err != nil {
		panic(fmt.Sprintf("goasm: emitted code does not parse: %v\n%s", err, p.Bytes()))
	}
	return out
}

// elem is the element of a slice of the form.
func (f form) elem() string {
	switch f {
	case narrow:
		return "int16"
	case packed, planes:
		return "uint64"
	}
	return "int32"
}

// bits is the width of an element of a slice of the form.
func (f form) bits() int {
	return map[string]int{"int16": 16, "int32": 32, "uint64": 64}[f.elem()]
}

// length is the number of elements of the buffer's slice.
func (b *buffer) length() int {
	if b.form == table {
		return b.size
	}
	return b.units(padded(b.size))
}

// makes is the expression that makes the buffer's slice.
func (b *buffer) makes() string {
	switch {
	case b.form == other:
		return b.value
	case b.loaded != "":
		return fmt.Sprintf("%ss(%s)", b.form.elem(), b.loaded)
	case b.constant != nil:
		return fmt.Sprintf("%ss(%s)", b.form.elem(), b.constant.bytes())
	case b.memory != "":
		return fmt.Sprintf("%s[:%d:%d]", b.memory, b.length(), b.units(b.room()))
	}
	return fmt.Sprintf("make(%s, %d, %d)", b.goType(), b.length(), b.units(b.room()))
}

// goType is the type of an array or slice.
func (b *buffer) goType() string {
	switch b.form {
	case array:
		return fmt.Sprintf("[%d]%s", b.size*max(1, b.steps), b.elem)
	case other:
		return b.elem
	}
	return "[]" + b.form.elem()
}

// elements is the expression of the elements, without padding.
func (b *buffer) elements() string {
	if b.form == array || b.size == b.length() {
		return "m." + b.name + map[bool]string{true: "[:]"}[b.form == array]
	}
	return fmt.Sprintf("m.%s[:%d]", b.name, b.size)
}
