package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Fuzzer compares plimsoll with the real engines.
type Fuzzer struct {
	real, mine *Worker
	took       time.Duration // plimsoll, for the last case
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
	start := time.Now()
	mine, err := f.mine.ask(r)
	f.took = time.Since(start)
	if err != nil {
		mine = Result{Text: "PLIMSOLL DIED: " + err.Error(), Failed: true}
	}
	if real == mine {
		return nil
	}
	for i := range 30 {
		if i == 20 {
			f.real.stop() // another process has other addresses
		}
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
	for path, text := range d.request.Files {
		fmt.Fprintf(&b, "  file:     %s %s\n", path, escape(text))
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
	only := flags.Int("case", -1, "only the case of this number")
	mutants := flags.Int("mutants", 50, "percentage of cases that are recorded ones, changed")
	data := flags.String("testdata", "../../testdata", "where those are")
	show := flags.Bool("show", false, "print the cases instead of running them")
	flags.Parse(args)
	var skipped *regexp.Regexp
	if *skip != "" {
		skipped = regexp.MustCompile(*skip)
	}
	corpus, err := readCorpus(filepath.Join(*data, "template"))
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	f := &Fuzzer{real: &Worker{args: []string{self, "fuzz-server"}}, mine: &Worker{args: []string{*mine, "internal-batch"}}}
	seen := map[string]int{}
	failed, start := 0, time.Now()
	var slowest time.Duration
	slowestCase := 0
	for i := range *n {
		g := &Generator{rand: rand.New(rand.NewPCG(*seed, uint64(i))), helm: 3 + i%2, depth: 2 + i/2%(*depth-1), wrong: *wrong}
		if i%10 == 9 {
			g.wrong = 30
		}
		var c *Case
		if g.chance(*mutants) {
			c = g.mutant(corpus)
		} else {
			c = g.generate()
		}
		request := c.request(g.helm)
		if *only >= 0 && i != *only {
			continue
		}
		if *show {
			r, err := f.real.ask(request)
			fmt.Printf("%s\n--- %s--- values\n%s--- %v %v\n%s\n======\n", request.Template, request.Helpers, request.Values, r.Failed, err, clip(r.Text))
			continue
		}
		d := f.compare(request)
		if f.took > slowest {
			slowest, slowestCase = f.took, i
		}
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
	fmt.Printf("%d cases in %.0fs, %d differ, in %d ways; the slowest for plimsoll was case %d, in %.1fs\n",
		*n, time.Since(start).Seconds(), failed, len(seen), slowestCase, slowest.Seconds())
	if failed > 0 {
		return errors.New("plimsoll differs from Helm")
	}
	return nil
}
