#!/usr/bin/env python3
"""Records what a real kube-apiserver says of the structure of objects: testdata/structure/*.txt.

    record.py BIN FILE...            refresh the verdicts
    record.py -check BIN FILE...     fail if any is stale
    record.py -generate BIN FILE...  first add the usual mistakes at each value of each object

BIN is a directory with kube-apiserver, as .ci/apiserver/build makes it; etcd must be on the path, PyYAML installed.
A file is made of sections: `-- definition --` with a CustomResourceDefinition that is installed, `-- object --` with an
object, and `-- verdicts --` with a line for each edit of that object: the edit, a tab, and what the server says, `ok` or
the code and the fields or the message. An edit is `PATH -` (removed) or `PATH = JSON`.
"""
import http.client, json, os, re, shutil, socket, ssl, subprocess, sys, tempfile, time
import yaml

TOKEN = "recorder"


class Server:
    def __init__(self, binaries):
        self.dir, self.processes, self.connection = tempfile.mkdtemp(), [], None
        ports = [free_port() for _ in range(3)]
        etcd, peer, self.port = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", ports[2]
        path = lambda name: os.path.join(self.dir, name)
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path("key")],
                       check=True, stderr=subprocess.DEVNULL)
        with open(path("tokens"), "w") as f:
            f.write(f"{TOKEN},recorder,recorder,system:masters\n")
        self.spawn("etcd", "--data-dir", path("etcd"), "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
                   "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                   "--initial-cluster", f"default={peer}", "--unsafe-no-fsync")
        self.spawn(os.path.join(binaries, "kube-apiserver"), "--etcd-servers", etcd, "--secure-port", str(self.port),
                   "--bind-address", "127.0.0.1", "--cert-dir", path("certs"),
                   "--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged=true",
                   "--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction,ServiceAccount",
                   "--token-auth-file", path("tokens"), "--service-account-issuer", "https://kubernetes.default.svc",
                   "--service-account-key-file", path("key"), "--service-account-signing-key-file", path("key"))
        self.wait("/readyz")
        self.post("/api/v1/namespaces", {"metadata": {"name": "ns"}})
        self.post("/api/v1/namespaces/ns/serviceaccounts", {"metadata": {"name": "default"}})
        self.resources = {}
        self.discover("/api/v1")
        for group in self.call("GET", "/apis")[1]["groups"]:
            for version in group["versions"]:
                self.discover("/apis/" + version["groupVersion"])

    def spawn(self, *command):
        log = open(os.path.join(self.dir, f"{len(self.processes)}.log"), "w")
        self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        shutil.rmtree(self.dir)

    def call(self, method, path, body=None):
        if self.connection is None:
            context = ssl._create_unverified_context()
            self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/yaml", "Accept": "application/json"}
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            return 0, {}
        return response.status, json.loads(data) if data[:1] == b"{" else {}

    def post(self, path, value):
        return self.call("POST", path, json.dumps(value))

    def wait(self, path):
        for _ in range(600):
            if self.call("GET", path)[0] == 200:
                return
            time.sleep(0.2)
        sys.exit(f"{path} does not answer")

    def discover(self, prefix):
        for resource in self.call("GET", prefix)[1].get("resources", []):
            if "/" not in resource["name"]:
                below = "/namespaces/ns/" if resource["namespaced"] else "/"
                self.resources[prefix, resource["kind"]] = prefix + below + resource["name"]

    def install(self, definition):
        crd = yaml.safe_load(definition)
        code, answer = self.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        if code >= 300 and code != 409:
            sys.exit(answer)
        for version in crd["spec"]["versions"]:
            prefix = f"/apis/{crd['spec']['group']}/{version['name']}"
            self.wait(prefix)
            time.sleep(2)
            self.discover(prefix)

    def verdict(self, value):
        version = value["apiVersion"]
        prefix = "/apis/" + version if "/" in version else "/api/" + version
        path = self.resources[prefix, value["kind"]] + "?dryRun=All&fieldValidation=Strict"
        code, answer = self.post(path, value)
        if code == 0:
            return "crashed"
        if code < 300:
            return "ok"
        causes = answer.get("details", {}).get("causes")
        if causes and code == 422:
            kinds = {"FieldValueRequired": "!", "FieldValueNotSupported": "="}
            return f"{code}\t" + "\t".join(sorted({kinds.get(c["reason"], "") + c.get("field", "") for c in causes}))
        message = re.sub(r"^.* cannot be handled as an? \w+: ", "", " ".join(answer["message"].split()))
        return f"{code}\t{message[:240]}"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def steps(path):
    return [int(i) if i else k or n for n, i, k in re.findall(r"([^.\[\]]+)|\[(\d+)\]|\[([^\]]+)\]", path)]


def path_of(steps):
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.search(r"[.\[\]]", step):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + step
    return text


def edited(value, edit):
    value = json.loads(json.dumps(value))
    path, _, new = edit.partition(" = ")
    remove = edit.endswith(" -")
    *way, last = steps(edit[:-2] if remove else path)
    at = value
    for step in way:
        at = at[step]
    if remove:
        del at[last]
    else:
        at[last] = json.loads(new)
    return value


def mistakes(value, way=()):
    if way and way[0] not in ("apiVersion", "kind") and way != ("metadata",):
        path = path_of(way)
        if isinstance(way[-1], str):
            yield path + " -"
        wrong = ["x"] if not isinstance(value, str) else [1, "Bogus", ""]
        if isinstance(value, dict):
            yield path + ".bogusField = 1"
            wrong += [[], {}]
        elif isinstance(value, list):
            wrong += [[]]
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            wrong += [0, 3000000000, 1.5]
        yield from (f"{path} = {json.dumps(w)}" for w in [None] + wrong if w != value)
    if isinstance(value, dict):
        for key in value:
            yield from mistakes(value[key], (*way, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from mistakes(item, (*way, i))


def sections(text):
    found = re.split(r"^-- (\w+) --\n", text, flags=re.M)
    return found[0], list(zip(found[1::2], found[2::2]))


def main():
    modes = {a for a in sys.argv[1:] if a in ("-check", "-generate")}
    binaries, *files = [a for a in sys.argv[1:] if a not in modes]
    server, stale = Server(binaries), 0
    try:
        for name in files:
            head, parts = sections(open(name).read())
            out, current = [head], None
            for i, (kind, body) in enumerate(parts):
                if kind == "definition":
                    server.install(body)
                elif kind == "object":
                    current = yaml.safe_load(body)
                if kind != "verdicts":
                    out.append(f"-- {kind} --\n{body}")
                last = i + 1 == len(parts) or parts[i + 1][0] != "verdicts"
                if kind == "verdicts" or kind == "object" and last:
                    edits = [line.split("\t")[0] for line in body.splitlines()] if kind == "verdicts" else [""]
                    if "-generate" in modes:
                        edits += [e for e in mistakes(current) if e not in set(edits)]
                    lines = [f"{e}\t{server.verdict(edited(current, e) if e else current)}\n" for e in edits]
                    out.append("-- verdicts --\n" + "".join(lines))
            new = "".join(out)
            if new != open(name).read():
                stale += 1
                if "-check" not in modes:
                    open(name, "w").write(new)
    finally:
        server.stop()
    if "-check" in modes and stale:
        sys.exit(f"{stale} files are stale")


main()
