package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape writes any text on one line without tabs: `\\`, `\n`, `\t`, `\r` and `\xNN` for each byte of what isn't
// printable, and for a space at either end.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		edge := i == 0 || i+size == len(s)
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == ' ' && !edge:
			b.WriteByte(' ')
		case r == ' ' || r == utf8.RuneError || !unicode.IsPrint(r):
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// unescape undoes escape.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			return "", fmt.Errorf("lone backslash at the end of %q", s)
		}
		switch s[i] {
		case '\\':
			b.WriteByte('\\')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'x':
			var c byte
			if _, err := fmt.Sscanf(s[i+1:min(i+3, len(s))], "%02x", &c); err != nil {
				return "", fmt.Errorf(`bad \x in %q`, s)
			}
			b.WriteByte(c)
			i += 2
		default:
			return "", fmt.Errorf(`unknown escape \%c in %q`, s[i], s)
		}
	}
	return b.String(), nil
}
