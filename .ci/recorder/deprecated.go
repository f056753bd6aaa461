package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/deprecation"
	kscheme "k8s.io/client-go/kubernetes/scheme"
)

// deprecated writes a line for each kind that client-go knows to be deprecated: since when, its API version and name,
// and what helm lint says of it (helm v4.3.1 pkg/chart/v2/lint/rules/deprecations.go).
func deprecated(path string) error {
	scheme := runtime.NewScheme()
	if err := kscheme.AddToScheme(scheme); err != nil {
		return err
	}
	var lines []string
	for kind := range scheme.AllKnownTypes() {
		object, err := scheme.New(kind)
		if err != nil {
			return err
		}
		life, ok := object.(interface{ APILifecycleDeprecated() (int, int) })
		if !ok {
			continue
		}
		object.GetObjectKind().SetGroupVersionKind(kind)
		major, minor := life.APILifecycleDeprecated()
		if message := deprecation.WarningMessage(object); message != "" {
			lines = append(lines, fmt.Sprintf("%s %s\t%d.%d\t%s\n", kind.GroupVersion(), kind.Kind, major, minor, message))
		}
	}
	slices.Sort(lines)
	return os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644)
}
