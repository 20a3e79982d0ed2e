// An accumulator that reads its weights from a memory: nothing multiplies.
module adder (
	input  wire        clk,
	input  wire        rst,
	input  wire [3:0]  row,
	output reg  [15:0] sum
);
	reg [7:0] weights [0:15];
	initial $readmemh("adder.hex", weights);
	reg [7:0] w;
	always @(posedge clk) begin
		w <= weights[row];
		sum <= rst ? 16'd0 : sum + {8'd0, w};
	end
endmodule
