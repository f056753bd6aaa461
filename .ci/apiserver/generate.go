package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// generate adds a case for each usual mistake at each value of each object: removed, emptied, out of range, too long,
// of a bad format, given twice. Cases that are there already stay, with their verdicts.
func generate(f *file) error {
	for _, o := range f.objects {
		var root any
		if err := yaml.Unmarshal([]byte(o.text), &root); err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, c := range o.cases {
			seen[c.edits] = true
		}
		add := func(edits string) {
			if !seen[edits] {
				seen[edits] = true
				o.cases = append(o.cases, &testCase{edits: edits})
			}
		}
		add("=")
		mistakes("", root, add)
	}
	return nil
}

func mistakes(path string, node any, add func(string)) {
	if path != "" && path != "apiVersion" && path != "kind" && path != "metadata" {
		add(path + " -")
	}
	set := func(value string) { add(path + " = " + value) }
	switch v := node.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if path == "" && (k == "apiVersion" || k == "kind") {
				continue
			}
			mistakes(join(path, k), v[k], add)
		}
	case []any:
		if len(v) > 0 {
			set("[]")
			first, _ := json.Marshal(v[0])
			add(path + "[+] = " + string(first))
		}
		for i, item := range v {
			mistakes(fmt.Sprintf("%s[%d]", path, i), item, add)
		}
	case string:
		set(`""`)
		set(`"Not_Valid!"`)
		set(`"@@300:a@@"`)
	case float64, int64:
		set("-1")
		set("0")
		set("100000")
	}
}

func join(path, key string) string {
	if strings.ContainsAny(key, ".[]/") {
		return path + "[" + key + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
