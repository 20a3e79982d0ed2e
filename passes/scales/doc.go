// Package scales chooses the unit of each real value: the real number that one integer unit
// of it stands for, one for each element. Start at ChooseScales, which states the rules.
//
// Values whose units have to agree, such as the terms of a sum, are joined to classes by
// union-find over their elements (gauges.go, join_scales.go): each element has a factor to the
// unit of its class. Operands whose units cannot agree are converted (converted_scales.go).
// Then every class is asked for its coarsest unit in which nothing is lost that a reader sees
// (class_scales.go): whole numbers stay whole, thresholds become whole (solve_scales.go), rows
// of weights use their bits, and layers that are added differ by powers of two
// (agree_scales.go, added_scales.go). real_sizes.go bounds the real values, and so how fine a
// unit may be before 32 bits are too few.
package scales
