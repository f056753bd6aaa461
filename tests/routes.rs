//! What our model of nginx says of requests, against what a real nginx answered: `testdata/routes/nginx`, recorded by
//! `.ci/nginx/record.py`.

use std::collections::BTreeMap;
use std::path::Path;

use plimsoll::routes::Request;
use plimsoll::routes::nginx::eval::{Served, answer};
use plimsoll::routes::nginx::{Config, Fault, Files, load};

/// Files in memory.
struct Texts(BTreeMap<String, String>);

impl Files for Texts {
    fn read(&self, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| format!("open() \"{path}\" failed (2: No such file or directory)"))
    }

    fn find(&self, glob: &str) -> Result<Vec<String>, String> {
        if !glob.contains('*') {
            return Ok(vec![glob.to_owned()]);
        }
        let pattern = glob::Pattern::new(glob).map_err(|e| e.to_string())?;
        Ok(self.0.keys().filter(|k| pattern.matches(k)).cloned().collect())
    }
}

/// One recorded case.
struct Case {
    title: String,
    files: Texts,
    requests: Vec<(String, String)>,
    error: Option<String>,
}

fn cases(name: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/routes/nginx").join(name);
    let text = std::fs::read_to_string(path).expect("it is there");
    text.split("===== ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let (title, rest) = text.split_once('\n').expect("has a title");
    let mut case = Case { title: title.to_owned(), files: Texts(BTreeMap::new()), requests: Vec::new(), error: None };
    for part in format!("\n{rest}").split("\n-- ").skip(1) {
        let (name, body) = part.split_once(" --\n").expect("a section has a name");
        match name {
            "requests" => {
                let lines = body.lines().filter_map(|l| l.split_once('\t'));
                case.requests = lines.map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
            }
            "error" => case.error = Some(body.trim().to_owned()),
            // The split took the last line's end.
            file => _ = case.files.0.insert(file.to_owned(), format!("{}\n", body.trim_end_matches('\n'))),
        }
    }
    case
}

fn request(url: &str) -> Request {
    let (scheme, rest) = url.split_once("://").expect("has a scheme");
    let (authority, uri) = rest.split_at(rest.find('/').expect("has a path"));
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    let has_tls = scheme == "https";
    let port = port.parse().unwrap_or(if has_tls { 443 } else { 80 });
    Request { has_tls, port, host: host.to_owned(), uri: uri.to_owned() }
}

/// An answer as the recorder writes it.
fn written(config: &Config, request: &Request) -> String {
    let outcome = answer(config, request);
    let tries = outcome.location.is_some_and(|l| l.scope.try_files.is_some());
    match outcome.served {
        Served::Passed { kind, to, uri, .. } => {
            let to = config.upstream(&to).map_or(to, |u| u.servers[0].clone());
            format!("{kind} {to} {uri}")
        }
        // `try_files … =404` looks without a word.
        Served::Files(_) if tries => "404".into(),
        Served::Files(_) => "files".into(),
        Served::Redirect { code, to } => format!("{code} to {to}"),
        Served::Status { code: 444, .. } | Served::Nobody => "closed".into(),
        Served::Status { code, text } => format!("{code} {text}").trim().to_owned(),
        Served::Content(name) => name,
    }
}

#[test]
fn requests_go_where_nginx_sends_them() {
    let (mut wrong, mut all) = (Vec::new(), 0);
    for name in ["locations.txt", "servers.txt", "rewrites.txt", "passes.txt"] {
        for case in cases(name) {
            let config = load("nginx.conf", &case.files).unwrap_or_else(|e| panic!("{}: {e}", case.title));
            for (url, wanted) in &case.requests {
                all += 1;
                let found = written(&config, &request(url));
                if found != *wanted {
                    wrong.push(format!("{}: {url}\n  nginx: {wanted}\n  ours:  {found}", case.title));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(all > 120, "only {all} requests");
}

#[test]
fn what_nginx_refuses_is_refused_in_its_words() {
    let mut wrong = Vec::new();
    for case in cases("refused.txt") {
        let wanted = case.error.unwrap_or_default();
        match load("nginx.conf", &case.files) {
            Ok(_) => wrong.push(format!("{}: accepted, but {wanted}", case.title)),
            Err(fault) if fault.to_string() == wanted => {}
            Err(fault) => wrong.push(format!("{}\n  nginx: {wanted}\n  ours:  {fault}", case.title)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_never_ends_is_refused() {
    let one = |text: &str| Texts(BTreeMap::from([("nginx.conf".to_owned(), text.to_owned())]));
    let fault = |text: &str| -> Fault { load("nginx.conf", &one(text)).expect_err("is refused") };
    assert!(fault("include nginx.conf;").message.contains("includes itself"));
    assert!(fault(&"a {".repeat(100_000)).message.contains("nested too deeply"));
    assert!(fault(&format!("server {{ location ~ {} {{ }} }}", "(".repeat(50_000))).message.contains("failed"));
}
