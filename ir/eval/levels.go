package eval

import "nomul/ir"

// levels counts the thresholds that each element reaches.
func levels(v *ir.Value) Kernel {
	a := v.Attrs.(ir.LevelsAttrs)
	x, first, step := NewView(v.Args[0], v.Type.Shape), NewView(v.Args[1], v.Type.Shape), NewView(v.Args[2], v.Type.Shape)
	if ir.AnyReal(v.Args) {
		return func(args []*ir.Tensor, dst *ir.Tensor) {
			f, s := first.Reals(args[1]), step.Reals(args[2])
			for i, n := range x.Reals(args[0]) {
				dst.I[i] = int64(a.Level(n, f[i], s[i]))
			}
		}
	}
	return func(args []*ir.Tensor, dst *ir.Tensor) {
		f, s := first.Ints(args[1]), step.Ints(args[2])
		for i, n := range x.Ints(args[0]) {
			dst.I[i] = a.LevelOf(n, f[i], s[i])
		}
	}
}
