package goasm

import (
	"go/token"
	"strings"
)

// taken are identifiers that the emitted package uses in the scope of fields.
const taken = "kernel list words sorted name rows8x16 rows8x32 rows16x32 levels8x32 updates " +
	"starts values conv8x32 conv8x64 tables16 convWide max32 sum32 listSpikes listLine positions listDigits listBits " +
	"convolve window convolveDigits convolveBits k at " +
	"addSpikes16 addCounts addDigits add32 m w copy clear len byte string " +
	"uint8 int8 uint16 int16 int32 uint64 int engine weights weightsBin newModel loadWeights loadTables loaded trace stages stage err in out fmt sync tallies"

// scope hands out identifiers, each once.
type scope map[string]bool

func newScope() scope {
	s := scope{}
	for _, name := range strings.Fields(taken) {
		s[name] = true
	}
	return s
}

// claim makes an identifier from a name.
func (s scope) claim(name string) string {
	id := identifier(name)
	for s[id] || token.IsKeyword(id) {
		id += "_"
	}
	s[id] = true
	return id
}

// identifier is an unexported Go identifier that resembles the name.
func identifier(name string) string {
	id := strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	id = strings.TrimLeft(id, "_")
	if id == "" || '0' <= id[0] && id[0] <= '9' {
		return "v" + id
	}
	return strings.ToLower(id[:1]) + id[1:]
}

// upper makes the name of a method from an identifier.
func upper(id string) string { return strings.ToUpper(id[:1]) + id[1:] }

// packageName is the model's name, if Go allows it for a package that is imported.
func packageName(name string) string {
	id := identifier(name)
	if token.IsKeyword(id) || id == "main" || id == "_" {
		return id + "net"
	}
	return id
}
