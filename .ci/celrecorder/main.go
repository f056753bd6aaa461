// Recorder of what Kubernetes' own CEL says: every line of testdata/cel/expressions.txt with the type it compiles to, the
// value it yields or the error, into testdata/cel/recorded.json; and the fixtures and verdicts of Pod Security admission
// into testdata/pss/. Run it in this directory: `go run . cel` and `go run . pss`.
package main

import (
	"fmt"
	"os"
)

func main() {
	what := ""
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	var err error
	switch what {
	case "cel":
		err = recordCEL("../../testdata/cel")
	case "pss":
		err = recordPSS("../../testdata/pss")
	default:
		err = fmt.Errorf("usage: go run . cel|pss")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
