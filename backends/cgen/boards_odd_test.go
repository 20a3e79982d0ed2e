package cgen_test

import (
	"testing"

	"nomul/ir/irtest"
)

// odd has constants of 2 bytes in an odd number: the data behind them must begin at
// a word all the same.
const odd = `net odd fixed steps=2 {
once
	%x = input : s8[1,3]
	%offset = const {data=[300,-301,302]} : s16[1,3]
	%t = const {data=[1000,1,-1000]} : s16[1,3]
	%i = add %x, %offset : s16[1,3]
	%m = max %i, %t : s16[1,3]
	%th = const {data=[700,650,600]} : s16[1,3]
step
	%s = neuron %m, %th {leak=none round=floor compare=ge reset=zero when=fire} : spike[1,3]
end
	%n = sum %s : u2[1,3]
	%y = output %n : u2[1,3]
}
`

func TestBoardsCopyDataBehindOddConstants(t *testing.T) {
	irtest.Long(t)
	t.Parallel()
	net := irtest.ParseNet(t, "odd", odd)
	for _, board := range boards {
		t.Run(board.name, func(t *testing.T) { board.agrees(t, net, 3) })
	}
}
