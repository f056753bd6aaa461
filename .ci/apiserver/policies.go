package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// Policies are bound in groups, because the server cuts the warnings of one answer off after 4096 characters.
const groupSize = 12

// judged is an object that the server accepts, and what the policies of the program say of it.
type judged struct {
	Text string `json:"text"`
	// Messages by set and policy, cut off by the server after 256 characters.
	Found map[string]string `json:"found"`
}

type policyFile struct {
	id, name string
	objects  []map[string]any
}

// recordPolicies applies all policies below dir with a binding that warns, sends every accepted case of the files and
// writes what the policies say.
func (s *server) recordPolicies(dir, out string, files []*file) error {
	policies, err := readPolicies(dir)
	if err != nil {
		return err
	}
	var all []*judged
	byObject := map[*judged]*object{}
	for _, f := range files {
		for _, o := range f.objects {
			for _, c := range o.cases {
				if !slices.Equal(c.verdict, []string{"ok"}) {
					continue
				}
				text, err := c.apply(o)
				if err != nil {
					return err
				}
				j := &judged{Text: text, Found: map[string]string{}}
				all, byObject[j] = append(all, j), o
			}
		}
	}
	for group := range slices.Chunk(policies, groupSize) {
		if err := s.bind(group); err != nil {
			return err
		}
		for _, j := range all {
			if err := s.judge(byObject[j], j, group); err != nil {
				return err
			}
		}
		if err := s.unbind(group); err != nil {
			return err
		}
	}
	fmt.Println(len(policies), "policies,", len(all), "objects")
	var b strings.Builder
	for _, j := range all {
		line, err := json.Marshal(j)
		if err != nil {
			return err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return os.WriteFile(out, []byte(b.String()), 0o644)
}

func readPolicies(dir string) ([]policyFile, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.yaml"))
	if err != nil {
		return nil, err
	}
	var out []policyFile
	for _, path := range paths {
		if strings.HasSuffix(path, ".params.yaml") {
			continue
		}
		set := filepath.Base(filepath.Dir(path))
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var policy map[string]any
		if err := yaml.Unmarshal(text, &policy); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		metadata := policy["metadata"].(map[string]any)
		own := metadata["name"].(string)
		// Two sets may have a policy of one name.
		name := set + "." + own
		metadata["name"] = name
		spec := map[string]any{"policyName": name, "validationActions": []string{"Warn"}}
		objects := []map[string]any{policy}
		if policy["spec"].(map[string]any)["paramKind"] != nil {
			params, err := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".params.yaml")
			if err != nil {
				return nil, err
			}
			var param map[string]any
			if err := yaml.Unmarshal(params, &param); err != nil {
				return nil, err
			}
			param["metadata"].(map[string]any)["namespace"] = "default"
			objects = append(objects, param)
			spec["paramRef"] = map[string]any{"name": own, "namespace": "default", "parameterNotFoundAction": "Deny"}
		}
		binding := map[string]any{
			"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
			"metadata": map[string]any{"name": name}, "spec": spec,
		}
		out = append(out, policyFile{set + "/" + own, name, append(objects, binding)})
	}
	// Those with parameters go into one group: once the plugin has stopped to watch ConfigMaps it never does again.
	slices.SortStableFunc(out, func(a, b policyFile) int { return len(b.objects) - len(a.objects) })
	return out, nil
}

func (s *server) place(o map[string]any) string {
	r := s.resources[fmt.Sprintf("%s %s", o["apiVersion"], o["kind"])]
	if !r.namespaced {
		return r.path
	}
	i := strings.LastIndex(r.path, "/")
	return r.path[:i] + "/namespaces/default" + r.path[i:]
}

func (s *server) bind(group []policyFile) error {
	for _, p := range group {
		for _, o := range p.objects {
			body, err := json.Marshal(o)
			if err != nil {
				return err
			}
			code, data, err := s.call("POST", s.place(o), "application/json", body)
			if err != nil {
				return err
			}
			if code >= 300 && code != http.StatusConflict {
				return fmt.Errorf("%s: %s", p.name, data)
			}
		}
	}
	// The plugin compiles what it watches every second.
	time.Sleep(4 * time.Second)
	return nil
}

func (s *server) unbind(group []policyFile) error {
	for _, p := range group {
		for _, o := range slices.Backward(p.objects) {
			name := o["metadata"].(map[string]any)["name"].(string)
			if code, data, err := s.call("DELETE", s.place(o)+"/"+name, "", nil); err != nil || code >= 300 {
				return fmt.Errorf("%s: %s %w", p.name, data, err)
			}
		}
	}
	return nil
}

var warned = regexp.MustCompile(`^Validation failed for ValidatingAdmissionPolicy '([^']+)' with binding '[^']+': (.*)$`)

func (s *server) judge(o *object, j *judged, group []policyFile) error {
	var head struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal([]byte(o.text), &head); err != nil {
		return err
	}
	r, ok := s.resources[head.APIVersion+" "+head.Kind]
	if !ok {
		return fmt.Errorf("the server does not serve %s %s", head.APIVersion, head.Kind)
	}
	path := r.path
	if r.namespaced {
		i := strings.LastIndex(path, "/")
		path = path[:i] + "/namespaces/ns" + path[i:]
	}
	header, err := s.send(path, j.Text)
	if err != nil {
		return fmt.Errorf("%s: %w", o.name, err)
	}
	for _, header := range header.Values("Warning") {
		text, ok := warningText(header)
		if !ok {
			continue
		}
		match := warned.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		for _, p := range group {
			if p.name == match[1] {
				// Several validations of one policy: the first message says it.
				if _, known := j.Found[p.id]; !known {
					j.Found[p.id] = match[2]
				}
			}
		}
	}
	return nil
}

// send asks again as long as the server has not seen the parameters.
func (s *server) send(path, text string) (http.Header, error) {
	for try := 0; ; try++ {
		req, err := http.NewRequest("POST", s.address+path+"?dryRun=All", strings.NewReader(text))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/yaml")
		res, err := s.client.Do(req)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(res.Body)
		res.Body.Close()
		switch {
		case err != nil:
			return nil, err
		case res.StatusCode < 300:
			return res.Header, nil
		case try > 30 || !strings.Contains(string(data), "no params found"):
			return nil, fmt.Errorf("%s", data)
		}
		time.Sleep(time.Second)
	}
}

// warningText takes `299 - "text"` apart.
func warningText(header string) (string, bool) {
	_, quoted, ok := strings.Cut(header, `"`)
	if !ok {
		return "", false
	}
	text := strings.TrimSuffix(quoted, `"`)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(text), true
}
