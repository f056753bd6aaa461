//! The programs around: started on free ports of loopback, stopped when the test ends, however it does.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use plimsoll::cluster::ConnectOptions;

/// Who writes: Helm and kubectl.
const ADMIN: &str = "admin-of-the-test";
/// Who plimsoll is. It may do everything, so that what it doesn't do is its own doing.
const READER: &str = "reader-of-the-test";

/// Stops its process when it goes.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program to measure, in place of the one that was built for tests: `PLIMSOLL`.
pub fn optimised() -> Option<std::ffi::OsString> {
    std::env::var_os("PLIMSOLL")
}

/// etcd and kube-apiserver.
pub struct Cluster {
    folder: tempfile::TempDir,
    _processes: Vec<Running>,
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn program(variable: &str, name: &str) -> PathBuf {
    match (std::env::var_os(variable), variable.ends_with("_BIN")) {
        (Some(folder), true) => Path::new(&folder).join(name),
        (Some(file), false) => file.into(),
        (None, _) => name.into(),
    }
}

fn spawn(folder: &Path, name: &str, command: &mut Command) -> Running {
    let log = fs::File::create(folder.join(format!("{name}.log"))).unwrap();
    let spawned = command.stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null()).spawn();
    Running(spawned.unwrap_or_else(|e| panic!("{name}: {e}")))
}

impl Cluster {
    pub fn start() -> Cluster {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let (etcd, peer, api) = (free_port(), free_port(), free_port());
        let (etcd, peer) = (format!("http://127.0.0.1:{etcd}"), format!("http://127.0.0.1:{peer}"));
        fs::write(path.join("tokens"), format!("{ADMIN},admin,1,system:masters\n{READER},plimsoll,2,system:masters\n"))
            .unwrap();
        fs::write(path.join("audit.yaml"), "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
            .unwrap();
        run(Command::new("openssl")
            .args(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out"])
            .arg(path.join("key")));
        let mut processes = vec![spawn(
            path,
            "etcd",
            Command::new("etcd").arg("--data-dir").arg(path.join("etcd")).args([
                "--listen-client-urls",
                &etcd,
                "--advertise-client-urls",
                &etcd,
                "--listen-peer-urls",
                &peer,
                "--initial-advertise-peer-urls",
                &peer,
                "--initial-cluster",
                &format!("default={peer}"),
                "--unsafe-no-fsync",
            ]),
        )];
        let mut command = Command::new(program("APISERVER_BIN", "kube-apiserver"));
        command.args([
            "--etcd-servers",
            &etcd,
            "--secure-port",
            &api.to_string(),
            "--bind-address",
            "127.0.0.1",
            "--service-cluster-ip-range",
            "10.96.0.0/16",
            "--allow-privileged=true",
            "--authorization-mode",
            "Node,RBAC",
            "--service-account-issuer",
            "https://kubernetes.default.svc",
            "--audit-log-path",
        ]);
        command.arg(path.join("audit.log"));
        for (flag, file) in [
            ("--audit-policy-file", "audit.yaml"),
            ("--cert-dir", "certs"),
            ("--token-auth-file", "tokens"),
            ("--service-account-key-file", "key"),
            ("--service-account-signing-key-file", "key"),
        ] {
            command.arg(flag).arg(path.join(file));
        }
        processes.push(spawn(path, "kube-apiserver", &mut command));
        for (name, token) in [("admin", ADMIN), ("reader", READER)] {
            let text = format!(
                "{{apiVersion: v1, kind: Config, current-context: c, \
clusters: [{{name: c, cluster: {{server: \"https://127.0.0.1:{api}\", insecure-skip-tls-verify: true}}}}], \
users: [{{name: u, user: {{token: {token}}}}}], contexts: [{{name: c, context: {{cluster: c, user: u}}}}]}}\n"
            );
            fs::write(path.join(name), text).unwrap();
        }
        let cluster = Cluster { folder, _processes: processes };
        cluster.wait();
        cluster
    }

    fn wait(&self) {
        let begun = Instant::now();
        while !self.kubectl(&["get", "--raw", "/readyz"]).output().unwrap().status.success() {
            let log = fs::read_to_string(self.folder.path().join("kube-apiserver.log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(180), "kube-apiserver does not get ready:\n{log}");
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// The kinds that the charts of this repository use.
    pub fn define_kinds(&self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/crds");
        run(self.kubectl(&["apply", "--server-side", "-f"]).arg(folder));
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn config(&self, who: &str) -> PathBuf {
        self.folder.path().join(who)
    }

    pub fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("APISERVER_BIN", "kubectl"));
        command.arg("--kubeconfig").arg(self.config("admin")).args(arguments);
        command
    }

    /// A real Helm, 3 or 4, with a storage driver.
    pub fn helm(&self, version: u8, driver: &str, arguments: &[&str]) -> Command {
        let (variable, name) = if version == 3 { ("HELM3", "helm3") } else { ("HELM4", "helm4") };
        let mut command = Command::new(program(variable, name));
        command.env("KUBECONFIG", self.config("admin")).env("HELM_DRIVER", driver).args(arguments);
        command
    }

    /// plimsoll, as its own user.
    pub fn plimsoll(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(optimised().unwrap_or_else(|| env!("CARGO_BIN_EXE_plimsoll").into()));
        command.env("KUBECONFIG", self.config("reader")).args(arguments);
        command
    }

    /// The same from inside.
    pub fn options(&self) -> ConnectOptions {
        ConnectOptions { kubeconfig: Some(self.config("reader")), ..ConnectOptions::default() }
    }
}

/// Runs a program that has to succeed; what it prints.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// PostgreSQL, encrypted with a certificate that expired: sslmode=require doesn't look.
pub struct Database {
    folder: tempfile::TempDir,
    port: u16,
    _process: Running,
}

impl Database {
    pub fn start() -> Database {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        fs::write(path.join("password"), "s3cret").unwrap();
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cluster");
        fs::copy(files.join("expired.pem"), path.join("server.pem")).unwrap();
        // PostgreSQL doesn't run as root.
        let root = run(Command::new("id").arg("-u")).trim() == "0";
        if root {
            run(Command::new("chown").args(["-R", "postgres"]).arg(&path));
        }
        run(Command::new("chmod").args(["-R", "go=,u=rwX"]).arg(&path));
        let command = |name: &str| {
            let program = program("POSTGRES_BIN", name);
            if !root {
                return Command::new(program);
            }
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        };
        let data = path.join("data");
        run(command("initdb")
            .arg("-D")
            .arg(&data)
            .args(["-U", "helm", "--auth=scram-sha-256", "-N", "--pwfile"])
            .arg(path.join("password"))
            .current_dir("/"));
        let port = free_port();
        let pem = path.join("server.pem");
        let mut server = command("postgres");
        server.current_dir("/").arg("-D").arg(&data).args([
            "-p",
            &port.to_string(),
            "-F",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "ssl=on",
        ]);
        for setting in ["ssl_cert_file", "ssl_key_file"] {
            server.arg("-c").arg(format!("{setting}={}", pem.display()));
        }
        server.arg("-c").arg(format!("unix_socket_directories={}", path.display()));
        let process = spawn(Path::new("/tmp"), "plimsoll-test-postgres", &mut server);
        let database = Database { folder, port, _process: process };
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "PostgreSQL does not get ready in {:?}",
                database.folder
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        database
    }

    /// Its address as Helm wants it.
    pub fn connection(&self, sslmode: &str) -> String {
        format!("postgres://helm:s3cret@127.0.0.1:{}/postgres?sslmode={sslmode}", self.port)
    }
}

impl Drop for Database {
    /// The server is a child of `runuser`: it is told by the file that it wrote.
    fn drop(&mut self) {
        let pid = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            let _ = Command::new("kill").args(["-INT", pid]).status();
        }
    }
}
