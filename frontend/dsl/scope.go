package dsl

import "github.com/alecthomas/participle/v2/lexer"

// scope maps names to values; names that it lacks are those of the outer one.
type scope struct {
	outer *scope
	names map[string]value
}

func newScope(outer *scope) *scope { return &scope{outer: outer, names: map[string]value{}} }

func (s *scope) find(name string) (value, bool) {
	for ; s != nil; s = s.outer {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return bad, false
}

// assign changes the value of a name in the scope that declares it.
func (s *scope) assign(name string, v value) bool {
	for ; s != nil; s = s.outer {
		if _, ok := s.names[name]; ok {
			s.names[name] = v
			return true
		}
	}
	return false
}

// frame is one use of a block: its text, its names, its place in the tree of layers.
type frame struct {
	src    *source
	scope  *scope
	path   string         // of the block; layers inside have it before their own name
	counts map[string]int // layers of each kind without a name, so far
	from   *frame         // the use of the block that this one stands in
	at     lexer.Position // of the call, in from
	depth  int
}

// inner is the same use of a block with a scope of its own.
func (f *frame) inner() *frame {
	g := *f
	g.scope = newScope(f.scope)
	return &g
}

// join puts a path before a name.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
