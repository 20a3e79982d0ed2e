// A module that multiplies: a proof that finds nothing here is worth nothing.
module multiply (
	input  wire        clk,
	input  wire [11:0] a,
	input  wire [11:0] b,
	output reg  [23:0] y
);
	always @(posedge clk) y <= a * b;
endmodule
