package main

import (
	"fmt"
	"net/http"
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
	code, data, err = s.call("PATCH", path+query+"&dryRun=All", "application/apply-patch+yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	if code < 300 {
		return []string{"ok"}, nil
	}
	return refusal(code, data, text)
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
