package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// Run is one command line of a case.
type Run struct {
	name string
	args []string
}

// usualArgs stand before the arguments of a `run NAME:` line; `run! NAME:` gives all of them itself.
var usualArgs = []string{"template", "rel", "chart", "--namespace", namespace, "--kube-version", kubeVersion}

// runs reads the command lines, and the environment for all of them.
func (a *Archive) runs() (runs []Run, env []string, err error) {
	for line := range strings.SplitSeq(a.Head, "\n") {
		if v, ok := strings.CutPrefix(line, "env: "); ok {
			env = append(env, v)
			continue
		}
		rest, usual := strings.CutPrefix(line, "run ")
		if !usual {
			var all bool
			if rest, all = strings.CutPrefix(line, "run! "); !all {
				continue
			}
		}
		name, args, ok := strings.Cut(rest, ":")
		if !ok {
			return nil, nil, fmt.Errorf("no colon in %q", line)
		}
		words, err := shellWords(args)
		if err != nil {
			return nil, nil, err
		}
		if usual {
			words = append(slices.Clone(usualArgs), words...)
		}
		runs = append(runs, Run{name, words})
	}
	return runs, env, nil
}

// shellWords splits at blanks; single and double quotes keep blanks, without any escapes.
func shellWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	var quote rune
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ':
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("open quote in %q", s)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// unpack writes the input files of a case below a directory. A path through a `.tgz` goes into that archive.
func unpack(files []*Entry, dir string) error {
	archives := map[string][]*Entry{}
	var order []string
	for _, f := range files {
		if strings.HasPrefix(f.Name, "expect/") {
			continue
		}
		if i := strings.Index(f.Name, ".tgz/"); i >= 0 {
			name := f.Name[:i+4]
			if archives[name] == nil {
				order = append(order, name)
			}
			archives[name] = append(archives[name], &Entry{Name: f.Name[i+5:], Attrs: f.Attrs, Data: f.Data})
			continue
		}
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		var err error
		switch {
		case f.has("symlink"):
			err = os.Symlink(f.Data, path)
		case f.has("dir"):
			err = os.MkdirAll(path, 0o755)
		case f.has("exec"):
			err = os.WriteFile(path, []byte(f.Data), 0o755)
		default:
			err = os.WriteFile(path, []byte(f.Data), 0o644)
		}
		if err != nil {
			return err
		}
	}
	for _, name := range order {
		data, err := pack(archives[name])
		if err != nil {
			return err
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pack builds a gzipped tar, the same bytes for the same files.
func pack(files []*Entry) ([]byte, error) {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	tarball := tar.NewWriter(zip)
	inner := map[string][]*Entry{}
	for _, f := range files {
		if i := strings.Index(f.Name, ".tgz/"); i >= 0 {
			name := f.Name[:i+4]
			inner[name] = append(inner[name], &Entry{Name: f.Name[i+5:], Attrs: f.Attrs, Data: f.Data})
		}
	}
	written := map[string]bool{}
	for _, f := range files {
		name, data := f.Name, []byte(f.Data)
		if i := strings.Index(name, ".tgz/"); i >= 0 {
			if name = name[:i+4]; written[name] {
				continue
			}
			written[name] = true
			var err error
			if data, err = pack(inner[name]); err != nil {
				return nil, err
			}
		}
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR, ModTime: time.Unix(0, 0)}
		if f.has("dir") {
			header.Typeflag, header.Size, data = tar.TypeDir, 0, nil
		}
		if f.has("symlink") {
			header.Typeflag, header.Size, header.Linkname, data = tar.TypeSymlink, 0, f.Data, nil
		}
		if err := tarball.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := tarball.Write(data); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(tarball.Close(), zip.Close()); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// Outcome is all that a run leaves behind.
type Outcome struct {
	stdout, stderr string
	exit           int
	files          map[string]string
}

func (o Outcome) key() string {
	return fmt.Sprint(o.stdout, "\x00", o.stderr, "\x00", o.exit, "\x00", o.files)
}

// execute runs a Helm binary over a case in a fresh directory.
func execute(binary string, a *Archive, args, env []string) (Outcome, error) {
	dir, err := os.MkdirTemp("", "parity")
	if err != nil {
		return Outcome{}, err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return Outcome{}, err
	}
	work, home := filepath.Join(dir, "work"), filepath.Join(dir, "home")
	if err := errors.Join(os.Mkdir(work, 0o755), os.Mkdir(home, 0o755), unpack(a.Files, work)); err != nil {
		return Outcome{}, err
	}
	before := snapshot(work)
	cmd := exec.Command(binary, args...)
	cmd.Dir = work
	cmd.Env = append([]string{"HOME=" + home, "KUBECONFIG=" + home + "/none", "PATH=/usr/bin:/bin", "TZ=UTC", "TMPDIR=" + dir}, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if data, err := os.ReadFile(filepath.Join(work, "stdin")); err == nil {
		cmd.Stdin = bytes.NewReader(data)
	}
	timer := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	err = cmd.Run()
	timer.Stop()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Outcome{}, err
	}
	normal := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, work, "$WORK"), home, "$HOME") }
	out := Outcome{stdout: normal(stdout.String()), stderr: normal(stderr.String()), exit: cmd.ProcessState.ExitCode(), files: map[string]string{}}
	for name, data := range snapshot(work) {
		if before[name] != data {
			out.files[name] = normal(data)
		}
	}
	return out, nil
}

func snapshot(root string) map[string]string {
	found := map[string]string{}
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			name, _ := filepath.Rel(root, path)
			data, _ := os.ReadFile(path)
			found[name] = string(data)
		}
		return nil
	})
	return found
}

// steady runs several times. Lines of stderr that only change places are sorted, and sorted says so.
func steady(binary string, a *Archive, run Run, env []string, times int) (out Outcome, sorted bool, err error) {
	for i := range times {
		now, err := execute(binary, a, run.args, env)
		if err != nil {
			return out, false, err
		}
		if i > 0 && now.key() != out.key() {
			sorted = true
		}
		out = now
		if sorted {
			break
		}
	}
	if !sorted {
		return out, false, nil
	}
	for i := range times {
		now, err := execute(binary, a, run.args, env)
		if err != nil {
			return out, false, err
		}
		now.stderr = sortLines(now.stderr)
		if i > 0 && now.key() != out.key() {
			return out, false, fmt.Errorf("run %s of %s is not steady:\n%s\n--- and ---\n%s", run.name, filepath.Base(binary), now.key(), out.key())
		}
		out = now
	}
	return out, true, nil
}

func sortLines(s string) string {
	lines := strings.SplitAfter(s, "\n")
	sort.Strings(lines)
	return strings.Join(lines, "")
}

// expectations gives the entries for what both versions did in a run.
func (r Run) expectations(three, four Outcome, sorted bool) []*Entry {
	var entries []*Entry
	add := func(what, a, b, none string, attrs ...string) {
		name := "expect/" + r.name + "/" + what
		if a == b {
			if a != none {
				entries = append(entries, expectation(name, a, attrs...))
			}
			return
		}
		entries = append(entries, expectation(name, a, append([]string{"helm=3"}, attrs...)...))
		entries = append(entries, expectation(name, b, append([]string{"helm=4"}, attrs...)...))
	}
	var order []string
	if sorted {
		order = []string{"sorted"}
		three.stderr, four.stderr = sortLines(three.stderr), sortLines(four.stderr)
	}
	add("exit", fmt.Sprintln(three.exit), fmt.Sprintln(four.exit), "0\n")
	add("stdout", three.stdout, four.stdout, "")
	add("stderr", three.stderr, four.stderr, "", order...)
	names := map[string]bool{}
	for name := range three.files {
		names[name] = true
	}
	for name := range four.files {
		names[name] = true
	}
	var all []string
	for name := range names {
		all = append(all, name)
	}
	sort.Strings(all)
	for _, name := range all {
		add("file/"+name, three.files[name], four.files[name], "")
	}
	return entries
}

// recordCase gives the new text of a case.
func recordCase(text string, times int) (string, int, error) {
	a, err := parseTxtar(text)
	if err != nil {
		return "", 0, err
	}
	runs, env, err := a.runs()
	if err != nil {
		return "", 0, err
	}
	var kept []*Entry
	unordered := map[string]bool{} // once found out, a few lucky runs don't change it
	for _, f := range a.Files {
		if !strings.HasPrefix(f.Name, "expect/") {
			kept = append(kept, f)
		}
		unordered[f.Name] = unordered[f.Name] || f.has("sorted")
	}
	a.Files = kept
	var expected []*Entry
	for _, run := range runs {
		three, sorted3, err := steady(os.Getenv("HELM3"), a, run, env, times)
		if err != nil {
			return "", 0, err
		}
		four, sorted4, err := steady(os.Getenv("HELM4"), a, run, env, times)
		if err != nil {
			return "", 0, err
		}
		expected = append(expected, run.expectations(three, four, sorted3 || sorted4 || unordered["expect/"+run.name+"/stderr"])...)
	}
	a.Files = append(a.Files, expected...)
	return a.format(), len(runs), nil
}

// parityAll refreshes or checks testdata/parity.
func parityAll(root, only string, check bool, times int) error {
	paths, err := filepath.Glob(filepath.Join(root, "*.txtar"))
	if err != nil {
		return err
	}
	var lock sync.Mutex
	var wait sync.WaitGroup
	var failed error
	total, stale := 0, 0
	slots := make(chan struct{}, 2)
	for _, path := range paths {
		if !strings.Contains(path, only) {
			continue
		}
		wait.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; wait.Done() }()
			old, err := os.ReadFile(path)
			var text string
			var count int
			// Helm walks some maps in a random order (properties of a schema, for instance): what it says one time in five
			// is what it says.
			for try := 0; err == nil && (try == 0 || check && text != string(old) && try < 5); try++ {
				text, count, err = recordCase(string(old), times)
			}
			lock.Lock()
			defer lock.Unlock()
			total += count
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", path, err))
				return
			}
			if text == string(old) {
				return
			}
			stale++
			fmt.Println(map[bool]string{true: "stale:", false: "wrote"}[check], path)
			if !check {
				failed = errors.Join(failed, os.WriteFile(path, []byte(text), 0o644))
			}
		}()
	}
	wait.Wait()
	fmt.Printf("%d runs\n", total)
	if failed == nil && check && stale > 0 {
		failed = fmt.Errorf("%d cases are stale; run: go run . parity -record", stale)
	}
	return failed
}
