// Package dsl is the language in which people write spiking networks: .snn
// files. It parses, checks, formats, compiles and exports texts, and reads no
// files: Options reads those that a text names. This is the language on one page;
// GRAMMAR.md has every rule, function and neuron parameter.
//
//	/// A residual network of spikes.
//	model net(depth = 3, classes = 10) {
//	  steps 4
//	  weights "net.npz"                               // .npy, .safetensors, .onnx, random(seed: 1)
//	  input image: u8[1, 28, 28] mean .286 std .353   // pixels p: x = (p/255 − .286)/.353
//
//	  let x = image |> conv(16, 3, pad: same, bias: false) as stem |> bn as norm |> lif
//	  for i in range(depth) { x = residual(x) as "stage{i}" }
//	  output y = x |> mean(space) |> linear(classes) as head |> mean(time)
//	}
//
//	neuron lif(tau: 2, threshold: 1, fires: >=, reset: zero)
//
//	block residual(x) { lif((x |> conv(x.channels, 3, pad: same) as conv) + x) }
//
// Values. A value of the net is a signal with a type, such as spike[16,28,28]:
// no batch axis, no time axis. Everything else is known when the text is
// compiled: numbers, strings, true and false, words such as zero or space,
// lists, and functions. Loops, conditions and blocks are carried out then.
//
// Names. let declares one, and = lets it stand for something else from then on;
// its former value stays in the net. Inside for, repeat and if that is how a value
// is carried along; nothing else changes. neuron, block and let outside the model
// are seen everywhere in the file, and by files that import it.
//
// Inputs are the same in all time steps; input frame: spike[2, 34, 34] per step is new
// in each, and a sample has one array for each step.
//
// Parameters have defaults; those of the model are set to something else from
// outside (nomul check net.snn --set depth=5).
//
// Layers are functions: conv(x, 16, 3) and x |> conv(16, 3) are the same, and the
// second reads in the order of the signal, which PyTorch's Sequential does too.
// |> binds least: a + b |> lif is lif(a + b). PyTorch's defaults (no padding,
// stride 1, a bias, pooling by its kernel) are the defaults here; pad: same is
// written out.
//
// Sizes are members: x.channels, x.height, x.width, x.size, x.rank, x.shape[0].
// / divides exactly, and a size that is not whole is an error, so that c / 3
// cannot lose a channel.
//
// Weights have path names as in PyTorch: block names and layer names with dots,
// then weight, bias, running_mean, running_var. as gives the name of a layer or of
// the use of a block; without it the name is the kind and a number, counted in each
// use of a block. Files whose names differ are translated by patterns:
//
//	weights "net.onnx" { "*.conv.*" = "*.0.*"; "head.weight" = "onnx::MatMul_7" transposed }
//
// weight("name") is any trained constant, for thresholds and leaks of a layer.
//
// Neurons say their leak as tau (in steps) or beta (the share kept), never both,
// and must say when they fire and how they reset: frameworks differ, and a wrong
// guess would change the spikes without a word.
//
// State. state s: spike[16] is s of the step before, and next s = … sets its
// next value: that is recurrence. Results of all time steps are read out by
// mean(time), sum(time), last(time), max(time), first(time).
//
// Attention of spikes is attention(q, k, v, heads: 8, scale: .125) |> lif; masks over
// tokens are q && lif(k && v |> sum(0, keep: true)).
//
// op("name", …) is any operation of the intermediate representation, so the
// language can express all of the representation.
package dsl
