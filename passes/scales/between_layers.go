package scales

import (
	"fmt"

	"nomul/ir"
	"nomul/passes/layers"
)

// betweenLayers returns the reason why two weighted layers stay two, where the second
// reads x: the function between them that sends numbers, or the missing neuron.
func betweenLayers(x *ir.Value) string {
	if met := layers.MeetsLayer(x); met != nil && met.Op == ir.OpMap {
		return fmt.Sprintf("%%%s is a %s, which sends numbers: nomul takes networks of spiking neurons, trained as such or converted", met.Name, met.Attrs.(ir.MapAttrs).Fn)
	}
	return "two weighted layers without a neuron between them would multiply number by number; they are made one where that takes few weights"
}
