package raise

import "strings"

// Subject is the value that a refusal is about.
func Subject(message string) string {
	name, _, _ := strings.Cut(message, ": ")
	return name
}
