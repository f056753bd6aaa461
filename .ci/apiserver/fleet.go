package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// fleet renders every release of testdata/fleet/helm.txt and asks the server for its verdict of each object, with the
// definitions of schemas/crds at hand. It takes the program and the repository's folder.
func fleet(s *server, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: verdicts -bin DIR fleet PLIMSOLL ROOT")
	}
	program, root := args[0], args[1]
	if err := s.define(filepath.Join(root, "schemas/crds/*.yaml")); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(root, "testdata/fleet/helm.txt"))
	if err != nil {
		return err
	}
	releases, accepted, refused := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) != 8 {
			return fmt.Errorf("not eight words: %s", line)
		}
		path, cluster, namespace, kube, files := words[2], words[4], words[5], words[6], strings.Split(words[7], ",")
		releases++
		rendered, err := render(program, root, path, namespace, kube, files)
		if err != nil {
			return err
		}
		for _, document := range bytes.Split(rendered, []byte("\n---\n")) {
			verdict, err := s.release(document, namespace)
			switch {
			case err != nil:
				return fmt.Errorf("%s in %s: %w\n%s", path, cluster, err, document)
			case verdict == nil:
			case slices.Equal(verdict, []string{"ok"}):
				accepted++
			default:
				refused++
				fmt.Printf("%s in %s: %s\n%s\n", path, cluster, strings.Join(verdict, "; "), document)
			}
		}
	}
	fmt.Println(releases, "releases:", accepted, "objects accepted,", refused, "refused")
	if refused > 0 {
		return fmt.Errorf("%d objects are refused", refused)
	}
	return nil
}

func render(program, root, path, namespace, kube string, files []string) ([]byte, error) {
	args := []string{"template", filepath.Base(path), path, "--namespace", namespace, "--kube-version", kube}
	for _, file := range files {
		args = append(args, "--values", file)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = root
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, said.Bytes())
	}
	return out, nil
}

// release is the verdict of a document that may leave out its namespace; nothing of one that has no object.
func (s *server) release(document []byte, namespace string) ([]string, error) {
	var node map[string]any
	if err := yaml.Unmarshal(document, &node); err != nil || node == nil {
		return nil, err
	}
	metadata, _ := node["metadata"].(map[string]any)
	if metadata == nil {
		return nil, fmt.Errorf("no metadata")
	}
	key := fmt.Sprintf("%v %v", node["apiVersion"], node["kind"])
	if metadata["namespace"] == nil && s.resources[key].namespaced {
		metadata["namespace"] = namespace
	}
	text, err := json.Marshal(node)
	if err != nil {
		return nil, err
	}
	return s.verdict(&object{text: string(text)}, string(text))
}

// define makes custom resources known and waits until the server serves them all.
func (s *server) define(pattern string) error {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
		code, data, err := s.call("POST", crds, "application/yaml", text)
		if err != nil {
			return err
		}
		if code != http.StatusCreated {
			return fmt.Errorf("%s: %s", path, data)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		if err := s.established(crds + "/" + name); err != nil {
			return err
		}
	}
	return s.discover()
}

func (s *server) established(path string) error {
	for range 200 {
		_, data, err := s.call("GET", path, "", nil)
		if err != nil {
			return err
		}
		var crd struct {
			Status struct {
				Conditions []struct{ Type, Status string }
			}
		}
		if err := json.Unmarshal(data, &crd); err != nil {
			return err
		}
		for _, c := range crd.Status.Conditions {
			if c.Type == "Established" && c.Status == "True" {
				return nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("%s is not served after 20 seconds", path)
}
