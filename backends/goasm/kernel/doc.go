// Package kernel holds the inner loops of the models that goasm emits, but for those of
// neurons, which are printed for each layer. Its files but this one are copied into every
// emitted package; here they compile and are tested on their own. Each loop exists three
// times with one meaning: in plain Go, in AVX2 and in NEON assembly; in NEON, though, lists,
// tables of words and operations on vectors of 32 bits are those in plain Go. None of them
// multiplies.
package kernel
