package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	v3chart "helm.sh/helm/v3/pkg/chart"
	v3loader "helm.sh/helm/v3/pkg/chart/loader"
	v3util "helm.sh/helm/v3/pkg/chartutil"
	v3engine "helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v4/pkg/chart/common"
	v4util "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	v4loader "helm.sh/helm/v4/pkg/chart/v2/loader"
	v4engine "helm.sh/helm/v4/pkg/engine"
)

// What every snippet is rendered with, unless its test says otherwise. testdata/README.md tells the reader the same.
const (
	defaultChartYAML = "apiVersion: v2\nname: c\nversion: 0.1.0\n"
	templatePath     = "templates/t.yaml"
	helpersPath      = "templates/_h.tpl"
	releaseName      = "rel"
	namespace        = "ns"
	kubeVersion      = "1.33.0"
)

// File is one file of a chart in memory.
type File struct {
	Name string
	Data []byte
}

// Result is what a Helm version made of a snippet: its text, or the text of its error.
type Result struct {
	Text   string
	Failed bool
}

// errTimeout marks a snippet that Helm itself does not finish in reasonable time; such cases are dropped.
var errTimeout = errors.New("timeout")

// Render renders the chart with the engine of a Helm version and returns the text of templates/t.yaml. Helm's error is
// a Result, the Go error is for what isn't Helm's answer (a snippet that never ends).
func Render(files []File, values []byte, helm int) (Result, error) {
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- answer{err: fmt.Errorf("%v", r)}
			}
		}()
		var a answer
		if helm == 3 {
			a.text, a.err = render3(files, values)
		} else {
			a.text, a.err = render4(files, values)
		}
		done <- a
	}()
	select {
	case a := <-done:
		if a.err != nil {
			return Result{Text: a.err.Error(), Failed: true}, nil
		}
		return Result{Text: a.text}, nil
	case <-time.After(10 * time.Second):
		return Result{}, errTimeout
	}
}

func render3(files []File, values []byte) (string, error) {
	var buffered []*v3loader.BufferedFile
	for _, f := range files {
		buffered = append(buffered, &v3loader.BufferedFile{Name: f.Name, Data: bytes.Clone(f.Data)})
	}
	ch, err := v3loader.LoadFiles(buffered)
	if err != nil {
		return "", err
	}
	vals, err := v3util.ReadValues(values)
	if err != nil {
		return "", err
	}
	caps, err := capabilities3()
	if err != nil {
		return "", err
	}
	options := v3util.ReleaseOptions{Name: releaseName, Namespace: namespace, Revision: 1, IsInstall: true}
	top, err := v3util.ToRenderValues(ch, vals, options, caps)
	if err != nil {
		return "", err
	}
	out, err := v3engine.Engine{}.Render(ch, top)
	keep3(ch)
	return pick(out, ch.Metadata.Name, err)
}

func capabilities3() (*v3util.Capabilities, error) {
	caps := v3util.DefaultCapabilities.Copy()
	kube, err := v3util.ParseKubeVersion(kubeVersion)
	if err != nil {
		return nil, err
	}
	caps.KubeVersion = *kube
	caps.HelmVersion.Version = "v3.22.0"
	return caps, nil
}

func render4(files []File, values []byte) (string, error) {
	var buffered []*archive.BufferedFile
	for _, f := range files {
		buffered = append(buffered, &archive.BufferedFile{Name: f.Name, Data: bytes.Clone(f.Data)})
	}
	ch, err := v4loader.LoadFiles(buffered)
	if err != nil {
		return "", err
	}
	vals, err := v4loader.LoadValues(bytes.NewReader(values))
	if err != nil {
		return "", err
	}
	caps := common.DefaultCapabilities.Copy()
	kube, err := common.ParseKubeVersion(kubeVersion)
	if err != nil {
		return "", err
	}
	caps.KubeVersion = *kube
	caps.HelmVersion.Version = "v4.3.1"
	options := common.ReleaseOptions{Name: releaseName, Namespace: namespace, Revision: 1, IsInstall: true}
	top, err := v4util.ToRenderValues(ch, vals, options, caps)
	if err != nil {
		return "", err
	}
	out, err := v4engine.Engine{}.Render(ch, top)
	return pick(out, ch.Metadata.Name, err)
}

func pick(out map[string]string, chart string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return out[chart+"/"+templatePath], nil
}

// alive keeps charts from being collected, so that two renderings never print the same pointer by chance.
var alive []*v3chart.Chart

func keep3(ch *v3chart.Chart) {
	if len(alive) > 64 {
		alive = alive[:0]
	}
	alive = append(alive, ch)
}

// Both is the answer of the two versions.
type Both struct{ Three, Four Result }

// Stable renders with both versions several times. ok is false when either version answers differently from time to
// time, or never: such a snippet can't be a test.
func Stable(files []File, values []byte, times int) (both Both, ok bool) {
	for i := range times {
		three, err := Render(files, values, 3)
		if err != nil {
			return both, false
		}
		four, err := Render(files, values, 4)
		if err != nil {
			return both, false
		}
		now := Both{three, four}
		if i > 0 && now != both {
			return both, false
		}
		both = now
	}
	return both, !strings.Contains(both.Three.Text+both.Four.Text, "0xc0")
}
