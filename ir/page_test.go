package ir

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
)

// Grammar is the text form as the scanner and the parser of this package read it.
const Grammar = `Net      = "net" Name Level "steps=" Int ("order=[" Name ("," Name)* "]")? "{" EOL Line* "}" .
Level    = "source" | "spiking" | "fixed" .
Line     = (Section | Value)? EOL .
Section  = "once" | "step" | "end" .
Value    = "%" Name "=" Op Operands? Attrs? ":" Type Suffix* .
Operands = Operand ("," Operand)* .
Operand  = (Slot "=")? "%" Name .
Attrs    = "{" (Key "=" Word)* "}" .
Type     = ("real" | "spike" | "u" Int | "s" Int) Shape .
Shape    = "[" (Int ("," Int)*)? "]" .
Suffix   = ("range" | "state" | "current") Int ".." Int | "scale" Scale | "measured" Attrs .
Scale    = "2^" Int | Number | Name Shape Attrs .
`

// GrammarNets stand on the page; together they have every word of the grammar.
var GrammarNets = [...]string{`net image fixed steps=4 order=[n,y] {
once
	%x = input {scale=[0.00392156862745098] mean=[0.286] std=[0.353]} : u8[1,2,3]
	%flat = reshape %x {shape=[6]} : u8[6]
	%w = const {data=[1,-2,3,4,5,-6,7,8,9,1,2,3]} : s5[2,6] range -6..9
	%sums = linear %flat, %w {slots=planes} : s14[2] range -2040..7650 scale sums.scale[2]{data=[0.5,0.25]} measured {snr=41.5}
	%limit = const {fill=4000} : u12[] range 4000..4000
	%start = const {fill=0} : spike[2] range 0..0
step
	%before = delay %start : spike[2] # the spikes of the step before
	%fire = neuron %sums, %limit {leak=shift:1 round=floor compare=ge reset=zero when=fire current=decay:1} : spike[2] state -6630..16344 current -3825..14344 scale 2^-3
	%rose = and-not %fire, %before : spike[2]
	%faded = cell %rose {do=[state membrane start=2; old = load membrane; x = operand 0; left = leak old 3/2^2; h = add left x; store membrane = h; one = const 1; f = above h one; result f]} : spike[2] state 0..2
	%keep = latch %before, %fire : spike[2]
end
	%count = sum %faded : u3[2] range 0..4
	%y = output %count : u3[2] range 0..4
	%n = output %count {read=sum} : u3[2] range 0..4
}
`, `net real spiking steps=2 {
once
	%x = input {per=once} : real[3]
	%w = const {fill=0.5} : real[2,3]
	%b = const {data=[1,2]} : real[2]
	%sum = linear %x, %w, bias=%b : real[2] scale 0.3
	%y = output %sum : real[2]
}
`, `net file source steps=1 {
once
	%x = input : s64[2]
	%y = output %x : s64[2]
}
`}

const pageHead = "# The text form of nets (.sir)\n\n" +
	"Made by a test (`go test ./ir -run TestPage -update`) from the rows of `ir/op.go`; `ir/doc.go` explains it.\n\n" +
	"`?` is once or not, `*` any number of times, `|` either. `EOL` is the end of a line, in front of which `#` begins a comment.\n\n"

const pageNames = "\nA name, %s, is of letters, digits and `_ . / : -`; an operand stands above its value. The operands of a row below\n" +
	"come in its order; one in brackets may be absent, and is written `slot=%%name`, but for the threshold of a neuron.\n" +
	"Shape, range, state and current are inferred: a text may leave a range out, or say a wider one.\n"

// Page is the reference of the text form in Markdown.
func Page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s```\n%s```\n"+pageNames, pageHead, Grammar, "`Name`")
	for _, net := range GrammarNets[:2] {
		fmt.Fprintf(&b, "\n```\n%s```\n", net)
	}
	b.WriteString("\n## Ops\n\nAn attribute in brackets may be absent, and is 0, false or the first of its words then.\n\n" +
		"| op | operands | attributes | levels | class | is |\n|---|---|---|---|---|---|\n")
	for _, op := range AllOps() {
		from, to := op.Levels()
		fmt.Fprintf(&b, "| `%v` | %s | %s | %v…%v | %v | %s |\n", op, slotsText(op), attrsText(op), from, to, op.Class(), strings.ReplaceAll(op.Doc(), "|", `\|`))
	}
	b.WriteString("\n## Classes\n\n| class | a result is |\n|---|---|\n")
	for c := range OverTime + 1 {
		fmt.Fprintf(&b, "| %v | %s |\n", c, c.Doc())
	}
	return b.String()
}

func slotsText(op Op) string {
	var out []string
	for _, o := range op.Operands() {
		switch name := o.Name; {
		case o.Optional:
			out = append(out, "["+name+"]")
		case o.Variadic:
			out = append(out, name+" …")
		default:
			out = append(out, name)
		}
	}
	return strings.Join(out, ", ")
}

// attrsText lists attributes with the words that each takes.
func attrsText(op Op) string {
	attrs := ops[op].attrs
	switch {
	case attrs == nil:
		return ""
	case op == OpConst:
		return "`fill=N`, `data=[N,…]`, `seed=N lo=N hi=N` or `file=\"NAME.npz:KEY\" digest=WORD`"
	}
	var out []string
	for i := range reflect.TypeOf(attrs).NumField() {
		f := reflect.TypeOf(attrs).Field(i)
		text := attrName(f.Name) + "=" + wordsOf(f.Type)
		if f.Tag.Get("ir") != "always" {
			text = "[" + text + "]"
		}
		out = append(out, "`"+text+"`")
	}
	return strings.ReplaceAll(strings.Join(out, " "), "|", `\|`)
}

// wordsOf are those of a type's values: a parser of words names them where it meets another.
func wordsOf(t reflect.Type) string {
	if u, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		_, words, _ := strings.Cut(u.UnmarshalText([]byte("?")).Error(), "wanted ")
		words = strings.TrimPrefix(words, "one of ")
		return strings.NewReplacer(", from 1 to 32767", "", "shift, decay, csd", "shift:K|decay:K|csd:N/D", ", ", "|", " or ", "|").Replace(words)
	}
	return map[reflect.Kind]string{reflect.Int: "INT", reflect.Bool: "true", reflect.Float64: "N", reflect.String: `"TEXT"`, reflect.Slice: "[N,…]"}[t.Kind()]
}
