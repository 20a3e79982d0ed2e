package dataset

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"nomul/ir"
)

const npyMagic = "\x93NUMPY"

// maxHeader bounds the text header of an npy file; numpy writes about 120 bytes.
const maxHeader = 1 << 16

// The dictionary of an npy header is a Python literal; numpy writes its three
// keys in alphabetic order, others in any.
var (
	npyDescr = regexp.MustCompile(`'descr':\s*'([<>|=])([a-z][0-9]+)'`)
	npyOrder = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	npyShape = regexp.MustCompile(`'shape':\s*\(([0-9, ]*)\)`)
)

// npyHeader is the header of an npy file.
type npyHeader struct {
	dtype   DType
	order   binary.ByteOrder
	fortran bool
	shape   []int
	size    int
}

// readNpy reads one array of at most limit elements
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
func readNpy(r io.Reader, limit int) (*Array, error) {
	text, err := npyText(r)
	if err != nil {
		return nil, err
	}
	h, err := parseNpyHeader(text, limit)
	if err != nil {
		return nil, err
	}
	want := h.size * h.dtype.Width()
	raw, err := io.ReadAll(io.LimitReader(r, int64(want)+1))
	if err != nil {
		return nil, err
	}
	if len(raw) != want {
		return nil, fmt.Errorf("the header promises %d bytes of data, %s follow", want, atLeast(len(raw), want))
	}
	a := &Array{DType: h.dtype, Shape: h.shape}
	if err := a.decode(raw, h.order); err != nil {
		return nil, err
	}
	if h.fortran {
		a.toC()
	}
	return a, nil
}

func atLeast(n, want int) string {
	if n > want {
		return "more"
	}
	return strconv.Itoa(n)
}

func npyText(r io.Reader) (string, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:6]) != npyMagic {
		return "", fmt.Errorf("not a numpy array: it does not begin with \\x93NUMPY")
	}
	width := 2
	if head[6] >= 2 {
		width = 4
	}
	length := make([]byte, 4)
	if _, err := io.ReadFull(r, length[:width]); err != nil {
		return "", fmt.Errorf("truncated in the header")
	}
	n := binary.LittleEndian.Uint32(length)
	if head[6] == 0 || head[6] > 3 || n > maxHeader {
		return "", fmt.Errorf("numpy format version %d with a header of %d bytes is not known", head[6], n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", fmt.Errorf("truncated in the header")
	}
	return string(text), nil
}

func parseNpyHeader(text string, limit int) (h npyHeader, err error) {
	descr := npyDescr.FindStringSubmatch(text)
	order := npyOrder.FindStringSubmatch(text)
	shape := npyShape.FindStringSubmatch(text)
	if descr == nil || order == nil || shape == nil {
		return h, fmt.Errorf("the header %q is not that of an array of plain numbers", strings.TrimSpace(text))
	}
	for d, code := range descrs {
		if code == descr[2] {
			h.dtype = d
		}
	}
	if h.dtype == "" {
		return h, fmt.Errorf("element type %q is not supported; wanted bool, int, uint, float32 or float64", descr[2])
	}
	h.order = binary.LittleEndian
	if descr[1] == ">" {
		h.order = binary.BigEndian
	}
	h.fortran = order[1] == "True"
	h.shape, h.size, err = parseDims(shape[1], limit)
	return h, err
}

func parseDims(text string, limit int) (dims []int, size int, err error) {
	dims, size = []int{}, 1
	for _, word := range strings.Split(text, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		d, err := strconv.Atoi(word)
		if err != nil || d < 1 {
			return nil, 0, fmt.Errorf("shape (%s) has a dimension that is not positive", text)
		}
		if d > limit/size {
			return nil, 0, fmt.Errorf("shape (%s) is too large: a file may hold %d elements", text, MaxElements)
		}
		size *= d
		dims = append(dims, d)
	}
	if len(dims) > ir.MaxRank {
		return nil, 0, fmt.Errorf("shape (%s) has more than %d axes", text, ir.MaxRank)
	}
	return dims, size, nil
}

// decode fills the array from its bytes.
func (a *Array) decode(raw []byte, order binary.ByteOrder) error {
	w := a.DType.Width()
	n := len(raw) / w
	if a.DType.IsFloat() {
		a.F = make([]float64, n)
	} else {
		a.I = make([]int64, n)
	}
	for i := range n {
		word := load(raw[i*w:(i+1)*w], order)
		switch {
		case a.DType == Float32:
			a.F[i] = float64(math.Float32frombits(uint32(word)))
		case a.DType == Float64:
			a.F[i] = math.Float64frombits(word)
		case a.DType == Uint64 && word > math.MaxInt64 || a.DType == Bool && word > 1:
			return fmt.Errorf("element %d is %d, more than a %s may be here", i, word, a.DType)
		case a.DType.signed():
			shift := 64 - 8*w
			a.I[i] = int64(word<<shift) >> shift
		default:
			a.I[i] = int64(word)
		}
	}
	return nil
}

func load(b []byte, order binary.ByteOrder) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}

// toC puts the elements of a Fortran-ordered array (first axis fastest) in C order.
func (a *Array) toC() {
	rank := len(a.Shape)
	strides := make([]int, rank)
	stride := 1
	for i, d := range a.Shape {
		strides[i] = stride
		stride *= d
	}
	at := make([]int, rank)
	from := make([]int, a.Len())
	for i := range from {
		for axis, k := range at {
			from[i] += k * strides[axis]
		}
		for axis := rank - 1; axis >= 0; axis-- {
			at[axis]++
			if at[axis] < a.Shape[axis] {
				break
			}
			at[axis] = 0
		}
	}
	a.F, a.I = permute(a.F, from), permute(a.I, from)
}

func permute[T any](data []T, from []int) []T {
	if data == nil {
		return nil
	}
	out := make([]T, len(data))
	for i, j := range from {
		out[i] = data[j]
	}
	return out
}

// writeNpy writes version 1.0, little-endian, C order, the data aligned to 64
// bytes as numpy does it.
func writeNpy(w io.Writer, a *Array) error {
	if err := a.check(); err != nil {
		return err
	}
	sign := "<"
	if a.DType.Width() == 1 {
		sign = "|"
	}
	text := fmt.Sprintf("{'descr': '%s%s', 'fortran_order': False, 'shape': %s, }", sign, descrs[a.DType], pyTuple(a.Shape))
	fill := -(len(npyMagic) + 4 + len(text) + 1) & 63
	text += strings.Repeat(" ", fill) + "\n"
	b := bufio.NewWriterSize(w, 1<<16) // bytes come as they are made, so that whoever takes them can end it
	b.WriteString(npyMagic + "\x01\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(text))))
	b.WriteString(text)
	for i := range a.Len() {
		if _, err := b.Write(a.bytes(i)); err != nil {
			return err
		}
	}
	return b.Flush()
}

func pyTuple(shape []int) string {
	var b strings.Builder
	for _, d := range shape {
		fmt.Fprintf(&b, "%d, ", d)
	}
	text := strings.TrimSuffix(b.String(), " ")
	if len(shape) != 1 {
		text = strings.TrimSuffix(text, ",")
	}
	return "(" + text + ")"
}

func (a *Array) bytes(i int) []byte {
	var word uint64
	switch a.DType {
	case Float32:
		word = uint64(math.Float32bits(float32(a.F[i])))
	case Float64:
		word = math.Float64bits(a.F[i])
	default:
		word = uint64(a.I[i])
	}
	return binary.LittleEndian.AppendUint64(nil, word)[:a.DType.Width()]
}
