//! Runs the charts of `testdata/parity` through the program as both Helm versions and compares everything it leaves
//! behind with what Helm left.
//!
//! `PARITY=text cargo test parity` runs only the files whose name contains the text, `PARITY_HELM=4` only one version.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rayon::prelude::*;

use crate::diff::{diff, report};
use crate::txtar::{Case, Run, parse, unpack};

/// How the program is told to be Helm 3 instead of Helm 4.
fn profile(helm: &str) -> &'static [&'static str] {
    match helm {
        "3" => &["--helm-version", "3"],
        _ => &[],
    }
}

#[test]
fn charts_render_as_helm_renders_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/parity");
    let (only, version) =
        (std::env::var("PARITY").unwrap_or_default(), std::env::var("PARITY_HELM").unwrap_or_default());
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&root).expect("test data").map(|e| e.expect("test data").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txtar") && p.to_string_lossy().contains(&only));
    paths.sort();
    let results: Vec<(usize, Vec<String>)> = paths.par_iter().map(|path| differences(path, &version)).collect();
    let total = results.iter().map(|(runs, _)| runs).sum();
    let failures: Vec<String> = results.into_iter().flat_map(|(_, f)| f).collect();
    report("runs", &failures, total, only.is_empty() && version.is_empty());
}

/// The runs of one file as one or both versions: how many, and how they differ.
fn differences(path: &Path, version: &str) -> (usize, Vec<String>) {
    let case = parse(&fs::read_to_string(path).expect("test data is UTF-8"));
    let stem = path.file_stem().expect("it has an extension").to_string_lossy();
    let (mut failures, mut total) = (Vec::new(), 0);
    let mut place = Place::new(&case);
    for run in &case.runs {
        for helm in ["3", "4"].into_iter().filter(|h| version.is_empty() || version == *h) {
            total += 1;
            // Whether files are executed in order or by several threads must not show.
            let different = THREADS.iter().find_map(|n| compare(&case, run, helm, &place.execute(run, helm, n)));
            failures.extend(different.map(|d| format!("{stem} {} (Helm {helm})\n{d}", run.name)));
        }
    }
    (total, failures)
}

/// How many threads a chart is rendered with.
const THREADS: &[&str] = &["1", "3"];

/// What a run leaves behind, under the names that the expectations have: `exit`, `stdout`, `stderr`, `file/...`.
pub type Outcome = BTreeMap<String, Vec<u8>>;

/// Where a case's files are unpacked; the next run finds them as the first did.
pub struct Place<'c> {
    case: &'c Case,
    dir: PathBuf,
    before: BTreeMap<String, Vec<u8>>,
    /// Deletes the folder when it goes.
    _temp: tempfile::TempDir,
}

impl<'c> Place<'c> {
    pub fn new(case: &'c Case) -> Place<'c> {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path().canonicalize().expect("it exists");
        let (work, home) = (dir.join("work"), dir.join("home"));
        fs::create_dir(&work).and_then(|()| fs::create_dir(&home)).expect("it is writable");
        unpack(&case.files, &work).expect("it is writable");
        let before = snapshot(&dir);
        Place { case, dir, before, _temp: temp }
    }

    pub fn execute(&mut self, run: &Run, helm: &str, threads: &str) -> Outcome {
        let (work, home) = (self.dir.join("work"), self.dir.join("home"));
        let stdin = fs::File::open(work.join("stdin")).map_or_else(|_| Stdio::null(), Stdio::from);
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(run.args.iter().take(1))
            .args(profile(helm))
            .args(run.args.iter().skip(1))
            .current_dir(&work)
            .env_clear()
            .envs([("HOME", &home), ("KUBECONFIG", &home.join("none")), ("TMPDIR", &self.dir)])
            .envs([("PATH", "/usr/bin:/bin"), ("TZ", "UTC"), ("PLIMSOLL_THREADS", threads)])
            .envs(self.case.env.iter().map(|(k, v)| (k, v)))
            .stdin(stdin)
            .output()
            .expect("the program starts");
        let normal = |text: &[u8]| replace(&replace(text, &work, b"$WORK"), &home, b"$HOME");
        let exit = output.status.code().map_or("killed by a signal\n".into(), |c| format!("{c}\n"));
        let mut found = Outcome::from([
            ("exit".into(), exit.into_bytes()),
            ("stdout".into(), normal(&output.stdout)),
            ("stderr".into(), normal(&output.stderr)),
        ]);
        let after = snapshot(&self.dir);
        if after != self.before {
            let changed = after.iter().filter(|(n, data)| !n.ends_with('/') && self.before.get(*n) != Some(data));
            for (name, data) in changed.filter_map(|(name, data)| Some((name.strip_prefix("work/")?, data))) {
                found.insert(format!("file/{name}"), normal(data));
            }
            *self = Place::new(self.case);
        }
        found
    }
}

/// The files below a folder by their names, and the folders with a slash behind theirs.
fn snapshot(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = walkdir::WalkDir::new(root).into_iter().filter_map(Result::ok);
    all.filter_map(|e| {
        let name = e.path().strip_prefix(root).expect("found below").to_string_lossy().into_owned();
        match e.file_type() {
            t if t.is_file() => Some((name, fs::read(e.path()).unwrap_or_default())),
            t if t.is_dir() => Some((name + "/", Vec::new())),
            _ => None,
        }
    })
    .collect()
}

fn replace(text: &[u8], path: &Path, with: &[u8]) -> Vec<u8> {
    let path = path.as_os_str().as_encoded_bytes();
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, path) {
        out.extend(&rest[..at]);
        out.extend(with);
        rest = &rest[at + path.len()..];
    }
    out.extend(rest);
    out
}

/// The differences of one run, if there are any.
pub fn compare(case: &Case, run: &Run, helm: &str, found: &Outcome) -> Option<String> {
    let prefix = format!("expect/{}/", run.name);
    let other = if helm == "3" { "helm=4" } else { "helm=3" };
    let mut expected = Outcome::from([("exit".into(), b"0\n".to_vec())]);
    let mut sorted = false;
    for file in case.files.iter().filter(|f| f.name.starts_with(&prefix) && !f.has(other)) {
        sorted |= file.has("sorted");
        expected.insert(file.name[prefix.len()..].to_string(), file.data.clone());
    }
    let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let mut text = String::new();
    for name in names {
        let mut sides = [&expected, found].map(|side| side.get(name).cloned().unwrap_or_default());
        if sorted && name == "stderr" {
            sides = sides.map(|s| sort_lines(&s));
        }
        if sides[0] != sides[1] {
            text.push_str(&format!("  {name}\n{}", diff(&sides[0], &sides[1])));
        }
    }
    (!text.is_empty()).then(|| format!("    {}\n{text}", run.args.join(" ")))
}

fn sort_lines(text: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    lines.sort_unstable();
    lines.concat()
}
