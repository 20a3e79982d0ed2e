// Package kernel holds the inner loops of the models that goasm emits. Its files
// but this one are copied into every emitted package; here they compile and are
// tested on their own. Each loop exists three times with one meaning: in plain
// Go, in AVX2 and in NEON assembly. None of them multiplies.
package kernel
