package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// bundle gathers all releases; a bit of a mask stands for a release.
type bundle struct {
	// By definition, property and text of the property.
	defs  map[string]map[string]map[string]uint16
	kinds map[kind]uint16
	// Releases in which a server serves the kind only if asked to.
	off map[kind]uint16
}

func newBundle() *bundle {
	return &bundle{map[string]map[string]map[string]uint16{}, map[kind]uint16{}, map[kind]uint16{}}
}

// add takes in the release whose sources lie in dir.
func (b *bundle) add(at int, dir string) error {
	defs, kinds, err := readOpenAPI(dir)
	if err != nil {
		return err
	}
	enums, err := readEnums(dir)
	if err != nil {
		return err
	}
	on, err := readDefaults(dir)
	if err != nil {
		return err
	}
	var todo []string
	for _, k := range kinds {
		todo = append(todo, k.def)
		k.def = short(k.def)
		b.kinds[k] |= 1 << at
		if offByDefault(k.gvk, on) {
			b.off[k] |= 1 << at
		}
	}
	done := map[string]bool{}
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if done[name] {
			continue
		}
		done[name] = true
		if err := b.define(at, short(name), defs[name], enums[short(name)], &todo); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (b *bundle) define(at int, name string, def *schema, enums map[string][]string, todo *[]string) error {
	if b.defs[name] == nil {
		b.defs[name] = map[string]map[string]uint16{}
	}
	for property, s := range def.Properties {
		inner := s
		for inner.Items != nil {
			inner = inner.Items
		}
		if inner.Type == "string" {
			inner.enum = enums[property]
		}
		text, err := s.typeText(todo)
		if err != nil {
			return fmt.Errorf("%s: %w", property, err)
		}
		text += "\t" + s.flags(slices.Contains(def.Required, property) && !acceptedWithout[name+"."+property])
		if b.defs[name][property] == nil {
			b.defs[name][property] = map[string]uint16{}
		}
		b.defs[name][property][text] |= 1 << at
	}
	return nil
}

// flags says what absence of a property means; see the README.
func (s *schema) flags(required bool) string {
	flags := ""
	if string(s.Default) == "{}" {
		flags += "+"
	}
	if required && s.Type != "boolean" {
		flags += "!"
		if d := string(s.Default); d == "0" || d == `""` {
			flags += "0"
		}
	}
	switch {
	case s.ListType == "set":
		flags += "@"
	case s.ListType == "map":
		flags += "@" + strings.Join(s.ListKeys, ",")
	}
	return flags
}

// offByDefault tells whether a server serves an API only if --runtime-config asks for it.
func offByDefault(g gvk, on map[string]bool) bool {
	if strings.Contains(g.Version, "alpha") {
		return true
	}
	alias := strings.Split(g.Group, ".")[0] + g.Version
	return strings.Contains(g.Version, "beta") && !on[alias]
}

// text is the file.
func (b *bundle) text(lives []life) []byte {
	var out bytes.Buffer
	out.WriteString("# Written by schemas/generator, see README.md there.\nversions")
	for _, r := range releases {
		fmt.Fprintf(&out, " %d", r.minor)
	}
	out.WriteString("\n")
	kinds := slices.Collect(maps.Keys(b.kinds))
	slices.SortFunc(kinds, func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.apiVersion(), b.apiVersion()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.def, b.def))
	})
	for _, k := range kinds {
		scope := "cluster"
		if k.namespaced {
			scope = "namespaced"
		}
		fmt.Fprintf(&out, "kind %s %s %s %s %02x %02x\n", k.apiVersion(), k.Kind, k.def, scope, b.kinds[k], b.off[k])
	}
	for _, l := range lives {
		fmt.Fprintf(&out, "life %s %s %d %d", l.apiVersion(), l.Kind, l.deprecated, l.removed)
		if l.replacement.Kind != "" {
			fmt.Fprintf(&out, " %s %s", l.replacement.apiVersion(), l.replacement.Kind)
		}
		out.WriteString("\n")
	}
	b.writeDefs(&out)
	return out.Bytes()
}

func (b *bundle) writeDefs(out *bytes.Buffer) {
	all := uint16(1<<len(releases) - 1)
	for _, name := range slices.Sorted(maps.Keys(b.defs)) {
		fmt.Fprintf(out, "def %s\n", name)
		for _, property := range slices.Sorted(maps.Keys(b.defs[name])) {
			for _, text := range slices.Sorted(maps.Keys(b.defs[name][property])) {
				fmt.Fprintf(out, "\t%s\t%s", property, text)
				if mask := b.defs[name][property][text]; mask != all {
					fmt.Fprintf(out, "\t%02x", mask)
				}
				out.WriteString("\n")
			}
		}
	}
}
