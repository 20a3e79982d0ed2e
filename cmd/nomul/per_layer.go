package main

import (
	"fmt"
	"strconv"
	"strings"

	"nomul/passes/rewrite"
)

// parsePerLayer reads the numbers of layers, N, LAYER=N or a list of them, each by number.
func parsePerLayer(flag string, items []string, number func(string) (int, error)) (rewrite.PerLayer, error) {
	out := rewrite.PerLayer{Of: map[string]int{}}
	for _, item := range items {
		text := strings.TrimSpace(item)
		at := strings.LastIndex(text, "=") // names may have some
		n, err := number(text[at+1:])
		name := text[:max(at, 0)]
		_, twice := out.Of[name]
		switch {
		case err != nil:
			return out, usageError{fmt.Errorf("--%s %s: %w", flag, item, err)}
		case at == 0 || twice || at < 0 && out.All > 0:
			return out, usageError{fmt.Errorf("--%s %s: wanted a number once for all layers, and LAYER=NUMBER once for a layer", flag, strings.Join(items, ","))}
		case at < 0:
			out.All = n
		default:
			out.Of[name] = n
		}
	}
	return out, nil
}

// parseBits reads a width of weights in bits; ternary is two.
func parseBits(text string) (int, error) {
	if text == "ternary" {
		return 2, nil
	}
	bits, err := strconv.Atoi(text)
	if err != nil || bits < 2 || bits > 16 {
		return 0, fmt.Errorf("%q is no width of weights, wanted 2 to 16 bits, or ternary for −1, 0 and 1", text)
	}
	return bits, nil
}
