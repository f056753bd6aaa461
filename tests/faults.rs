//! Everything that can go wrong with a cluster, played by a server of a few lines: each is a clear error or a correct
//! answer, in time, and none shows a token or what a Secret holds. The real API server is in `tests/cluster`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plimsoll::cluster::{Absent, Cluster, ClusterError, ConnectOptions, Current, Fault};
use serde_json::json;

/// The token of every kubeconfig here, which no text may show.
const TOKEN: &str = "t0ken-of-the-test";
/// A value inside of releases and Secrets, which no text may show.
const SECRET: &str = "hunter2";

/// How long a server that doesn't answer keeps the connection: whoever returns earlier has given up by itself.
const SILENCE: Duration = Duration::from_secs(20);

/// What the server does with a request.
pub enum Reply {
    /// Status, further headers, body.
    Answer(u16, &'static str, String),
    /// The beginning of an answer, then nothing.
    Cut,
    /// Nothing at all.
    Silence,
}

pub fn ok(body: serde_json::Value) -> Reply {
    Reply::Answer(200, "", body.to_string())
}

pub fn status(code: u16, message: &str) -> Reply {
    Reply::Answer(code, "", json!({"kind": "Status", "apiVersion": "v1", "message": message, "code": code}).to_string())
}

/// A server, with the requests that it got.
pub struct Server {
    pub port: u16,
    pub seen: Arc<Mutex<Vec<String>>>,
}

pub fn serve(reply: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (reply, noted, count) = (Arc::new(reply), seen.clone(), Arc::new(AtomicUsize::new(0)));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (reply, noted, count) = (reply.clone(), noted.clone(), count.clone());
            std::thread::spawn(move || {
                talk(stream, |path| {
                    noted.lock().unwrap().push(path.to_owned());
                    reply(path, count.fetch_add(1, Ordering::SeqCst))
                })
            });
        }
    });
    Server { port, seen }
}

/// One connection: as many requests as come.
fn talk(stream: TcpStream, reply: impl Fn(&str) -> Reply) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let path = head.split_whitespace().nth(1).unwrap_or_default();
        let sent = match reply(path) {
            Reply::Answer(code, headers, body) => {
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
                )
            }
            Reply::Cut => {
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{\"items\": ["
                );
                return;
            }
            Reply::Silence => {
                std::thread::sleep(SILENCE);
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// A kubeconfig for a server, in a folder that goes away.
pub fn kubeconfig(server: &str, more: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
clusters: [{{name: c, cluster: {{server: \"{server}\"{more}}}}}]\n\
contexts: [{{name: test, context: {{cluster: c, user: u, namespace: shop}}}}, {{name: production, context: {{cluster: c, user: u}}}}]\n\
users: [{{name: u, user: {{token: {TOKEN}}}}}]\n"
    );
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn options(path: &Path) -> ConnectOptions {
    ConnectOptions { kubeconfig: Some(path.to_owned()), timeout: Duration::from_secs(2), ..ConnectOptions::default() }
}

fn connected(server: &Server) -> Cluster {
    let (_dir, path) = kubeconfig(&format!("http://127.0.0.1:{}", server.port), "");
    Cluster::connect(&options(&path)).unwrap()
}

/// The error about release web in namespace shop, looked through for what it may not show.
/// Whether revision 1 of the release is read, and nothing behind it.
fn has_first_revision(cluster: &Cluster) -> bool {
    matches!(cluster.current_release("shop", "web"), Ok(Current::Release(r, later)) if r.revision == 1 && later.is_empty())
}

fn error_of(server: &Server) -> ClusterError {
    let error = connected(server).current_release("shop", "web").unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(TOKEN) && !shown.contains(SECRET), "{shown}");
    error
}

/// A Secret as Helm stores it.
fn stored(revision: u64, state: &str, change: impl Fn(&mut serde_json::Value)) -> serde_json::Value {
    let release = json!({"name": "web", "namespace": "shop", "version": revision, "info": {"status": state},
        "chart": {"metadata": {"name": "c", "version": "1.0.0"}, "values": {"a": 1}},
        "config": {"password": SECRET}, "manifest": "---\nkind: Secret\n"});
    let data = STANDARD.encode(STANDARD.encode(release.to_string()));
    let mut secret = json!({"metadata": {"name": format!("sh.helm.release.v1.web.v{revision}"), "namespace": "shop",
        "labels": {"name": "web", "owner": "helm", "status": state, "version": revision.to_string()}},
        "type": "helm.sh/release.v1", "data": {"release": data}});
    change(&mut secret);
    secret
}

fn list(items: &[serde_json::Value]) -> Reply {
    ok(json!({"kind": "SecretList", "apiVersion": "v1", "items": items}))
}

#[test]
fn one_request_is_enough_for_a_release() {
    let server = serve(|_, _| list(&[stored(2, "failed", |_| ()), stored(1, "deployed", |_| ())]));
    let Current::Release(release, later) = connected(&server).current_release("shop", "web").unwrap() else { panic!() };
    assert_eq!((release.revision, later.len(), &*later[0].status), (1, 1, "failed"));
    let seen = server.seen.lock().unwrap();
    assert_eq!(
        *seen,
        ["/api/v1/namespaces/shop/secrets?labelSelector=owner%3Dhelm%2Cname%3Dweb%2Cstatus%21%3Dsuperseded"]
    );
}

#[test]
fn many_releases_share_requests_and_faults_stay_with_their_release() {
    let server = serve(|_, _| {
        let mut broken = stored(1, "deployed", |s| s["data"]["release"] = json!("####"));
        broken["metadata"]["labels"]["name"] = json!("broken");
        list(&[stored(3, "deployed", |_| ()), broken])
    });
    let found = connected(&server).current_releases(&[("shop", "web"), ("shop", "broken")]);
    assert!(matches!(&found[0], Ok(Current::Release(r, _)) if r.revision == 3));
    assert_eq!(found[1].as_ref().unwrap_err().fault, Fault::NotARelease);
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

#[test]
fn a_pending_or_failed_release_is_what_an_upgrade_would_start_from() {
    for state in ["pending-install", "pending-upgrade", "failed"] {
        let server = serve(move |_, _| list(&[stored(1, state, |_| ())]));
        let found = connected(&server).current_release("shop", "web").unwrap();
        let Current::Release(release, _) = found else { panic!("{state}") };
        assert_eq!((&*release.status, release.is_pending()), (state, state != "failed"));
    }
}

#[test]
fn superseded_alone_is_found_by_a_second_question() {
    let server = serve(|path, _| match path {
        p if p.contains("superseded") => list(&[]),
        p if p.contains("/secrets?") => list(&[stored(4, "superseded", |_| ()), stored(5, "superseded", |_| ())]),
        p if p.ends_with("web.v5") => ok(stored(5, "superseded", |_| ())),
        p => panic!("{p}"),
    });
    assert!(matches!(connected(&server).current_release("shop", "web"), Ok(Current::Release(r, _)) if r.revision == 5));
}

#[test]
fn nothing_is_told_apart_from_no_namespace_and_uninstalled() {
    for (code, why) in [(404, Absent::Namespace), (200, Absent::Release), (403, Absent::Release)] {
        let server = serve(move |path, _| match path.ends_with("/namespaces/shop") {
            true => status(code, "namespaces \"shop\" not found"),
            false => list(&[]),
        });
        assert_eq!(connected(&server).current_release("shop", "web"), Ok(Current::Absent(why)));
    }
    let server = serve(|_, _| list(&[stored(1, "uninstalled", |_| ())]));
    assert_eq!(connected(&server).current_release("shop", "web"), Ok(Current::Absent(Absent::Uninstalled)));
}

#[test]
fn a_server_that_is_down_is_said_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = Server { port, seen: Arc::default() };
    let begun = Instant::now();
    let error = error_of(&server);
    assert_eq!(error.fault, Fault::Unreachable);
    assert_eq!(error.text, format!("http://127.0.0.1:{port} can't be reached: connection refused"));
    assert!(begun.elapsed() < SILENCE);
}

#[test]
fn a_slow_server_is_given_up_after_the_timeout() {
    let server = serve(|_, _| Reply::Silence);
    let begun = Instant::now();
    let error = error_of(&server);
    assert_eq!(error.fault, Fault::Timeout);
    assert!(error.text.ends_with("did not answer about release web in namespace shop within 2 s"), "{}", error.text);
    assert!(begun.elapsed() < SILENCE);
}

#[test]
fn a_connection_that_breaks_is_tried_again_and_then_said() {
    let server = serve(|_, n| if n == 0 { Reply::Cut } else { list(&[stored(1, "deployed", |_| ())]) });
    assert!(has_first_revision(&connected(&server)));
    let server = serve(|_, _| Reply::Cut);
    let error = error_of(&server);
    assert_eq!(error.fault, Fault::Dropped);
    assert!(error.text.contains("ended the connection before its answer"), "{}", error.text);
    assert!(server.seen.lock().unwrap().len() > 1);
}

#[test]
fn refused_credentials_and_missing_rights_name_what_to_do() {
    let error = error_of(&serve(|_, _| status(401, "Unauthorized")));
    assert_eq!(error.fault, Fault::Unauthorized);
    assert!(error.to_string().contains("log in again"), "{error}");
    let said = "secrets is forbidden: User \"dev\" cannot list resource \"secrets\" in API group \"\" in the namespace \"shop\"";
    let error = error_of(&serve(move |_, _| status(403, said)));
    assert_eq!(error.fault, Fault::Forbidden);
    assert!(error.text.ends_with(&format!("does not allow release web in namespace shop: {said}")), "{}", error.text);
    assert!(error.hint.is_some_and(|h| h.contains("get and list on secrets")));
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    let server = serve(|_, n| match n {
        0 => Reply::Answer(429, "Retry-After: 1\r\n", String::new()),
        _ => list(&[stored(1, "deployed", |_| ())]),
    });
    let begun = Instant::now();
    assert!(has_first_revision(&connected(&server)));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // Longer than there is time for: no use waiting.
    let server = serve(|_, _| Reply::Answer(429, "Retry-After: 60\r\n", String::new()));
    let begun = Instant::now();
    assert_eq!(error_of(&server).fault, Fault::Throttled);
    assert_eq!(server.seen.lock().unwrap().len(), 1);
    assert!(begun.elapsed() < SILENCE);
}

#[test]
fn what_is_stored_but_no_release_is_said_without_its_content() {
    type Change = fn(&mut serde_json::Value);
    let twice = |text: &str| json!(STANDARD.encode(STANDARD.encode(text)));
    let cases: [(Change, Fault, &str); 6] = [
        (|s| s["data"]["release"] = json!("####"), Fault::NotARelease, "the data is not base64"),
        (|s| s["data"] = json!({}), Fault::NotARelease, "no data under the key"),
        (
            |s| s["data"]["release"] = json!(STANDARD.encode(STANDARD.encode("hunter2"))),
            Fault::NotARelease,
            "neither gzip nor JSON",
        ),
        (
            |s| s["data"]["release"] = json!(STANDARD.encode(STANDARD.encode([0x1f, 0x8b, 8, 0, 1, 2]))),
            Fault::NotARelease,
            "gzip data is damaged",
        ),
        (
            |s| s["type"] = json!("helm.sh/release.v9"),
            Fault::NotARelease,
            "of an unknown version; known is helm.sh/release.v1",
        ),
        (|s| s["metadata"]["name"] = json!("sh.helm.release.v9.web.v1"), Fault::NotARelease, "of an unknown version"),
    ];
    for (change, fault, why) in cases {
        let error = error_of(&serve(move |_, _| list(&[stored(1, "deployed", change)])));
        assert_eq!(error.fault, fault, "{error}");
        assert!(error.text.contains(why) && error.text.contains("web.v1"), "{}", error.text);
    }
    let odd = twice("{\"name\": \"web\", \"version\": \"hunter2\"}");
    let error = error_of(&serve(move |_, _| list(&[stored(1, "deployed", |s| s["data"]["release"] = odd.clone())])));
    assert!(error.text.contains("another shape at line 1"), "{}", error.text);
}

#[test]
fn answers_of_no_api_server_are_said() {
    let page = || Reply::Answer(200, "", "<html>log in</html>".into());
    let error = error_of(&serve(move |_, _| page()));
    assert!(error.text.contains("what no API server does, at line 1 column 1"), "{}", error.text);
    let error = error_of(&serve(|_, _| Reply::Answer(502, "", "<html>hunter2</html>".into())));
    assert!(error.text.ends_with("HTTP status 502 without an explanation"), "{}", error.text);
}

#[test]
fn a_wrong_context_lists_the_known_ones() {
    let (_dir, path) = kubeconfig("http://127.0.0.1:1", "");
    let wrong = |name: &str| {
        let asked = ConnectOptions { context: Some(name.into()), ..options(&path) };
        Cluster::connect(&asked).err().map(|e| e.text).unwrap_or_default()
    };
    assert_eq!(
        wrong("prodution"),
        "kubeconfig has no context \"prodution\": known are test, production; did you mean \"production\"?"
    );
    assert_eq!(wrong("xyz"), "kubeconfig has no context \"xyz\": known are test, production");
}

#[test]
fn a_broken_kubeconfig_is_said_without_its_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    for text in [format!("users: [{{user: {{token: {TOKEN}\n"), format!("contexts: {TOKEN}"), TOKEN.to_owned()] {
        std::fs::write(&path, text).unwrap();
        let error = Cluster::connect(&options(&path)).err().unwrap();
        assert_eq!(error.fault, Fault::Config);
        assert!(error.text.contains("config") && !format!("{error:?}").contains(TOKEN), "{error:?}");
    }
}

/// A kubeconfig whose user runs a shell script.
fn with_plugin(server: &str, script: &str) -> (tempfile::TempDir, PathBuf) {
    let (dir, path) = kubeconfig(server, "");
    let text = std::fs::read_to_string(&path).unwrap();
    let exec = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script], "interactiveMode": "Never"});
    std::fs::write(&path, text.replace(&format!("token: {TOKEN}"), &format!("exec: {exec}"))).unwrap();
    (dir, path)
}

#[test]
fn a_credential_plugin_is_run_and_its_failure_shows_no_secret() {
    let server = serve(|_, _| list(&[stored(1, "deployed", |_| ())]));
    let address = format!("http://127.0.0.1:{}", server.port);
    let credential =
        json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": TOKEN}});
    let (_dir, path) = with_plugin(&address, &format!("echo '{credential}'"));
    assert!(has_first_revision(&Cluster::connect(&options(&path)).unwrap()));
    let long = "a".repeat(50);
    for (script, why) in [
        (
            format!("echo {TOKEN}; echo no session {long} >&2; exit 3"),
            "the credential plugin of this context failed (exit status: 3): no session …",
        ),
        (format!("echo {TOKEN}"), "something else than an ExecCredential"),
        (
            "echo '{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\"}'".into(),
            "without a status",
        ),
    ] {
        let (_dir, path) = with_plugin(&address, &script);
        let error = Cluster::connect(&options(&path)).and_then(|c| c.current_release("shop", "web")).unwrap_err();
        assert_eq!(error.fault, Fault::Unauthorized);
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(why) && !shown.contains(TOKEN) && !shown.contains(&long), "{shown}");
    }
}

#[test]
fn an_expired_certificate_is_said() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cluster");
    let (listener, config) = (TcpListener::bind("127.0.0.1:0").unwrap(), expired(&folder));
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
            let _ = rustls::Stream::new(&mut tls, &mut stream).read(&mut [0; 1]);
        }
    });
    let authority = format!(", certificate-authority: {}", folder.join("authority.crt").display());
    let (_dir, path) = kubeconfig(&format!("https://127.0.0.1:{port}"), &authority);
    let error = Cluster::connect(&options(&path)).unwrap().current_release("shop", "web").unwrap_err();
    assert_eq!(
        error,
        ClusterError::new(Fault::Certificate, format!("the certificate of https://127.0.0.1:{port} has expired"))
    );
    let (_dir, path) = kubeconfig(&format!("https://127.0.0.1:{port}"), "");
    let error = Cluster::connect(&options(&path)).unwrap().current_release("shop", "web").unwrap_err();
    assert_eq!(error.fault, Fault::Certificate);
}

/// A server whose certificate was good in 2020.
fn expired(folder: &Path) -> Arc<rustls::ServerConfig> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let file = folder.join("expired.pem");
    let chain = CertificateDer::pem_file_iter(&file).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(&file).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

/// Runs the program with a chart that looks things up.
fn run(server: &Server, arguments: &[&str]) -> Output {
    let (dir, path) = kubeconfig(&format!("http://127.0.0.1:{}", server.port), "");
    std::fs::create_dir(dir.path().join("templates")).unwrap();
    std::fs::write(dir.path().join("Chart.yaml"), "apiVersion: v2\nname: c\nversion: 0.1.0\n").unwrap();
    let template = "found: {{ (lookup \"v1\" \"Service\" \"shop\" \"web\").spec.port }} {{ lookup \"v1\" \"Service\" \"shop\" \"gone\" }}\n\
version: {{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions.Has \"v1/Service\" }}\n";
    std::fs::write(dir.path().join("templates/a.yaml"), template).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).arg(dir.path()).env("KUBECONFIG", path).env_remove("HELM_DRIVER");
    command.output().unwrap()
}

/// An API server of one kind and one object.
fn small(path: &str, _: usize) -> Reply {
    match path {
        "/version" => ok(json!({"major": "1", "minor": "36+", "gitVersion": "v1.36.3-eks-1"})),
        "/api" => ok(json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {}, "versions": [{"version": "v1",
            "resources": [{"resource": "services", "responseKind": {"kind": "Service"}, "scope": "Namespaced"}]}]}]})),
        "/apis" => ok(json!({"kind": "APIGroupDiscoveryList", "items": null})),
        "/api/v1/namespaces/shop/services/web" => ok(json!({"kind": "Service", "spec": {"port": 443}})),
        _ => status(404, "not found"),
    }
}

#[test]
fn lookup_and_capabilities_come_from_the_cluster() {
    for arguments in
        [&["template", "web", "--live"][..], &["template", "web", "--dry-run=server"], &["render", "--live"]]
    {
        let out = run(&serve(small), arguments);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(
            text.contains("found: 443 map[]\nversion: v1.36.3-eks-1 true"),
            "{text}{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
}

#[test]
fn older_servers_are_asked_version_by_version() {
    let server = serve(|path, n| match path {
        "/api" => ok(json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/apis" => {
            ok(json!({"kind": "APIGroupList", "groups": [{"versions": [{"groupVersion": "gone.example.com/v1"}]}]}))
        }
        "/api/v1" => ok(json!({"resources": [{"name": "services", "kind": "Service", "namespaced": true},
            {"name": "services/status", "kind": "Service", "namespaced": true}]})),
        "/apis/gone.example.com/v1" => status(503, "service unavailable"),
        path => small(path, n),
    });
    let out = run(&server, &["render", "--live", "--request-timeout", "9s"]);
    assert!(
        String::from_utf8_lossy(&out.stdout).contains("v1.36.3-eks-1 true"),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

#[test]
fn the_exit_status_tells_the_cluster_from_configuration() {
    let busy = |_: &str, _: usize| status(403, "nope");
    assert_eq!(run(&serve(busy), &["render", "--live"]).status.code(), Some(4));
    assert_eq!(run(&serve(busy), &["render", "--live", "--kube-context", "nope"]).status.code(), Some(3));
    assert_eq!(run(&serve(busy), &["render", "--live", "--request-timeout", "soon"]).status.code(), Some(3));
    // Helm knows 1 only.
    assert_eq!(run(&serve(busy), &["template", "web", "--live"]).status.code(), Some(1));
}
