// The recorder writes down what the real Helm does, for plimsoll's tests to compare with. See testdata/README.md.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

const usage = `usage: go run . MODE [flags]
  record     refresh the expectations of testdata/template/**/*.md
  check      fail when any of them is stale
  parity     fail when any expectation of testdata/parity/*.txtar is stale; -record refreshes them. HELM3 and HELM4
             name the binaries
  lint       the same for testdata/lint/*.txtar
  deprecated write the APIs that helm lint calls deprecated to src/lint/helm/deprecated.tsv
  fuzz       render random templates with Helm and with plimsoll, and show where they differ
  generate   write the generated part of testdata/template/{funcs,lang}/*.md
`

func main() {
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	time.Local = time.UTC
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(mode string, args []string) error {
	switch mode {
	case "fuzz":
		return fuzz(args)
	case "fuzz-server":
		return fuzzServer()
	case "deprecated":
		return deprecated("../../src/lint/helm/deprecated.tsv")
	}
	flags := flag.NewFlagSet(mode, flag.ExitOnError)
	data := flags.String("testdata", "../../testdata", "where the tests are")
	only := flags.String("only", "", "only files whose path has this in it")
	write := flags.Bool("record", false, "parity: write the expectations")
	times := flags.Int("times", 0, "how often to render each case, to find unsteady ones")
	switch mode {
	case "record", "check", "generate":
		flags.Parse(args)
		if *times == 0 {
			*times = map[string]int{"record": 2, "check": 1, "generate": 5}[mode]
		}
		root := filepath.Join(*data, "template")
		if mode == "generate" {
			return generateAll(root, *only, *times)
		}
		stale, err := recordAll(root, *only, mode == "check", *times)
		if err == nil && stale > 0 && mode == "check" {
			err = fmt.Errorf("%d files are stale; run: go run . record", stale)
		}
		return err
	case "parity", "lint":
		flags.Parse(args)
		if *times == 0 {
			*times = map[bool]int{true: 3, false: 1}[*write]
		}
		return parityAll(filepath.Join(*data, mode), *only, !*write, *times)
	}
	return fmt.Errorf("unknown mode %s\n%s", mode, usage)
}
