#!/usr/bin/env python3
"""Records what a real nginx does with requests: testdata/routes/nginx/*.txt.

    record.py FILE...            refresh the answers
    record.py -check FILE...     fail if any is stale

A file is made of sections. `-- NAME --` is a file of the configuration, the first one the main file, with its `http`
block's content. `-- requests --` has a line for each request: its URL, a tab, and what nginx says:

    STATUS BODY              what `return` says
    STATUS to LOCATION       a redirect
    files                    nginx looked for files, of which there are none
    KIND ADDRESS URI         what somebody behind it was asked, KIND being http or fastcgi
    closed                   the connection was closed

and `-- error --` has what nginx says of a configuration that it refuses. nginx runs without privileges on ports of
loopback that stand for those in the files; upstreams at 127.0.0.1:90xx are servers of this script.
"""
import os, re, shutil, socket, socketserver, ssl, subprocess, sys, tempfile, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Upstreams:
    """Servers for every 127.0.0.1:90xx of a configuration; each tells what it was asked."""

    def __init__(self, text):
        self.ports = {}
        for kind, address in sorted(set(re.findall(r"(?:(fastcgi)_pass|\w+_pass|server) +(?:http://)?(127\.0\.0\.1:90\d\d)", text))):
            start = fastcgi if kind == "fastcgi" else plain
            self.ports[address] = start(address)

    def replace(self, text):
        for address, port in self.ports.items():
            text = text.replace(address, f"127.0.0.1:{port}")
        return text


def plain(name):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"http {name} {self.path}".encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def fastcgi(name):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            params, done = b"", False
            while not done:
                head = self.rfile.read(8)
                if len(head) < 8:
                    return
                kind, size, padding = head[1], int.from_bytes(head[4:6], "big"), head[6]
                body = self.rfile.read(size + padding)[:size]
                if kind == 4:
                    params += body
                done = kind == 5 and size == 0
            found = {}
            while params:
                lengths = []
                for _ in range(2):
                    n = params[0]
                    params = params[1:]
                    if n >= 128:
                        n, params = int.from_bytes(bytes([n & 127]) + params[:3], "big"), params[3:]
                    lengths.append(n)
                key, params = params[:lengths[0]], params[lengths[0]:]
                found[key.decode()], params = params[:lengths[1]].decode(), params[lengths[1]:]
            query = "?" + found["QUERY_STRING"] if found.get("QUERY_STRING") else ""
            text = f"Status: 200\r\n\r\nfastcgi {name} {found['DOCUMENT_URI']}{query}".encode()
            record = lambda kind, body: bytes([1, kind, 0, 1]) + len(body).to_bytes(2, "big") + b"\0\0" + body
            self.wfile.write(record(6, text) + record(6, b"") + record(3, b"\0" * 8))

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class Nginx:
    def __init__(self, files):
        self.dir = tempfile.mkdtemp()
        self.ports, whole = {}, "\n".join(files.values())
        self.upstreams = Upstreams(whole)
        for port in {int(p) for p in re.findall(r"listen +(?:[\w.*]+:)?(\d+)", whole)} | {80}:
            self.ports[port] = free_port()
        path = lambda name: os.path.join(self.dir, name)
        for folder in ("html", "t"):
            os.makedirs(path(folder))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", path("key"), "-out", path("cert"), "-subj", "/CN=x", "-days", "2"],
                       check=True, stderr=subprocess.DEVNULL)
        self.main = "wrapper"
        for name, text in {**files, self.main: self.wrapper(next(iter(files)))}.items():
            os.makedirs(os.path.dirname(path(name)) or self.dir, exist_ok=True)
            with open(path(name), "w") as f:
                f.write(text if name == self.main else self.local(text))

    def local(self, text):
        def listen(m):
            return m.group(1) + f"127.0.0.1:{self.ports[int(m.group(2))]}"
        # Servers without `listen` would want port 80 (or 8000).
        text = re.sub(r"server \{(?=[^{}]*server_name)(?![^{}]*listen)", "server { listen 80;", text)
        text = re.sub(r"(listen +)(?:[\w.*]+:)?(\d+)", listen, text)
        return self.upstreams.replace(text).replace("/etc/ssl/site", self.dir)

    def wrapper(self, name):
        params = "".join(f"fastcgi_param {n} ${n.lower()};" for n in ("REQUEST_URI", "DOCUMENT_URI", "QUERY_STRING", "REQUEST_METHOD"))
        temp = "".join(f"{n}_temp_path {self.dir}/t/{n};" for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return (f"pid {self.dir}/pid; error_log {self.dir}/error.log; daemon off; worker_processes 1; master_process off;\n"
                f"events {{}} http {{ access_log off; {temp} {params} ssl_certificate {self.dir}/cert; "
                f"ssl_certificate_key {self.dir}/key; include {name}; }}\n")

    def check(self):
        out = subprocess.run(["nginx", "-p", self.dir, "-c", os.path.join(self.dir, self.main), "-t"], capture_output=True, text=True)
        found = re.search(r"\[emerg\] (?:\d+#\d+: )?(.*)", out.stderr)
        return found and re.sub(r"0\.0\.0\.0:\d+|127\.0\.0\.1:\d+", "0.0.0.0:80", found.group(1)).replace(self.dir + "/", "")

    def __enter__(self):
        self.process = subprocess.Popen(["nginx", "-p", self.dir, "-c", os.path.join(self.dir, self.main)])
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.ports[80]), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("nginx does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir)

    def ask(self, url):
        seen = os.path.getsize(os.path.join(self.dir, "error.log"))
        scheme, rest = url.split("://", 1)
        authority, slash, uri = rest.partition("/")
        host, _, port = authority.partition(":")
        port = int(port or (443 if scheme == "https" else 80))
        connection = socket.create_connection(("127.0.0.1", self.ports[port]), 5)
        if scheme == "https":
            context = ssl._create_unverified_context()
            connection = context.wrap_socket(connection, server_hostname=host or None)
        connection.sendall(f"GET {slash}{uri} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        if not answer:
            return "closed"
        head, _, body = answer.decode().partition("\r\n\r\n")
        status = int(head.split()[1])
        location = re.search(r"(?im)^location: (.*?)\r?$", head)
        if location:
            to = location.group(1)
            for name, real in self.ports.items():
                usual = name == (443 if to.startswith("https") else 80)
                to = to.replace(f":{real}", "" if usual else f":{name}")
            return f"{status} to {to}"
        if body.startswith(("http ", "fastcgi ")):
            return body
        if "<title>" in body or status in (404, 403) and not body:
            with open(os.path.join(self.dir, "error.log")) as f:
                f.seek(seen)
                looked = re.search(r"open\(\)|is not found|is forbidden|failed \(2", f.read())
            return "files" if status in (403, 404) and looked else str(status)
        return f"{status} {body}".strip()


def sections(text):
    parts = re.split(r"(?m)^-- (.+) --\n", text)
    return parts[0], list(zip(parts[1::2], parts[2::2]))


def refreshed(text):
    lead, parts = sections(text)
    files = {name: body for name, body in parts if name not in ("requests", "error")}
    nginx, out = Nginx(files), lead
    error = nginx.check()
    wanted = any(name == "error" for name, _ in parts)
    if bool(error) != wanted:
        raise SystemExit(f"{files}: {error or 'nginx accepts it'}")
    if wanted:
        for name, body in parts:
            out += f"-- {name} --\n" + (error + "\n" if name == "error" else body)
        return out
    with nginx:
        for name, body in parts:
            if name == "requests":
                urls = [line.split("\t")[0] for line in body.splitlines() if line]
                body = "".join(f"{url}\t{nginx.ask(url)}\n" for url in urls)
            out += f"-- {name} --\n{body}"
    return out


def main():
    check, paths = sys.argv[1:2] == ["-check"], [a for a in sys.argv[1:] if not a.startswith("-")]
    stale = []
    for path in paths:
        with open(path) as f:
            old = f.read()
        # A file may hold several cases, each behind a line of equals signs.
        new = "".join(part if part.startswith("====") else refreshed(part) for part in re.split(r"(?m)(^=====.*\n)", old) if part)
        if new != old:
            stale.append(path)
            if not check:
                with open(path, "w") as f:
                    f.write(new)
    if check and stale:
        raise SystemExit("stale: " + " ".join(stale))
    print(f"{len(paths)} files, {len(stale)} changed")


if __name__ == "__main__":
    main()
