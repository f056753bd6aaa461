package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Generator makes random cases.
type Generator struct {
	rand    *rand.Rand
	helm    int
	depth   int
	wrong   int
	vars    []variable
	helpers int
	inRange int
	dot     string // how the root can be reached: "$" inside a template that got it, "" where it can't
	next    int
}

type variable struct {
	name string
	kind byte
}

func (g *Generator) n(n int) int        { return g.rand.IntN(n) }
func (g *Generator) chance(pc int) bool { return g.rand.IntN(100) < pc }

func pickOne[T any](g *Generator, from []T) T { return from[g.n(len(from))] }

func (g *Generator) generate() *Case {
	c := &Case{values: g.values()}
	g.dot = "."
	g.helpers = g.n(4)
	for i := range g.helpers {
		outer := *g
		g.vars, g.inRange = nil, 0
		g.helpers = i // a helper calls earlier ones only
		c.helpers = append(c.helpers, tree(fmt.Sprintf("{{ define %q }}", helperName(i)), g.block(g.depth-1), "{{ end }}\n"))
		g.helpers, g.vars, g.inRange = outer.helpers, nil, 0
	}
	c.template = g.block(g.depth)
	if g.chance(8) {
		c.template = g.respace(c.template.String())
	}
	return c
}

func helperName(i int) string { return "h" + strconv.Itoa(i) }

// block makes a run of statements.
func (g *Generator) block(depth int) *Tree {
	scope := len(g.vars)
	t := tree()
	for range 1 + g.n(3) {
		s := g.statement(depth)
		s.drop = true
		t.parts = append(t.parts, s)
	}
	g.vars = g.vars[:scope]
	return t
}

func (g *Generator) open() string  { return pickOne(g, []string{"{{ ", "{{ ", "{{ ", "{{- ", "{{"}) }
func (g *Generator) close() string { return pickOne(g, []string{" }}", " }}", " }}", " -}}", "}}"}) }

// action wraps the parts of an action in delimiters.
func (g *Generator) action(parts ...any) *Tree {
	return tree(append(append([]any{g.open()}, parts...), g.close())...)
}

func (g *Generator) statement(depth int) *Tree {
	if depth <= 0 {
		return g.action(g.expr(g.kind(), 1))
	}
	switch g.n(26) {
	case 17:
		return g.templates(depth)
	case 18:
		return g.reassign(depth)
	case 0, 1:
		return tree(pickOne(g, []string{"text ", "\n", "  \n  ", "key: ", "- ", "a}b", "\t", "é\n", "x", "\r\n", "}}", "{ {", "\u00a0", "\v", "{", "\"", "a: {b}"}))
	case 2, 3:
		return g.declare(depth)
	case 4:
		if len(g.vars) > 0 {
			v := pickOne(g, g.vars)
			return g.action(v.name, " = ", g.expr(v.kind, depth))
		}
		return g.declare(depth)
	case 5, 6:
		t := g.action(pickOne(g, []string{"if ", "if ", "if ", "if $c := "}), g.expr(pickOne(g, []byte("bbbasml")), depth))
		t.parts = append(t.parts, g.block(depth-1))
		if g.chance(30) {
			t.parts = append(t.parts, g.action(pickOne(g, []string{"else if ", "else if ", "else if $c := ", "else with "}), g.expr('b', depth-1)), g.block(depth-1))
		}
		if g.chance(40) {
			t.parts = append(t.parts, g.action("else"), g.block(depth-1))
		}
		t.parts = append(t.parts, g.action("end"))
		return t
	case 7, 8:
		return g.with(depth)
	case 9, 10, 11:
		return g.loop(depth)
	case 12:
		if g.helpers > 0 {
			return g.action("template ", strconv.Quote(helperName(g.n(g.helpers))), " ", g.root(depth))
		}
	case 13:
		if g.inRange > 0 {
			word := pickOne(g, []string{"break", "continue"})
			if g.chance(10) {
				return g.action(word)
			}
			return tree(g.action("if ", g.expr('b', 2)), "{{ "+word+" }}", "{{ end }}")
		}
	case 14:
		return tree(pickOne(g, []string{"{{/* comment */}}", "{{- /* c */ -}}", "{{/* }} */ -}}", "{{- /*\n*/}}", "{{/**/}}", "{{ /* a */}}", "{{/* a */ }}", "{{/* a */ -}} \n", "{{-/* a */}}", "\n {{- \"\" -}} \n", "{{-}}", "{{- -}}", "{{-3}}", "{{- 3}}", "{{3 -}}", "{{}}"}))
	case 15:
		return g.action("$_ := set ", pickOne(g, []string{".Values.m0", "$.Values.m1", ".Values", "(dict)"}), " ", strconv.Quote(pickOne(g, mapKeys)), " ", g.argument(pickOne(g, []byte("sifb")), depth-1))
	case 16:
		return g.action("toYaml ", g.argument(pickOne(g, []byte("mmlas")), depth), pickOne(g, []string{"", " | nindent 2", " | indent 4 | trim", " | quote", " | fromYaml | toJson"}))
	}
	return g.action(g.expr(g.kind(), depth))
}

func (g *Generator) declare(depth int) *Tree {
	kind := g.kind()
	t := g.action("")
	name := fmt.Sprintf("$v%d", g.next%6)
	g.next++
	t.parts[1] = name + " := "
	t.parts = append(t.parts[:2], append([]any{g.expr(kind, depth)}, t.parts[2:]...)...)
	g.vars = append(g.vars, variable{name, kind})
	return t
}

func (g *Generator) with(depth int) *Tree {
	scope, dot := len(g.vars), g.dot
	t := g.action("with ", g.expr(pickOne(g, []byte("amsl")), depth))
	if g.chance(30) {
		name := fmt.Sprintf("$w%d", g.next%4)
		g.next++
		kind := pickOne(g, []byte("amsl"))
		t = g.action("with "+name+" := ", g.expr(kind, depth))
		g.vars = append(g.vars, variable{name, kind})
	}
	if g.chance(85) {
		g.dot = "$"
	}
	t.parts = append(t.parts, g.block(depth-1))
	g.dot = dot
	if g.chance(20) {
		t.parts = append(t.parts, g.action("else with ", g.expr('a', depth-1)), g.block(depth-2))
	}
	if g.chance(30) {
		t.parts = append(t.parts, g.action("else"), g.block(depth-1))
	}
	g.vars = g.vars[:scope]
	t.parts = append(t.parts, g.action("end"))
	return t
}

func (g *Generator) loop(depth int) *Tree {
	scope, dot := len(g.vars), g.dot
	kind := pickOne(g, []byte("lllmmmSiia"))
	over := g.expr(kind, depth-1)
	if kind == 'i' {
		over = g.argument(kind, depth-1)
		over = expr("(min 5 ", over, ")")
	}
	head := pickOne(g, []string{"range ", "range $e := ", "range $i, $e := ", "range $i, $_ := ", "range ", "range $_, $e := "})
	t := g.action(head, over)
	if strings.Contains(head, "$e") {
		g.vars = append(g.vars, variable{"$e", 'a'})
	}
	if strings.Contains(head, "$i") {
		g.vars = append(g.vars, variable{"$i", map[bool]byte{true: 's', false: 'i'}[kind == 'm']})
	}
	if g.chance(85) {
		g.dot = "$"
	}
	g.inRange++
	t.parts = append(t.parts, g.block(depth-1))
	g.inRange--
	g.dot = dot
	g.vars = g.vars[:scope]
	if g.chance(25) {
		t.parts = append(t.parts, g.action("else"), g.block(depth-1))
	}
	t.parts = append(t.parts, g.action("end"))
	return t
}

// templates defines a template where it stands, or calls one.
func (g *Generator) templates(depth int) *Tree {
	name := pickOne(g, []string{"b0", "b1", "h0", "h1", "nope", "é x"})
	switch g.n(3) {
	case 0:
		dot, vars, loops := g.dot, g.vars, g.inRange
		head := g.action(fmt.Sprintf("block %q ", name), g.root(depth))
		g.vars, g.inRange = nil, 0
		t := tree(head, g.block(depth-1), "{{ end }}")
		g.dot, g.vars, g.inRange = dot, vars, loops
		return t
	case 1:
		return g.action(fmt.Sprintf("template %q", name), pickOne(g, []string{"", " .", " $", " 1", " (dict \"a\" 1)"}))
	}
	return g.action(fmt.Sprintf("include %q ", name), g.root(depth), pickOne(g, []string{"", " | nindent 2", " | trim | quote", " | fromYaml"}))
}

// reassign gives a variable another value, by = or within a pipeline that declares.
func (g *Generator) reassign(depth int) *Tree {
	if len(g.vars) == 0 {
		return g.action(pickOne(g, []string{"$v0", "$nope", "$", "$.Nope", "$ = 1", "$x := ", "$x := 1 | ", "$a, $b := 1", "$v1 = "}))
	}
	v := pickOne(g, g.vars)
	switch g.n(4) {
	case 0:
		t := g.action("range "+v.name+" = ", g.argument('l', depth-1))
		g.inRange++
		t.parts = append(t.parts, g.block(depth-1), "{{ end }}")
		g.inRange--
		return t
	case 1:
		return tree(g.action("with "+v.name+" = ", g.expr(v.kind, depth-1)), g.block(depth-1), "{{ end }}")
	case 2:
		return g.action(v.name, ".", pickOne(g, []string{"a", "b", "key", "nested.a", "nope", "Nope"}))
	}
	return g.action(v.name, " = ", g.expr(g.kind(), depth))
}
