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

/// Whatever is cut off, there is an answer or an error, at once.
#[test]
fn no_text_is_too_broken() {
    for name in ["locations.txt", "servers.txt", "rewrites.txt", "passes.txt", "refused.txt"] {
        for case in cases(name) {
            let whole = case.files.0["nginx.conf"].clone();
            for cut in (0..whole.len()).filter(|i| whole.is_char_boundary(*i)) {
                for text in
                    [whole[..cut].to_owned(), format!("{}{}", &whole[..cut], &whole[(cut + 1).min(whole.len())..])]
                {
                    let mut files = Texts(case.files.0.clone());
                    files.0.insert("nginx.conf".into(), text);
                    if let Ok(config) = load("nginx.conf", &files) {
                        case.requests.iter().take(3).for_each(|(url, _)| _ = answer(&config, &request(url)));
                    }
                }
            }
        }
    }
}

/// A file that is written anew with `UPDATE=1`, and looked at.
fn expect(path: &Path, found: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, found).expect("can be written");
    }
    let wanted = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, wanted, "{} (UPDATE=1 writes it)", path.display());
}

fn folder(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/routes").join(name)
}

/// Every kind of route with its annotations and filters, and every kind of conflict.
#[test]
fn routes_of_all_kinds_are_read() {
    let text = std::fs::read_to_string(folder("kinds/manifest.yaml")).expect("it is there");
    let (objects, broken) = plimsoll::lint::objects::of_file("manifest.yaml", &text);
    assert!(broken.is_empty());
    let release = plimsoll::routes::Release { chart: "pay", namespace: "pay", objects: &objects };
    let mut index = plimsoll::routes::index::Index::default();
    index.add(release);
    let mut routes = plimsoll::routes::read::routes(release);
    routes.iter_mut().for_each(|r| index.settle(r));
    let conflicts = plimsoll::routes::conflicts::conflicts(&routes, &index);
    let table = plimsoll::report::routes::Table { environment: None, routes, conflicts, against: None };
    let tables = [table];
    expect(&folder("kinds/report.txt"), &plimsoll::report::routes::text(&tables));
    expect(&folder("kinds/report.md"), &plimsoll::report::routes::markdown(&tables));
}

fn run(args: &[&str]) -> (i32, String, String) {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(args)
        .current_dir(folder("site"))
        .output()
        .expect("plimsoll starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("is UTF-8");
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

/// A site of virtual machines, and the chart it was moved to with what was forgotten: every kind of difference.
#[test]
fn a_site_is_compared_with_its_chart() {
    let (status, out, err) = run(&["routes", "chart", "--against", "nginx/nginx.conf"]);
    assert_eq!((status, err.as_str()), (1, ""));
    expect(&folder("site/report.txt"), &out);
    let (_, json, _) = run(&["routes", "chart", "--against", "nginx/nginx.conf", "-o", "json"]);
    let data: serde_json::Value = serde_json::from_str(&json).expect("is JSON");
    let kinds: std::collections::BTreeSet<&str> = data[0]["against"]["differences"]
        .as_array()
        .expect("is a list")
        .iter()
        .filter_map(|d| d["kind"].as_str())
        .collect();
    let all = ["answer", "extra", "missing", "priority", "redirect", "rewrite", "target"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn wrong_use_is_told() {
    let (status, _, err) = run(&["routes", "chart", "--against", "nginx/none.conf"]);
    assert_eq!(status, 3);
    assert_eq!(err, "Error: open() \"nginx/none.conf\" failed (2: no such file or directory)\n");
    let (status, _, err) = run(&["routes", "chart", "--against", "nginx/nginx.conf", "--map", "php"]);
    assert_eq!((status, err.as_str()), (3, "Error: --map php: NGINX=SERVICE was expected\n"));
    let (status, ..) = run(&["routes", "chart", "--fail-on", "warning"]);
    assert_eq!(status, 1);
    let (status, ..) = run(&["routes", "chart"]);
    assert_eq!(status, 0);
}
