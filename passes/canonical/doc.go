// Package canonical writes equal things of an imported net the same way, exactly in IEEE
// arithmetic, so that the rooms above it need to know one spelling of each.
//
// FoldConstants computes values that depend on constants alone. StripBatch drops a leading
// axis of extent 1, which it follows by the axis map of each op (ir/axes.go). Canonicalise rewrites values one
// by one, in net order, by the table of rules.go: each rule takes a value whose operands are
// canonical already, and gives another value or none; equal values become one. Rules come in
// families, a file each:
//
//	shapes.go   reshapes, transposes and broadcasts meet and vanish
//	views.go    slices and gathers become one slice
//	bounds.go   clamps, maxima and minima whose bounds decide them
//	decided.go  numbers that comparisons decide: a number that is 0 or 1 becomes a spike
//	spikes.go   logic of spikes, and products with them
//	signs.go    a spike with a sign becomes the difference of two spikes
//	whole.go    roundings of numbers that are whole
//
// Two rewritings wait until package raise calls them, of a net of one step: kept_sizes.go has
// numbers that a spike decides kept as the spike, old_membranes.go spikes of the membrane stored.
//
// A comparison and its opposite are told as one (opposites.go). values.go answers the
// questions that other rooms ask about a value: whether it is compared with a constant, which
// membrane it reads; comparisons.go how it is compared; cone.go has the values under another one.
package canonical
