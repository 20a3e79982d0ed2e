package passes

// GuardBits shows guardBits to the tests outside.
var GuardBits = guardBits
