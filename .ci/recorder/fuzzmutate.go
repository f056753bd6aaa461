package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Seed is a recorded template with what is around it.
type Seed struct {
	template, helpers, values string
	files                     map[string]string
}

// Corpus is what mutants are made from: the templates of testdata, and their tokens by class.
type Corpus struct {
	seeds  []Seed
	tokens map[byte][]string
}

// dropped are functions that the clock, chance or the network answers, or that take long by design, and numbers that
// make gigabytes.
var dropped = regexp.MustCompile(`\b(gen[A-Z]\w*|bcrypt|htpasswd|derivePassword|getHostByName|now|ago|rand[A-Z]\w*|uuidv4|shuffle|encryptAES|buildCustomCert)\b|\d{5,}|\d[eE]\+?\d|0[xX][0-9a-fA-F]{4}|1_0`)

func readCorpus(root string) (*Corpus, error) {
	c := &Corpus{tokens: map[byte][]string{}}
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		nodes, err := parseMarkdown(string(text))
		if err != nil {
			return err
		}
		c.read(nodes, seen)
		return nil
	})
	return c, err
}

// read takes the templates of one file.
func (c *Corpus) read(nodes []*Node, seen map[string]bool) {
	whole := newContext()
	context := whole
	for _, n := range nodes {
		if n.isHeading() && n.level() > 1 {
			context = whole.clone()
		}
		if n.Fence == "" || context.take(n) {
			continue
		}
		switch n.kind() {
		case "template":
			here := *context
			if values, ok := n.attr("values"); ok {
				here.values = values + "\n"
			}
			c.add(&here, n.Content, seen)
		case "cases":
			for line := range strings.SplitSeq(n.Content, "\n") {
				escaped, _, _ := strings.Cut(line, "\t")
				if text, err := unescape(escaped); err == nil {
					c.add(context, text, seen)
				}
			}
		}
	}
}

func (c *Corpus) add(context *Context, template string, seen map[string]bool) {
	if template == "" || len(template) > 600 || seen[template] || dropped.MatchString(template+context.helpers) {
		return
	}
	seen[template] = true
	c.seeds = append(c.seeds, Seed{template, context.helpers, context.values, context.files})
	for _, t := range tokens(template) {
		if !seen["\x00"+t] { // each token once: rare ones are the interesting ones
			seen["\x00"+t] = true
			c.tokens[class(t)] = append(c.tokens[class(t)], t)
		}
	}
}

var token = regexp.MustCompile("(?s)\\{\\{-?|-?\\}\\}|/\\*.*?\\*/|\"(?:[^\"\\\\\\n]|\\\\.)*\"|`[^`]*`|'(?:[^'\\\\\\n]|\\\\.)*'|[+-]?\\d[\\w.]*|[$.]?[\\pL_]\\w*|\\s+|:=|.")

func tokens(text string) []string { return token.FindAllString(text, -1) }

// class tells by what a token can be replaced so that the template often still means something.
func class(token string) byte {
	switch c := token[0]; {
	case strings.HasPrefix(token, "{{"):
		return '{'
	case strings.HasSuffix(token, "}}"):
		return '}'
	case c == '"' || c == '`' || c == '\'':
		return '"'
	case c >= '0' && c <= '9' || len(token) > 1 && (c == '-' || c == '+'):
		return '0'
	case len(token) > 1 && (c == '.' || c == '$'):
		return c
	case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
		return 'a'
	case strings.TrimSpace(token) == "":
		return ' '
	}
	return '*'
}

// mutant makes a case out of recorded ones.
func (g *Generator) mutant(corpus *Corpus) *Case {
	seed := pickOne(g, corpus.seeds)
	list := tokens(seed.template)
	for range 1 + g.n(4) {
		list = tokens(strings.Join(g.mutate(list, corpus), ""))
	}
	if g.chance(10) {
		list = g.damage(list)
	}
	c := &Case{files: seed.files, values: splitValues(seed.values)}
	c.template = halves(list)
	if seed.helpers != "" {
		c.helpers = []*Tree{halves(tokens(seed.helpers))}
	}
	return c
}

// splitValues splits a values file before each line that isn't indented.
func splitValues(text string) []string {
	var parts []string
	for line := range strings.Lines(text) {
		if len(parts) == 0 || !strings.ContainsAny(line[:1], " \t-#\n") {
			parts = append(parts, "")
		}
		parts[len(parts)-1] += line
	}
	return parts
}

// halves makes a tree of tokens that can be shrunk by leaving out halves of it, quarters, and so on.
func halves(list []string) *Tree {
	if len(list) == 0 {
		return tree()
	}
	if len(list) == 1 {
		return &Tree{parts: []any{list[0]}, drop: true}
	}
	middle := len(list) / 2
	return &Tree{parts: []any{halves(list[:middle]), halves(list[middle:])}, drop: true}
}

// mutate changes one thing.
func (g *Generator) mutate(list []string, corpus *Corpus) []string {
	if len(list) == 0 {
		return tokens(pickOne(g, corpus.seeds).template)
	}
	at := g.n(len(list))
	for tries := 0; tries < 6 && strings.IndexByte("{} ", class(list[at])) >= 0; tries++ {
		at = g.n(len(list))
	}
	end := min(len(list), at+1+g.n(4))
	join := func(parts ...[]string) []string {
		var out []string
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	other := tokens(pickOne(g, corpus.seeds).template)
	switch g.n(13) {
	case 0, 1, 2, 3:
		return join(list[:at], []string{g.substitute(list[at], corpus)}, list[at+1:])
	case 4:
		return join(list[:at], list[end:])
	case 5:
		return join(list[:end], list[at:])
	case 6: // an action of another template for a literal or a field
		if inner := body(other); inner != nil && strings.IndexByte(`"0.$`, class(list[at])) >= 0 {
			return join(list[:at], []string{"("}, inner, []string{")"}, list[at+1:])
		}
	case 7: // pipe a whole action into another call
		if inner := body(other); inner != nil {
			for i, t := range list {
				if class(t) == '}' && g.chance(50) {
					return join(list[:i], []string{" ", "|", " "}, inner, list[i:])
				}
			}
		}
	case 8: // both templates
		return join(list, other)
	case 9: // one in the other
		return join(list[:at], other, list[at:])
	case 10:
		with := pickOne(g, []string{"if", "with", "range", "range $i, $e :=", "define \"p\"", "block \"q\"", "$x :=", "with $x :="})
		if inner := body(other); inner != nil {
			return join([]string{"{{", with + " "}, inner, []string{"}}"}, list, []string{"{{end}}"})
		}
	case 11: // what the generator of expressions makes
		g.dot = "."
		made := g.argument(g.kind(), 3).String()
		if strings.IndexByte(`"0.$a`, class(list[at])) >= 0 {
			return join(list[:at], []string{made}, list[at+1:])
		}
	case 12:
		i := g.n(len(list))
		out := join(list)
		out[i], out[at] = out[at], out[i]
		return out
	}
	return join(list[:at], []string{" ", g.substitute(list[at], corpus), " "}, list[at:])
}

// body is the inside of a template that is one action without a keyword.
func body(list []string) []string {
	if len(list) < 3 || class(list[0]) != '{' || class(list[len(list)-1]) != '}' {
		return nil
	}
	for _, t := range list[1 : len(list)-1] {
		switch {
		case class(t) == '{', class(t) == '}', strings.HasPrefix(t, "/*"), t == "end", t == "else", t == "if", t == "with", t == "range", t == "define", t == "block", t == "template", t == "break", t == "continue", t == ":=":
			return nil
		}
	}
	return list[1 : len(list)-1]
}

// substitute gives another token, mostly of the same class.
func (g *Generator) substitute(token string, corpus *Corpus) string {
	c := class(token)
	if g.chance(20) {
		c = pickOne(g, []byte(`"0.$a*`))
	}
	switch {
	case c == '0' && g.chance(60):
		return pickOne(g, oddNumbers)
	case c == '"' && g.chance(40):
		return g.quote(pickOne(g, texts))
	case c == 'a' && g.chance(60):
		return pickOne(g, functionsOf('a')).name
	case c == ' ':
		return pickOne(g, blanks)
	case c == '{':
		return pickOne(g, []string{"{{", "{{- ", "{{-", "{{ - "})
	case c == '}':
		return pickOne(g, []string{"}}", " -}}", "-}}", " }}", "} }"})
	}
	if from := corpus.tokens[c]; len(from) > 0 {
		return pickOne(g, from)
	}
	return token
}

var blanks = []string{" ", "  ", "\n", "\t", "\r\n", " \n ", "", "\u00a0", "\v"}

// damage changes single characters.
func (g *Generator) damage(list []string) []string {
	text := strings.Join(list, "")
	for range 1 + g.n(2) {
		runes := []rune(text)
		if len(runes) == 0 {
			break
		}
		at := g.n(len(runes))
		odd := pickOne(g, []rune("{}()|.$\"'`\\:=,-+/*_ \n\t\r0a9é\u00a0\u2028\ufeff%#@!<>&[]~^\x00\U0001F389"))
		switch g.n(3) {
		case 0:
			text = string(runes[:at]) + string(runes[at+1:])
		case 1:
			text = string(runes[:at]) + string(odd) + string(runes[at:])
		case 2:
			text = string(runes[:at]) + string(odd) + string(runes[at+1:])
		}
	}
	return tokens(text)
}

// respace writes other blanks between the tokens of actions, and the same template otherwise.
func (g *Generator) respace(text string) *Tree {
	list := tokens(text)
	inside := false
	for i, t := range list {
		switch class(t) {
		case '{':
			inside = true
		case '}':
			inside = false
		case ' ':
			trims := i > 0 && class(list[i-1]) == '{' || i+1 < len(list) && class(list[i+1]) == '}'
			if inside && !trims && g.chance(30) {
				list[i] = pickOne(g, []string{"  ", "\n", "\t", " \r\n ", "\n\n  "})
			}
		}
	}
	return halves(list)
}
