package main

import (
	"fmt"
	"strconv"
	"strings"
)

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
		return g.quote(g.text())
	case 'i':
		return g.number()
	case 'f':
		if g.chance(40) {
			return values + "n" + strconv.Itoa(g.n(3))
		}
		return g.float()
	case 'b':
		return pickOne(g, []string{"true", "false", values + "b0", values + "b1"})
	case 'l', 'm':
		return values + string(kind) + strconv.Itoa(g.n(3))
	case 'S':
		return pickOne(g, []string{`(splitList "," "c,a,b")`, `(splitList " " ` + values + `s0)`, `(list "b" "a" | sortAlpha)`, `(keys (dict "a" 1))`, "$.Chart.Keywords"})
	case 'M':
		return pickOne(g, []string{`(dict "a" 1 "b" "x")`, "(deepCopy " + values + "m" + strconv.Itoa(g.n(3)) + ")", `(dict "c" 0 "nested" (dict "a" 2))`, values + "m0"})
	case 't':
		layout, text := g.dated()
		return pickOne(g, []string{`(toDate "2006-01-02" "2020-02-29")`, `(toDate "2006-01-02 15:04:05" "1999-12-31 23:59:59")`, `(unixEpoch (toDate "2006" "2001") | int64)`, g.number(),
			fmt.Sprintf("(toDate %q %q)", layout, text)})
	case 'x':
		return pickOne(g, []string{"2", "0", "1", "4", "8", "2", "3", "-1", `"2"`})
	case 'j':
		if g.chance(20) {
			return "(toJson " + values + "m0)"
		}
	case 'y':
		if g.chance(25) {
			return pickOne(g, []string{"(toYaml " + values + "m0)", values + "s1"})
		}
	case 'e':
		return g.inner(values)
	case 'a':
		return g.anything(values)
	}
	if text, ok := g.literal(kind); ok {
		return g.quote(text)
	}
	return g.anything(values)
}

// literal is the text of a string of some purpose.
func (g *Generator) literal(kind byte) (string, bool) {
	switch kind {
	case 'r':
		return g.regex(), true
	case 'n':
		return g.replacement(), true
	case 'd':
		return g.layout(), true
	case 'c':
		return g.constraint(), true
	case 'k':
		return pickOne(g, mapKeys), true
	case 'v':
		return g.version(), true
	case 'j':
		return g.json(), true
	case 'y':
		return g.yaml(), true
	case 'o':
		return g.toml(), true
	case 'p':
		return g.format(), true
	case 'q':
		return g.numberText(), true
	case 'D':
		return g.duration(), true
	case 'u':
		return g.url(), true
	case 'P':
		return g.path(), true
	case 'z':
		return pickOne(g, []string{"UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Local", "", "Nowhere", "EST"}), true
	case 'w':
		return pickOne(g, []string{"string", "int", "int64", "float64", "map", "slice", "bool", "ptr", "invalid", "map[string]interface {}", "[]interface {}", "time.Time", "*semver.Version", "nil"}), true
	}
	return "", false
}

// inner is the template that tpl gets.
func (g *Generator) inner(values string) string {
	if g.chance(40) {
		here := *g
		defer func() { next := g.next; *g = here; g.next = next }()
		g.vars, g.inRange, g.dot = nil, 0, "."
		return g.quote(g.block(1).String())
	}
	return pickOne(g, []string{`"{{ .Values.s0 }}"`, `"{{ . }}"`, `"x{{ .Values.missing }}y"`, `"{{ range .Values.l0 }}[{{ . }}]{{ end }}"`, `"plain"`, `"{{"`, `"{{ include \"h0\" . }}"`, `"{{ .Values.m0 | toYaml }}"`, `"{{ $x := 1 }}{{ add $x 2 }}"`, `"{{ .Values.a.b }}"`, values + "s2",
		`"{{ define \"t\" }}T{{ . }}{{ end }}{{ include \"t\" 1 }}"`, `"{{ template \"h0\" . }}"`, `"{{ tpl .Values.s0 . }}"`, `"{{ .Template.Name }}"`, `"{{ fail .Values.s0 }}"`})
}

// anything is a value of any kind, be it absent.
func (g *Generator) anything(values string) string {
	root := strings.TrimSuffix(values, "Values.")
	switch g.n(14) {
	case 0:
		return root + pickOne(g, []string{"Chart.Name", "Chart.Version", "Chart.Keywords", "Chart.Annotations", "Chart.Maintainers", "Chart.Dependencies", "Chart.Type", "Chart.IsRoot", "Chart.Nope", "Chart.name",
			"Release", "Release.Name", "Release.Revision", "Release.IsInstall", "Release.Nope", "Template", "Template.Name", "Template.BasePath", "Subcharts", "Subcharts.x", "Nope", "Nope.x"})
	case 1:
		return root + pickOne(g, []string{"Capabilities.KubeVersion", "Capabilities.KubeVersion.Version", "Capabilities.KubeVersion.Minor", "Capabilities.KubeVersion.GitVersion", "Capabilities.HelmVersion.Version", "Capabilities.Nope",
			"Files.Nope", "Files", "Values", "Values.m0.a.b.c", "Values.s0.a", "Values.l0.a", "Values.nul.a"})
	case 2:
		return "(" + root + pickOne(g, []string{`Capabilities.APIVersions.Has "v1"`, `Capabilities.APIVersions.Has "apps/v1/Deployment"`, `Files.Get "nope"`, `Files.GetBytes "nope"`, `Files.Lines "nope"`, `Files.Glob "*"`, "Files.AsConfig", `(Files.Glob "**").AsSecrets`,
			"Capabilities.KubeVersion.String", `Values.m0.Nope`, `Values.AsMap`, `Values.YAML`, `Values.PathValue "s0"`, `Values.Table "m0"`}) + ")"
	case 3:
		return "(" + pickOne(g, []string{`toDate "2006-01-02" "2020-02-29").`, `(toDate "2006-01-02" "2020-02-29").AddDate 0 1 1).`}) + pickOne(g, []string{"Year", "Month", "Weekday", "Unix", "String", "YearDay", "UTC", "IsZero", "UnixNano", "Nope", "Hour", `Format "2006 Jan"`, "AddDate 1 2 3"})
	case 4:
		return fmt.Sprintf("(semver %q).", g.version()) + pickOne(g, []string{"Major", "Minor", "Patch", "Prerelease", "Metadata", "Original", "String", "IncMinor", "Nope", "IncMajor.String"})
	case 5:
		return pickOne(g, []string{"nil", "1", `"x"`, "$", "."})
	}
	return values + pickOne(g, []string{"nul", "missing", "s0", "n0", "l0", "m0", "w0", "w1", "m0.a", "m1.nested.b", "m2.key", "y0", "y0.a", "b0"})
}

// argument is an expression that can stand as an argument.
func (g *Generator) argument(kind byte, depth int) *Tree {
	if kind >= 'a' && kind <= 'z' || kind == 'S' {
		if strings.IndexByte("sifblmaS", kind) >= 0 && g.chance(g.wrong) {
			kind = pickOne(g, []byte("sifblmat"))
		}
	}
	if kind == '#' { // a number of any kind
		kind = pickOne(g, []byte("iiffsq"))
	}
	if depth <= 1 || g.chance(35) || strings.IndexByte("MrdckvjyopxDuPeqnzw", kind) >= 0 {
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
	return strings.HasPrefix(name, "duration") && name != "durationRound" && name != "duration" || name == "mustToYaml" || name == "mustToToml" || name == "mustToDuration"
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
s: upper(s) lower(s) title(s) untitle(s) trim(s) quote(a*) squote(a*) print(a*) println(a*) printf(pa*) printf(paaa) printf(pi*) printf(pf*) printf(ps*) cat(a*) toString(a) trunc(xs) substr(xis) abbrev(is) abbrevboth(iis) initials(s) nospace(s) snakecase(s) camelcase(s) kebabcase(s) swapcase(s) wrap(xs) wrapWith(xss) replace(sss) trimAll(ss) trimall(ss) trimPrefix(ss) trimSuffix(ss) repeat(xs) indent(xs) nindent(xs) plural(ssi) join(sl) join(sS) join(sa) b64enc(s) b64dec(s) b32enc(s) b32dec(s) sha256sum(s) sha1sum(s) sha512sum(s) adler32sum(s) toJson(a) toPrettyJson(a) toRawJson(a) toYaml(a) toYaml(m) toYamlPretty(a) toYamlPretty(m) toToml(m) toToml(M) include(h) tpl(ea) typeOf(a) kindOf(a) default(sa) coalesce(a*) required(sa) fail(s) regexFind(rs) regexReplaceAll(rsn) regexReplaceAllLiteral(rsn) mustRegexFind(rs) mustRegexReplaceAll(rsn) mustRegexReplaceAllLiteral(rsn) regexQuoteMeta(s) base(P) dir(P) clean(P) ext(P) osBase(P) osDir(P) osExt(P) osClean(P) urlJoin(m) urlquery(s) html(s) js(s) html(a*) js(a*) urlquery(a*) date(dt) date(da) date_in_zone(dtz) dateInZone(dtz) htmlDate(t) htmlDateInZone(tz) durationRound(D) durationRound(i) durationRound(t) duration(q) duration(i) seq(xx) seq(xxx) seq(x) first(S) last(S) index(Si) get(Mk) ternary(ssb) semver(v) dig(kkaM) toString(s) unixEpoch(t) mustToJson(a) mustToRawJson(a) mustToPrettyJson(a) mustToYaml(a) mustToToml(m) hello() typeOf(l) printf(pt) printf(pl) printf(pm) toJson(m) toJson(l) slice(sxx) index(sx) durationRoundTo(DD) durationTruncateTo(DD) decryptAES(ss) buildCustomCert(ss)
i: add(#*) add1(#) sub(##) mul(##*) div(##) mod(##) max(##*) min(##*) biggest(##*) int(#) int64(#) int(a) int64(a) int64(q) len(s) len(l) len(m) len(a) atoi(s) atoi(q) toDecimal(#) toDecimal(q) ternary(iib) default(xi) durationSeconds(D) durationMinutes(D) durationMilliseconds(D) durationMicroseconds(D) durationNanoseconds(D) durationSeconds(#)
f: addf(##*) subf(##*) mulf(##*) divf(##) divf(##*) add1f(#) maxf(##*) minf(##*) float64(#) float64(a) float64(q) round(#x) round(#xf) floor(f) floor(#) ceil(f) ceil(#) durationHours(D) durationDays(D) durationWeeks(D)
b: eq(ss) eq(ii) eq(aa*) ne(aa) lt(ii) lt(ss) lt(aa) le(ff) le(aa) gt(ii) ge(ss) and(aa*) or(aa*) not(a) empty(a) contains(ss) hasPrefix(ss) hasSuffix(ss) has(al) has(sS) hasKey(mk) kindIs(wa) typeIs(wa) typeIsLike(wa) deepEqual(aa) regexMatch(rs) mustRegexMatch(rs) semverCompare(cv) all(a*) any(a*) isAbs(P) osIsAbs(P) mustHas(al) eq(ab) deepEqual(mm)
l: list(a*) tuple(a*) append(la) prepend(la) concat(ll*) rest(l) initial(l) reverse(l) uniq(l) without(la*) compact(l) slice(lxi) slice(l) slice(lx) slice(lii) chunk(xl) until(x) untilStep(xxx) fromYamlArray(y) fromJsonArray(j) push(la) pluck(kmM) mustFromJson(j) mustUniq(l) mustWithout(la) mustAppend(la) mustPush(la) mustPrepend(la) mustRest(l) mustInitial(l) mustReverse(l) mustCompact(l) mustSlice(lxx) mustChunk(xl) default(la) coalesce(al) rest(S) reverse(S) uniq(S) append(Sa) values(M) lookup(ssss)
S: splitList(ss) sortAlpha(l) sortAlpha(S) sortAlpha(a) regexSplit(rsi) mustRegexSplit(rsx) regexFindAll(rsi) mustRegexFindAll(rsx) toStrings(l) toStrings(a) sortAlpha(m)
m: dict(&) dict(a*) merge(MM*) mergeOverwrite(MM*) mustMergeOverwrite(MM*) merge(mm) pick(mk*) omit(mk*) deepCopy(m) fromYaml(y) fromJson(j) fromToml(o) split(ss) splitn(sxs) urlParse(u) set(Mka) set(mka) unset(Mk) unset(mk) mustMerge(MM) mustDeepCopy(m) default(ma)
a: first(l) last(l) first(a) last(a) index(lx) index(mk) index(aa) index(akx) get(mk) dig(kam) dig(kkam) field() ternary(aab) default(aa) coalesce(a*) mustFirst(l) mustLast(l) mustFromJson(j) deepCopy(l) deepCopy(a) and(aa) or(aa) required(sa) call(a) call(ax) lookup(ssss)
t: dateModify(Dt) date_modify(Dt) must_date_modify(Dt) toDate(ds) mustDateModify(Dt) mustToDate(ds) mustToDuration(D) mustToDuration(#)
`
