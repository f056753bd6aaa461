package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// document is what is read of one file of api/openapi-spec/v3.
type document struct {
	Paths map[string]struct {
		Post *struct {
			Action string `json:"x-kubernetes-action"`
			GVK    gvk    `json:"x-kubernetes-group-version-kind"`
		} `json:"post"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type gvk struct{ Group, Version, Kind string }

func (g gvk) apiVersion() string {
	if g.Group == "" {
		return g.Version
	}
	return g.Group + "/" + g.Version
}

type schema struct {
	Type       string             `json:"type"`
	Format     string             `json:"format"`
	Ref        string             `json:"$ref"`
	AllOf      []*schema          `json:"allOf"`
	Items      *schema            `json:"items"`
	Values     *schema            `json:"additionalProperties"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Default    json.RawMessage    `json:"default"`
	ListType   string             `json:"x-kubernetes-list-type"`
	ListKeys   []string           `json:"x-kubernetes-list-map-keys"`
	GVKs       []gvk              `json:"x-kubernetes-group-version-kind"`
	enum       []string
}

// kind is one that can be created by a POST of its own.
type kind struct {
	gvk
	def        string
	namespaced bool
}

// readOpenAPI reads all groups of a release.
func readOpenAPI(dir string) (map[string]*schema, []kind, error) {
	files, err := filepath.Glob(filepath.Join(dir, "api/openapi-spec/v3/*_openapi.json"))
	if err != nil || len(files) == 0 {
		return nil, nil, fmt.Errorf("no OpenAPI in %s: %w", dir, err)
	}
	defs, kinds := map[string]*schema{}, []kind{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		var doc document
		if err := json.Unmarshal(text, &doc); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file, err)
		}
		maps.Copy(defs, doc.Components.Schemas)
		kinds = append(kinds, doc.kinds()...)
	}
	return defs, kinds, nil
}

func (d *document) kinds() []kind {
	var found []kind
	for path, item := range d.Paths {
		last := path[strings.LastIndex(path, "/")+1:]
		if item.Post == nil || item.Post.Action != "post" || strings.HasSuffix(last, "}") {
			continue
		}
		// A subresource stands behind the name of an object.
		if strings.Contains(path, "{name}") {
			continue
		}
		g := item.Post.GVK
		namespaced := strings.Contains(path, "{namespace}")
		at := slices.IndexFunc(found, func(k kind) bool { return k.gvk == g })
		if at >= 0 {
			found[at].namespaced = found[at].namespaced || namespaced
			continue
		}
		if def := d.definition(g); def != "" {
			found = append(found, kind{g, def, namespaced})
		}
	}
	return found
}

func (d *document) definition(g gvk) string {
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		if slices.Contains(d.Components.Schemas[name].GVKs, g) {
			return name
		}
	}
	return ""
}

// special are the definitions that Go reads with code of their own.
var special = map[string]string{
	"io.k8s.apimachinery.pkg.api.resource.Quantity":                                         "quantity",
	"io.k8s.apimachinery.pkg.util.intstr.IntOrString":                                       "intstr",
	"io.k8s.apimachinery.pkg.apis.meta.v1.Time":                                             "time",
	"io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime":                                        "microtime",
	"io.k8s.apimachinery.pkg.apis.meta.v1.Duration":                                         "duration",
	"io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1":                                         "any",
	"io.k8s.apimachinery.pkg.runtime.RawExtension":                                          "any",
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON":                         "any",
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray":       "list|&apiextensions.v1.JSONSchemaProps",
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool":        "bool|&apiextensions.v1.JSONSchemaProps",
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "strs|&apiextensions.v1.JSONSchemaProps",
}

// short is the name of a definition in the bundle: `core.v1.Container`.
func short(name string) string {
	parts := strings.Split(name, ".")
	return strings.Join(parts[max(0, len(parts)-3):], ".")
}

// typeText is a type in the words of the bundle; references that it makes go to seen.
func (s *schema) typeText(seen *[]string) (string, error) {
	ref := s.Ref
	if len(s.AllOf) == 1 {
		ref = s.AllOf[0].Ref
	}
	if ref != "" {
		name := ref[strings.LastIndex(ref, "/")+1:]
		if word, ok := special[name]; ok {
			return word, nil
		}
		*seen = append(*seen, name)
		return "&" + short(name), nil
	}
	if s.enum != nil {
		return "enum:" + strings.Join(s.enum, "|"), nil
	}
	switch s.Type + "/" + s.Format {
	case "string/":
		return "str", nil
	case "string/byte":
		return "bytes", nil
	case "boolean/":
		return "bool", nil
	case "integer/int32":
		return "i32", nil
	case "integer/int64":
		return "i64", nil
	case "number/double":
		return "f64", nil
	case "array/":
		text, err := s.Items.typeText(seen)
		return "[]" + text, err
	case "object/":
		if s.Values == nil {
			return "any", nil
		}
		text, err := s.Values.typeText(seen)
		return "{}" + text, err
	}
	return "", fmt.Errorf("type %q of format %q is not known", s.Type, s.Format)
}
