package lower_test

import (
	"strings"
	"testing"

	"nomul/backends/lower"
	"nomul/backends/lower/lowertest"
	"nomul/ir"
	"nomul/ir/irtest"
)

func layouts() []lower.Layout {
	apart := lower.Layout{Target: "apart", Widths: []int{8, 16, 32}}
	return []lower.Layout{lower.Plain, apart, lower.Tight, lower.Plain.ByLayer(), apart.ByLayer(), lower.Tight.ByLayer()}
}

// A plan has the results of its program in every layout, as its text says.
func TestPlansAreFixed(t *testing.T) {
	fixedNets(t, func(t *testing.T, net *ir.Net) {
		p := lower.Of(net)
		for _, l := range layouts() {
			same(t, net, lowertest.Reread(t, lower.NewPlan(p, l)))
		}
	})
}

// Archives show the plan of a net for a layout that asks for everything, by step and by layer.
func TestPlanArchives(t *testing.T) {
	for _, path := range irtest.Files(t, "../../testdata/lower/*.txtar") {
		t.Run(strings.TrimPrefix(path, "../../testdata/lower/"), func(t *testing.T) {
			a := irtest.Load(t, path)
			net := irtest.ParseNet(t, path, irtest.Section(t, path, a, "in.sir"))
			p := lower.Of(net)
			for _, l := range []lower.Layout{lower.Tight, lower.Tight.ByLayer()} {
				same(t, net, lowertest.Reread(t, lower.NewPlan(p, l)))
			}
			irtest.Check(t, path, a, "plan", lower.NewPlan(p, lower.Tight).Print()+lower.NewPlan(p, lower.Tight.ByLayer()).Print())
		})
	}
}

// A plan that is wrong computes something else: a slot that is shared too early, an element
// that is too narrow, a state variable that is.
func TestWrongPlansAreSeen(t *testing.T) {
	for name, spoil := range map[string]func(p *lower.Plan) bool{
		"slot": shareTwo,
		"element": func(p *lower.Plan) bool {
			for _, s := range p.Slots {
				s.Elem = lower.Elem{Bits: 8, Signed: true}
			}
			return len(p.Slots) > 0
		},
		"state": func(p *lower.Plan) bool {
			for _, elems := range p.States {
				elems[0] = lower.Elem{Bits: 8, Signed: true}
			}
			return len(p.States) > 0
		},
		"latch": func(p *lower.Plan) bool {
			held := len(p.Held) > 0
			clear(p.Held)
			return held
		},
	} {
		t.Run(name, func(t *testing.T) {
			net := irtest.ParseNet(t, "plan_test.go", wide)
			p := lower.NewPlan(lower.Of(net), lower.Layout{Target: "apart", Widths: []int{8, 16, 32}, Overlay: true})
			if !spoil(p) {
				t.Fatal("there is nothing to spoil")
			}
			if len(differences(t, net, p)) == 0 {
				t.Error("no difference is seen")
			}
		})
	}
}

// shareTwo gives the first array the slot of the last, which is alive with it.
func shareTwo(p *lower.Plan) bool {
	first, last := p.Slots[0], p.Slots[len(p.Slots)-1]
	last.Uses, last.Size = append(last.Uses, first.Uses...), max(last.Size, first.Size)
	first.Uses = nil
	return first != last
}

// wide has sums that take more than 8 bits, two of them alive at a time, and two delays that are swapped.
const wide = `net t fixed steps=3 {
once
	%w = const {data=[100,-2,30,40,50,60,-70,80]} : s8[2,4] range -127..127
	%th = const {fill=200} : u8[]
	%one = const {data=[1,2]} : u3[2]
	%two = const {data=[5,7]} : u3[2]
step
	%x = input {per=step} : spike[4]
	%h = linear %x, %w : s32[2]
	%k = linear %x, %w : s32[2]
	%n = neuron %h, %th {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[2]
	%m = neuron %k, %th {leak=shift:2 round=floor compare=ge reset=zero when=fire} : spike[2]
	%o = or %n, %m : spike[2]
	%a = delay %one : u3[2]
	%b = delay %two : u3[2]
	%la = latch %a, %b : u3[2]
	%lb = latch %b, %a : u3[2]
end
	%ca = sum %a : u5[2] range 0..21
	%c = sum %o : u2[2] range 0..3
	%y = output %c : u2[2] range 0..3
	%ya = output %ca : u5[2] range 0..21
}
`
