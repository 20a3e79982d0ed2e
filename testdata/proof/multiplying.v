// Multiplications that are easy to write by accident.
module scaled (input wire [7:0] a, output wire [15:0] y);
	assign y = a * 8'd37;
endmodule

module addressed (input wire clk, input wire [3:0] row, input wire [3:0] column, output reg [7:0] y);
	reg [7:0] weights [0:255];
	initial $readmemh("adder.hex", weights, 0, 15);
	always @(posedge clk) y <= weights[row * 4'd13 + column];
endmodule

module divided (input wire [7:0] a, output wire [7:0] y);
	assign y = a / 8'd10;
endmodule
