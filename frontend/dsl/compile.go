package dsl

import (
	"path"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir"
	"nomul/ir/diag"
)

// Options give the compiler its files, which it does not read itself, and parameters.
type Options struct {
	// Text reads another source text, for import; the path begins at the folder
	// of the text that is compiled.
	Text func(path string) (string, error)
	// Arrays reads a file of trained numbers, for weights; the path is as written.
	Arrays func(path string) (map[string]*ir.Tensor, error)
	// Set gives parameters of the model other values than their defaults: a
	// number, true, false, a "string" or a list of these, as written in the language.
	Set map[string]string
	// MaxNumbers bounds the trained numbers of a model; 0 is ir.MaxSize.
	MaxNumbers int
}

// Model is a compiled source text.
type Model struct {
	// Net is at the spiking level: one time step, real weights, batch-norms as written.
	Net *ir.Net
	// Doc is the text of the comments of three slashes above the model.
	Doc string
	// Pixels is how pixels become the numbers of an input that is declared with
	// an integer type and mean or std; nil when there is none.
	Pixels *Pixels
}

// Pixels says that x = (p·Scale − Mean)/Std for a pixel p of an integer type.
type Pixels struct {
	Type             ir.Type // the shape is left empty
	Scale, Mean, Std []float64
}

// Compile makes the net of a text's model. All errors are told at once; the
// model is nil when there is one.
func Compile(name, text string, o *Options) (*Model, diag.List) {
	c := &compiler{o: o, files: map[string]*library{}}
	lib := c.library(name, text, ".")
	m := c.model(lib)
	var errs diag.List
	for _, l := range c.order {
		errs = append(errs, l.file.source.errs...)
	}
	if errs.Err() != nil {
		return nil, errs
	}
	return m, errs
}

// compiler reads a text and those it imports.
type compiler struct {
	o     *Options
	files map[string]*library // by path
	order []*library
}

// library is a text and the names it gives to others.
type library struct {
	file   *File
	folder string // the start of paths of imports
	scope  *scope // its blocks, neurons, constants and imports
	open   bool   // its imports are still being read
}

// library parses a text, reads its imports and resolves its names.
func (c *compiler) library(name, text, folder string) *library {
	file, _ := Parse(name, text)
	lib := &library{file: file, folder: folder, scope: newScope(universe()), open: true}
	c.files[name] = lib
	c.order = append(c.order, lib)
	var imported []string
	for _, s := range file.Stmts {
		if s.Import == nil {
			continue
		}
		if other := c.imported(lib, s.Import); other != nil {
			for n, v := range other.scope.names {
				lib.scope.names[n] = v
				imported = append(imported, n)
			}
		}
	}
	lib.open = false
	resolve(file, imported)
	lib.define()
	return lib
}

// imported is the library of an import, whose path begins at the importing file's folder.
func (c *compiler) imported(from *library, i *Import) *library {
	src := from.file.source
	name, ok := unquote(src, i.Pos, i.Path)
	if !ok {
		return nil
	}
	if !path.IsAbs(name) {
		name = path.Join(from.folder, name)
	}
	if lib := c.files[name]; lib != nil {
		if lib.open {
			src.fail(i.Pos, diag.BadFile, "%s imports itself", name)
			return nil
		}
		return lib
	}
	if c.o == nil || c.o.Text == nil {
		src.fail(i.Pos, diag.BadFile, "%s cannot be read here", name)
		return nil
	}
	text, err := c.o.Text(name)
	if err != nil {
		src.fail(i.Pos, diag.BadFile, "%s cannot be read: %v", name, err)
		return nil
	}
	return c.library(name, text, path.Dir(name))
}

// define gives the names that stand outside the model.
func (l *library) define() {
	src := l.file.source
	f := &frame{src: src, scope: l.scope, counts: map[string]int{}}
	e := &elab{}
	for _, s := range l.file.Stmts {
		switch {
		case s.Block != nil && s.Block.Kind == "block":
			l.scope.names[s.Block.Name] = function(&block{def: s.Block, src: src, scope: l.scope})
		case s.Neuron != nil:
			l.scope.names[s.Neuron.Name] = function(&neuron{def: s.Neuron, src: src, scope: l.scope})
		case s.Skipped != nil:
			l.scope.names[s.Skipped.Name] = bad
		}
	}
	for _, s := range l.file.Stmts {
		if s.Let != nil {
			e.stmt(f, s)
		}
	}
}

// universe is the scope of the names that need no declaration.
func universe() *scope {
	s := newScope(nil)
	for w := range words {
		s.names[w] = wordValue(w)
	}
	for name, b := range builtins {
		s.names[name] = function(b)
	}
	return s
}

// model compiles the one model of a text.
func (c *compiler) model(lib *library) *Model {
	src := lib.file.source
	var def *Block
	for _, s := range lib.file.Stmts {
		if s.Block == nil || s.Block.Kind != "model" {
			continue
		}
		if def != nil {
			src.fail(s.Pos, diag.BadName, "there is another model, %s; a file has one", def.Name)
			continue
		}
		def = s.Block
	}
	if def == nil {
		if len(src.errs) == 0 {
			src.fail(lexer.Position{Line: 1, Column: 1}, diag.BadNet, "there is no model here; wanted model NAME { … }")
		}
		return nil
	}
	m := newElab(c.o, def.Name).model(def, src, lib.scope, c.o)
	if m != nil {
		m.Doc = lib.file.Doc(def.Pos)
	}
	return m
}
