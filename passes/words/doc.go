// Package words turns networks of numbers into networks of words. A function of numbers between
// layers of weights, such as ReLU, becomes levels: how many of its thresholds a number reaches, a word
// of K bits that is sent as K spikes, the highest bit first (radix code), or as so many spikes as it
// counts (rate code). The layer that reads it takes the distance of thresholds into its weights:
//
//	%a = conv %x, …            %a   = conv %x, …
//	%r = map %a {fn=relu}      %r   = levels %a, step/2, step {count=2^K − 1 ties=up}
//	%b = conv %r, …            %r.x = mul %r, step
//	                           %b   = conv %r.x, …
//
// Layers behind words of few levels get biases such that the means of their results stay (centre_biases.go).
//
// How far apart thresholds are follows from the numbers of the network on samples (histogram.go): the mean
// squared error of the words is least (design: an IF neuron that starts at half its threshold and is
// reset by subtraction fires ⌊x·T/θ + ½⌋ times in T steps, between 0 and T; θ = T·step).
package words
