package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// planter walks one file.
type planter struct {
	*source
	path  string
	depth int
}

func (s *source) plant(path string, file *ast.File) {
	p := &planter{source: s, path: path}
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && (d.Tok == token.CONST || d.Tok == token.IMPORT || d.Tok == token.TYPE) {
			continue // constants change where they are used
		}
		p.walk(decl)
	}
}

func (p *planter) walk(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			return true
		}
		p.depth++
		switch n := n.(type) {
		case *ast.ArrayType, *ast.MapType, *ast.StructType, *ast.FuncType:
			return false // lengths are constant
		case *ast.GenDecl:
			return n.Tok == token.VAR
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok { // a field, or the index of an array
				if prose[key.Name] {
					return false
				}
				p.walk(n.Value)
				return false
			}
		case *ast.CompositeLit:
			if t := p.info.Types[n].Type; t != nil && typeName(t) == "Row" {
				return false
			}
		case *ast.BinaryExpr:
			p.binary(n)
		case *ast.UnaryExpr:
			switch n.Op {
			case token.SUB:
				if t := p.info.Types[n]; t.Value != nil {
					p.number(n, "-"+t.Value.String(), t.Type, 0, false)
					return false
				}
			case token.NOT:
				p.wrap(n, fmt.Sprintf("mutantNot(%d, bool(", p.of(n, "!", "")), "))")
			}
		case *ast.CallExpr:
			p.call(n)
		case *ast.BasicLit:
			p.literal(n)
		case *ast.Ident:
			p.ident(n)
		}
		return true
	})
}

// prose are fields that only name or explain a row.
var prose = map[string]bool{"ID": true, "Summary": true, "Sources": true, "Confidence": true}

func (p *planter) offset(at token.Pos) int { return p.fset.Position(at).Offset }

func (p *planter) of(n ast.Node, was, becomes string) int {
	return p.add(p.path, p.offset(n.Pos()), was, becomes)
}

func (p *planter) wrap(n ast.Node, before, after string) {
	from, to := p.offset(n.Pos()), p.offset(n.End())
	p.edit(p.path, edit{from: from, to: from, text: before, depth: p.depth})
	p.edit(p.path, edit{from: to, to: to, text: after, depth: p.depth, closes: true})
}

func (p *planter) operator(n *ast.BinaryExpr, text string) {
	at := p.offset(n.OpPos)
	p.edit(p.path, edit{from: at, to: at + len(n.Op.String()), text: text, depth: p.depth})
}

var boundary = map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}

func (p *planter) binary(n *ast.BinaryExpr) {
	if p.info.Types[n].Value != nil { // a constant
		return
	}
	op := n.Op.String()
	switch n.Op {
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		first := p.of(n, op, boundary[n.Op])
		p.wrap(n, fmt.Sprintf("mutantCompare(%d, ", first), ")")
		p.operator(n, `, "`+op+`", `)
	case token.EQL, token.NEQ:
		p.wrap(n, fmt.Sprintf("mutantNot(%d, ", p.of(n, op, "the opposite")), ")")
	case token.LAND, token.LOR:
		first := p.of(n, op, "the left alone")
		p.of(n, op, "the right alone")
		p.wrap(n, fmt.Sprintf("mutantJoin(%d, %v, bool(", first, n.Op == token.LAND), ") })")
		p.operator(n, "), func() bool { return bool(")
	}
}

// call changes comparisons of times, and min and max.
func (p *planter) call(n *ast.CallExpr) {
	switch fun := n.Fun.(type) {
	case *ast.SelectorExpr:
		name := fun.Sel.Name
		if name != "Before" && name != "After" || len(n.Args) != 1 || p.info.Types[fun.X].Type.String() != "time.Time" {
			return
		}
		first := p.of(n, name, "at the same time too")
		p.wrap(n, fmt.Sprintf("mutantTimes(%d, ", first), ")")
		p.edit(p.path, edit{from: p.offset(fun.X.End()), to: p.offset(n.Args[0].Pos()), text: `, "` + name + `", `, depth: p.depth})
		p.edit(p.path, edit{from: p.offset(n.Rparen), to: p.offset(n.Rparen) + 1, depth: p.depth})
	case *ast.Ident:
		if fun.Name == "min" || fun.Name == "max" {
			other := map[string]string{"min": "max", "max": "min"}[fun.Name]
			before := fmt.Sprintf("mutantMost(%d, %v, ", p.of(n, fun.Name, other), fun.Name == "max")
			p.edit(p.path, edit{from: p.offset(fun.Pos()), to: p.offset(n.Lparen) + 1, text: before, depth: p.depth})
		}
	}
}

// literal changes a number or a word of a table or a condition.
func (p *planter) literal(n *ast.BasicLit) {
	t := p.info.Types[n]
	if t.Type == nil {
		return
	}
	switch n.Kind {
	case token.INT, token.FLOAT:
		p.number(n, n.Value, t.Type, 0, false)
	case token.STRING:
		word := constant.StringVal(t.Value)
		if word == "" || strings.ContainsAny(word, " %/") || len(word) > 40 {
			return // prose
		}
		p.wrap(n, fmt.Sprintf("mutantWord[%s](%d, ", typeName(t.Type), p.of(n, n.Value, "another word")), `, "another word")`)
	}
}

// number wraps a number of some type; first is its mutant, 0 for new ones.
func (p *planter) number(n ast.Expr, text string, t types.Type, first int, hours bool) {
	name := typeName(t)
	basic, ok := t.Underlying().(*types.Basic)
	if !ok || basic.Info()&types.IsNumeric == 0 {
		return
	}
	step := "1"
	switch {
	case hours:
		step = "3600e9"
	case basic.Info()&types.IsFloat != 0:
		step = "0.01"
	}
	if first == 0 {
		first = p.of(n, text, "more")
		p.of(n, text, "less")
	}
	p.wrap(n, fmt.Sprintf("mutantNumber[%s](%d, ", name, first), ", "+step+")")
}

// ident changes a constant in all places at once; a tier, a severity or a bool
// in each place alone.
func (p *planter) ident(n *ast.Ident) {
	object := p.info.Uses[n]
	c, ok := object.(*types.Const)
	if !ok || p.info.Types[n].Type == nil {
		return
	}
	t := p.info.Types[n].Type
	name := typeName(t)
	switch {
	case n.Name == "true" || n.Name == "false":
		p.wrap(n, fmt.Sprintf("mutantNot(%d, ", p.of(n, n.Name, "the opposite")), ")")
	case name == "Severity":
		other := map[string]string{"Info": "Stop", "Caution": "Info", "Stop": "Caution"}[n.Name]
		p.wrap(n, fmt.Sprintf("mutantWord(%d, ", p.of(n, n.Name, other)), ", "+other+")")
	case name == "Tier":
		p.number(n, n.Name, t, 0, false)
	case c.Pkg() == nil || c.Pkg().Name() != "care" || strings.HasPrefix(n.Name, "sc"):
	case c.Val().Kind() == constant.Int || c.Val().Kind() == constant.Float:
		if _, known := p.known[c]; !known {
			at := p.fset.Position(c.Pos())
			from := at.Offset
			p.known[c] = p.add(at.Filename, from, n.Name, "more")
			p.add(at.Filename, from, n.Name, "less")
		}
		p.number(n, n.Name, t, p.known[c], name == "mutantDuration")
	}
}

func typeName(t types.Type) string {
	name := types.TypeString(types.Default(t), func(p *types.Package) string { return "" })
	if name == "Duration" {
		return "mutantDuration"
	}
	return name
}
