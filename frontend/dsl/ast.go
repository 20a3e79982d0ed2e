package dsl

import "github.com/alecthomas/participle/v2/lexer"

// Node is the part that all nodes of the tree share: the position and the tokens.
type Node struct {
	Pos    lexer.Position
	Tokens []lexer.Token
}

// End is the position behind the node's last character.
func (n Node) End() lexer.Position {
	if len(n.Tokens) == 0 {
		return n.Pos
	}
	last := n.Tokens[len(n.Tokens)-1]
	end := last.Pos
	end.Advance(last.Value)
	return end
}

// File is a source text.
type File struct {
	Node
	Stmts []*Stmt `parser:"( @@ EOL )*"`
	// Comments in the order of the text; they are no part of the tree.
	Comments []Comment `parser:""`
	source   *source
}

// Body is statements in braces.
type Body struct {
	Node
	Stmts []*Stmt `parser:"'{' ( @@ EOL )* '}'"`
}

// Stmt is one statement; exactly one of its fields is set. Skipped stands for a
// statement whose head has a syntax error.
type Stmt struct {
	Node
	Import  *Import  `parser:"  @@"`
	Weights *Weights `parser:"| @@"`
	Neuron  *Neuron  `parser:"| @@"`
	Block   *Block   `parser:"| @@"`
	Steps   *Steps   `parser:"| @@"`
	Input   *Input   `parser:"| @@"`
	Output  *Output  `parser:"| @@"`
	State   *State   `parser:"| @@"`
	Next    *Next    `parser:"| @@"`
	Let     *Let     `parser:"| @@"`
	For     *For     `parser:"| @@"`
	Repeat  *Repeat  `parser:"| @@"`
	If      *If      `parser:"| @@"`
	Assign  *Assign  `parser:"| @@"`
	Value   *Expr    `parser:"| @@"`
	Skipped *Skipped `parser:"| @@"`
}

// Import brings the blocks, neurons and constants of another file.
type Import struct {
	Node
	Path string `parser:"'import' @String"`
}

// Weights says where trained numbers come from: an expression, a file's name or
// random(seed: 1), and how the names in the file differ.
type Weights struct {
	Node
	From    *Expr     `parser:"'weights' @@"`
	Renames []*Rename `parser:"( '{' ( @@ EOL )* '}' )?"`
}

// Rename says that a name here has another in the file; * stands for anything.
// Transposed: the file has the matrix with its axes exchanged.
type Rename struct {
	Node
	Here       string `parser:"@String"`
	There      string `parser:"'=' @String"`
	Transposed bool   `parser:"@'transposed'?"`
}

// Neuron defines a kind of neuron.
type Neuron struct {
	Node
	Name string `parser:"'neuron' @Ident"`
	Args []*Arg `parser:"'(' ( @@ ( ',' @@ )* ','? )? ')'"`
}

// Block is a block, or the model.
type Block struct {
	Node
	Kind   string   `parser:"@( 'block' | 'model' )"`
	Name   string   `parser:"@Ident"`
	Params []*Param `parser:"( '(' ( @@ ( ',' @@ )* ','? )? ')' )?"`
	Body   *Body    `parser:"@@"`
}

// Param is a parameter, with its default.
type Param struct {
	Node
	Name    string `parser:"@Ident"`
	Default *Expr  `parser:"( '=' @@ )?"`
}

// Steps is the number of time steps.
type Steps struct {
	Node
	Count *Expr `parser:"'steps' @@"`
}

// Input declares an input with its type, and how pixels became its numbers.
type Input struct {
	Node
	Name    string    `parser:"'input' @Ident ':'"`
	Type    *Type     `parser:"@@"`
	Options []*Option `parser:"@@*"`
}

// Option is a word and a value: mean .5, per step.
type Option struct {
	Node
	Name  string   `parser:"@Ident"`
	Value *Operand `parser:"@@"`
}

// Type is an element type and a shape.
type Type struct {
	Node
	Elem string  `parser:"@Ident"`
	Dims []*Expr `parser:"'[' ( @@ ( ',' @@ )* ','? )? ']'"`
}

// Output names a result of the model.
type Output struct {
	Node
	Name  string `parser:"'output' @Ident"`
	Value *Expr  `parser:"'=' @@"`
}

// State declares a value of the step before.
type State struct {
	Node
	Name string `parser:"'state' @Ident ':'"`
	Type *Type  `parser:"@@"`
	Init *Expr  `parser:"( '=' @@ )?"`
}

// Next sets a state's value in the next step.
type Next struct {
	Node
	Name  string `parser:"'next' @Ident"`
	Value *Expr  `parser:"'=' @@"`
}

// Let names a value, or the values of a list.
type Let struct {
	Node
	Names []string `parser:"'let' @Ident ( ',' @Ident )*"`
	Value *Expr    `parser:"'=' @@"`
}

// Assign lets a name that exists stand for another value.
type Assign struct {
	Node
	Names []string `parser:"@Ident ( ',' @Ident )*"`
	Value *Expr    `parser:"'=' @@"`
}

// For repeats its body for each element of a list, at compile time. With two
// names, the first is the element's place.
type For struct {
	Node
	Names []string `parser:"'for' @Ident ( ',' @Ident )?"`
	In    *Expr    `parser:"'in' @@"`
	Body  *Body    `parser:"@@"`
}

// Repeat repeats its body a number of times, at compile time.
type Repeat struct {
	Node
	Count *Expr `parser:"'repeat' @@"`
	Body  *Body `parser:"@@"`
}

// If takes one of its bodies, at compile time.
type If struct {
	Node
	Cond *Expr   `parser:"'if' @@"`
	Then *Body   `parser:"@@"`
	Elif []*Elif `parser:"( @@"`
	Else *Body   `parser:"| 'else' @@ )*"`
}

// Elif is a further condition.
type Elif struct {
	Node
	Cond *Expr `parser:"'else' 'if' @@"`
	Then *Body `parser:"@@"`
}

// Skipped is a statement with a syntax error; its bodies, if it has any, are
// there, and the name that it was to declare.
type Skipped struct {
	Node
	Name   string  `parser:"@Skipped"`
	Bodies []*Body `parser:"@@*"`
}

// Expr is operands with operators between, sent through stages.
type Expr struct {
	Node
	First  *Operand `parser:"@@"`
	Rest   []*Infix `parser:"@@*"`
	Stages []*Stage `parser:"@@*"`
}

// Infix is an operator and its right operand.
type Infix struct {
	Node
	Op    string   `parser:"@( '||' | '&&' | '==' | '!=' | '<=' | '>=' | '<' | '>' | '+' | '-' | '*' | '/' | '%' )"`
	Right *Operand `parser:"@@"`
}

// Stage is a function applied to the expression before it.
type Stage struct {
	Node
	Call *Operand `parser:"'|>' @@"`
}

// Operand is a primary with its sign, suffixes and name.
type Operand struct {
	Node
	Sign     string    `parser:"@( '-' | '!' )?"`
	Primary  *Primary  `parser:"@@"`
	Suffixes []*Suffix `parser:"@@*"`
	As       *Label    `parser:"( 'as' @@ )?"`
}

// Label is the path name that a layer takes.
type Label struct {
	Node
	Ident *string `parser:"  @Ident"`
	Text  *string `parser:"| @String"`
}

// Primary is an operand without sign and suffixes.
type Primary struct {
	Node
	Number  *string `parser:"  @Number"`
	Text    *string `parser:"| @String"`
	Bool    *string `parser:"| @( 'true' | 'false' )"`
	Name    *string `parser:"| @Ident"`
	Compare *string `parser:"| @( '>=' | '>' )"`
	List    *List   `parser:"| @@"`
	Paren   *Expr   `parser:"| '(' @@ ')'"`
}

// List is a list of values.
type List struct {
	Node
	Items []*Expr `parser:"'[' ( @@ ( ',' @@ )* ','? )? ']'"`
}

// Suffix is a call, a member or an index.
type Suffix struct {
	Node
	Call   *Args   `parser:"  @@"`
	Member *string `parser:"| '.' @Ident"`
	Index  *Expr   `parser:"| '[' @@ ']'"`
}

// Args are the arguments of a call.
type Args struct {
	Node
	List []*Arg `parser:"'(' ( @@ ( ',' @@ )* ','? )? ')'"`
}

// Arg is an argument, by place or by name.
type Arg struct {
	Node
	Name  string `parser:"( @Ident ':' )?"`
	Value *Expr  `parser:"@@"`
}
