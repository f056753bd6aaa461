package main

import (
	_ "embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed calls.txt
var callsText string

// Everything below this line of a test file is written by `generate`, everything above by hand.
const generatedMark = "<!-- Below this line: written by the recorder's generate mode -->"

// The setting that all generated function tests share.
const fixture = "```file path=Chart.yaml\n" + `apiVersion: v2
name: c
version: 1.2.3
appVersion: "4.5"
description: A chart for tests
keywords: [k1, k2]
annotations:
  a1: v1
  a2: "2"
` + "```\n```file path=files/a.txt\nhello\nworld\n```\n```file path=files/b.yaml\nx: 1\n```\n```helpers\n" +
	`{{ define "p" }}[{{ . }}]{{ end }}` + "\n```\n```values\n" + `s: hello
n: 3
f: 2.5
big: 1234567
t: true
e: ""
z: 0
nul: null
l: [3, 1, 2]
ls: [b, a, c]
lm: [{a: 1}, {a: 2}]
m: {b: 2, a: 1}
deep: {x: {y: {z: 1}}}
el: []
em: {}
` + "```\n"

// Arguments of every type a template can get hold of.
var manyArgs = []string{
	"nil", ".Values.missing", ".Values.nul", "true", "0", "7", "-3", "1.5", "(int64 5)", ".Values.n", ".Values.f", ".Values.big",
	`""`, `"abc"`, `"12"`, `"1.9"`, `"  Héllo wörld "`, ".Values.s", `(.Files.GetBytes "files/b.yaml")`, "(list)", `(list 1 "a" nil 2.5)`, ".Values.l",
	`(splitList "," "c,a,b")`, "(until 3)", "(chunk 2 (list 1 2 3))", "(dict)", `(dict "a" 1)`, ".Values.m", ".Values.lm",
	`(split "," "x,y")`, ".Chart.Annotations", ".Chart.Keywords", ".Values", ".Files", ".Capabilities.KubeVersion", ".Capabilities.APIVersions",
	`(toDate "2006-01-02" "2020-01-02")`, `(semver "1.2.3-a")`, "2i", `'x'`, ".Release", "(len .Values.s)", `(index "abc" 0)`, `(semver "7.2").Major`,
	`(mustToDuration "90m")`, `(print "x" 1 | quote)`, "(first (list))", "(rest (list))",
}

// A shorter choice for the second and later positions, and for twins such as mustFirst.
var fewArgs = []string{
	"nil", ".Values.missing", "true", "0", "-3", "1.5", "(int64 5)", ".Values.n", `""`, `"abc"`, `(.Files.GetBytes "files/b.yaml")`,
	`(list 1 "a" nil 2.5)`, ".Values.ls", `(splitList "," "c,a,b")`, "(until 3)", `(dict "a" 1)`, `(split "," "x,y")`, ".Values", ".Files",
	`(toDate "2006-01-02" "2020-01-02")`,
}

// Call is one line of calls.txt.
type Call struct {
	family, name string
	good         [][]string
}

func parseCalls(text string) []Call {
	var calls []Call
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		head, rest, _ := strings.Cut(line, ":")
		family, name, _ := strings.Cut(head, " ")
		call := Call{family: family, name: name}
		for args := range strings.SplitSeq(rest, " |") {
			call.good = append(call.good, splitArgs(strings.TrimSpace(args)))
		}
		calls = append(calls, call)
	}
	return calls
}

// splitArgs cuts at blanks outside quotes and parentheses.
func splitArgs(s string) []string {
	var args []string
	depth, quoted, start := 0, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ' ' && depth == 0:
			if i > start {
				args = append(args, s[start:i])
			}
			start = i + 1
		}
	}
	if start < len(s) {
		args = append(args, s[start:])
	}
	return args
}

// Functions whose answers can't be recorded even if five runs agree: the clock, random numbers, slow ones.
var unsteady = map[string]bool{"now": true, "uuidv4": true, "shuffle": true, "randInt": true}

// templates lists the generated cases of one function.
func (c Call) templates() []string {
	var out []string
	call := func(args ...string) string {
		return strings.TrimSpace(c.name + " " + strings.Join(args, " "))
	}
	for _, good := range c.good {
		out = append(out, "{{ "+call(good...)+" }}")
		if !unsteady[c.name] {
			out = append(out, `{{ printf "%T" (`+call(good...)+`) }}`, "{{ ("+call(good...)+") | toJson }}")
		}
		if n := len(good); n > 0 {
			out = append(out, "{{ "+good[n-1]+" | "+call(good[:n-1]...)+" }}")
		}
	}
	first := c.good[0]
	out = append(out, "{{ "+call()+" }}")
	if len(first) > 0 {
		out = append(out, "{{ "+call(first[:len(first)-1]...)+" }}")
	}
	out = append(out, "{{ "+call(append(append([]string(nil), first...), `"extra"`)...)+" }}")
	for i := range first {
		pool := fewArgs
		if i == len(first)-1 && !strings.HasPrefix(c.name, "must") && !strings.HasPrefix(c.name, "os") {
			pool = manyArgs
		}
		for _, arg := range pool {
			args := append([]string(nil), first...)
			args[i] = arg
			out = append(out, "{{ "+call(args...)+" }}")
			if i == len(first)-1 && (arg == ".Values.missing" || arg == "nil" || arg == "0") {
				out = append(out, "{{ "+arg+" | "+call(args[:i]...)+" }}")
			}
		}
	}
	return out
}

// dropChanged removes the cases that answer otherwise than a second ago, or name the current year.
func dropChanged(before string, nodes []*Node) ([]*Node, int) {
	count := 0
	year := strconv.Itoa(time.Now().Year())
	for _, n := range nodes {
		if n.kind() != "cases" {
			continue
		}
		var kept []string
		for line := range strings.SplitSeq(n.Content, "\n") {
			if strings.Contains(before, "\n"+line+"\n") && !strings.Contains(line, year) {
				kept = append(kept, line)
			}
		}
		n.Content = strings.Join(kept, "\n")
		count += len(kept)
	}
	return nodes, count
}

var varying = regexp.MustCompile(`(at <.*?>|:\d+:\d+|; got .*|; found .*|on type .*|type [^ ]*|parsing ".*)`)

// alike tells how often a generated case of this function failed in the same way already. A handful of each kind of
// failure is enough: they are many, and long.
func (s shapes) alike(function string, r Result) int {
	if !r.Failed {
		return 0
	}
	shape := function + varying.ReplaceAllString(r.Text, "")
	s[shape]++
	return s[shape] - 1
}

type shapes map[string]int

// mostAlike is how many failures of one kind are kept per function.
const mostAlike = 5

// generateAll writes the generated part of every function family's file.
func generateAll(root, only string, times int) error {
	families := map[string][]Call{}
	for _, call := range parseCalls(callsText) {
		families[call.family] = append(families[call.family], call)
	}
	total := 0
	for _, family := range slices.Sorted(maps.Keys(families)) {
		path := filepath.Join(root, "funcs", family+".md")
		if !strings.Contains(path, only) {
			continue
		}
		count, err := generateFamily(path, family, families[family], times)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		fmt.Printf("%s: %d generated cases\n", path, count)
		total += count
	}
	for _, name := range slices.Sorted(maps.Keys(languageMatrices)) {
		path := filepath.Join(root, "lang", name+".md")
		if !strings.Contains(path, only) {
			continue
		}
		count, err := generateFile(path, name, languageMatrices[name](), times, false)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		fmt.Printf("%s: %d generated cases\n", path, count)
		total += count
	}
	fmt.Printf("%d generated cases\n", total)
	return nil
}

// generateFamily writes the part of a function family.
func generateFamily(path, family string, calls []Call, times int) (int, error) {
	var sections []Section
	for _, call := range calls {
		sections = append(sections, Section{call.name, call.name + ": every kind of argument", call.templates()})
	}
	return generateFile(path, family, sections, times, family == "dates" || family == "durations")
}

// Section is a generated `cases` block.
type Section struct {
	subject, heading string
	templates        []string
}

// generateFile writes the generated part of a file. Of the failures of one kind on one subject it keeps a handful.
func generateFile(path, title string, sections []Section, times int, clock bool) (int, error) {
	old, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		old = []byte("# " + strings.ToUpper(title[:1]) + title[1:] + "\n\n" + fixture + "\n" + generatedMark + "\n")
	} else if err != nil {
		return 0, err
	}
	head, _, found := strings.Cut(string(old), generatedMark)
	if !found {
		return 0, fmt.Errorf("has no line %q", generatedMark)
	}
	var b strings.Builder
	b.WriteString(head + generatedMark + "\n")
	context, limit, seen := newContext(), shapes{}, map[string]bool{}
	headNodes, err := parseMarkdown(head)
	if err != nil {
		return 0, err
	}
	for _, n := range headNodes {
		if n.isHeading() && n.level() > 1 {
			break
		}
		context.take(n)
	}
	for _, section := range sections {
		b.WriteString("\n## " + section.heading + "\n\n```cases\n")
		for _, template := range section.templates {
			if seen[template] {
				continue
			}
			seen[template] = true
			if first, err := Render(context.chart(template), []byte(context.values), 4); err != nil || limit.alike(section.subject, first) >= mostAlike {
				continue
			}
			b.WriteString(escape(template) + "\n")
		}
		b.WriteString("```\n")
	}
	nodes, err := parseMarkdown(b.String())
	if err != nil {
		return 0, err
	}
	nodes, count, err := recordNodes(nodes, times)
	if err != nil {
		return 0, err
	}
	if clock {
		time.Sleep(1100 * time.Millisecond) // what depends on the clock must have changed by now
		before := formatMarkdown(nodes)
		if nodes, count, err = recordNodes(nodes, 1); err != nil {
			return 0, err
		}
		nodes, count = dropChanged(before, nodes)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, err
	}
	return count, os.WriteFile(path, []byte(formatMarkdown(nodes)), 0o644)
}
