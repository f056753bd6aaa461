package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// compose puts up to most pieces together.
func (g *Generator) compose(most int, pieces []string) string {
	var b strings.Builder
	for range 1 + g.n(most) {
		b.WriteString(pickOne(g, pieces))
	}
	return b.String()
}

// either is one of the good texts, or pieces of them put together.
func (g *Generator) either(whole, pieces []string) string {
	if g.chance(50) {
		return pickOne(g, whole)
	}
	return g.compose(6, pieces)
}

// text is any text.
func (g *Generator) text() string {
	switch g.n(10) {
	case 0:
		return g.compose(4, texts)
	case 1:
		return g.compose(8, []string{"a", "B", "1", " ", "_", "-", ".", "/", "é", "Ǆ", "ß", "İ", "\n", "\t", "\u0301", "🎉", "9", "Z", ",", "x"})
	case 2:
		return g.numberText()
	}
	return pickOne(g, texts)
}

// number is a numeric literal.
func (g *Generator) number() string {
	switch g.n(8) {
	case 0:
		return pickOne(g, oddNumbers)
	case 1:
		return strconv.Itoa(g.n(2000) - 1000)
	}
	return pickOne(g, numbers)
}

// float is the literal of a fraction.
func (g *Generator) float() string {
	if g.chance(30) {
		f := (g.rand.Float64() - 0.5) * math.Pow(10, float64(g.n(40)-20))
		return strconv.FormatFloat(f, pickOne(g, []byte("eg")), g.n(18)-1, 64)
	}
	return pickOne(g, floats)
}

// numberText is what might be read as a number.
func (g *Generator) numberText() string {
	return g.either([]string{"0x1F", "1_000", "-0", "1e3", ".5", "5.", "0b11", "0o17", "017", "08", "+3", " 1", "1 ", "٣", "1e400", "Inf", "-inf", "NaN", "0x1p-2", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.0", "1,000", "true"},
		[]string{"0", "1", "9", "-", "+", ".", "e", "x", "_", "F", "p", "00", "12"})
}

func (g *Generator) regex() string {
	return g.either(regexes, []string{"a", "b", "x", "é", "[a-c]", "[^x]", "[[:alpha:]]", `\d`, `\w`, `\W`, `\s`, `\pL`, `\PL`, `\p{Greek}`, `\x41`, `\Q.\E`, `\b`, `\B`, `\A`, `\z`, "^", "$", ".", "(a|b)", "(?:x)", "(?i)", "(?s:.)", "(?U)", "(", ")", "*", "+", "?", "{2}", "{1,3}", "{,2}", "*?", "+?", "|", "[a-", `\`, " "})
}

// replacement is what regexReplaceAll gets.
func (g *Generator) replacement() string {
	return g.either([]string{"$0", "${1}x", "$1", "$1x", "$$", "$", "${n}", "-"}, []string{"$", "$1", "${2}", "{", "}", "a", "$$", "é"})
}

func (g *Generator) layout() string {
	return g.either(layouts, []string{"January", "Jan", "1", "01", "_2", "2", "02", "002", "__2", "Monday", "Mon", "15", "3", "03", "4", "04", "5", "05", "2006", "06", "PM", "pm", "MST", "Z0700", "Z07", "Z07:00", "Z07:00:00", "-0700", "-07", "-07:00", "-070000", ".000", ".999", ",000", "_2006", " ", "-", "/", ":", "T", "é"})
}

// dated is a layout and a text that has it, or nearly has.
func (g *Generator) dated() (layout, text string) {
	layout = g.layout()
	when := time.Unix(g.rand.Int64N(4_000_000_000)-500_000_000, g.rand.Int64N(1_000_000_000)).UTC()
	text = when.Format(layout)
	if g.chance(25) {
		runes := []rune(text)
		at := g.n(len(runes) + 1)
		text = string(runes[:at]) + pickOne(g, []string{"0", "9", " ", "-", "x", ".5", "é", ""}) + string(runes[min(len(runes), at+g.n(2)):])
	}
	return layout, text
}

func (g *Generator) version() string {
	return g.either([]string{"1.2.3", "v1.2", "1.2.3-rc.1+b", "2.0.0", "10.20.30", "junk", "1", "0.3.1"}, []string{"1", "2", "0", "10", "01", ".", ".", "-", "+", "v", "rc", "alpha.1", "x", "*", "18446744073709551616"})
}

func (g *Generator) constraint() string {
	if g.chance(40) {
		return pickOne(g, constraintTexts)
	}
	var b strings.Builder
	for i := range 1 + g.n(3) {
		if i > 0 {
			b.WriteString(pickOne(g, []string{" ", ",", ", ", " || ", "||", " - "}))
		}
		b.WriteString(pickOne(g, []string{"", "=", ">", "<", ">=", "<=", "!=", "~", "^", "~>", "=>", "=<", "> ", "==", "v"}))
		b.WriteString(pickOne(g, []string{"1", "1.2", "1.2.3", "0", "0.0", "0.0.3", "0.2.3", "1.x", "1.2.x", "*", "X", "1.2.3-rc.1", "2.0.0-0", "v1.2", "1.2.3+b", "junk", ""}))
	}
	return b.String()
}

// format is a format of printf.
func (g *Generator) format() string {
	var b strings.Builder
	for range 1 + g.n(3) {
		b.WriteString(pickOne(g, []string{"", "", "x", "é ", "%%", "|"}))
		b.WriteString("%")
		if g.chance(40) {
			b.WriteString(g.compose(2, []string{"+", "-", "#", " ", "0"}))
		}
		if g.chance(12) {
			b.WriteString(pickOne(g, []string{"[1]", "[2]", "[3]", "[0]", "[x]", "[", "[9]"}))
		}
		if g.chance(35) {
			b.WriteString(pickOne(g, []string{"5", "8", "1", "20", "*"}))
		}
		if g.chance(30) {
			b.WriteString(pickOne(g, []string{".2", ".0", ".", ".5", ".*", ".10"}))
		}
		b.WriteString(pickOne(g, []string{"d", "d", "s", "s", "v", "v", "q", "f", "g", "e", "x", "X", "t", "T", "c", "U", "o", "O", "b", "G", "E", "F", "p", "z", "é", "w", ""}))
	}
	return b.String()
}

func (g *Generator) duration() string {
	return g.either([]string{"1h", "90s", "36h15m", "1.5h", "-30m", "100ms", "95", "junk", "", "1d", "2562047h47m16.854775807s"}, []string{"1", "2.5", "-", "h", "m", "s", "ms", "us", "µs", "ns", "d", ".", "90", "+"})
}

func (g *Generator) url() string {
	return g.either([]string{"http://u:p@h:80/p?q=1&r#f", "https://example.com/a b", "//h/p", "mailto:x@y", "/p/q?x", "", "%zz", "h:80", "http://[::1]:8080/"},
		[]string{"http", "https", ":", "//", "/", "h", "é", "@", "u:p", "?", "#", "a=b", "&", "%41", "%", " ", "[::1]", ":80", "..", "*", "x.y"})
}

func (g *Generator) path() string {
	return g.either([]string{"/a/../b//c.tar.gz", "a/b.c", "", ".", "..", "/", "a//b/./c/", "x.y.z", ".hidden", "../a"}, []string{"/", "//", "a", "b.c", ".", "..", "/..", "/.", "é", `\`, " ", ".tar.gz"})
}

func (g *Generator) json() string {
	return g.either([]string{`{"a": [1, 2.5, null]}`, `[1, "x"]`, "{", "1e3", `"s"`, "", "[[]]", `{"a":{"b":{}}}`, "null", " true "},
		[]string{"{", "}", "[", "]", ",", ":", `"a"`, `"b\n"`, `"\u00e9"`, `"\ud83c"`, "1", "-0", "1.50", "1e21", "01", "true", "null", " ", "\n", "x", `"`, `"a": 1`, `"c": [2]`})
}

func (g *Generator) toml() string {
	if g.chance(20) {
		return g.compose(8, []string{"a", "=", "1", "\n", "[t]", "[[u]]", `"s"`, "'l'", ".", "{", "}", "[", "]", ",", " ", "# c", "true"})
	}
	var b strings.Builder
	for range 1 + g.n(5) {
		b.WriteString(pickOne(g, []string{"[t]", "[[u]]", "[t.v]", "[ a . b ]", `["q r"]`, "# c", ""}))
		b.WriteString(pickOne(g, []string{"\n", "\n", ""}))
		b.WriteString(pickOne(g, []string{"a", "b", "c.d", `"q"`, "x-y", "1", "c"}) + pickOne(g, []string{" = ", "="}))
		b.WriteString(pickOne(g, []string{"1", "-0", "1.5", "1e3", "inf", "0x1F", "1_000", "true", `"s\n"`, "'l'", `"""m\n  l"""`, "'''r\n'''", "[1, 2]", `["a", [1]]`, "[\n1,\n]", "{x = 1, y.z = 2}", "2020-01-02", "2020-01-02T03:04:05Z", "2020-01-02T03:04:05.123+01:00", "07:32:00", "2020-01-02 03:04:05", "bare", "1.", "01", ""}))
		b.WriteString(pickOne(g, []string{"\n", "\n", "\n", " # c\n", "\r\n", " "}))
	}
	return b.String()
}

// yaml is a YAML document, mostly a good one.
func (g *Generator) yaml() string {
	switch g.n(8) {
	case 0:
		return pickOne(g, []string{"a: [1, x, null]\nb: {c: yes}", "- 1\n- a: b", "a: [", "5", "x", "", "a: 1\n---\nb: 2", "--- a\n...\n", "%YAML 1.1\n---\na: 1", "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}", "? a\n: b", "? [a]\n: b", "1: a\ntrue: b\nnull: c\n1.5: d"})
	case 1:
		return g.compose(9, []string{"a", ":", " ", "\n", "- ", "? ", "|", ">", "[", "]", "{", "}", ",", "#", "&a ", "*a", "!!str ", "\"", "'", "  ", "\t", "---\n", "...\n", "<<: ", "b: 1\n", "~", "%", "@"})
	}
	return g.yamlNode("", 3)
}

func (g *Generator) yamlNode(indent string, depth int) string {
	var b strings.Builder
	list := g.chance(30)
	for range 1 + g.n(4) {
		b.WriteString(indent)
		if list {
			b.WriteString(pickOne(g, []string{"- ", "-   ", "- ", "-\t"}))
		} else {
			b.WriteString(pickOne(g, []string{"a", "b", "c", "x-y", "\"q\"", "'s t'", "1", "yes", "é", "<<", "k_z", "~", "d e"}) + pickOne(g, []string{": ", ": ", ":  ", " : "}))
		}
		if depth > 0 && g.chance(25) {
			fmt.Fprintf(&b, "\n%s", g.yamlNode(indent+pickOne(g, []string{"  ", "  ", " ", "    "}), depth-1))
			continue
		}
		word := pickOne(g, plainWords)
		b.WriteString(strings.ReplaceAll(word, "\n", "\n"+indent))
		b.WriteString(pickOne(g, []string{"\n", "\n", "\n", "  # c\n", " \n", "\n\n", "\r\n"}))
	}
	return b.String()
}
