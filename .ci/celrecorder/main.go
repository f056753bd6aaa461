// Recorder of what Kubernetes' own CEL says: every line of testdata/cel/expressions.txt with the type it compiles to, the
// value it yields or the error, into testdata/cel/recorded.json; and the fixtures and verdicts of Pod Security admission
// into testdata/pss/. Run it in this directory: `go run . cel` and `go run . pss`; `go run . check` fails if what is
// recorded is not what they say.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

const (
	celDir = "../../testdata/cel"
	pssDir = "../../testdata/pss"
)

func main() {
	what := ""
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	var err error
	switch what {
	case "cel":
		err = recordCEL(celDir)
	case "pss":
		err = recordPSS(pssDir)
	case "check":
		if err = check(celDir, recordCEL, "expressions.txt", "object.yaml"); err == nil {
			err = check(pssDir, recordPSS)
		}
	default:
		err = fmt.Errorf("usage: go run . cel|pss|check")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// check records into a directory of its own, with copies of what it reads, and compares.
func check(dir string, record func(string) error, inputs ...string) error {
	scratch, err := os.MkdirTemp("", "celrecorder")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	for _, name := range inputs {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(scratch, name), text, 0o600); err != nil {
			return err
		}
	}
	if err := record(scratch); err != nil {
		return err
	}
	files, err := os.ReadDir(scratch)
	if err != nil {
		return err
	}
	for _, file := range files {
		now, err := os.ReadFile(filepath.Join(scratch, file.Name()))
		if err != nil {
			return err
		}
		if recorded, err := os.ReadFile(filepath.Join(dir, file.Name())); err != nil || !bytes.Equal(recorded, now) {
			return fmt.Errorf("%s is not what Kubernetes says", filepath.Join(dir, file.Name()))
		}
	}
	return nil
}
