package cgen

import (
	"fmt"
	"slices"
	"strings"
)

// kernel is a static function that layers share. A kernel only calls kernels above it.
type kernel struct{ name, text string }

// kernels prints the kernels that the body calls, and those that these call.
func (b *printer) kernels(body string) {
	all := allKernels()
	var used []string
	for _, k := range slices.Backward(all) {
		if strings.Contains(body, b.p.name+"_"+k.name+"(") {
			text := b.p.fill(k.text)
			body += text
			used = append(used, text)
		}
	}
	for _, text := range slices.Backward(used) {
		b.WriteString("\n" + text)
	}
}

// wordElems are the elements that words are kept in.
var wordElems = []elem{{8, false, false}, {8, true, false}, {16, false, false}, {16, true, false}, {32, true, false}}

func allKernels() []kernel {
	out := []kernel{
		{"asr_floor", asrFloor}, {"asr_ceil", asrCeil}, {"asr_zero", asrZero}, {"times", timesText}, {"times_wide", timesWide},
		{"hide", hideText}, {"spike", spikeText}, {"take_bits", takeBits}, {"bias", biasText}, {"list_spikes", listSpikes}, {"row", rowText}, {"up8", up8Text},
		{"place_spikes", placeSpikes}, {"sort_places", sortPlaces}, {"list_window", listWindow}, {"list_bits", listBits},
	}
	for _, bits := range []int{8, 16, 32} {
		out = append(out, typed("fill%d", fillText, bits, elem{bits: bits}))
		for _, from := range []int{8, 16, 32} {
			e := elem{bits: from, signed: true}
			out = append(out, typed(fmt.Sprintf("init%%d_%s", e.suffix()), initText, bits, e))
		}
	}
	for _, bits := range []int{16, 32} {
		e := elem{bits: bits}
		out = append(out, typed("copy%d", copyText, bits, e), typed("shift%d", shiftText, bits, e),
			typed("shift_add%d", shiftAddText, bits, e), typed("wide_%d", wideText, bits, e),
			typed("spread%d", spreadText, bits, e), typed("collect%d", collectText, bits, e))
		for _, words := range []int{4, 2, 1} {
			out = append(out, kernel{fmt.Sprintf("rows%d_%d", 4*words, bits), rowsText(words, bits)})
		}
	}
	for _, e := range wordElems {
		out = append(out, typed("sort_"+e.suffix(), sortText, 0, e), typed("window_"+e.suffix(), windowText, 0, e),
			typed("give_"+e.suffix(), giveText, 0, e))
	}
	for _, bits := range []int{8, 16, 32} {
		out = append(out, mixKernel(bits, elem{32, false, true}))
		for _, e := range wordElems {
			out = append(out, mixKernel(bits, e), pickKernel(bits, e))
		}
	}
	return append(out, kernel{"give_spikes", giveSpikes})
}

// typed fills a kernel's text: NAME, TYPE the element and WORD the unsigned type of bits.
func typed(name, text string, bits int, e elem) kernel {
	if strings.Contains(name, "%d") {
		name = fmt.Sprintf(name, bits)
	}
	return kernel{name, strings.NewReplacer("NAME", name, "TYPE", e.c(), "WORD", fmt.Sprintf("uint%d_t", bits)).Replace(text)}
}

const asrFloor = `/* v / 2^k, rounded down. */
static inline int32_t @_asr_floor(int32_t v, unsigned k)
{
	return v >> k;
}
`

const asrCeil = `/* v / 2^k, rounded up. */
static inline int32_t @_asr_ceil(int32_t v, unsigned k)
{
	return @_asr_floor(v, k) + (((uint32_t)v & ((1u << k) - 1u)) != 0u);
}
`

const asrZero = `/* v / 2^k, rounded toward zero. */
static inline int32_t @_asr_zero(int32_t v, unsigned k)
{
	return @_asr_floor(v, k) + (v < 0 && ((uint32_t)v & ((1u << k) - 1u)) != 0u);
}
`

const biasText = `/* What n rows of bytes take to be sums of weights, in each half word: minus 128 times n;
 * plus 2^15, which keeps the sum from being negative. The volatile copies are for compilers
 * that would make a multiplication of the shifts. */
static uint32_t @_bias(uint32_t n)
{
	volatile uint32_t low = n << 7, high = n << 23;

	return 0x80008000u - low - high;
}
`

const listSpikes = `/* Lists the inputs that fired, as byte offsets of their rows in a tile of 16
 * outputs: 16 per input. They are level 1. */
static void @_list_spikes(@_level *levels, uint16_t *list, const uint32_t *s, uint32_t words)
{
	uint16_t *end = list;
	uint32_t at = 0u;

	do {
		uint32_t bits = *s++, row = at;
		for (; bits != 0u; bits >>= 4, row += 64u) {
			if ((bits & 1u) != 0u) {
				*end++ = (uint16_t)row;
			}
			if ((bits & 2u) != 0u) {
				*end++ = (uint16_t)(row + 16u);
			}
			if ((bits & 4u) != 0u) {
				*end++ = (uint16_t)(row + 32u);
			}
			if ((bits & 8u) != 0u) {
				*end++ = (uint16_t)(row + 48u);
			}
		}
		at += 512u;
	} while (--words != 0u);
	levels[1].end = end;
	levels[1].bias = @_bias((uint32_t)(end - list));
}
`

const sortText = `/* Sorts the n words by one digit, highest value first: lists their rows as
 * @_list_spikes does, leaving out those with digit 0. Level d is the rows with
 * digit d or more. The digit is ((x + low) >> shift) & mask. */
static void @_NAME(@_level *levels, uint16_t *list, const TYPE *x, uint32_t n, uint32_t low, uint32_t shift, uint32_t mask)
{
	uint32_t i, at = 0u;

	for (i = 0u; i <= mask; i++) {
		levels[i].bias = 0u; /* counts the rows first */
	}
	for (i = 0u; i < n; i++) {
		levels[(((uint32_t)x[i] + low) >> shift) & mask].bias++;
	}
	for (i = mask; i != 0u; i--) {
		levels[i].end = list + at; /* moves on as rows come in */
		at += levels[i].bias;
		levels[i].bias = @_bias(at);
	}
	at = 0u;
	for (i = 0u; i < n; i++) {
		uint32_t d = (((uint32_t)x[i] + low) >> shift) & mask;
		if (d != 0u) {
			*levels[d].end++ = (uint16_t)at;
		}
		at += 16u;
	}
}
`

const fillText = `static void @_NAME(TYPE *y, TYPE value, uint32_t n)
{
	do {
		*y++ = value;
	} while (--n != 0u);
}
`

const initText = `static void @_NAME(WORD *y, const TYPE *from, uint32_t n)
{
	do {
		*y++ = (WORD)*from++;
	} while (--n != 0u);
}
`

const copyText = `static void @_NAME(TYPE *y, const TYPE *from, uint32_t n)
{
	do {
		*y++ = *from++;
	} while (--n != 0u);
}
`

const shiftText = `static void @_NAME(TYPE *y, uint32_t by, uint32_t n)
{
	do {
		*y = (TYPE)((uint32_t)*y << by);
		y++;
	} while (--n != 0u);
}
`

const shiftAddText = `static void @_NAME(TYPE *y, uint32_t by, const TYPE *start, uint32_t n)
{
	do {
		*y = (TYPE)(((uint32_t)*y << by) + *start++);
		y++;
	} while (--n != 0u);
}
`

const giveText = `static void @_NAME(int32_t *y, const TYPE *x, uint32_t n)
{
	do {
		*y++ = *x++;
	} while (--n != 0u);
}
`

const giveSpikes = `static void @_give_spikes(int32_t *y, const uint32_t *s, uint32_t n)
{
	uint32_t lane = 1u;

	do {
		*y++ = (*s & lane) != 0u;
		lane <<= 1;
		if (lane == 0u) {
			lane = 1u;
			s++;
		}
	} while (--n != 0u);
}
`

const rowText = `/* The weights of a tile at a byte offset. */
static inline const uint32_t *@_row(const uint32_t *tile, uint32_t bytes)
{
	return (const uint32_t *)(const void *)((const unsigned char *)tile + bytes);
}
`

const up8Text = `/* v << 8. The volatile copy is for compilers that would take -256 times v when this is subtracted. */
static inline uint32_t @_up8(uint32_t v)
{
	volatile uint32_t up = v << 8;

	return up;
}
`

const wideText = `/* Adds the listed rows of 16-bit weights to y, 4 outputs at a time. Per level,
 * from top down to 1, the level's rows join the running sums, and these are added to y. */
static void @_NAME(TYPE *y, uint32_t tiles, const int16_t *w, uint32_t stride, const uint16_t *list, const @_level *levels, uint32_t top)
{
	do {
		uint32_t sum0 = 0u, sum1 = 0u, sum2 = 0u, sum3 = 0u;
		const uint16_t *at = list;
		const @_level *level = levels + top;
		uint32_t left = top;
		do {
			const uint16_t *end = level->end;
			level--;
			while (at != end) {
				const int16_t *row = w + (*at++ >> 2);
				int32_t weight0 = row[0], weight1 = row[1], weight2 = row[2], weight3 = row[3];
				sum0 += (uint32_t)weight0;
				sum1 += (uint32_t)weight1;
				sum2 += (uint32_t)weight2;
				sum3 += (uint32_t)weight3;
			}
			y[0] = (TYPE)(y[0] + sum0);
			y[1] = (TYPE)(y[1] + sum1);
			y[2] = (TYPE)(y[2] + sum2);
			y[3] = (TYPE)(y[3] + sum3);
		} while (--left != 0u);
		y += 4;
		w += stride;
	} while (--tiles != 0u);
}
`

// rowsText is the kernel for 8-bit weights and a tile of so many words of four outputs.
func rowsText(words, bits int) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	each := func(format string) {
		for i := range words {
			fmt.Fprintf(&b, strings.ReplaceAll(format, "#", "%[1]d"), i)
		}
	}
	p("/* Adds the listed rows of 8-bit weights to y, %d outputs at a time. Per level, from top\n", 4*words)
	p(" * down to 1, the level's rows join the running sums, and these are added to y. A word\n")
	p(" * holds four weights, each plus 128; all is the sum of whole words, odd that of their odd\n")
	p(" * bytes, both modulo 2^32, and all - (odd << 8) that of the even ones. With the level's\n")
	p(" * bias, each half word is a sum of weights plus 2^15, without a carry or borrow. The\n")
	p(" * start values of y make up for the 2^15. */\n")
	p("static void @_rows%d_%d(uint%d_t *y, uint32_t tiles, const uint32_t *w, uint32_t stride, const uint16_t *list, const @_level *levels, uint32_t top)\n{\n", 4*words, bits, bits)
	p("\tdo {\n\t\tconst uint16_t *at = list;\n\t\tconst @_level *level = levels + top;\n\t\tuint32_t left = top;\n")
	each("\t\tuint32_t all# = 0u, odd# = 0u;\n")
	p("\t\tdo {\n\t\t\tconst uint16_t *end = level->end;\n\t\t\tuint32_t bias = level->bias, half;\n\t\t\tlevel--;\n")
	p("\t\t\twhile (at != end) {\n\t\t\t\tconst uint32_t *row = @_row(w, %s);\n\t\t\t\tuint32_t four;\n", rowOffset(words))
	each("\t\t\t\tfour = row[#];\n\t\t\t\tall# += four;\n\t\t\t\todd# += (four >> 8) & 0x00FF00FFu;\n")
	p("\t\t\t}\n")
	for i := range words {
		levelText(p, i, bits)
	}
	p("\t\t} while (--left != 0u);\n\t\ty += %d;\n\t\tw += stride;\n\t} while (--tiles != 0u);\n}\n", 4*words)
	return b.String()
}

// rowOffset is the byte offset of a listed row in a tile of so many words.
func rowOffset(words int) string {
	switch words {
	case 4:
		return "*at++"
	case 2:
		return "(uint32_t)*at++ >> 1"
	}
	return "(uint32_t)*at++ >> 2"
}

// levelText adds the running sums of word i to four outputs.
func levelText(p func(string, ...any), i, bits int) {
	low := " & 0xFFFFu"
	if bits == 16 {
		low = "" // the store cuts it off
	}
	for lane, sum := range []string{"all%[1]d - @_up8(odd%[1]d) + bias", "odd%[1]d + bias"} {
		p("\t\t\thalf = "+sum+";\n", i)
		for half, part := range []string{"(half" + low + ")", "(half >> 16)"} {
			at := 4*i + lane + 2*half
			p("\t\t\ty[%d] = (uint%d_t)(y[%d] + %s);\n", at, bits, at, part)
		}
	}
}
