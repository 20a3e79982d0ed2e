package ir

import (
	"fmt"
	"slices"
	"strconv"
)

// arrays are the constants and scales of a net that its text refers to in an .npz file.
type arrays struct {
	file string // its name; empty in a text that names contents alone
	keys map[array]string
	data map[string]*Tensor // by key
	most int                // elements of a scale that is written out
}

// array is data under the name that its value has.
type array struct {
	name string
	data *Tensor
}

// Arrays are the constants and scales that Print refers to in an .npz file, by key.
func Arrays(n *Net) map[string]*Tensor { return arraysOf(n, "").data }

func arraysOf(n *Net, npz string) *arrays {
	a := &arrays{npz, map[array]string{}, map[string]*Tensor{}, maxInline}
	for _, v := range n.Values {
		if c, ok := v.Attrs.(ConstAttrs); ok && !inline(c, maxInline) {
			a.add(v.Name, c.Data)
		}
	}
	if len(a.data) > 0 {
		a.most = maxScale
	}
	for _, v := range n.Values {
		if v.Scale != nil && v.Scale.Name != "" && !inline(ConstAttrs{Data: v.Scale.Data}, a.most) {
			a.add(v.Scale.Name, v.Scale.Data)
		}
	}
	return a
}

// add gives data a key: its name, numbered where another array has that. A scale may be
// called like a constant, or like the finer scale of a membrane that is converted to it.
func (a *arrays) add(name string, data *Tensor) {
	key := name
	for i := 1; a.data[key] != nil && !alike(a.data[key], data); i++ {
		key = name + "." + strconv.Itoa(i)
	}
	a.keys[array{name, data}], a.data[key] = key, data
}

func alike(a, b *Tensor) bool {
	return a == b || a.Type == b.Type && slices.Equal(a.F, b.F) && slices.Equal(a.I, b.I)
}

// attrs refer to an array by its place in the file and its content.
func (a *arrays) attrs(name string, data *Tensor) string {
	if a == nil || a.file == "" {
		return "digest=" + data.Digest()
	}
	return fmt.Sprintf("file=%s digest=%s", strconv.Quote(a.file+":"+a.keys[array{name, data}]), data.Digest())
}
