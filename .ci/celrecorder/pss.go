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

// recordPSS writes every pod of the module's test data for 1.36 with what the evaluator of all checks says of it at both
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
	files, err := filepath.Glob(filepath.Join(root, "*", "v1.36", "*", "*.yaml"))
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
