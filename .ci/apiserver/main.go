// Command verdicts records what a real kube-apiserver says of the objects in testdata/apiserver, or checks that what
// is recorded is current. testdata/README.md describes the files.
//
//	verdicts -bin DIR [-only TEXT] record|check|generate FILE...
//	verdicts -bin DIR [-only TEXT] record-updates|check-updates FILE...
//	verdicts -bin DIR policies POLICIES OUTPUT FILE...
//	verdicts -bin DIR fleet PLIMSOLL ROOT
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	bin := flag.String("bin", os.Getenv("APISERVER_BIN"), "directory of kube-apiserver")
	only := flag.String("only", "", "only files whose path contains this")
	flag.Parse()
	if flag.NArg() < 2 {
		fmt.Fprintln(os.Stderr, "usage: verdicts -bin DIR record|check|generate FILE...")
		os.Exit(3)
	}
	if err := run(*bin, *only, flag.Arg(0), flag.Args()[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(bin, only, mode string, files []string) error {
	if mode == "generate" {
		return eachFile(files, only, generate)
	}
	server, err := start(bin)
	if err != nil {
		return err
	}
	defer server.stop()
	switch mode {
	case "policies":
		return policies(server, files)
	case "fleet":
		return fleet(server, files)
	}
	stale := 0
	ask := server.verdict
	if strings.HasSuffix(mode, "-updates") {
		ask = server.updateVerdict
	}
	err = eachFile(files, only, func(f *file) error {
		changed, err := record(f, ask)
		if err == nil && !writes(mode) && changed > 0 {
			fmt.Printf("%s: %d verdicts are not what the server says\n", f.path, changed)
		}
		stale += changed
		return err
	})
	if err != nil || writes(mode) {
		return err
	}
	if stale > 0 {
		return fmt.Errorf("%d stale verdicts; run with record", stale)
	}
	return nil
}

// policies takes the directory of policies, the file to write, and files of cases.
func policies(s *server, args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("usage: verdicts -bin DIR policies POLICIES OUTPUT FILE...")
	}
	var files []*file
	for _, path := range args[2:] {
		f, err := readFile(path)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	return s.recordPolicies(args[0], args[1], files)
}

func eachFile(paths []string, only string, do func(*file) error) error {
	for _, path := range paths {
		if !strings.Contains(path, only) {
			continue
		}
		f, err := readFile(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		before := f.format()
		if err := do(f); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if text := f.format(); text != before && writes(flag.Arg(0)) {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func writes(mode string) bool { return !strings.HasPrefix(mode, "check") }
