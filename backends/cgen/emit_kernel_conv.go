package cgen

// The kernels of convolutions, of single spikes, and of products with constants.

const hideText = `/* n, which compilers then do not know: they would make multiplications of additions in loops. */
static inline uint32_t @_hide(uint32_t n)
{
	volatile uint32_t hidden = n;

	return hidden;
}
`

const spikeText = `/* Spike i of packed ones. */
static inline int32_t @_spike(const uint32_t *s, uint32_t i)
{
	return (int32_t)(s[i >> 5] >> (i & 31u) & 1u);
}
`

const takeBits = `/* Takes n spikes, from the first on, to the beginning of a word. */
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
`

const placeSpikes = `/* Visits the spikes of some channels, from a bit on, each with its places one after another.
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
`

const sortPlaces = `/* Sorts spikes by place: those of place p are list[ends[p]] to below list[ends[p + 1]], in the
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
`

const listWindow = `/* Lists the rows of what a window sees: of each tap the spikes at its place, with so many
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
`

const windowText = `/* Collects the words of a window, channel by channel, tap by tap. */
static void @_NAME(TYPE *to, const TYPE *x, const uint16_t *taps, uint32_t n, uint32_t channels, uint32_t places)
{
	do {
		uint32_t i;
		for (i = 0u; i < n; i++) {
			*to++ = x[taps[i]];
		}
		x += places;
	} while (--channels != 0u);
}
`

const spreadText = `/* Puts the sums of a place where the channels have them. */
static void @_NAME(TYPE *y, const TYPE *sums, uint32_t n, uint32_t places)
{
	volatile uint32_t hop = places; /* or compilers multiply it by the channels */

	do {
		*y = *sums++;
		y += hop;
	} while (--n != 0u);
}
`

const collectText = `/* Takes the sums of a place from where the channels have them. */
static void @_NAME(TYPE *sums, const TYPE *y, uint32_t n, uint32_t places)
{
	volatile uint32_t hop = places; /* or compilers multiply it by the channels */

	do {
		*sums++ = *y;
		y += hop;
	} while (--n != 0u);
}
`

const timesText = `/* x times a number that is told by its signed digits, highest first: how often to double,
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
`

const timesWide = `/* The same in 64 bits, divided by 2^k; first up is added, or down if it is negative. */
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
`
