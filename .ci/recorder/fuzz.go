package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"
)

// Request is one line that `fuzz-server` and `plimsoll internal-batch` read.
type Request struct {
	Template string `json:"template"`
	Helpers  string `json:"helpers,omitempty"`
	Values   string `json:"values,omitempty"`
	Helm     int    `json:"helm"`
}

// Answer is one line that they write.
type Answer struct {
	Output    *string `json:"output,omitempty"`
	OutputB64 *string `json:"output_b64,omitempty"`
	Error     *string `json:"error,omitempty"`
	ErrorB64  *string `json:"error_b64,omitempty"`
}

func (r Request) files() []File {
	files := []File{{"Chart.yaml", []byte(defaultChartYAML)}}
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
		w.cmd.Process.Kill()
		w.cmd.Wait()
		w.cmd = nil
		return Result{}, errDied
	}
	var a Answer
	if err := json.Unmarshal(reply, &a); err != nil {
		return Result{}, err
	}
	return a.result(), nil
}

// Fuzzer compares plimsoll with the real engines.
type Fuzzer struct {
	real, mine *Worker
}

// Difference is a case on which they disagree.
type Difference struct {
	request    Request
	real, mine Result
}

// compare asks both. nil when they agree, or Helm does not agree with itself.
func (f *Fuzzer) compare(r Request) *Difference {
	real, err := f.real.ask(r)
	if err != nil {
		return nil
	}
	mine, err := f.mine.ask(r)
	if err != nil {
		mine = Result{Text: "PLIMSOLL DIED: " + err.Error(), Failed: true}
	}
	if real == mine {
		return nil
	}
	for range 6 {
		again, err := f.real.ask(r)
		if err != nil || again != real {
			return nil
		}
	}
	return &Difference{r, real, mine}
}

// shrink makes a differing case smaller as long as it differs in the same way.
func (f *Fuzzer) shrink(c *Case, d *Difference, budget time.Duration) *Difference {
	deadline := time.Now().Add(budget)
	for progress := true; progress && time.Now().Before(deadline); {
		progress = false
		for _, smaller := range c.shrinks() {
			if time.Now().After(deadline) {
				break
			}
			undo := smaller()
			request := c.request(d.request.Helm)
			if size(request) < size(d.request) {
				if now := f.compare(request); now != nil && now.like(d) {
					d, progress = now, true
					break
				}
			}
			undo()
		}
	}
	return d
}

// like tells whether both differences are of a kind: the same side fails, and parses.
func (d *Difference) like(other *Difference) bool {
	class := func(r Result) string {
		return fmt.Sprint(r.Failed, r.Failed && strings.HasPrefix(r.Text, "parse error"))
	}
	return class(d.real) == class(other.real) && class(d.mine) == class(other.mine)
}

func size(r Request) int { return len(r.Template) + len(r.Helpers) + len(r.Values) }

var signatureNoise = regexp.MustCompile(`"[^"]*"|\d+|:\d+:\d+|<[^>]*>|[^\x00-\x7f]+`)

// signature groups differences that probably have one cause.
func (d *Difference) signature() string {
	text := fmt.Sprintf("%v %v", d.real.Failed, d.mine.Failed)
	if d.real.Failed && d.mine.Failed {
		text += signatureNoise.ReplaceAllString(d.real.Text, "") + "|" + signatureNoise.ReplaceAllString(d.mine.Text, "")
	} else {
		names := map[string]bool{}
		for _, name := range functionName.FindAllString(d.request.Template, -1) {
			if !names[name] {
				names[name] = true
				text += " " + name
			}
		}
	}
	return text
}

var functionName = regexp.MustCompile(`\b[a-zA-Z][a-zA-Z0-9]{2,}\b`)

func (d *Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Helm %d\n  template: %s\n", d.request.Helm, escape(d.request.Template))
	if d.request.Helpers != "" {
		fmt.Fprintf(&b, "  helpers:  %s\n", escape(d.request.Helpers))
	}
	if d.request.Values != "" {
		fmt.Fprintf(&b, "  values:   %s\n", escape(d.request.Values))
	}
	show := func(who string, r Result) {
		kind := "="
		if r.Failed {
			kind = "!"
		}
		fmt.Fprintf(&b, "  %s %s %s\n", who, kind, clip(escape(r.Text)))
	}
	show("helm:    ", d.real)
	show("plimsoll:", d.mine)
	return b.String()
}

func clip(s string) string {
	if len(s) > 1500 {
		return s[:1500] + "..."
	}
	return s
}

// fuzz runs random cases and reports the differences, each kind once.
func fuzz(args []string) error {
	flags := flag.NewFlagSet("fuzz", flag.ExitOnError)
	n := flags.Int("n", 10000, "how many cases")
	seed := flags.Uint64("seed", 1, "which cases: the same number makes the same ones")
	mine := flags.String("plimsoll", "../../target/debug/plimsoll", "the program")
	most := flags.Int("most", 50, "stop after so many kinds of differences")
	depth := flags.Int("depth", 4, "how deep expressions and blocks nest")
	wrong := flags.Int("wrong", 4, "percentage of arguments of a wrong type")
	skip := flags.String("skip", "", "leave out differences whose texts match this expression")
	show := flags.Bool("show", false, "print the cases instead of running them")
	flags.Parse(args)
	var skipped *regexp.Regexp
	if *skip != "" {
		skipped = regexp.MustCompile(*skip)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	f := &Fuzzer{real: &Worker{args: []string{self, "fuzz-server"}}, mine: &Worker{args: []string{*mine, "internal-batch"}}}
	seen := map[string]int{}
	failed, start := 0, time.Now()
	for i := range *n {
		g := &Generator{rand: rand.New(rand.NewPCG(*seed, uint64(i))), helm: 3 + i%2, depth: 2 + i/2%(*depth-1), wrong: *wrong}
		c := g.generate()
		request := c.request(g.helm)
		if *show {
			r, err := f.real.ask(request)
			fmt.Printf("%s\n--- %s--- values\n%s--- %v %v\n%s\n======\n", request.Template, request.Helpers, request.Values, r.Failed, err, clip(r.Text))
			continue
		}
		d := f.compare(request)
		if d == nil || skipped != nil && skipped.MatchString(d.real.Text+"\n"+d.mine.Text) {
			continue
		}
		failed++
		d = f.shrink(c, d, 20*time.Second)
		seen[d.signature()]++
		if seen[d.signature()] > 1 {
			continue
		}
		fmt.Printf("#%d (case %d of seed %d) %s\n", len(seen), i, *seed, d)
		if len(seen) >= *most {
			break
		}
	}
	fmt.Printf("%d cases in %.0fs, %d differ, in %d ways\n", *n, time.Since(start).Seconds(), failed, len(seen))
	if failed > 0 {
		return errors.New("plimsoll differs from Helm")
	}
	return nil
}
