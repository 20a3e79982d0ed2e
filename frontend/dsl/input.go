package dsl

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// input declares an input. An integer type with mean, std or scale makes it
// pixels: the net takes the real numbers x = (p·scale − mean)/std, and how they
// come from pixels goes along beside it.
func (e *elab) input(f *frame, in *Input) {
	f.scope.names[in.Name] = bad
	t, ok := e.typed(f, in.Type)
	attrs := ir.InputAttrs{}
	p := &Pixels{Type: ir.Type{Kind: t.Kind, Bits: t.Bits}, Scale: []float64{1.0 / 255}, Mean: []float64{0}, Std: []float64{1}}
	pixels := false
	lists := map[string]*[]float64{"mean": &p.Mean, "std": &p.Std, "scale": &p.Scale}
	for _, o := range in.Options {
		switch list := lists[o.Name]; {
		case list != nil:
			pixels = true
			ok = e.channelNumbers(f, o, t, list) && ok
		case o.Name == "per":
			ok = e.per(f, o, &attrs) && ok
		default:
			ok = false
			d := f.src.fail(o.Pos, diag.UnknownName, "an input has no %s; wanted mean, std, scale or per", o.Name)
			if near := diag.Nearest(o.Name, []string{"mean", "std", "scale", "per"}); near != "" {
				d.Help = "did you mean " + near + "?"
			}
		}
	}
	if pixels && ok && t.IsReal() {
		f.src.fail(in.Pos, diag.BadAttribute, "input %s is %v; mean, std and scale say how pixels become its numbers, so wanted their type, such as u8", in.Name, t)
		ok = false
	}
	if !ok {
		return
	}
	if pixels {
		e.pixels = p
		t = ir.RealType(t.Shape)
	}
	f.scope.names[in.Name] = signal(e.put(f, in.Pos, func() (*ir.Value, error) { return e.b.Input(ir.CleanName(in.Name), t, attrs) }))
}

// channelNumbers reads one number, or one for each channel.
func (e *elab) channelNumbers(f *frame, o *Option, t ir.Type, to *[]float64) bool {
	v := e.operand(f, o.Value)
	list := v.list
	if v.kind == isNumber {
		list = []value{v}
	}
	channels := 1
	if t.Shape.Rank() > 0 {
		channels = t.Shape.Dim(0)
	}
	if v.kind == isBad {
		return false
	}
	if len(list) != 1 && len(list) != channels {
		f.src.fail(o.Pos, diag.BadAttribute, "%s has %d numbers for %d channels", o.Name, len(list), channels)
		return false
	}
	out := make([]float64, len(list))
	for i, x := range list {
		if x.kind != isNumber || o.Name != "mean" && x.num <= 0 {
			f.src.fail(o.Pos, diag.BadAttribute, "%s is %v, wanted numbers%s", o.Name, v, map[bool]string{true: " above 0"}[o.Name != "mean"])
			return false
		}
		out[i] = x.num
	}
	*to = out
	return true
}

func (e *elab) per(f *frame, o *Option, attrs *ir.InputAttrs) bool {
	v := e.operand(f, o.Value)
	if v.kind == isBad {
		return false
	}
	if err := attrs.Per.UnmarshalText([]byte(v.text)); err != nil || attrs.Per == ir.End {
		f.src.fail(o.Pos, diag.BadAttribute, "per is %v, wanted step or once", v)
		return false
	}
	return true
}
