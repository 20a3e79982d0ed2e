package passes

import (
	"nomul/passes/scales"
)

// GuardBits shows guardBits to the tests outside.
var GuardBits = scales.GuardBits
