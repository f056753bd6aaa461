package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// life is what zz_generated.prerelease-lifecycle.go or lifecycle.go says of a kind, with minor versions; 0 where it says nothing.
type life struct {
	gvk
	deprecated, removed int
	replacement         gvk
}

var (
	lifeFunc = regexp.MustCompile(`(?m)^func \(in \*(\w+)\) APILifecycle(Deprecated|Removed|Replacement)\(\).*\n\treturn (.*)$`)
	minorOf  = regexp.MustCompile(`^1, (\d+)$`)
	gvkOf    = regexp.MustCompile(`Group: "([^"]*)", Version: "([^"]*)", Kind: "([^"]*)"`)
	groupOf  = regexp.MustCompile(`(?m)^const GroupName = "([^"]*)"|SchemeGroupVersion = schema.GroupVersion\{Group: "([^"]*)"`)
)

// readLifecycles reads all modules, sorted by API.
func readLifecycles() ([]life, error) {
	found := map[gvk]life{}
	for _, module := range lifecycles {
		dir, err := moduleDir(module)
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(entry.Name(), "lifecycle.go") {
				return err
			}
			lives, err := readLifecycle(path)
			for _, l := range lives {
				if _, known := found[l.gvk]; !known {
					found[l.gvk] = l
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	lives := []life{}
	for _, l := range found {
		if !strings.HasSuffix(l.Kind, "List") && (l.deprecated != 0 || l.removed != 0) {
			lives = append(lives, l)
		}
	}
	slices.SortFunc(lives, func(a, b life) int {
		return cmp.Or(cmp.Compare(a.apiVersion(), b.apiVersion()), cmp.Compare(a.Kind, b.Kind))
	})
	return lives, nil
}

func readLifecycle(path string) ([]life, error) {
	register, err := os.ReadFile(filepath.Join(filepath.Dir(path), "register.go"))
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	group := groupOf.FindSubmatch(register)
	if group == nil {
		return nil, fmt.Errorf("%s: no group in its register.go", path)
	}
	of := gvk{string(group[1]) + string(group[2]), filepath.Base(filepath.Dir(path)), ""}
	kinds := map[string]*life{}
	for _, m := range lifeFunc.FindAllStringSubmatch(string(text), -1) {
		l, known := kinds[m[1]]
		if !known {
			l = &life{gvk: gvk{of.Group, of.Version, m[1]}}
			kinds[m[1]] = l
		}
		switch minor := minorOf.FindStringSubmatch(m[3]); {
		case m[2] == "Replacement":
			if r := gvkOf.FindStringSubmatch(m[3]); r != nil {
				l.replacement = gvk{r[1], r[2], r[3]}
			}
		case minor == nil:
			return nil, fmt.Errorf("%s: %s of %s is %s", path, m[2], m[1], m[3])
		case m[2] == "Deprecated":
			fmt.Sscan(minor[1], &l.deprecated)
		default:
			fmt.Sscan(minor[1], &l.removed)
		}
	}
	lives := []life{}
	for _, l := range kinds {
		lives = append(lives, *l)
	}
	return lives, nil
}

// legacyBeta are the beta resources that a server serves unasked, from pkg/controlplane/instance.go.
var legacyBeta = regexp.MustCompile(`(?s)legacyBetaEnabledByDefaultResources = \[\]schema.GroupVersionResource\{(.*?)\n\t?\}`)

var resourceOf = regexp.MustCompile(`(\w+)\.SchemeGroupVersion\.WithResource\("(\w+)"\)`)

// readDefaults tells the API versions in beta that are on by default: `flowcontrol.apiserver.k8s.io/v1beta3`.
func readDefaults(dir string) (map[string]bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, "pkg/controlplane/instance.go"))
	if err != nil {
		return nil, err
	}
	on := map[string]bool{}
	list := legacyBeta.FindSubmatch(text)
	if list == nil {
		return on, nil
	}
	for _, m := range resourceOf.FindAllSubmatch(list[1], -1) {
		on[string(m[1])] = true
	}
	return on, nil
}
