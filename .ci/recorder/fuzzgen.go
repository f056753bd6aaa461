package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
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
}

func (c *Case) request(helm int) Request {
	var helpers strings.Builder
	for _, h := range c.helpers {
		h.write(&helpers)
	}
	return Request{Template: c.template.String(), Helpers: helpers.String(), Values: strings.Join(c.values, ""), Helm: helm}
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

var texts = []string{"", "a", "hello", "Hello World", "foo_bar-baz", "a,b,c", "a.b.c", "  pad ", "x: y", "12", "3.5", "-7", "0x1F", "true", "yes", "null", "~", "1e3", "é→ü", "ß", "🎉",
	"line1\nline2", "line1\nline2\n", "\n", "tab\there", "cr\r\nlf", "\"q\"", "it's", "back\\slash", "<b>&", "{{ x }}", "<no value>", "a b  c", "http://u:p@h.example:80/p/q.txt?a=b#f", "/a/../b//c.tar.gz",
	"1.2.3", "v1.2", "1.2.3-rc.1+b", "YWJj", "2020-02-29", "15m", "90", "0777", "12:30", "[1, 2]", "{a: 1}", "- x", "a: [1, {b: c}]", "a = 1\n[t]\nb = \"x\"", "# c", "@at", "%", "key: |\n  text\n  more",
	"lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna", "\u00a0", "\u2028", "\x00", "trailing ", "ABC", "aBcDe", "a1b22c333", "日本語 テキスト"}

var numbers = []string{"0", "1", "2", "3", "5", "10", "-1", "-3", "7", "100", "64", "1000000", "123456789"}
var floats = []string{"0.0", "1.0", "1.5", "-2.5", "3.14159", "1e6", "1e-7", "100000.0", "1e21", "2.675", "0.1"}
var mapKeys = []string{"a", "b", "c", "key", "Xy", "x-y", "k_z", "y", "1", "a b", "é", "nested"}
var regexes = []string{"a", "[a-c]+", "^h", "o$", "(l+)(o)?", "\\\\d+", "\\\\w+", "\\\\s*", "a|b", ".", "", "x*", "(?i)HELLO", "[^a-z]", "(?P<n>e)", "\\\\bfoo", "[", "(?m)^l", "\\\\pL+", "é"}
var layouts = []string{"2006-01-02", "2006-01-02T15:04:05Z07:00", "Jan _2 15:04:05 2006", "Mon Jan 2 2006 3:04PM", "02/01/06 .000", "2006 002", "Monday MST -0700", ""}
var constraintTexts = []string{">=1.0.0", "^1.2", "~1.2.3", "1.x", ">1 <3", "1.2 - 2.3", "!=1.2.3", "=1.2.3 || >5", "*", "", "junk", ">=1.2.3-0", "<2,>1"}

// quote writes a Go string literal, sometimes a raw one.
func (g *Generator) quote(s string) string {
	if g.chance(10) && !strings.ContainsAny(s, "`\r\x00") {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

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
	return c
}

func helperName(i int) string { return "h" + strconv.Itoa(i) }

// values makes a values file. What the keys hold is known by their first letter, as in terminal.
func (g *Generator) values() []string {
	var lines []string
	add := func(key string, value any) {
		text, _ := json.Marshal(value)
		lines = append(lines, key+": "+string(text)+"\n")
	}
	for i := range 3 {
		add(fmt.Sprintf("s%d", i), pickOne(g, texts))
		add(fmt.Sprintf("l%d", i), g.list(2))
		add(fmt.Sprintf("m%d", i), g.mapping(3))
		lines = append(lines, fmt.Sprintf("n%d: %s\n", i, pickOne(g, append(numbers, floats...))))
	}
	add("b0", true)
	add("b1", false)
	lines = append(lines, "nul: null\n")
	for i := range 2 {
		lines = append(lines, fmt.Sprintf("w%d: %s\n", i, pickOne(g, plainWords)))
	}
	return lines
}

var plainWords = []string{"yes", "No", "on", "~", "null", "0777", "0o17", "0x1F", "0b11", "1_000", "1e3", ".5", "1.", "-.inf", "2001-01-01", "12:30", "plain text", "a#b", "a: b", "'it''s'", "\"a\\tb\"", "|\n  block\n  text", ">-\n  folded\n  text\n\n  more",
	"!!str 12", "!!float 3", "[a, [b], {c: d}]", "{a: b, c: [1, 2]}", "&anchor x", "1.0", "+1", "089", "=", "<<", "é", "x # comment", "2001-12-14t21:59:43.10-05:00", "9223372036854775808", "1e400", "[]", "{}", "''", "!foo bar", "!!binary aGk="}

func (g *Generator) scalar() any {
	switch g.n(7) {
	case 0:
		return nil
	case 1:
		return g.chance(50)
	case 2:
		n, _ := strconv.Atoi(pickOne(g, numbers))
		return n
	case 3:
		f, _ := strconv.ParseFloat(pickOne(g, floats), 64)
		return f
	}
	return pickOne(g, texts)
}

func (g *Generator) list(depth int) []any {
	out := []any{}
	kind := g.n(4)
	for range g.n(5) {
		switch {
		case kind == 0:
			out = append(out, pickOne(g, texts))
		case kind == 1:
			n, _ := strconv.Atoi(pickOne(g, numbers))
			out = append(out, n)
		default:
			out = append(out, g.any(depth-1))
		}
	}
	return out
}

func (g *Generator) any(depth int) any {
	switch {
	case depth > 0 && g.chance(20):
		return g.list(depth)
	case depth > 0 && g.chance(30):
		return g.mapping(depth)
	}
	return g.scalar()
}

func (g *Generator) mapping(depth int) map[string]any {
	out := map[string]any{}
	for range g.n(5) {
		out[pickOne(g, mapKeys)] = g.any(depth - 1)
	}
	return out
}

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
	switch g.n(22) {
	case 0, 1:
		return tree(pickOne(g, []string{"text ", "\n", "  \n  ", "key: ", "- ", "a}b", "\t", "é\n", "x"}))
	case 2, 3:
		return g.declare(depth)
	case 4:
		if len(g.vars) > 0 {
			v := pickOne(g, g.vars)
			return g.action(v.name, " = ", g.expr(v.kind, depth))
		}
		return g.declare(depth)
	case 5, 6:
		t := g.action("if ", g.expr(pickOne(g, []byte("bbbasml")), depth))
		t.parts = append(t.parts, g.block(depth-1))
		if g.chance(30) {
			t.parts = append(t.parts, g.action("else if ", g.expr('b', depth-1)), g.block(depth-1))
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
			return tree(g.action("if ", g.expr('b', 2)), "{{ "+word+" }}", "{{ end }}")
		}
	case 14:
		return tree(pickOne(g, []string{"{{/* comment */}}", "{{- /* c */ -}}", "{{/* }} */ -}}"}))
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
	kind := pickOne(g, []byte("lllmmmSi"))
	over := g.expr(kind, depth-1)
	if kind == 'i' {
		over = g.argument(kind, depth-1)
		over = expr("(min 5 ", over, ")")
	}
	head := pickOne(g, []string{"range ", "range $e := ", "range $i, $e := ", "range $i, $_ := "})
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

// root is what a named template gets as its dot.
func (g *Generator) root(depth int) *Tree {
	if g.chance(75) {
		return expr("$")
	}
	return g.argument('a', depth-1)
}

func (g *Generator) kind() byte { return pickOne(g, []byte("sssssiiffbblllSmmmaat")) }

// terminal is an expression without parts.
func (g *Generator) terminal(kind byte) string {
	var fit []string
	for _, v := range g.vars {
		if v.kind == kind || kind == 'a' {
			fit = append(fit, v.name)
		}
	}
	if len(fit) > 0 && g.chance(35) {
		return pickOne(g, fit)
	}
	values := g.dot + "Values."
	if g.dot == "$" {
		values = "$.Values."
	}
	switch kind {
	case 's':
		if g.chance(40) {
			return values + "s" + strconv.Itoa(g.n(3))
		}
		return g.quote(pickOne(g, texts))
	case 'i':
		return pickOne(g, numbers)
	case 'f':
		if g.chance(40) {
			return values + "n" + strconv.Itoa(g.n(3))
		}
		return pickOne(g, floats)
	case 'b':
		return pickOne(g, []string{"true", "false", values + "b0", values + "b1"})
	case 'l':
		return values + "l" + strconv.Itoa(g.n(3))
	case 'S':
		return pickOne(g, []string{`(splitList "," "c,a,b")`, `(splitList " " ` + values + `s0)`, `(list "b" "a" | sortAlpha)`})
	case 'm':
		return values + "m" + strconv.Itoa(g.n(3))
	case 'M':
		return pickOne(g, []string{`(dict "a" 1 "b" "x")`, "(deepCopy " + values + "m" + strconv.Itoa(g.n(3)) + ")", `(dict "c" 0 "nested" (dict "a" 2))`})
	case 't':
		return pickOne(g, []string{`(toDate "2006-01-02" "2020-02-29")`, `(toDate "2006-01-02 15:04:05" "1999-12-31 23:59:59")`, `(unixEpoch (toDate "2006" "2001") | int64)`})
	case 'r':
		return strings.ReplaceAll(`"`+pickOne(g, regexes)+`"`, "\n", `\n`)
	case 'd':
		return strconv.Quote(pickOne(g, layouts))
	case 'c':
		return strconv.Quote(pickOne(g, constraintTexts))
	case 'k':
		return strconv.Quote(pickOne(g, mapKeys))
	case 'v':
		return strconv.Quote(pickOne(g, []string{"1.2.3", "v1.2", "1.2.3-rc.1+b", "2.0.0", "10.20.30", "junk", "1", "0.3.1"}))
	case 'j':
		return pickOne(g, []string{"(toJson " + values + "m0)", `"{\"a\": [1, 2.5, null]}"`, `"[1, \"x\"]"`, `"{"`, `"1e3"`, `"\"s\""`, `""`})
	case 'y':
		return pickOne(g, []string{"(toYaml " + values + "m0)", `"a: [1, x, null]\nb: {c: yes}"`, `"- 1\n- a: b"`, `"a: ["`, `"5"`, `"x"`, `""`, values + "s1"})
	case 'p':
		return strconv.Quote(pickOne(g, []string{"%d", "%s", "%v", "%q", "%5d|", "%-8s|", "%.2f", "%x", "%T", "%t", "%05d", "%+v", "%#v", "%g", "%e", "%c", "%U", "%o", "%b", "%6.2f", "%s-%s", "%d %d", "%%", "%v %v %v", "x", "%z", "%08.3f", "%.3s", "%X", "%#x"}))
	case 'x':
		return pickOne(g, []string{"2", "0", "1", "4", "8"})
	case 'D':
		return pickOne(g, []string{`"1h"`, `"90s"`, `"36h15m"`, `"1.5h"`, `"-30m"`, `"100ms"`, `"95"`, `"junk"`, `""`})
	case 'u':
		return strconv.Quote(pickOne(g, []string{"http://u:p@h:80/p?q=1&r#f", "https://example.com/a b", "//h/p", "mailto:x@y", "/p/q?x", "", "%zz", "h:80", "http://[::1]:8080/"}))
	case 'P':
		return strconv.Quote(pickOne(g, []string{"/a/../b//c.tar.gz", "a/b.c", "", ".", "..", "/", "a//b/./c/", "x.y.z", ".hidden", "../a"}))
	case 'e':
		return pickOne(g, []string{`"{{ .Values.s0 }}"`, `"{{ . }}"`, `"x{{ .Values.missing }}y"`, `"{{ range .Values.l0 }}[{{ . }}]{{ end }}"`, `"plain"`, `"{{"`, `"{{ include \"h0\" . }}"`, `"{{ .Values.m0 | toYaml }}"`, `"{{ $x := 1 }}{{ add $x 2 }}"`, `"{{ .Values.a.b }}"`, values + "s2"})
	}
	return pickOne(g, []string{values + "nul", values + "missing", ".", "nil", values + "s0", values + "n0", values + "l0", values + "m0", values + "w0", values + "w1", "1", `"x"`, values + "m0.a", values + "m1.nested.b", values + "m2.key", "(index " + values + "m0 \"a\")"})
}

// argument is an expression that can stand as an argument.
func (g *Generator) argument(kind byte, depth int) *Tree {
	if kind >= 'a' && kind <= 'z' || kind == 'S' {
		if strings.IndexByte("sifblmaS", kind) >= 0 && g.chance(g.wrong) {
			kind = pickOne(g, []byte("sifblmat"))
		}
	}
	if kind == '#' { // a number of any kind
		kind = pickOne(g, []byte("iiffs"))
	}
	if depth <= 1 || g.chance(35) || strings.IndexByte("MrdckvjypxDuPe", kind) >= 0 {
		return expr(g.terminal(kind))
	}
	return expr("(", g.call(kind, depth), ")")
}

// expr is a pipeline.
func (g *Generator) expr(kind byte, depth int) *Tree {
	if depth <= 1 || g.chance(15) {
		if text := g.terminal(kind); text != "nil" {
			return expr(text)
		}
	}
	return g.call(kind, depth)
}

// call calls a function that gives this kind, sometimes with its last argument piped into it.
func (g *Generator) call(kind byte, depth int) *Tree {
	f := pickOne(g, functionsOf(kind))
	for g.helm == 3 && onlyFour(f.name) {
		f = pickOne(g, functionsOf(kind))
	}
	args := []any{}
	for i := 0; i < len(f.params); i++ {
		p := f.params[i]
		switch p {
		case '*':
			for range g.n(4) {
				args = append(args, g.argument(f.params[i-1], depth-1))
			}
		case '&': // key and value
			for range g.n(4) {
				args = append(args, expr(g.terminal('k')), g.argument('a', depth-1))
			}
		case 'h':
			if g.helpers == 0 {
				return expr("print ", g.argument('a', depth-1))
			}
			args = append(args, expr(strconv.Quote(helperName(g.n(g.helpers)))), g.root(depth-1))
		default:
			args = append(args, g.argument(p, depth-1))
		}
	}
	if f.name == "field" {
		return expr("(", g.argument('m', depth-1), ").", pickOne(g, []string{"a", "b", "key", "nested", "nope"}))
	}
	t := expr()
	if len(args) > 0 && g.chance(30) && f.params[len(f.params)-1] != '&' {
		last := args[len(args)-1].(*Tree)
		if last.String() != "nil" {
			t.parts = append(t.parts, last, " | ")
			args = args[:len(args)-1]
		}
	}
	t.parts = append(t.parts, f.name)
	for _, a := range args {
		t.parts = append(t.parts, " ", a)
	}
	return t
}

type function struct {
	name, params string
	kind         byte
}

var functionsByKind map[byte][]function

// onlyFour are the functions that Helm 3 lacks: asking it for them ends the case at once.
func onlyFour(name string) bool {
	return strings.HasPrefix(name, "duration") && name != "durationRound" || name == "mustToYaml" || name == "mustToToml"
}

func functionsOf(kind byte) []function {
	if functionsByKind == nil {
		functionsByKind = map[byte][]function{}
		for line := range strings.SplitSeq(strings.TrimSpace(fuzzFunctions), "\n") {
			kind, rest, _ := strings.Cut(line, ":")
			for word := range strings.FieldsSeq(rest) {
				name, params, _ := strings.Cut(word, "(")
				f := function{name, strings.TrimSuffix(params, ")"), kind[0]}
				functionsByKind[kind[0]] = append(functionsByKind[kind[0]], f)
				functionsByKind['a'] = append(functionsByKind['a'], f)
			}
		}
	}
	if fs := functionsByKind[kind]; fs != nil {
		return fs
	}
	return functionsByKind['a']
}

// What each kind of value can come from. Parameters are kinds, as in terminal; * repeats the one before, & is pairs of
// keys and values, h a helper and its dot. Left out: what depends on the clock, on chance, or is slow.
const fuzzFunctions = `
s: upper(s) lower(s) title(s) untitle(s) trim(s) quote(a*) squote(a*) print(a*) println(a*) printf(pa*) cat(a*) toString(a) trunc(xs) substr(xis) abbrev(is) abbrevboth(iis) initials(s) nospace(s) snakecase(s) camelcase(s) kebabcase(s) swapcase(s) wrap(xs) wrapWith(xss) replace(sss) trimAll(ss) trimPrefix(ss) trimSuffix(ss) repeat(xs) indent(xs) nindent(xs) plural(ssi) join(sl) join(sS) join(sa) b64enc(s) b64dec(s) b32enc(s) b32dec(s) sha256sum(s) sha1sum(s) adler32sum(s) toJson(a) toPrettyJson(a) toRawJson(a) toYaml(a) toYaml(m) toYamlPretty(a) toYamlPretty(m) toToml(m) include(h) tpl(ea) typeOf(a) kindOf(a) default(sa) coalesce(a*) required(sa) regexFind(rs) regexReplaceAll(rss) regexReplaceAllLiteral(rss) regexQuoteMeta(s) base(P) dir(P) clean(P) ext(P) osBase(P) urlJoin(m) urlquery(s) html(s) js(s) date(dt) dateInZone(dts) htmlDate(t) durationRound(D) seq(xx) seq(xxx) first(S) last(S) index(Si) get(Mk) ternary(ssb) semver(v) dig(kkaM) toString(s) unixEpoch(t) mustToJson(a) mustToRawJson(a) mustToPrettyJson(a) htmlDateInZone(ts) mustToYaml(a) mustToToml(m)
i: add(#*) add1(#) sub(##) mul(##*) div(##) mod(##) max(##*) min(##*) biggest(##*) int(#) int64(#) len(s) len(l) len(m) atoi(s) toDecimal(#) ternary(iib) default(xi) durationSeconds(D) durationMinutes(D) durationMilliseconds(D)
f: addf(##*) subf(##*) mulf(##*) divf(##) add1f(#) maxf(##*) minf(##*) float64(#) round(#x) floor(f) ceil(f) durationHours(D) durationDays(D)
b: eq(ss) eq(ii) eq(aa*) ne(aa) lt(ii) lt(ss) le(ff) gt(ii) ge(ss) and(aa*) or(aa*) not(a) empty(a) contains(ss) hasPrefix(ss) hasSuffix(ss) has(al) has(sS) hasKey(mk) kindIs(sa) typeIs(sa) typeIsLike(sa) deepEqual(aa) regexMatch(rs) semverCompare(cv) all(a*) any(a*) isAbs(P) mustHas(al) eq(ab)
l: list(a*) tuple(a*) append(la) prepend(la) concat(ll*) rest(l) initial(l) reverse(l) uniq(l) without(la*) compact(l) slice(lxi) chunk(xl) until(x) untilStep(xxx) fromYamlArray(y) fromJsonArray(j) push(la) pluck(kmM) mustFromJson(j) mustUniq(l) mustWithout(la) default(la) coalesce(al)
S: splitList(ss) sortAlpha(l) sortAlpha(S) regexSplit(rsi) regexFindAll(rsi) toStrings(l) sortAlpha(m)
m: dict(&) merge(MM*) mergeOverwrite(MM*) pick(mk*) omit(mk*) deepCopy(m) fromYaml(y) fromJson(j) fromToml(s) split(ss) splitn(sxs) urlParse(u) set(Mka) unset(Mk) mustMerge(MM) mustDeepCopy(m) default(ma)
a: first(l) last(l) index(lx) index(mk) get(mk) dig(kam) field() ternary(aab) default(aa) coalesce(a*) mustFirst(l) mustFromJson(j) deepCopy(l) and(aa) or(aa) required(sa)
t: dateModify(Dt) toDate(ds) mustDateModify(Dt) mustToDate(ds)
`
