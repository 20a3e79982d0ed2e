package ir

import "fmt"

// OutputAttrs describes an output.
type OutputAttrs struct {
	// Read says how one result was made of the file's own output, which is that of one time
	// step or holds every one.
	Read Readout
}

func (OutputAttrs) attrs() {}

// Readout is how one result is made of those of all time steps.
type Readout uint8

// The readouts; ReadAsIs is that of an output that is the file's own.
const (
	ReadAsIs Readout = iota
	ReadSum
	ReadMean
	ReadLast
	ReadMax
	ReadFirst
)

var readoutNames = names{ReadAsIs: "", ReadSum: "sum", ReadMean: "mean", ReadLast: "last", ReadMax: "max", ReadFirst: "first"}

func (r Readout) String() string { return readoutNames.get(int(r)) }

// MarshalText prints the readout.
func (r Readout) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a readout.
func (r *Readout) UnmarshalText(b []byte) error {
	i, err := readoutNames.find("readout", string(b))
	*r = Readout(i)
	return err
}

// ReadoutOf is the readout of an output.
func ReadoutOf(v *Value) Readout {
	a, _ := v.Attrs.(OutputAttrs)
	return a.Read
}

// Words describe the readout in a sentence whose subject is the output; empty for one that
// is the file's own.
func (r Readout) Words(steps int) string {
	switch r {
	case ReadSum:
		return fmt.Sprintf("summed over all %d time steps", steps)
	case ReadMean:
		return fmt.Sprintf("averaged over all %d time steps", steps)
	case ReadLast:
		return fmt.Sprintf("taken from the last of %d time steps", steps)
	case ReadMax:
		return fmt.Sprintf("its largest over all %d time steps", steps)
	case ReadFirst:
		return fmt.Sprintf("the number of the time step of its first spike, from 0; %d where there is none", steps)
	}
	return ""
}
