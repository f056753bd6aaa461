package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// readEnums reads the enumerations out of pkg/generated/openapi/zz_generated.openapi.go, which the published OpenAPI
// lacks: by definition (`core.v1.Container`) and property, for arrays those of the items.
func readEnums(dir string) (map[string]map[string][]string, error) {
	path := filepath.Join(dir, "pkg/generated/openapi/zz_generated.openapi.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	found := map[string]map[string][]string{}
	for _, decl := range file.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(function.Name.Name, "schema_") {
			continue
		}
		parts := strings.Split(function.Name.Name, "_")
		name := strings.Join(parts[max(0, len(parts)-3):], ".")
		found[name] = propertyEnums(function)
	}
	// Its feature (ContainerStopSignals) is off in all versions, and what is off the server drops before it looks.
	delete(found["core.v1.Lifecycle"], "stopSignal")
	return found, nil
}

func propertyEnums(function *ast.FuncDecl) map[string][]string {
	found := map[string][]string{}
	ast.Inspect(function, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok || !isNamed(pair.Key, "Properties") {
			return true
		}
		if properties, ok := pair.Value.(*ast.CompositeLit); ok {
			for _, element := range properties.Elts {
				property := element.(*ast.KeyValueExpr)
				if values := enumBelow(property.Value); values != nil {
					found[literal(property.Key)] = values
				}
			}
		}
		return false
	})
	return found
}

func enumBelow(n ast.Node) []string {
	var values []string
	ast.Inspect(n, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok || !isNamed(pair.Key, "Enum") {
			return true
		}
		if list, ok := pair.Value.(*ast.CompositeLit); ok {
			for _, element := range list.Elts {
				values = append(values, literal(element))
			}
		}
		return false
	})
	return values
}

func isNamed(n ast.Expr, name string) bool {
	id, ok := n.(*ast.Ident)
	return ok && id.Name == name
}

func literal(n ast.Expr) string {
	text, ok := n.(*ast.BasicLit)
	if !ok {
		return ""
	}
	value, err := strconv.Unquote(text.Value)
	if err != nil {
		return text.Value
	}
	return value
}
