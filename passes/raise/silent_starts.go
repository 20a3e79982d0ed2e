package raise

import ()

// RoundedAs is how far the results of a few float32 operations may differ by their order.
const RoundedAs = 1e-5
