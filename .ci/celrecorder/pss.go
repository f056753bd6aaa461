package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

type verdict struct {
	Name    string              `json:"name"`
	Pod     string              `json:"pod"`
	Allowed map[string]bool     `json:"allowed"`
	Refused map[string][]string `json:"refused"`
}

// The newest version of Pod Security that the module has fixtures for: nothing was added since.
const newest = "v1.35"

// recordPSS writes every pod of the module's newest test data with what the evaluator of all checks says of it at both
// levels.
func recordPSS(dir string) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	version := api.MajorMinorVersion(1, 36)
	var out []verdict
	add := func(name string, pod *corev1.Pod, text string) {
		v := verdict{Name: name, Pod: text, Allowed: map[string]bool{}, Refused: map[string][]string{}}
		for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
			results := evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: version}, &pod.ObjectMeta, &pod.Spec)
			all := policy.AggregateCheckResults(results)
			v.Allowed[string(level)] = all.Allowed
			if !all.Allowed {
				reasons := append([]string{}, all.ForbiddenReasons...)
				sort.Strings(reasons)
				v.Refused[string(level)] = reasons
			}
		}
		out = append(out, v)
	}
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		return err
	}
	root := filepath.Join(strings.TrimSpace(string(module)), "test", "testdata")
	files, err := filepath.Glob(filepath.Join(root, "*", newest, "*", "*.yaml"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		pod := &corev1.Pod{}
		if err := yaml.Unmarshal(text, pod); err != nil {
			return err
		}
		// The server sets defaults before admission: a volume without a source is an emptyDir.
		for i := range pod.Spec.Volumes {
			if pod.Spec.Volumes[i].VolumeSource == (corev1.VolumeSource{}) {
				pod.Spec.Volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
			}
		}
		name, _ := filepath.Rel(root, file)
		add(filepath.ToSlash(name), pod, string(text))
	}
	encoded, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return err
	}
	fmt.Println(len(out), "pods")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "pods.json"), append(encoded, '\n'), 0o644)
}
