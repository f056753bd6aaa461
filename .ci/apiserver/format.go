package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// file is one of testdata/apiserver: objects, each with cases that change it.
type file struct {
	path    string
	head    string
	objects []*object
}

type object struct {
	name  string
	text  string
	cases []*testCase
}

// testCase is a line of edits with the verdict below it. The edit "=" leaves the object as it is.
type testCase struct {
	edits   string
	verdict []string
}

func readFile(path string) (*file, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &file{path: path}
	var current *object
	inCases := false
	for line := range strings.Lines(string(data)) {
		plain := strings.TrimSuffix(line, "\n")
		name, isObject := strings.CutPrefix(plain, "-- object ")
		switch {
		case isObject:
			current = &object{name: strings.TrimSuffix(name, " --")}
			f.objects = append(f.objects, current)
			inCases = false
		case plain == "-- cases --":
			inCases = true
		case current == nil:
			f.head += line
		case !inCases:
			current.text += line
		case strings.HasPrefix(plain, "    "):
			last := current.cases[len(current.cases)-1]
			last.verdict = append(last.verdict, plain[4:])
		case plain != "":
			current.cases = append(current.cases, &testCase{edits: plain})
		}
	}
	return f, nil
}

func (f *file) format() string {
	var b strings.Builder
	b.WriteString(f.head)
	for _, o := range f.objects {
		fmt.Fprintf(&b, "-- object %s --\n%s-- cases --\n", o.name, o.text)
		for _, c := range o.cases {
			b.WriteString(c.edits + "\n")
			for _, line := range c.verdict {
				b.WriteString("    " + line + "\n")
			}
		}
	}
	return b.String()
}

// apply returns the text to send: the object's own text, or JSON after the edits.
func (c *testCase) apply(o *object) (string, error) {
	if c.edits == "=" {
		return o.text, nil
	}
	var root any
	if err := yaml.Unmarshal([]byte(o.text), &root); err != nil {
		return "", err
	}
	for edit := range strings.SplitSeq(c.edits, " ;; ") {
		path, value, set := strings.Cut(edit, " = ")
		remove := strings.HasSuffix(edit, " -")
		if !set && !remove {
			return "", fmt.Errorf("no edit: %q", edit)
		}
		var parsed any
		if set {
			if err := json.Unmarshal([]byte(expand(value)), &parsed); err != nil {
				return "", fmt.Errorf("%q: %w", edit, err)
			}
		} else {
			path = strings.TrimSuffix(edit, " -")
		}
		var err error
		if root, err = change(root, steps(path), parsed, set); err != nil {
			return "", fmt.Errorf("%q: %w", edit, err)
		}
	}
	text, err := json.Marshal(root)
	return string(text), err
}

// expand writes out @N:text@, which is the text N times.
func expand(value string) string {
	for {
		before, rest, found := strings.Cut(value, "@@")
		if !found {
			return value
		}
		inner, after, _ := strings.Cut(rest, "@@")
		count, text, _ := strings.Cut(inner, ":")
		n, _ := strconv.Atoi(count)
		value = before + strings.Repeat(text, n) + after
	}
}

// steps splits a.b[0].c[key]; what is in brackets is an index if it is a number, "+" behind the last item.
func steps(path string) []string {
	var out []string
	for len(path) > 0 {
		if path[0] == '[' {
			key, rest, _ := strings.Cut(path[1:], "]")
			out, path = append(out, key), strings.TrimPrefix(rest, ".")
			continue
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			return append(out, path)
		}
		out, path = append(out, path[:end]), strings.TrimPrefix(path[end:], ".")
	}
	return out
}

func change(node any, steps []string, value any, set bool) (any, error) {
	if len(steps) == 0 {
		return value, nil
	}
	if list, ok := node.([]any); ok {
		i, err := strconv.Atoi(steps[0])
		if steps[0] == "+" {
			i, err, list = len(list), nil, append(list, nil)
		}
		if err != nil || i >= len(list) {
			return nil, fmt.Errorf("no item %q", steps[0])
		}
		if len(steps) == 1 && !set {
			return append(list[:i:i], list[i+1:]...), nil
		}
		list[i], err = change(list[i], steps[1:], value, set)
		return list, err
	}
	fields, ok := node.(map[string]any)
	if node == nil {
		fields, ok = map[string]any{}, true
		if steps[0] == "+" {
			return change([]any{}, steps, value, set)
		}
	}
	if !ok {
		return nil, fmt.Errorf("no field %q in a scalar", steps[0])
	}
	if len(steps) == 1 && !set {
		delete(fields, steps[0])
		return fields, nil
	}
	child, err := change(fields[steps[0]], steps[1:], value, set)
	fields[steps[0]] = child
	return fields, err
}
