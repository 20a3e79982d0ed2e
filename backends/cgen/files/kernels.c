/* v / 2^k, rounded down. */
static inline int32_t @_asr_floor(int32_t v, unsigned k)
{
	return v >> k;
}

/* v / 2^k, rounded up. */
static inline int32_t @_asr_ceil(int32_t v, unsigned k)
{
	return @_asr_floor(v, k) + (((uint32_t)v & ((1u << k) - 1u)) != 0u);
}

/* v / 2^k, rounded toward zero. */
static inline int32_t @_asr_zero(int32_t v, unsigned k)
{
	return @_asr_floor(v, k) + (v < 0 && ((uint32_t)v & ((1u << k) - 1u)) != 0u);
}

/* x times a number that is told by its signed digits, highest first: how often to double,
 * then whether to add (64) or subtract (128); neither ends it. */
static int32_t @_times(int32_t x, const uint8_t *digits)
{
	uint32_t sum = 0u;

	for (;; digits++) {
		sum <<= *digits & 63u;
		if ((*digits & 64u) != 0u) {
			sum += (uint32_t)x;
		} else if ((*digits & 128u) != 0u) {
			sum -= (uint32_t)x;
		} else {
			return (int32_t)sum;
		}
	}
}

/* The same in 64 bits, divided by 2^k; first up is added, or down if it is negative. */
static int32_t @_times_wide(int32_t x, const uint8_t *digits, uint32_t k, uint64_t up, uint64_t down)
{
	uint64_t sum = 0u, one = (uint64_t)x;
	uint32_t low, high;

	for (;; digits++) {
		uint32_t left = *digits & 63u;
		for (; left != 0u; left--) {
			sum += sum;
		}
		if ((*digits & 64u) != 0u) {
			sum += one;
		} else if ((*digits & 128u) != 0u) {
			sum -= one;
		} else {
			break;
		}
	}
	sum += sum >> 63 != 0u ? down : up;
	low = (uint32_t)sum;
	high = (uint32_t)(sum >> 32);
	if (k >= 32u) {
		return (int32_t)high >> (k - 32u);
	}
	return (int32_t)(k == 0u ? low : low >> k | high << (32u - k));
}

/* n, which compilers then do not know: they would make multiplications of additions in loops. */
static inline uint32_t @_hide(uint32_t n)
{
	volatile uint32_t hidden = n;

	return hidden;
}

/* Spike i of packed ones. */
static inline int32_t @_at_spikes(const uint32_t *s, uint32_t i)
{
	return (int32_t)(s[i >> 5] >> (i & 31u) & 1u);
}

/* Changes spike i of packed ones. Compilers would find its place before they know that it changes. */
static inline void @_flip(uint32_t *s, uint32_t i)
{
	uint32_t at = @_hide(i);

	s[at >> 5] ^= 1u << (at & 31u);
}

/* Element i. */
static inline int32_t @_at_KIND(const TYPE *x, uint32_t i)
{
	return x[i];
}

/* Takes n spikes, from the first on, to the beginning of a word. */
static void @_take_bits(uint32_t *to, const uint32_t *s, uint32_t first, uint32_t n)
{
	uint32_t by = first & 31u;

	s += first >> 5;
	for (;;) {
		uint32_t bits = s[0] >> by;
		if (by != 0u && n > 32u - by) {
			bits |= s[1] << (32u - by);
		}
		if (n <= 32u) {
			*to = bits & (0xFFFFFFFFu >> (32u - n));
			return;
		}
		*to++ = bits;
		s++;
		n -= 32u;
	}
}

/* What n rows of bytes take to be sums of weights, in each half word: minus 128 times n;
 * plus 2^15, which keeps the sum from being negative. The volatile copies are for compilers
 * that would make a multiplication of the shifts. */
static uint32_t @_bias(uint32_t n)
{
	volatile uint32_t low = n << 7, high = n << 23;

	return 0x80008000u - low - high;
}

/* Lists the inputs that fired, as byte offsets of their rows in a tile of 16
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

/* The weights of a tile at a byte offset. */
static inline const uint32_t *@_row(const uint32_t *tile, uint32_t bytes)
{
	return (const uint32_t *)(const void *)((const unsigned char *)tile + bytes);
}

/* v << 8. The volatile copy is for compilers that would take -256 times v when this is subtracted. */
static inline uint32_t @_up8(uint32_t v)
{
	volatile uint32_t up = v << 8;

	return up;
}

/* Visits the spikes of some channels, from a bit on, each with its places one after another.
 * Without a list it counts them in the end of their place; with one it puts them there, as
 * 16 times the channel, and moves the end on. A place without a table is what it is. */
static void @_place_spikes(uint16_t *ends, uint16_t *list, const uint32_t *s, uint32_t bit, uint32_t channels, uint32_t places, const uint16_t *inside)
{
	uint32_t row = 0u;

	do {
		uint32_t place = 0u;
		do {
			uint32_t in_word = 32u - (bit & 31u), at = place;
			uint32_t bits = s[bit >> 5] >> (bit & 31u);
			if (in_word > places - place) {
				in_word = places - place;
				bits &= 0xFFFFFFFFu >> (32u - in_word);
			}
			for (; bits != 0u; bits >>= 1, at++) {
				while ((bits & 15u) == 0u) {
					bits >>= 4;
					at += 4u;
				}
				if ((bits & 1u) != 0u) {
					uint16_t *end = ends + (inside != 0 ? inside[at] : at);
					if (list != 0) {
						list[*end] = (uint16_t)row;
					}
					*end = (uint16_t)(*end + 1u);
				}
			}
			place += in_word;
			bit += in_word;
		} while (place != places);
		row += 16u;
	} while (--channels != 0u);
}

/* Sorts spikes by place: those of place p are list[ends[p]] to below list[ends[p + 1]], in the
 * order of their channels. */
static void @_sort_places(uint16_t *ends, uint16_t *list, const uint32_t *s, uint32_t bit, uint32_t channels, uint32_t places, const uint16_t *inside, uint32_t padded)
{
	uint32_t i, sum = 0u;

	for (i = 0u; i <= padded; i++) {
		ends[i] = 0u;
	}
	ends++;
	@_place_spikes(ends, 0, s, bit, channels, places, inside);
	for (i = 0u; i < padded; i++) {
		uint32_t n = ends[i];
		ends[i] = (uint16_t)sum; /* where the place begins, until its spikes come in */
		sum += n;
	}
	@_place_spikes(ends, list, s, bit, channels, places, inside);
}

/* Lists the rows of what a window sees: of each tap the spikes at its place, with so many
 * bytes of rows for every tap. They are level 1. */
static void @_list_window(@_level *levels, uint16_t *list, const uint16_t *spikes, const uint16_t *ends, const uint16_t *taps, uint32_t n, uint32_t bytes)
{
	uint16_t *end = list;
	uint32_t row = 0u;
	volatile uint32_t hop = bytes; /* or compilers multiply it by the taps */

	do {
		const uint16_t *place = ends + *taps++;
		const uint16_t *at = spikes + place[0], *stop = spikes + place[1];
		while (at != stop) {
			*end++ = (uint16_t)(*at++ + row);
		}
		row += hop;
	} while (--n != 0u);
	levels[1].end = end;
	levels[1].bias = @_bias((uint32_t)(end - list));
}

/* Lists which of the spikes in some words are 1, and gives the list's end. */
static uint16_t *@_list_bits(uint16_t *list, const uint32_t *s, uint32_t words)
{
	uint32_t at = 0u;

	do {
		uint32_t bits = *s++, n = at;
		for (; bits != 0u; bits >>= 1, n++) {
			if ((bits & 1u) != 0u) {
				*list++ = (uint16_t)n;
			}
		}
		at += 32u;
	} while (--words != 0u);
	return list;
}

static void @_fillBITS(WORD *y, WORD value, uint32_t n)
{
	do {
		*y++ = value;
	} while (--n != 0u);
}

static void @_copyBITS(WORD *y, const WORD *from, uint32_t n)
{
	do {
		*y++ = *from++;
	} while (--n != 0u);
}

static void @_shiftBITS(WORD *y, uint32_t by, uint32_t n)
{
	do {
		*y = (WORD)((uint32_t)*y << by);
		y++;
	} while (--n != 0u);
}

static void @_shift_addBITS(WORD *y, uint32_t by, const WORD *start, uint32_t n)
{
	do {
		*y = (WORD)(((uint32_t)*y << by) + *start++);
		y++;
	} while (--n != 0u);
}

/* Adds the listed rows of 16-bit weights to y, 4 outputs at a time. Per level,
 * from top down to 1, the level's rows join the running sums, and these are added to y. */
static void @_wide_BITS(WORD *y, uint32_t tiles, const int16_t *w, uint32_t stride, const uint16_t *list, const @_level *levels, uint32_t top)
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
			y[0] = (WORD)(y[0] + sum0);
			y[1] = (WORD)(y[1] + sum1);
			y[2] = (WORD)(y[2] + sum2);
			y[3] = (WORD)(y[3] + sum3);
		} while (--left != 0u);
		y += 4;
		w += stride;
	} while (--tiles != 0u);
}

/* Adds the listed rows of STORED-bit weights to y, TILE outputs at a time. Per level, from top
 * down to 1, the level's rows join the running sums, and these are added to y. Four
 * weights are a word, each plus 128; all is the sum of whole words, odd that of their odd
 * bytes, both modulo 2^32, and all - (odd << 8) that of the even ones. With the level's
 * bias, each half word is a sum of weights plus 2^15, without a carry or borrow. The
 * start values of y make up for the 2^15. */
static void @_PACKEDTILE_BITS(WORD *y, uint32_t tiles, const uint32_t *w, uint32_t stride, const uint16_t *list, const @_level *levels, uint32_t top)
{
	do {
		const uint16_t *at = list;
		const @_level *level = levels + top;
		uint32_t left = top;
		uint32_t all# = 0u, odd# = 0u;
		do {
			const uint16_t *end = level->end;
			uint32_t bias = level->bias, half;
			level--;
			while (at != end) {
				const uint32_t *row = @_row(w, (uint32_t)*at++ >> APART);
				uint32_t four;
				four = FOUR;
				all# += four;
				odd# += (four >> 8) & 0x00FF00FFu;
			}
			half = all# - @_up8(odd#) + bias;
			y[#0] = (WORD)(y[#0] + (half & 0xFFFFu));
			y[#2] = (WORD)(y[#2] + (half >> 16));
			half = odd# + bias;
			y[#1] = (WORD)(y[#1] + (half & 0xFFFFu));
			y[#3] = (WORD)(y[#3] + (half >> 16));
		} while (--left != 0u);
		y += TILE;
		w += stride;
	} while (--tiles != 0u);
}

/* Sorts the n words by one digit, highest value first: lists their rows as
 * @_list_spikes does, leaving out those with digit 0. Level d is the rows with
 * digit d or more. The digit is ((x + low) >> shift) & mask. */
static void @_sort_KIND(@_level *levels, uint16_t *list, const TYPE *x, uint32_t n, uint32_t low, uint32_t shift, uint32_t mask)
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

/* Collects the words of a window, channel by channel, tap by tap. */
static void @_window_KIND(TYPE *to, const TYPE *x, const uint16_t *taps, uint32_t n, uint32_t channels, uint32_t places)
{
	do {
		uint32_t i;
		for (i = 0u; i < n; i++) {
			*to++ = x[taps[i]];
		}
		x += places;
	} while (--channels != 0u);
}

/* Adds a[m][k] to y[m][n] where b[k][n] is a spike. The spikes of a row of b are listed once for all rows of a. */
static void @_mixBITS_KIND(WORD *y, const TYPE *a, uint32_t first, const uint32_t *b, uint32_t bit, uint32_t *bits, uint16_t *list, uint32_t rows, uint32_t inner, uint32_t cols)
{
	uint32_t k = inner, words = (cols + 31u) >> 5;

	do {
		const uint16_t *end;
		@_take_bits(bits, b, bit, cols);
		end = @_list_bits(list, bits, words);
		if (end != list) {
			WORD *row = y;
			uint32_t from = first, m = rows;
			do {
				const WORD one = (WORD)@_at_KIND(a, from);
				if (one != 0u) {
					const uint16_t *at = list;
					do {
						row[*at] = (WORD)(row[*at] + one);
					} while (++at != end);
				}
				from += inner;
				row += cols;
			} while (--m != 0u);
		}
		first++;
		bit += cols;
	} while (--k != 0u);
}

/* Adds the rows b[k] to y[m] where a[m][k] is a spike. */
static void @_pickBITS_KIND(WORD *y, const uint32_t *a, uint32_t bit, const TYPE *b, uint32_t first, uint32_t rows, uint32_t inner, uint32_t cols)
{
	do {
		const TYPE *from = b + first;
		uint32_t k = inner;
		do {
			if (@_at_spikes(a, bit) != 0) {
				WORD *to = y;
				const TYPE *of = from;
				uint32_t n = cols;
				do {
					*to = (WORD)(*to + (WORD)*of++);
					to++;
				} while (--n != 0u);
			}
			bit++;
			from += cols;
		} while (--k != 0u);
		y += cols;
	} while (--rows != 0u);
}
