// Command generator writes kubernetes.txt, the schemas that plimsoll carries, from the sources of Kubernetes itself.
// ../README.md says what comes from where, and what the file looks like.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
)

// releases are the versions that are embedded: the newest patch of each that the Go proxy has.
var releases = []release{
	{30, "v1.30.14"}, {31, "v1.31.14"}, {32, "v1.32.13"}, {33, "v1.33.13"},
	{34, "v1.34.4"}, {35, "v1.35.4"}, {36, "v1.36.3"}, {37, "v1.37.1"},
}

// lifecycles are the modules that say since when an API is deprecated and gone; an earlier one wins over a later one.
// The old ones know the APIs whose types have been deleted since.
var lifecycles = []string{
	"k8s.io/api@v0.37.1", "k8s.io/api@v0.36.3", "k8s.io/api@v0.30.14", "k8s.io/apiextensions-apiserver@v0.30.14",
	"k8s.io/kube-aggregator@v0.30.14", "k8s.io/api@v0.24.3", "k8s.io/api@v0.22.5", "k8s.io/api@v0.20.6",
	"k8s.io/api@v0.19.16",
}

// release is a minor version of Kubernetes and the patch it is taken from.
type release struct {
	minor int
	tag   string
}

func main() {
	out := flag.String("o", "../kubernetes.txt", "the file to write")
	check := flag.Bool("check", false, "write nothing, fail when the file is stale")
	flag.Parse()
	if err := run(*out, *check); err != nil {
		log.Fatal(err)
	}
}

func run(out string, check bool) error {
	b := newBundle()
	for at, r := range releases {
		dir, err := moduleDir("k8s.io/kubernetes@" + r.tag)
		if err != nil {
			return err
		}
		if err := b.add(at, dir); err != nil {
			return fmt.Errorf("%s: %w", r.tag, err)
		}
	}
	lives, err := readLifecycles()
	if err != nil {
		return err
	}
	text := b.text(lives)
	if !check {
		return os.WriteFile(out, text, 0o644)
	}
	old, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	if !bytes.Equal(old, text) {
		return errors.New(out + " is stale: run the generator without -check")
	}
	return nil
}

// moduleDir downloads a module through the Go proxy and says where it lies.
func moduleDir(module string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	var found struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(text, &found); jsonErr != nil {
		return "", fmt.Errorf("%s: %w", module, errors.Join(err, jsonErr))
	}
	if found.Error != "" {
		return "", fmt.Errorf("%s: %s", module, strings.TrimSpace(found.Error))
	}
	return found.Dir, err
}
