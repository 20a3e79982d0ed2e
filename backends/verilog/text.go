package verilog

import (
	"embed"
	"fmt"
	"math/big"
	"strings"
	"text/template"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

// render fills the template of that name. The templates are part of the
// program: an error is a bug in it.
func render(name string, data any) []byte {
	t := template.New("").Funcs(verilogFuncs())
	t.Funcs(template.FuncMap{"include": func(name string, data any) (string, error) {
		var b strings.Builder
		err := t.ExecuteTemplate(&b, name, data)
		return b.String(), err
	}})
	_, err := t.ParseFS(templateFiles, "templates/*.tmpl")
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		panic(err)
	}
	return []byte(b.String())
}

func verilogFuncs() template.FuncMap {
	return template.FuncMap{
		"rng": vectorRange, "dec": decimal, "hex": hexadecimal, "ext": extend, "slice": slice, "masks": masks,
		"ibits": indexBits, "plural": plural, "at": paramAt, "ones": ones, "signs": signs, "times": times,
		"dec1":  func(n int) int { return n - 1 },
		"inc":   func(n int) int { return n + 1 },
		"fit":   fitted,
		"upper": strings.ToUpper,
		"sub":   func(a, b int) int { return a - b },
		"mul":   func(a, b int) int { return a * b },
	}
}

// vectorRange declares n bits.
func vectorRange(n int) string { return fmt.Sprintf("[%d:0]", n-1) }

// decimal is an unsigned literal.
func decimal(bits, v int) string { return fmt.Sprintf("%d'd%d", bits, v) }

// literal is the literal of a number's two's complement.
func literal(bits int, v int64) string { return hexadecimal(bits, pack(bits, v)) }

func hexadecimal(bits int, v *big.Int) string { return fmt.Sprintf("%d'h%x", bits, v) }

// pack lays numbers side by side, the first in the lowest bits, each in two's complement.
func pack(bits int, vs ...int64) *big.Int {
	out, mask := new(big.Int), ones(bits)
	for i := len(vs) - 1; i >= 0; i-- {
		out.Lsh(out, uint(bits))
		out.Or(out, new(big.Int).And(big.NewInt(vs[i]), mask))
	}
	return out
}

// ones is n bits set.
func ones(n int) *big.Int {
	one := big.NewInt(1)
	return new(big.Int).Sub(new(big.Int).Lsh(one, uint(n)), one)
}

// extend widens a signal by its sign, or by zeros.
func extend(name string, from int, signed bool, to int) string {
	if to == from {
		return name
	}
	if signed {
		return fmt.Sprintf("{{%d{%s}}, %s}", to-from, bitOf(name, from-1), name)
	}
	return fmt.Sprintf("{%s, %s}", decimal(to-from, 0), name)
}

// signs repeats a signal's sign so that it fills 32 bits, with a comma behind.
func signs(from int, name string) string {
	if from == 32 {
		return ""
	}
	return fmt.Sprintf("{%d{%s[%d]}}, ", 32-from, name, from-1)
}

// bitOf is one bit of a signal or of a slice that starts at 0.
func bitOf(name string, bit int) string {
	name, _, _ = strings.Cut(name, "[")
	return fmt.Sprintf("%s[%d]", name, bit)
}

// fitted widens a signal, or takes its lowest bits.
func fitted(name string, from int, signed bool, to int) string {
	if to < from {
		return slice(name, to, from)
	}
	return extend(name, from, signed, to)
}

// slice is the lowest bits of a signal.
func slice(name string, bits, of int) string {
	if bits == of {
		return name
	}
	return fmt.Sprintf("%s[%d:0]", name, bits-1)
}

// part is one lane's bits of a signal that holds all lanes'.
func part(name string, lane, bits int) string {
	return fmt.Sprintf("%s[%d:%d]", name, lane*bits+bits-1, lane*bits)
}

// masks tells for each bit of a lane's number, highest first, which lanes have it set.
func masks(lanes int) []string {
	var out []string
	for b := indexBits(lanes) - 1; b >= 0; b-- {
		m := new(big.Int)
		for i := range lanes {
			m.SetBit(m, i, uint(i>>b&1))
		}
		out = append(out, hexadecimal(lanes, m))
	}
	return out
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// boundParam is a parameter in a unit, read at a tile.
type boundParam struct {
	Param param
	Unit  *unit
	Tile  string
	Word  int
	Rows  int // of the memory
	// Classes is how many tiles a memory has their classes of, which are the rows of the other; 0: there is none.
	Classes, ClassBits int
}

func paramAt(p param, u *unit, tile string) boundParam {
	b := boundParam{Param: p, Unit: u, Word: u.Lanes * p.Bits}
	if p.Stored() {
		words, class := p.words(u.Lanes)
		b.Rows, b.Classes, b.ClassBits = len(words), len(class), indexBits(len(words))
		b.Tile = slice(tile, indexBits(max(b.Rows, b.Classes)), u.Addr())
		if max(b.Rows, b.Classes) == 1 {
			b.Tile = "0"
		}
		if class != nil {
			b.Tile = fmt.Sprintf("%s_class[%s]", p.Name, b.Tile)
		}
	}
	return b
}

// times is a signal times a constant above 0, as shifts.
func times(name string, by int) string {
	var terms []string
	for b := 30; b >= 0; b-- {
		if by>>b&1 == 1 {
			terms = append(terms, fmt.Sprintf("(%s << %d)", name, b))
		}
	}
	return strings.Join(terms, " + ")
}
