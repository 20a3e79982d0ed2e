// Instructions that the Go assembler does not know, by register numbers:
// operands as in Go, the destination last.

// Shift left by m's lanes, right where they are negative: d = n << m.
#define SSHL4S(m, n, d) WORD $(0x4EA04400 | m<<16 | n<<5 | d)

// Signed shift right by k.
#define SSHR8H(k, n, d) WORD $(0x4F000400 | (32-k)<<16 | n<<5 | d)
#define SSHR4S(k, n, d) WORD $(0x4F000400 | (64-k)<<16 | n<<5 | d)

// Signed shift right by 8, added to d.
#define SSRA8H(n, d) WORD $(0x4F181400 | n<<5 | d)

// Widen the low and the high four 16-bit lanes, signed.
#define SXTL4S(n, d) WORD $(0x0F10A400 | n<<5 | d)
#define SXTL2_4S(n, d) WORD $(0x4F10A400 | n<<5 | d)

// Add the low and the high four 16-bit lanes of m, signed, to n.
#define SADDW4S(m, n, d) WORD $(0x0E601000 | m<<16 | n<<5 | d)
#define SADDW2_4S(m, n, d) WORD $(0x4E601000 | m<<16 | n<<5 | d)

// All ones where n > m, signed.
#define CMGT8H(m, n, d) WORD $(0x4E603400 | m<<16 | n<<5 | d)
#define CMGT4S(m, n, d) WORD $(0x4EA03400 | m<<16 | n<<5 | d)

// The smaller and the larger lanes, signed.
#define SMIN8H(m, n, d) WORD $(0x4E606C00 | m<<16 | n<<5 | d)
#define SMIN4S(m, n, d) WORD $(0x4EA06C00 | m<<16 | n<<5 | d)
#define SMAX8H(m, n, d) WORD $(0x4E606400 | m<<16 | n<<5 | d)
#define SMAX4S(m, n, d) WORD $(0x4EA06400 | m<<16 | n<<5 | d)

// d = n &^ m.
#define BIC(m, n, d) WORD $(0x4E601C00 | m<<16 | n<<5 | d)
