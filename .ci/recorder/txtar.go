package main

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Archive is a chart case: prose and command lines, then files. testdata/README.md describes the format.
type Archive struct {
	Head  string
	Files []*Entry
}

// Entry is one file of a case.
type Entry struct {
	Name  string
	Attrs []string
	Data  string
}

var marker = regexp.MustCompile(`^-- (\S.*) --$`)

func parseTxtar(text string) (*Archive, error) {
	a := &Archive{}
	var body strings.Builder
	var entry *Entry
	flush := func() error {
		if entry == nil {
			a.Head = body.String()
			return nil
		}
		data, err := decodeEntry(entry, body.String())
		entry.Data = data
		a.Files = append(a.Files, entry)
		return err
	}
	for line := range strings.Lines(text) {
		m := marker.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			body.WriteString(line)
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		body.Reset()
		words := strings.Fields(m[1])
		name, err := unescape(words[0])
		if err != nil {
			return nil, err
		}
		entry = &Entry{Name: name, Attrs: words[1:]}
	}
	return a, flush()
}

func (e *Entry) has(attr string) bool {
	for _, a := range e.Attrs {
		if a == attr {
			return true
		}
	}
	return false
}

func decodeEntry(e *Entry, body string) (string, error) {
	if e.has("escaped") {
		return unescape(strings.TrimSuffix(body, "\n"))
	}
	if e.has("noeol") || e.has("symlink") {
		return strings.TrimSuffix(body, "\n"), nil
	}
	return body, nil
}

// plain tells whether a text can stand in the file as it is.
func plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if marker.MatchString(line) || strings.HasSuffix(line, " ") {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f || r == 0xfeff })
}

// expectation makes an entry for a recorded text, in the plainest form that holds it.
func expectation(name, data string, attrs ...string) *Entry {
	e := &Entry{Name: name, Attrs: attrs, Data: data}
	switch {
	case !plain(data):
		e.Attrs = append(e.Attrs, "escaped")
	case data != "" && !strings.HasSuffix(data, "\n"):
		e.Attrs = append(e.Attrs, "noeol")
	}
	return e
}

func (a *Archive) format() string {
	var b strings.Builder
	b.WriteString(a.Head)
	for _, e := range a.Files {
		name := strings.Join(append([]string{strings.ReplaceAll(escape(e.Name), " ", `\x20`)}, e.Attrs...), " ")
		fmt.Fprintf(&b, "-- %s --\n", name)
		switch {
		case e.has("escaped"):
			text := escape(e.Data)
			if strings.HasPrefix(text, "-") {
				text = `\x2d` + text[1:]
			}
			b.WriteString(text + "\n")
		case e.has("noeol") || e.has("symlink"):
			b.WriteString(e.Data + "\n")
		default:
			b.WriteString(e.Data)
		}
	}
	return b.String()
}
