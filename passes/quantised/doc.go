// Package quantised reads networks whose activations are integers times a scale already, as
// QuantizeLinear and DequantizeLinear write them, and keeps these integers:
//
//	%q  = cast(clip(round(x/s) + z))     %n = levels %acc, first, step
//	%x  = (cast(q) − z)·s                    stands for s·(n + least − z)
//	%y  = conv %x, s_w·k, b              %acc = conv %n, k, …
//	                                         stands for s·s_w[c]·acc + shift[c]
//
// A real value is followed as a sum of integers times exact rational numbers (form.go). Weights stay
// the integers that the file has. Where a value is rounded, the least integer that reaches each step
// is computed in exact rational arithmetic, halves to even, and a ladder of thresholds is used only
// where it has every one of them (ladder.go). So scales are never rounded, not even to float32.
package quantised
