package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Context is what the blocks before a template say about its chart.
type Context struct {
	files   map[string]string
	order   []string
	helpers string
	values  string
}

func newContext() *Context { return &Context{files: map[string]string{}} }

func (c *Context) clone() *Context {
	out := &Context{files: map[string]string{}, order: append([]string(nil), c.order...), helpers: c.helpers, values: c.values}
	for k, v := range c.files {
		out.files[k] = v
	}
	return out
}

// take reads a block that sets something up; false when it is of another kind.
func (c *Context) take(n *Node) bool {
	content := n.Content
	if content != "" {
		content += "\n"
	}
	switch n.kind() {
	case "values":
		c.values = content
	case "helpers":
		c.helpers = content
	case "file":
		path, _ := n.attr("path")
		if _, seen := c.files[path]; !seen {
			c.order = append(c.order, path)
		}
		c.files[path] = content
	default:
		return false
	}
	return true
}

// chart gives the files of the chart around one template, Chart.yaml first.
func (c *Context) chart(template string) []File {
	yaml, ok := c.files["Chart.yaml"]
	if !ok {
		yaml = defaultChartYAML
	}
	files := []File{{"Chart.yaml", []byte(yaml)}}
	for _, path := range c.order {
		if path != "Chart.yaml" {
			files = append(files, File{path, []byte(c.files[path])})
		}
	}
	if c.helpers != "" {
		files = append(files, File{helpersPath, []byte(c.helpers)})
	}
	return append(files, File{templatePath, []byte(template)})
}

// expectations gives the blocks that say what both versions make of a template.
func expectations(both Both) []*Node {
	one := func(r Result, attr string) *Node {
		kind := "output"
		if r.Failed {
			kind = "error"
		}
		return block(kind+attr, r.Text)
	}
	if both.Three == both.Four {
		return []*Node{one(both.Three, "")}
	}
	return []*Node{one(both.Three, " helm=3"), one(both.Four, " helm=4")}
}

// caseLine is the same for one line of a cases block.
func caseLine(template string, both Both) string {
	one := func(r Result) string {
		if r.Failed {
			return "! " + escape(r.Text)
		}
		return "= " + escape(r.Text)
	}
	line := escape(template)
	if both.Three == both.Four {
		return line + "\t" + one(both.Three)
	}
	return line + "\t3" + one(both.Three) + "\t4" + one(both.Four)
}

// recordNodes walks a file and puts fresh expectations behind every template. It returns the number of cases.
func recordNodes(nodes []*Node, times int) ([]*Node, int, error) {
	var out []*Node
	fileContext := newContext()
	context := fileContext
	count := 0
	for _, n := range nodes {
		if n.isHeading() && n.level() > 1 {
			context = fileContext.clone()
		}
		switch n.kind() {
		case "output", "error":
			continue
		case "template":
			ctx := context
			if inline, ok := n.attr("values"); ok {
				ctx = context.clone()
				ctx.values = inline + "\n"
			}
			both, stable := Stable(ctx.chart(n.Content), []byte(ctx.values), times)
			if !stable {
				return nil, 0, fmt.Errorf("Helm itself is not steady on %q", n.Content)
			}
			count++
			out = append(out, n)
			out = append(out, expectations(both)...)
			continue
		case "cases":
			lines, err := recordCases(n.Content, context, times)
			if err != nil {
				return nil, 0, err
			}
			count += len(lines)
			out = append(out, &Node{Fence: n.Fence, Info: n.Info, Content: strings.Join(lines, "\n")})
			continue
		default:
			context.take(n)
		}
		out = append(out, n)
	}
	return out, count, nil
}

func recordCases(content string, context *Context, times int) ([]string, error) {
	var lines []string
	for line := range strings.SplitSeq(content, "\n") {
		if line == "" {
			continue
		}
		input, _, _ := strings.Cut(line, "\t")
		template, err := unescape(input)
		if err != nil {
			return nil, err
		}
		both, stable := Stable(context.chart(template), []byte(context.values), times)
		if !stable {
			fmt.Fprintf(os.Stderr, "dropped, Helm itself is not steady: %s\n", input)
			continue
		}
		lines = append(lines, caseLine(template, both))
	}
	return lines, nil
}

// recordAll refreshes (or, when checking, compares) every Markdown file below the directory; the result is the number
// of stale files.
func recordAll(root string, only string, check bool, times int) (stale int, err error) {
	total := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "calls" {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".md") || !strings.Contains(path, only) {
			return nil
		}
		old, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		nodes, err := parseMarkdown(string(old))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		nodes, count, err := recordNodes(nodes, times)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		total += count
		text := formatMarkdown(nodes)
		if text == string(old) {
			return nil
		}
		stale++
		fmt.Println(map[bool]string{true: "stale:", false: "wrote"}[check], path)
		if check {
			return nil
		}
		return os.WriteFile(path, []byte(text), 0o644)
	})
	fmt.Printf("%d cases\n", total)
	return stale, err
}
