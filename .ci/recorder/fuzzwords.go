package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

var texts = []string{"", "a", "hello", "Hello World", "foo_bar-baz", "a,b,c", "a.b.c", "  pad ", "x: y", "12", "3.5", "-7", "0x1F", "true", "yes", "null", "~", "1e3", "é→ü", "ß", "🎉",
	"line1\nline2", "line1\nline2\n", "\n", "tab\there", "cr\r\nlf", "\"q\"", "it's", "back\\slash", "<b>&", "{{ x }}", "<no value>", "a b  c", "http://u:p@h.example:80/p/q.txt?a=b#f", "/a/../b//c.tar.gz",
	"1.2.3", "v1.2", "1.2.3-rc.1+b", "YWJj", "2020-02-29", "15m", "90", "0777", "12:30", "[1, 2]", "{a: 1}", "- x", "a: [1, {b: c}]", "a = 1\n[t]\nb = \"x\"", "# c", "@at", "%", "key: |\n  text\n  more",
	"lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna", "\u00a0", "\u2028", "\x00", "trailing ", "ABC", "aBcDe", "a1b22c333", "日本語 テキスト"}

var numbers = []string{"0", "1", "2", "3", "5", "10", "-1", "-3", "7", "100", "64", "1000000", "123456789"}
var floats = []string{"0.0", "1.0", "1.5", "-2.5", "3.14159", "1e6", "1e-7", "100000.0", "1e21", "2.675", "0.1"}

// oddNumbers are literals as only Go has them, and some that it refuses.
var oddNumbers = []string{"0x1F", "0X_1f", "0b11", "0o17", "017", "08", "1_000", "1__0", "'a'", "'é'", `'\n'`, "1e3", "1.", ".5", "0x1p-2", "1i", "-0", "+5", "-0.0", "1e400", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.5e", "0x", "12abc", "2.50", "1e-320"}

var mapKeys = []string{"a", "b", "c", "key", "Xy", "x-y", "k_z", "y", "1", "a b", "é", "nested"}
var regexes = []string{"a", "[a-c]+", "^h", "o$", "(l+)(o)?", "\\d+", "\\w+", "\\s*", "a|b", ".", "", "x*", "(?i)HELLO", "[^a-z]", "(?P<n>e)", "\\bfoo", "[", "(?m)^l", "\\pL+", "é"}
var layouts = []string{"2006-01-02", "2006-01-02T15:04:05Z07:00", "Jan _2 15:04:05 2006", "Mon Jan 2 2006 3:04PM", "02/01/06 .000", "2006 002", "Monday MST -0700", ""}
var constraintTexts = []string{">=1.0.0", "^1.2", "~1.2.3", "1.x", ">1 <3", "1.2 - 2.3", "!=1.2.3", "=1.2.3 || >5", "*", "", "junk", ">=1.2.3-0", "<2,>1"}

// quote writes a Go string literal, sometimes a raw one.
func (g *Generator) quote(s string) string {
	if g.chance(10) && !strings.ContainsAny(s, "`\r\x00") {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// values makes a values file. What the keys hold is known by their first letter, as in terminal.
func (g *Generator) values() []string {
	var lines []string
	add := func(key string, value any) {
		text, _ := json.Marshal(value)
		lines = append(lines, key+": "+string(text)+"\n")
	}
	for i := range 3 {
		add(fmt.Sprintf("s%d", i), g.text())
		add(fmt.Sprintf("l%d", i), g.list(2))
		add(fmt.Sprintf("m%d", i), g.mapping(3))
		lines = append(lines, fmt.Sprintf("n%d: %s\n", i, pickOne(g, []string{g.number(), g.number(), g.float()})))
	}
	add("b0", true)
	add("b1", false)
	lines = append(lines, "nul: null\n")
	for i := range 2 {
		lines = append(lines, fmt.Sprintf("w%d: %s\n", i, pickOne(g, plainWords)))
	}
	if g.chance(10) {
		lines = append(lines, "y0:\n"+g.yamlNode("  ", 2))
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
	return g.text()
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
