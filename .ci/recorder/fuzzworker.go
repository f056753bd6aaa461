package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"syscall"
	"time"
	"unicode/utf8"
)

// Request is one line that `fuzz-server` and `plimsoll internal-batch` read.
type Request struct {
	Template string            `json:"template"`
	Helpers  string            `json:"helpers,omitempty"`
	Values   string            `json:"values,omitempty"`
	Files    map[string]string `json:"files,omitempty"` // of the chart, by path
	Helm     int               `json:"helm"`
}

// Answer is one line that they write.
type Answer struct {
	Output    *string `json:"output,omitempty"`
	OutputB64 *string `json:"output_b64,omitempty"`
	Error     *string `json:"error,omitempty"`
	ErrorB64  *string `json:"error_b64,omitempty"`
}

func (r Request) files() []File {
	chart, ok := r.Files["Chart.yaml"]
	if !ok {
		chart = defaultChartYAML
	}
	files := []File{{"Chart.yaml", []byte(chart)}}
	for _, path := range slices.Sorted(maps.Keys(r.Files)) {
		if path != "Chart.yaml" {
			files = append(files, File{path, []byte(r.Files[path])})
		}
	}
	if r.Helpers != "" {
		files = append(files, File{helpersPath, []byte(r.Helpers)})
	}
	return append(files, File{templatePath, []byte(r.Template)})
}

func answer(r Result) Answer {
	if utf8.ValidString(r.Text) {
		if r.Failed {
			return Answer{Error: &r.Text}
		}
		return Answer{Output: &r.Text}
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(r.Text))
	if r.Failed {
		return Answer{ErrorB64: &encoded}
	}
	return Answer{OutputB64: &encoded}
}

func (a Answer) result() Result {
	decode := func(s string) string {
		text, _ := base64.StdEncoding.DecodeString(s)
		return string(text)
	}
	switch {
	case a.Output != nil:
		return Result{Text: *a.Output}
	case a.OutputB64 != nil:
		return Result{Text: decode(*a.OutputB64)}
	case a.ErrorB64 != nil:
		return Result{Text: decode(*a.ErrorB64), Failed: true}
	case a.Error != nil:
		return Result{Text: *a.Error, Failed: true}
	}
	return Result{Text: "an answer without a known key", Failed: true}
}

// fuzzServer answers requests with the real engines.
func fuzzServer() error {
	debug.SetMaxStack(256 << 20) // endless recursion shall end soon
	// So shall texts of many gigabytes.
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: 6 << 30, Max: 6 << 30}); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var r Request
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		result, err := Render(r.files(), []byte(r.Values), r.Helm)
		if err != nil {
			os.Exit(3) // a goroutine is still busy
		}
		if err := out.Encode(answer(result)); err != nil {
			return err
		}
	}
}

// Worker is a process that answers requests. It is started again after it dies.
type Worker struct {
	args []string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

var errDied = errors.New("the process died")

func (w *Worker) ask(r Request) (Result, error) {
	if w.cmd == nil {
		w.cmd = exec.Command(w.args[0], w.args[1:]...)
		w.cmd.Env = append(os.Environ(), "TZ=UTC")
		w.in, _ = w.cmd.StdinPipe()
		stdout, _ := w.cmd.StdoutPipe()
		w.out = bufio.NewReaderSize(stdout, 1<<20)
		if err := w.cmd.Start(); err != nil {
			return Result{}, err
		}
	}
	line, err := json.Marshal(r)
	if err != nil {
		return Result{}, err
	}
	timer := time.AfterFunc(20*time.Second, func() { w.cmd.Process.Kill() })
	defer timer.Stop()
	_, err = w.in.Write(append(line, '\n'))
	var reply []byte
	if err == nil {
		reply, err = w.out.ReadBytes('\n')
	}
	if err != nil {
		w.stop()
		return Result{}, errDied
	}
	var a Answer
	if err := json.Unmarshal(reply, &a); err != nil {
		return Result{}, err
	}
	return a.result(), nil
}

// stop ends the process; the next question starts another.
func (w *Worker) stop() {
	if w.cmd != nil {
		w.cmd.Process.Kill()
		w.cmd.Wait()
		w.cmd = nil
	}
}
