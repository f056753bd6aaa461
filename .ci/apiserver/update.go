package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"sigs.k8s.io/yaml"
)

// updateVerdict makes the object, asks what the server says of the new text in its place, and takes the object away
// again. Both are applied by the server with one field manager, as Helm 4 does.
func (s *server) updateVerdict(o *object, text string) ([]string, error) {
	path, name, err := s.collection(o)
	if err != nil {
		return nil, err
	}
	path += "/" + name
	query := "?fieldManager=helm&fieldValidation=Strict"
	code, data, err := s.call("PATCH", path+query, "application/apply-patch+yaml", []byte(o.text))
	if err != nil {
		return nil, err
	}
	if code >= 300 {
		return nil, fmt.Errorf("%s: the old object is refused: %s", name, data)
	}
	defer s.remove(path)
	if err := s.settle(path, o); err != nil {
		return nil, err
	}
	code, data, err = s.call("PATCH", path+query+"&dryRun=All", "application/apply-patch+yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	if code < 300 {
		return []string{"ok"}, nil
	}
	return refusal(code, data, text)
}

// settle does what controllers would before somebody updates the object: its status, if it has one, and a definition
// that is served.
func (s *server) settle(path string, o *object) error {
	var root struct {
		Kind   string
		Status map[string]any
	}
	if err := yaml.Unmarshal([]byte(o.text), &root); err != nil {
		return err
	}
	if root.Status != nil {
		body, err := json.Marshal(map[string]any{"status": root.Status})
		if err != nil {
			return err
		}
		code, data, err := s.call("PATCH", path+"/status", "application/merge-patch+json", body)
		if err != nil || code >= 300 {
			return fmt.Errorf("%s/status: %v %s", path, err, data)
		}
	}
	for tries := 0; root.Kind == "CustomResourceDefinition" && tries < 100; tries++ {
		_, data, err := s.call("GET", path, "", nil)
		if err != nil || bytes.Contains(data, []byte(`"type":"Established","status":"True"`)) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}

// remove deletes an object for good: nobody else takes its finalizers away.
func (s *server) remove(path string) {
	freed := []byte(`{"metadata": {"finalizers": null}}`)
	_, _, _ = s.call("PATCH", path, "application/merge-patch+json", freed)
	code, data, err := s.call("DELETE", path+"?gracePeriodSeconds=0&propagationPolicy=Background", "", nil)
	if err != nil || code >= 300 && code != http.StatusNotFound {
		fmt.Printf("%s stays: %v %s\n", path, err, data)
	}
	_, _, _ = s.call("PATCH", path, "application/merge-patch+json", freed)
}
