package dsl

import "strings"

// starter is a small network that compiles as it stands.
const starter = `/// A small spiking network for images of 28 × 28 pixels: what nomul new writes.
/// Look at it with nomul check, then change it.
model NAME(classes = 10, width = 16) {
  steps 4
  weights random(seed: 1)  // trained ones: weights "NAME.npz", found by the names behind as
  input image: u8[1, 28, 28] mean .286 std .353

  let x = image |> conv(width, 3, stride: 2, pad: same) as stem |> bn as norm |> lif as spikes
  output y = residual(x) as block1 |> mean(space) |> linear(classes) as head |> mean(time)
}

/// SpikingJelly's LIFNode(tau=2). snnTorch's Leaky is
/// neuron leaky(beta: .9, threshold: 1, fires: >, reset: subtract, when: next).
neuron lif(tau: 2, threshold: 1, fires: >=, reset: zero)

/// Two convolutions, and what came in added before the second neuron.
block residual(x) {
  let h = x |> conv(x.channels, 3, pad: same) |> bn |> lif
  lif(x + (h |> conv(x.channels, 3, pad: same) |> bn))
}
`

// Starter is the text of a first model of a name, which must be an identifier.
func Starter(name string) string { return strings.ReplaceAll(starter, "NAME", name) }

// IsName reports whether a text can be a name in the language.
func IsName(text string) bool { return plainIdent.MatchString(text) && !keywords[text] }
