package main

import "strings"

// Parts of the language that are a matter of one type against another, each a file of testdata/template/lang.
var languageMatrices = map[string]func() []Section{
	"printf":     printfMatrix,
	"comparison": comparisonMatrix,
	"types":      typesMatrix,
	"yaml-words": yamlWords,
}

// printfMatrix prints a value of every type with every verb and flag.
func printfMatrix() []Section {
	verbs := strings.Fields("%v %+v %#v %T %t %d %+d %5d %-5d| %05d %x %X %#x %o %#o %b %c %q %+q %U %#U %e %E %f %.2f %8.3f %g %G %s %10s %-10s| %.2s %5.1s %x %% %p %z %w")
	var sections []Section
	for _, verb := range verbs {
		var templates []string
		for _, arg := range manyArgs {
			if verb == "%p" || strings.HasPrefix(arg, ".Files") || arg == ".Capabilities.APIVersions" || arg == ".Values" && verb != "%v" {
				continue
			}
			templates = append(templates, `{{ printf "`+verb+`" `+arg+` }}`)
		}
		sections = append(sections, Section{verb, "verb " + verb, templates})
	}
	odd := []string{`"%"`, `"%d"`, `"%d %d" 1`, `"%d" 1 2`, `"x" 1`, `"%!"`, `"%z" 1`, `"%[1]d %[1]v" 5`, `"%[2]d %[1]d" 1 2`, `"%[3]d" 1`, `"%[x]d" 1`,
		`"%[1" 1`, `"%*d" 5 1`, `"%-*d|" 5 1`, `"%*d" -5 1`, `"%*d" "a" 1`, `"%.*f" 2 1.2345`, `"%.*f" -1 1.5`, `"%[2]*[1]d" 1 5`, `"%.d" 5`, `"%.0d" 0`, `"%6.2f|%-8s|%08.3f" 3.14159 "ab" 2.5`,
		`"%+.3e" 12345.678`, `"% d" 5`, `"% x" "abc"`, `"%# x" "abc"`, `"%x" -255`, `"%08b" 5`, `"%+q" "é→"`, `"%#q" "a\x60b"`, `"%#q" "ab"`, `"%t" "x"`, `"%s" nil`, `"%d" nil`, `"%v %v" nil nil`,
		`"%5t|%-7t|" true false`, `"%5%"`, `"%-5%|"`, `"%c%c" 65 0x1F600`, `"%c" -1`, `"%c" 0x110000`, `"%U" -1`, `"%q" 0x110000`, `"%s" (list 1 "a" nil)`, `"%d" (list 1 "a" nil)`, `"%v" (list nil)`,
		`"%+v" (dict "a" (dict "b" 1))`, `"%#v" (dict "a" (list 1 2.0 "x"))`, `"%#v" (list)`, `"%#v" (dict)`, `"%#v" nil`, `"%#v" "a\"b"`, `"%#v" 1.0`, `"%#v" 1e6`, `"%#v" 1e21`, `"%#v" (int64 5)`, `"%#v" true`, `"%#v" 'a'`,
		`"%#v" (until 2)`, `"%#v" (splitList "," "a,b")`, `"%#v" (split "," "a")`, `"%q" (list "a" "b")`, `"%x" (list "a" "b")`, `"%X" "hi"`, `"%x" 1.5`, `"%b" 1.5`, `"%08.3f" -1.5`, `"%+d" (list 1 -2)`,
		`"%6d" (list 1 2)`, `"%.1f" (list 1.25 2.0)`, `"%v" .Values.lm`, `"%s" .Values.m`, `"%d" .Values.m`, `"%s" true`, `"%s" 1.5`, `"%10.3v|" "abcdef"`, `"%10v|" 1.5`, `"%-10v|" true`, `"%010v|" "a"`, `"%010d" -5`,
		`"%99d" 1`, `"%20000000d" 1`, `"%.20000000f" 1.0`, `"%d%%" 50`, `"%é" 1`, `"é%d→" 1`, `"%s" "\xff"`, `"%q" "\xff\x00"`, `"%x" "\xff"`, `"%d" 1i`, `"%v %.1f %g" 1i 2i 3.5i`, `"%s" (semver "1.2.3")`,
		`"%d" (semver "1.2.3")`, `"%v" (list (semver "1.2.3"))`, `"%s" (toDate "2006" "2020")`, `"%d" (toDate "2006" "2020").Month`, `"%s" (toDate "2006" "2020").Month`, `"%v" (list (toDate "2006" "2020"))`}
	var templates []string
	for _, args := range odd {
		templates = append(templates, "{{ printf "+args+" }}")
	}
	for _, long := range []string{"%1000000d", "%2000000d", "%.2000000f", "%999999v"} { // the limit is checked a digit late
		templates = append(templates, `{{ printf "`+long+`" 1.0 | len }}`)
	}
	return append(sections, Section{"odd formats", "odd formats", templates})
}

var compared = []string{"nil", ".Values.nul", ".Values.missing", "true", "false", "0", "1", "3", "-1", "1.0", "3.0", "2.5", "(int64 3)", ".Values.n", ".Values.f", `""`, `"a"`, `"b"`,
	".Values.s", "'a'", "1i", "(list)", "(list 1)", "(dict)", ".Values.l", ".Values.m", `(splitList "," "a")`, `(split "," "a")`, `(.Files.GetBytes "files/b.yaml")`, ".Values",
	`(toDate "2006" "2020")`, `(semver "1.2.3")`, `(semver "3.0.0").Major`, `(index "abc" 0)`, `(mustToDuration "3ns")`, ".Capabilities.KubeVersion", ".Chart.Name"}

// comparisonMatrix compares a value of every type with one of every other.
func comparisonMatrix() []Section {
	var sections []Section
	for _, op := range []string{"eq", "lt"} {
		var templates []string
		for _, a := range compared {
			for _, b := range compared {
				templates = append(templates, "{{ "+op+" "+a+" "+b+" }}")
			}
		}
		sections = append(sections, Section{op, op + ": every type with every other", templates})
	}
	for _, op := range []string{"ne", "le", "gt", "ge"} {
		var templates []string
		for i, a := range compared {
			templates = append(templates, "{{ "+op+" "+a+" "+a+" }}", "{{ "+op+" "+a+" "+compared[(i+5)%len(compared)]+" }}")
		}
		sections = append(sections, Section{op, op + ": some types", templates})
	}
	return sections
}

// typesMatrix puts a value of every type into every place of the language.
func typesMatrix() []Section {
	forms := []string{"{{ X }}", "{{ if X }}yes{{ else }}no{{ end }}", "{{ with X }}[{{ . }}]{{ else }}no{{ end }}", "{{ range X }}[{{ . }}]{{ else }}no{{ end }}",
		"{{ range $k, $v := X }}{{ $k }}={{ $v }};{{ end }}", "{{ $x := X }}{{ $x }}", "{{ $x := X }}{{ $x.y }}", "{{ $x := X }}{{ $x.y.z }}", "{{ (X).y }}", "{{ (X).String }}", "{{ X | print }}",
		"{{ X | upper }}", "{{ X | toString | quote }}", "{{ index X 0 }}", `{{ index X "a" }}`, "{{ index .Values.m X }}", "{{ index .Values.l X }}", `{{ dict "k" X }}`, "{{ list X X }}", `{{ template "p" X }}`,
		`{{ include "p" X }}`, "{{ tpl X . }}", `{{ tpl "{{ . }}" X }}`, "{{ and X 1 }}", "{{ or X 1 }}", "{{ not X }}", "{{ len X }}", "{{ call X }}", "{{ X 1 }}", `{{ (X) "a" }}`, `{{ printf "%T %s" X (kindOf X) }}`,
		"{{ toYaml X }}", "{{ toYamlPretty X }}", "{{ toJson X }}", `{{ toToml (dict "k" X) }}`, `{{ toYaml (dict "k" X "l" (list X)) }}`, `{{ required "m" X }}`, `{{ print "a" X 1 X X "b" }}`, "{{ html X }}{{ js X }}{{ urlquery X }}",
		"{{ set (dict) \"k\" X }}", "{{ default 5 X }}", "{{ X | default 5 | quote }}", "{{ empty X }}", "{{ coalesce X 9 }}", "{{ ternary X 2 true }}", "{{ deepCopy (list X) }}", "{{ typeOf (first (list X)) }}"}
	var sections []Section
	for _, form := range forms {
		var templates []string
		for _, arg := range manyArgs {
			templates = append(templates, strings.ReplaceAll(form, "X", arg))
		}
		sections = append(sections, Section{form, "form " + form, templates})
	}
	return sections
}

// yamlWords emits and reads strings that YAML might take for something else.
func yamlWords() []Section {
	words := strings.Fields("y Y yes Yes YES yEs n N no No NO on On ON off Off OFF true True TRUE tRue false null Null NULL nUll ~ nil .inf -.inf +.Inf .nan .NaN nan inf Infinity 0 00 01 08 09 0777 0o7 0o8 0x 0x1f 0xg 0b1 0b2 1_000 _1 1_ +1 -1 + - 1. .5 . .. ... --- -- --x ---x 1e3 1e 1e400 1E-5 0.1 1.5.5 1,000 12:30 1:2:3 1:60 190:20:30 12:30:45.5 2001-01-01 2001-1-1 2001-13-01 2001-01-01T00:00:00Z 2001-12-14t21:59:43.10-05:00 2001-01-01_x = == << <<: ! !x !!str & &a * *a | > |- >- % %x @ @a ` `a , ,a [ ] [] [a] { } {} {a} # #a a#b a,b a:b a: :a : :: ? ?a -a a- ' '' it's \\\" a\\\"b \\\\ a\\\\b <a> a&b {{x}} é → \\u00a0 \\u200b \\u2028 \\u0085 \\ufeff \\ufeffa a\\ufeffb \\U0001F389 \\x00 \\x07 \\x1b \\x7f a\\tb \\ta a\\rb a\\nb a\\n \\na a\\n\\n a\\n\\nb \\n \\n\\n a\\r\\nb a\\n\\tb \\xff 1.0 1.10 100000 1000000 1e+06 0.00001 9223372036854775807 9223372036854775808 18446744073709551616 -0 0. +0 0x7fffffffffffffff 0o 0b 1__0 12e03 -.5 +.5 .5. ._5 5._ 0.0_1 0xdead_beef 1e3_0 TRUE! nulls NOPE Y! x=y a|b a>b a!b a%b a@b a*b")
	words = append(words, "", " ", " a", "a ", " a b ", "a  b", "a: b", "a : b", "a #b", "a# b", "- a", "? a", ": a", "-", "a -b", "# a", "a\\n b", " a\\nb", "a \\nb", "a\\nb ", "a\\n\\n b", "  a\\n b", "a\\n#b", "a\\n---\\nb", "[a, b]", "{a: b}", "key: {a}", "yes no", "true false", "0 1", "2001-01-01 10:00:00", "2001-01-01 1:2:3.5 +1", "2001-01-01 x")
	forms := []string{`{{ toYaml "W" }}`, `{{ dict "k" "W" "W" 1 | toYaml }}`, `{{ list "W" (list "W") (dict "W" "W") | toYaml }}`, `{{ toYamlPretty (dict "k" "W" "W" (list "W")) }}`, `{{ (fromYaml "k: W").k | toJson }}`, `{{ fromYaml "W: v" | toJson }}`, `{{ fromYamlArray "- W" | toJson }}`, `{{ fromYaml "k: [W]" | toJson }}`}
	var sections []Section
	for _, form := range forms {
		var templates []string
		for _, word := range words {
			templates = append(templates, strings.ReplaceAll(form, "W", word))
		}
		sections = append(sections, Section{form, "form " + form, templates})
	}
	return sections
}
