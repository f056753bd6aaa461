package main

import (
	"fmt"
	"strings"
)

// Node is a line of prose or a fenced block.
type Node struct {
	Line    string // prose, when Fence is empty
	Fence   string // the backquotes
	Info    string
	Content string // without the newline before the closing fence
}

func (n *Node) kind() string {
	kind, _, _ := strings.Cut(n.Info, " ")
	return kind
}

func (n *Node) attr(name string) (string, bool) {
	_, rest, _ := strings.Cut(n.Info, " ")
	for rest != "" {
		rest = strings.TrimLeft(rest, " ")
		key, after, ok := strings.Cut(rest, "=")
		if !ok {
			return "", false
		}
		if key == "values" { // YAML with spaces in it: always the last attribute
			return after, name == key
		}
		var value string
		value, rest, _ = strings.Cut(after, " ")
		if key == name {
			return value, true
		}
	}
	return "", false
}

func block(info, content string) *Node {
	fence := "```"
	for strings.Contains(content, fence) {
		fence += "`"
	}
	return &Node{Fence: fence, Info: info, Content: content}
}

func (n *Node) isHeading() bool { return n.Fence == "" && strings.HasPrefix(n.Line, "#") }

// level of a heading: 1 is the title of the file, deeper ones name tests.
func (n *Node) level() int { return len(n.Line) - len(strings.TrimLeft(n.Line, "#")) }

func parseMarkdown(text string) ([]*Node, error) {
	var nodes []*Node
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if !strings.HasPrefix(line, "```") {
			nodes = append(nodes, &Node{Line: line})
			continue
		}
		info := strings.TrimLeft(line, "`")
		fence := line[:len(line)-len(info)]
		start := i + 1
		for i++; i < len(lines) && lines[i] != fence; i++ {
		}
		if i >= len(lines) {
			return nil, fmt.Errorf("line %d: block is not closed", start)
		}
		nodes = append(nodes, &Node{Fence: fence, Info: info, Content: strings.Join(lines[start:i], "\n")})
	}
	return nodes, nil
}

func formatMarkdown(nodes []*Node) string {
	var b strings.Builder
	for _, n := range nodes {
		if n.Fence == "" {
			b.WriteString(n.Line + "\n")
			continue
		}
		b.WriteString(n.Fence + n.Info + "\n")
		if n.Content != "" {
			b.WriteString(n.Content + "\n")
		}
		b.WriteString(n.Fence + "\n")
	}
	return b.String()
}
