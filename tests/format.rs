//! Reads the Markdown tests, as described in testdata/README.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::value::HelmVersion;

/// A template with everything around it, and what each Helm makes of it.
pub struct Case {
    /// File, section and line, for messages.
    pub name: String,
    /// The files of the chart, `Chart.yaml` first.
    pub files: Vec<(String, Vec<u8>)>,
    /// The values file.
    pub values: Vec<u8>,
    /// Helm 3's answer and Helm 4's.
    pub expected: [Expected; 2],
}

impl Case {
    /// The answer of one version.
    pub fn expected(&self, helm: HelmVersion) -> &Expected {
        match helm {
            HelmVersion::V3 => &self.expected[0],
            HelmVersion::V4 => &self.expected[1],
        }
    }

    /// The text of the template itself.
    pub fn template(&self) -> &[u8] {
        &self.files.last().expect("the template comes last").1
    }
}

/// Output, or the text of an error.
pub type Expected = Result<Vec<u8>, Vec<u8>>;

const CHART_YAML: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

/// All Markdown files of a directory, in order. `calls` has another format.
pub fn markdown_files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![root.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("test data is readable") {
            let path = entry.expect("test data is readable").path();
            if path.is_dir() && path.file_name().is_some_and(|n| n != "calls") {
                dirs.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What the blocks so far say about the chart.
#[derive(Clone, Default)]
struct Context {
    files: BTreeMap<String, String>,
    order: Vec<String>,
    helpers: String,
    values: String,
}

impl Context {
    fn take(&mut self, info: &str, content: &str) {
        let text = if content.is_empty() { String::new() } else { format!("{content}\n") };
        match info.split(' ').next().unwrap_or_default() {
            "values" => self.values = text,
            "helpers" => self.helpers = text,
            "file" => {
                let path = info.trim_start_matches("file path=").to_string();
                if self.files.insert(path.clone(), text).is_none() {
                    self.order.push(path);
                }
            }
            _ => {}
        }
    }

    fn case(&self, name: String, template: Vec<u8>) -> Case {
        let chart = self.files.get("Chart.yaml").map_or(CHART_YAML, String::as_str);
        let mut files = vec![("Chart.yaml".to_string(), chart.into())];
        for path in self.order.iter().filter(|p| *p != "Chart.yaml") {
            files.push((path.clone(), self.files[path].clone().into_bytes()));
        }
        if !self.helpers.is_empty() {
            files.push(("templates/_h.tpl".into(), self.helpers.clone().into_bytes()));
        }
        files.push(("templates/t.yaml".into(), template));
        let none = || Err(b"no expectation is recorded".to_vec());
        Case { name, files, values: self.values.clone().into_bytes(), expected: [none(), none()] }
    }
}

/// The cases of one file.
pub fn read_cases(path: &Path, text: &str) -> Vec<Case> {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let mut cases: Vec<Case> = Vec::new();
    let (mut of_file, mut context, mut section) = (Context::default(), None::<Context>, String::new());
    let lines: Vec<&str> = text.lines().collect();
    let mut i = 0;
    while i < lines.len() {
        let line = lines[i];
        i += 1;
        if line.starts_with("##") {
            section = line.trim_start_matches('#').trim().to_string();
            context = Some(of_file.clone());
        }
        if !line.starts_with("```") {
            continue;
        }
        let info = line.trim_start_matches('`');
        let fence = &line[..line.len() - info.len()];
        let start = i;
        while i < lines.len() && lines[i] != fence {
            i += 1;
        }
        let content = lines[start..i].join("\n");
        let now = context.as_mut().unwrap_or(&mut of_file);
        let name = |line: usize| format!("{stem}:{line} {section}");
        match info.split(' ').next().unwrap_or_default() {
            "template" => {
                let mut now = now.clone();
                if let Some((_, values)) = info.split_once("values=") {
                    now.values = format!("{values}\n");
                }
                cases.push(now.case(name(start), content.into_bytes()));
            }
            kind @ ("output" | "error") => {
                let case = cases.last_mut().expect("an expectation follows its template");
                expect(case, kind == "error", &info[kind.len()..], content.into_bytes());
            }
            "cases" => {
                cases.extend(
                    (start..i).filter(|&n| !lines[n].is_empty()).map(|n| read_line(now, name(n + 1), lines[n])),
                );
            }
            _ => now.take(info, &content),
        }
        i += 1;
    }
    cases
}

fn expect(case: &mut Case, failed: bool, which: &str, text: Vec<u8>) {
    for (slot, helm) in case.expected.iter_mut().zip(["3", "4"]) {
        if which.is_empty() || which.ends_with(helm) {
            *slot = if failed { Err(text.clone()) } else { Ok(text.clone()) };
        }
    }
}

/// One line of a `cases` block.
fn read_line(context: &Context, name: String, line: &str) -> Case {
    let mut fields = line.split('\t');
    let template = unescape(fields.next().unwrap_or_default());
    let mut case = context.case(name, template);
    for field in fields {
        let (mark, text) = field.split_once(' ').unwrap_or((field, ""));
        let which = mark.trim_end_matches(['=', '!']);
        expect(&mut case, mark.ends_with('!'), which, unescape(text));
    }
    case
}

/// Undoes the escapes of a `cases` line.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        if b != b'\\' {
            out.push(b);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'r') => out.push(b'\r'),
            Some(b'x') => {
                let hex: Vec<u8> = bytes.by_ref().take(2).collect();
                let hex = String::from_utf8_lossy(&hex).into_owned();
                out.push(u8::from_str_radix(&hex, 16).unwrap_or_else(|_| panic!("bad \\x escape in {text}")));
            }
            Some(b'\\') => out.push(b'\\'),
            other => panic!("bad escape {other:?} in {text}"),
        }
    }
    out
}
