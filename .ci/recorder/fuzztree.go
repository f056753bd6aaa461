package main

import (
	"strconv"
	"strings"
)

// Tree is a piece of template text made of pieces, so that it can be shrunk piece by piece.
type Tree struct {
	parts []any // string or *Tree
	expr  bool  // an expression, else a run of statements or one of them
	drop  bool  // may be left out altogether
}

func (t *Tree) write(b *strings.Builder) {
	for _, part := range t.parts {
		switch part := part.(type) {
		case string:
			b.WriteString(part)
		case *Tree:
			part.write(b)
		}
	}
}

func (t *Tree) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func tree(parts ...any) *Tree { return &Tree{parts: parts} }
func expr(parts ...any) *Tree { return &Tree{parts: parts, expr: true} }

// each visits the tree from the outside in.
func (t *Tree) each(visit func(*Tree)) {
	visit(t)
	for _, part := range t.parts {
		if kid, ok := part.(*Tree); ok {
			kid.each(visit)
		}
	}
}

// Case is a template with its helpers and values.
type Case struct {
	template *Tree
	helpers  []*Tree
	values   []string // one top-level key each
	files    map[string]string
}

func (c *Case) request(helm int) Request {
	var helpers strings.Builder
	for _, h := range c.helpers {
		h.write(&helpers)
	}
	return Request{Template: c.template.String(), Helpers: helpers.String(), Values: strings.Join(c.values, ""), Files: c.files, Helm: helm}
}

// shrinks lists ways to make the case smaller. Each does it and returns how to take it back.
func (c *Case) shrinks() []func() func() {
	var ways []func() func()
	for i := range c.values {
		ways = append(ways, func() func() {
			old := c.values
			c.values = append(append([]string(nil), old[:i]...), old[i+1:]...)
			return func() { c.values = old }
		})
	}
	for i := range c.helpers {
		ways = append(ways, func() func() {
			old := c.helpers
			c.helpers = append(append([]*Tree(nil), old[:i]...), old[i+1:]...)
			return func() { c.helpers = old }
		})
	}
	for _, root := range append([]*Tree{c.template}, c.helpers...) {
		root.each(func(t *Tree) {
			replace := func(with Tree) {
				ways = append(ways, func() func() {
					old := *t
					*t = with
					return func() { *t = old }
				})
			}
			if t.drop && len(t.parts) > 0 {
				replace(Tree{drop: true})
			}
			t.each(func(inner *Tree) {
				if inner != t && inner.expr == t.expr && len(inner.parts) > 0 {
					replace(Tree{parts: inner.parts, expr: t.expr, drop: t.drop})
				}
			})
			if t.expr {
				for _, shorter := range shorterLiterals(t) {
					replace(Tree{parts: []any{shorter}, expr: true})
				}
				for _, simple := range []string{"1", `"a"`, "nil"} {
					if len(t.String()) > len(simple) {
						replace(Tree{parts: []any{simple}, expr: true})
					}
				}
			}
		})
	}
	return ways
}

// shorterLiterals cuts pieces out of a string literal.
func shorterLiterals(t *Tree) []string {
	if len(t.parts) != 1 {
		return nil
	}
	literal, _ := t.parts[0].(string)
	text, err := strconv.Unquote(literal)
	if err != nil || len(literal) < 3 || literal[0] == '\'' {
		return nil
	}
	var out []string
	runes := []rune(text)
	for size := len(runes); size > 0; size /= 2 {
		for at := 0; at < len(runes); at += size {
			out = append(out, strconv.Quote(string(runes[:at])+string(runes[min(len(runes), at+size):])))
		}
	}
	return out
}
