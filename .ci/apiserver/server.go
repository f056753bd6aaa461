package main

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

const token = "recorder"

// server is an etcd and a kube-apiserver on loopback, set up as clusters are.
type server struct {
	dir        string
	processes  []*exec.Cmd
	address    string
	client     *http.Client
	resources  map[string]resource
	namespaces map[string]bool
}

type resource struct {
	path       string
	namespaced bool
}

func start(bin string) (*server, error) {
	dir, err := os.MkdirTemp("", "apiserver")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, resources: map[string]resource{}, namespaces: map[string]bool{}}
	s.client = &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	if err := s.launch(bin); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *server) launch(bin string) error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	if err := s.writeSecrets(); err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(s.dir, name) }
	etcd := fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	peer := fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	err = s.spawn("etcd", "etcd", "--data-dir", file("etcd"), "--listen-client-urls", etcd,
		"--advertise-client-urls", etcd, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
		"--initial-cluster", "default="+peer, "--unsafe-no-fsync")
	if err != nil {
		return err
	}
	s.address = fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	err = s.spawn("kube-apiserver", filepath.Join(bin, "kube-apiserver"), "--etcd-servers", etcd,
		"--secure-port", fmt.Sprint(ports[2]), "--bind-address", "127.0.0.1", "--cert-dir", file("certs"),
		"--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged=true", "--authorization-mode", "Node,RBAC",
		"--enable-admission-plugins", "NodeRestriction,ServiceAccount", "--token-auth-file", file("tokens"),
		"--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", file("key"),
		"--service-account-signing-key-file", file("key"), "--watch-cache=false", "-v", "0")
	if err != nil {
		return err
	}
	if err := s.waitReady(); err != nil {
		return err
	}
	return s.discover()
}

func (s *server) writeSecrets() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(filepath.Join(s.dir, "key"), text, 0o600); err != nil {
		return err
	}
	line := token + ",recorder,recorder,system:masters\n"
	return os.WriteFile(filepath.Join(s.dir, "tokens"), []byte(line), 0o600)
}

func (s *server) spawn(name, path string, args ...string) error {
	log, err := os.Create(filepath.Join(s.dir, name+".log"))
	if err != nil {
		return err
	}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	s.processes = append(s.processes, cmd)
	return nil
}

func (s *server) stop() {
	for _, cmd := range slices.Backward(s.processes) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	_ = os.RemoveAll(s.dir)
}

func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func (s *server) waitReady() error {
	for range 600 {
		if code, _, err := s.call("GET", "/readyz", "", nil); err == nil && code == 200 {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(s.dir, "kube-apiserver.log"))
	return fmt.Errorf("the server does not get ready:\n%s", log[max(0, len(log)-4000):])
}

func (s *server) call(method, path, kind string, body []byte) (int, []byte, error) {
	req, err := http.NewRequest(method, s.address+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, data, err
}

// ensureNamespace makes what the controllers of a cluster would: a namespace with its account.
func (s *server) ensureNamespace(name string) error {
	if s.namespaces[name] {
		return nil
	}
	s.namespaces[name] = true
	objects := []struct{ path, kind, name string }{
		{"/api/v1/namespaces", "Namespace", name},
		{"/api/v1/namespaces/" + name + "/serviceaccounts", "ServiceAccount", "default"},
	}
	for _, o := range objects {
		text := fmt.Sprintf(`{"apiVersion": "v1", "kind": %q, "metadata": {"name": %q}}`, o.kind, o.name)
		code, data, err := s.call("POST", o.path, "application/json", []byte(text))
		if err != nil {
			return err
		}
		if code >= 300 && code != http.StatusConflict {
			return fmt.Errorf("%s: %s", o.path, data)
		}
	}
	return nil
}

func (s *server) discover() error {
	prefixes := []string{"/api/v1"}
	_, data, err := s.call("GET", "/apis", "", nil)
	if err != nil {
		return err
	}
	var groups struct {
		Groups []struct {
			Versions []struct{ GroupVersion string }
		}
	}
	if err := json.Unmarshal(data, &groups); err != nil {
		return err
	}
	for _, g := range groups.Groups {
		for _, v := range g.Versions {
			prefixes = append(prefixes, "/apis/"+v.GroupVersion)
		}
	}
	for _, prefix := range prefixes {
		_, data, err := s.call("GET", prefix, "", nil)
		if err != nil {
			return err
		}
		var list struct {
			GroupVersion string
			Resources    []struct {
				Name, Kind string
				Namespaced bool
			}
		}
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		for _, r := range list.Resources {
			if !strings.Contains(r.Name, "/") {
				s.resources[list.GroupVersion+" "+r.Kind] = resource{prefix + "/" + r.Name, r.Namespaced}
			}
		}
	}
	return nil
}

// record asks for the verdict of each case and returns how many are new.
func record(f *file, ask func(*object, string) ([]string, error)) (int, error) {
	changed := 0
	for _, o := range f.objects {
		for _, c := range o.cases {
			text, err := c.apply(o)
			if err != nil {
				return changed, fmt.Errorf("%s: %w", o.name, err)
			}
			verdict, err := ask(o, text)
			if err != nil {
				return changed, fmt.Errorf("%s: %w", c.edits, err)
			}
			if !slices.Equal(verdict, c.verdict) {
				changed++
			}
			c.verdict = verdict
		}
	}
	return changed, nil
}

func (s *server) verdict(o *object, text string) ([]string, error) {
	path, _, err := s.collection(o)
	if err != nil {
		return nil, err
	}
	query := "?dryRun=All&fieldValidation=Strict"
	code, data, err := s.call("POST", path+query, "application/yaml", []byte(text))
	if errors.Is(err, io.EOF) {
		return []string{"500 Panic", "the handler of the request crashed and closed the connection"}, nil
	}
	if err != nil {
		return nil, err
	}
	if code < 300 {
		return []string{"ok"}, nil
	}
	return refusal(code, data, text)
}

// collection is where objects like this one are made, and its name.
func (s *server) collection(o *object) (string, string, error) {
	var head struct {
		APIVersion, Kind string
		Metadata         struct{ Namespace, Name string }
	}
	if err := yaml.Unmarshal([]byte(o.text), &head); err != nil {
		return "", "", err
	}
	r, ok := s.resources[head.APIVersion+" "+head.Kind]
	if !ok {
		return "", "", fmt.Errorf("the server does not serve %s %s", head.APIVersion, head.Kind)
	}
	path := r.path
	if r.namespaced {
		namespace := cmp.Or(head.Metadata.Namespace, "ns")
		if err := s.ensureNamespace(namespace); err != nil {
			return "", "", err
		}
		i := strings.LastIndex(path, "/")
		path = path[:i] + "/namespaces/" + namespace + path[i:]
	}
	return path, head.Metadata.Name, nil
}

// uid is what the server makes up anew each time.
var uid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// now is the time at which the server took the object, in some messages.
var now = regexp.MustCompile(`(\\"time\\":\\")[0-9TZ:-]+`)

// refusal is a line for each cause, or the message as a whole where there are none.
func refusal(code int, data []byte, sent string) ([]string, error) {
	var status struct {
		Message, Reason string
		Details         struct {
			Name   string
			Causes []struct{ Reason, Message, Field string }
		}
	}
	data = uid.ReplaceAll(data, []byte("$$UID"))
	data = now.ReplaceAll(data, []byte("${1}$$TIME"))
	if err := json.Unmarshal(data, &status); err != nil {
		return nil, fmt.Errorf("code %d: %s", code, data)
	}
	stable := func(text string) string {
		if name := status.Details.Name; name != "" && !strings.Contains(sent, name) {
			text = strings.ReplaceAll(text, name, "$NAME")
		}
		return oneLine(text)
	}
	lines := []string{fmt.Sprintf("%d %s", code, status.Reason)}
	var causes []string
	for _, c := range status.Details.Causes {
		causes = append(causes, stable(fmt.Sprintf("%s: %s", c.Field, c.Message)))
	}
	if len(causes) == 0 {
		return append(lines, stable(status.Message)), nil
	}
	// The order of maps is random.
	slices.Sort(causes)
	return append(lines, causes...), nil
}

func oneLine(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\\", `\\`), "\n", `\n`)
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}
