// What Flux's kustomize controller makes of a Kustomization, with its own module: the folder with the patches and names of the
// Kustomization, then its variables.
//
//	flux REPOSITORY KUSTOMIZATION OBJECTS
//
// REPOSITORY is a copy, which is written to; KUSTOMIZATION is a file with the object as JSON; OBJECTS one with a list of the
// ConfigMaps that the cluster has. Prints the objects that it builds as JSON lines.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/fluxcd/pkg/kustomize"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func main() {
	root := os.Args[1]
	var one unstructured.Unstructured
	must(0, json.Unmarshal(must(os.ReadFile(os.Args[2])), &one.Object))
	var maps []corev1.ConfigMap
	must(0, json.Unmarshal(must(os.ReadFile(os.Args[3])), &maps))
	builder := fake.NewClientBuilder()
	for i := range maps {
		builder = builder.WithObjects(&maps[i])
	}
	client := builder.Build()
	path, _, err := unstructured.NestedString(one.Object, "spec", "path")
	must(0, err)
	folder := filepath.Join(root, path)
	must(kustomize.NewGenerator(root, one).WriteFile(folder))
	built := must(kustomize.SecureBuild(root, folder, false))
	for _, object := range built.Resources() {
		if made := must(kustomize.SubstituteVariables(context.Background(), client, one, object)); made != nil {
			object = made
		}
		fmt.Println(string(must(object.MarshalJSON())))
	}
}
