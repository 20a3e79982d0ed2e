package dsl

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// stmts carries out statements and returns the value of the last one, if it is an
// expression.
func (e *elab) stmts(f *frame, body *Body) value {
	result := nothing
	for _, s := range body.Stmts {
		result = e.stmt(f, s)
	}
	return result
}

func (e *elab) stmt(f *frame, s *Stmt) value {
	if e.work++; e.work > maxWork {
		e.tire(f, s.Pos, "the loops of this model run more than %d statements", maxWork)
		return bad
	}
	switch {
	case s.Value != nil:
		return e.expr(f, s.Value)
	case s.Let != nil:
		e.bind(f, s.Let.Node, s.Let.Names, e.expr(f, s.Let.Value), func(n string, v value) { f.scope.names[n] = v })
	case s.Assign != nil:
		e.bind(f, s.Assign.Node, s.Assign.Names, e.expr(f, s.Assign.Value), func(n string, v value) {
			if !f.scope.assign(n, v) { // which was told
				f.scope.names[n] = v
			}
		})
	case s.If != nil:
		return e.conditional(f, s.If)
	case s.For != nil:
		e.loop(f, s.For)
	case s.Repeat != nil:
		e.repeat(f, s.Repeat)
	case s.Neuron != nil:
		f.scope.names[s.Neuron.Name] = function(&neuron{def: s.Neuron, src: f.src, scope: f.scope})
	default:
		e.declaration(f, s)
	}
	return nothing
}

func (e *elab) declaration(f *frame, s *Stmt) {
	switch {
	case s.Steps != nil:
		e.setSteps(f, s.Steps)
	case s.Input != nil:
		e.input(f, s.Input)
	case s.Output != nil:
		e.output(f, s.Output)
	case s.State != nil:
		e.state(f, s.State)
	case s.Next != nil:
		e.next(f, s.Next)
	case s.Weights != nil:
		e.weightsFrom(f, s.Weights)
	case s.Skipped != nil:
		f.scope.names[s.Skipped.Name] = bad
	}
}

// bind gives names to a value, or to the elements of a list.
func (e *elab) bind(f *frame, n Node, names []string, v value, set func(string, value)) {
	switch {
	case len(names) == 1:
		set(names[0], v)
		return
	case v.kind == isList && len(v.list) == len(names):
		for i, name := range names {
			set(name, v.list[i])
		}
		return
	case v.kind != isBad:
		f.src.fail(n.Pos, diag.BadCall, "%d names for %v; wanted a list of as many", len(names), v)
	}
	for _, name := range names {
		set(name, bad)
	}
}

func (e *elab) conditional(f *frame, s *If) value {
	conds, bodies := []*Expr{s.Cond}, []*Body{s.Then}
	for _, x := range s.Elif {
		conds, bodies = append(conds, x.Cond), append(bodies, x.Then)
	}
	for i, cond := range conds {
		v := e.expr(f, cond)
		if v.kind != isTruth {
			e.want(f, cond.Node, v, isTruth)
			return bad
		}
		if v.truth {
			return e.stmts(f.inner(), bodies[i])
		}
	}
	if s.Else != nil {
		return e.stmts(f.inner(), s.Else)
	}
	return nothing
}

// want tells that a value is of the wrong kind, unless it is bad already.
func (e *elab) want(f *frame, n Node, v value, k kind) {
	if v.kind != isBad {
		f.noted(f.src.fail(n.Pos, diag.BadCall, "%s is %s, wanted %v", shownNode(n), v, k))
	}
}

// shownNode is the text of a node for messages.
func shownNode(n Node) string {
	text := ""
	for i, t := range n.Tokens {
		if i > 0 && t.Pos.Offset > n.Tokens[i-1].Pos.Offset+len(n.Tokens[i-1].Value) {
			text += " "
		}
		text += t.Value
	}
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:37]) + "…"
	}
	return text
}

func (e *elab) loop(f *frame, s *For) {
	list := e.expr(f, s.In)
	if list.kind != isList {
		e.want(f, s.In.Node, list, isList)
		return
	}
	for i, x := range list.list {
		if e.work > maxWork {
			return
		}
		g := f.inner()
		g.scope.names[s.Names[len(s.Names)-1]] = x
		if len(s.Names) == 2 {
			g.scope.names[s.Names[0]] = count(i)
		}
		e.stmts(g, s.Body)
	}
}

func (e *elab) repeat(f *frame, s *Repeat) {
	n, ok := e.wholeExpr(f, s.Count, 0)
	for i := 0; ok && i < n && e.work <= maxWork; i++ {
		e.work++
		e.stmts(f.inner(), s.Body)
	}
}

// wholeExpr is an expression that must be a whole number, at least some.
func (e *elab) wholeExpr(f *frame, x *Expr, least int) (int, bool) {
	v := e.expr(f, x)
	n, ok := v.whole()
	if !ok || n < least {
		e.notWhole(f, x.Node, v, least)
		return 0, false
	}
	return n, true
}

func (e *elab) notWhole(f *frame, n Node, v value, least int) {
	if v.kind != isBad {
		f.noted(f.src.fail(n.Pos, diag.BadAttribute, "%s is %s, wanted a whole number of at least %d", shownNode(n), v, least))
	}
}

func (e *elab) setSteps(f *frame, s *Steps) {
	n, ok := e.wholeExpr(f, s.Count, 1)
	switch {
	case !ok:
		n = 1 // goes on, for the errors that follow
	case e.b != nil:
		f.src.fail(s.Pos, diag.BadNet, "the time steps are said already: %d", e.steps)
		return
	case n > ir.MaxSteps:
		f.src.fail(s.Pos, diag.BadAttribute, "%d time steps, wanted at most %d", n, ir.MaxSteps)
		n = 1
	}
	if e.b == nil {
		e.steps = n
		e.b = ir.NewBuilder(ir.CleanName(e.name), ir.Spiking, n)
	}
}

// typed is a type that is written out.
func (e *elab) typed(f *frame, t *Type) (ir.Type, bool) {
	elem, ok := ir.ParseElem(t.Elem)
	if !ok {
		f.src.fail(t.Pos, diag.BadAttribute, "%q is not a type; wanted real, spike, uK or sK", t.Elem)
	}
	dims := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		n, whole := e.wholeExpr(f, d, 1)
		dims[i], ok = n, ok && whole
	}
	if !ok {
		return elem, false
	}
	shape, err := ir.NewShape(dims)
	if err != nil {
		f.src.fail(t.Pos, diag.BadAttribute, "%v", err)
	}
	return elem.WithShape(shape), err == nil
}

func (e *elab) output(f *frame, o *Output) {
	v := e.expr(f, o.Value)
	if v.kind != isSignal {
		e.want(f, o.Value.Node, v, isSignal)
		e.outputs++
		return
	}
	if v.sig.Clock == ir.Step {
		d := f.src.fail(o.Pos, diag.BadNet, "output %s is a value of each time step", o.Name)
		d.Help = "read it out over the steps: |> mean(time), sum(time), last(time), max(time) or first(time)"
		return
	}
	e.outputs++
	if e.b.Named(o.Name) != nil {
		f.src.fail(o.Pos, diag.BadName, "%s is the name of a layer already", o.Name)
		return
	}
	e.put(f, o.Pos, func() (*ir.Value, error) { return e.b.Add(ir.OpOutput, ir.CleanName(o.Name), nil, v.sig) })
}

func (e *elab) state(f *frame, s *State) {
	t, ok := e.typed(f, s.Type)
	f.scope.names[s.Name] = bad
	if !ok {
		return
	}
	init := number(0)
	if s.Init != nil {
		init = e.expr(f, s.Init)
	}
	start := e.initial(f, s, t, init)
	if start == nil {
		return
	}
	v := e.put(f, s.Pos, func() (*ir.Value, error) {
		return e.b.AddTyped(ir.OpDelay, e.b.Unique(ir.CleanName(join(f.path, s.Name))), nil, t, start)
	})
	if v != nil {
		e.states[v] = &state{decl: s, src: f.src}
		f.scope.names[s.Name] = signal(v)
	}
}

// initial is a state's value in the first step: one number in all elements, or a constant.
func (e *elab) initial(f *frame, s *State, t ir.Type, init value) *ir.Value {
	if init.kind == isSignal {
		return init.sig
	}
	if init.kind != isNumber {
		e.want(f, s.Node, init, isNumber)
		return nil
	}
	if e.numbers -= t.Size(); e.numbers < 0 {
		f.src.fail(s.Pos, diag.TooLarge, "with the state %s of %v the model has too many numbers", s.Name, t)
		return nil
	}
	data := ir.NewTensor(t)
	for i := range data.F {
		data.F[i] = float32s(init.num)
	}
	if full := t.Full(); !t.IsReal() && !(init.num == math.Trunc(init.num) && init.num >= float64(full.Lo) && init.num <= float64(full.Hi)) {
		f.src.fail(s.Pos, diag.BadAttribute, "state %s begins with %v; wanted a whole number in %v", s.Name, init, full)
		return nil
	}
	for i := range data.I {
		data.I[i] = int64(init.num)
	}
	return e.constant(f, s.Pos, join(f.path, s.Name)+".init", data)
}

func (e *elab) next(f *frame, s *Next) {
	v := e.expr(f, s.Value)
	target, _ := f.scope.find(s.Name)
	if v.kind != isSignal || target.kind == isBad {
		e.want(f, s.Value.Node, v, isSignal)
		if st := e.states[target.sig]; st != nil {
			st.fed = true
		}
		return
	}
	st := e.states[target.sig]
	if st == nil {
		f.src.fail(s.Pos, diag.BadNet, "%s is no state", s.Name).Help = "declare it: state " + s.Name + ": " + v.sig.Type.String()
		return
	}
	if st.fed {
		f.src.fail(s.Pos, diag.BadNet, "state %s has its next value already", s.Name)
		return
	}
	st.fed = true
	e.add(f, s.Pos, ir.OpLatch, target.sig.Name+".latch", nil, target.sig, v.sig)
}
