//! Renders every snippet of `testdata/template` as both Helm versions and compares with what Helm said.
//!
//! `SPEC=text cargo test spec` runs only the cases whose name contains the text, `SPEC_HELM=4` only one version.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use plimsoll::value::HelmVersion;

use crate::diff::{diff, report, visible};
use crate::format::{Case, Expected, markdown_files, read_cases};

/// The one place that knows how the library renders a chart in memory: release `rel` in namespace `ns`, Kubernetes
/// 1.33.0, values as from `-f`. Gives the text of `templates/t.yaml`, or Helm's error text.
fn render(case: &Case, helm: HelmVersion) -> Expected {
    match plimsoll::render::render_files(&case.files, &case.values, helm) {
        Ok(mut files) => Ok(files.remove("c/templates/t.yaml").unwrap_or_default()),
        Err(text) => Err(plimsoll::value::kept::bytes(&text).into_owned()),
    }
}

#[test]
fn snippets_render_as_helm_renders_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/template");
    let (only, version) = (std::env::var("SPEC").unwrap_or_default(), std::env::var("SPEC_HELM").unwrap_or_default());
    let (mut failures, mut total) = (Vec::new(), 0);
    for path in markdown_files(&root) {
        let text = fs::read_to_string(&path).expect("test data is UTF-8");
        let cases = read_cases(&path, &text);
        let cases: Vec<Case> = cases.into_iter().filter(|c| c.name.contains(&only)).collect();
        for (helm, mark) in [(HelmVersion::V3, "3"), (HelmVersion::V4, "4")] {
            if version.is_empty() || version == mark {
                total += cases.len();
                failures.extend(run(&cases, helm, mark));
            }
        }
    }
    report("snippets", &failures, total, only.is_empty() && version.is_empty());
}

/// Runs cases on a thread with as much stack as the program gives itself.
fn run(cases: &[Case], helm: HelmVersion, mark: &str) -> Vec<String> {
    let work = || cases.iter().filter_map(|case| check(case, helm, mark)).collect();
    plimsoll::stack::with_stack(work).expect("a thread starts, and panics are caught per case")
}

fn check(case: &Case, helm: HelmVersion, mark: &str) -> Option<String> {
    let expected = case.expected(helm);
    let found = catch_unwind(AssertUnwindSafe(|| render(case, helm)));
    let found = found.unwrap_or_else(|_| Err(b"PANIC".to_vec()));
    if found == *expected {
        return None;
    }
    let head = format!("{} (Helm {mark})\n    {}", case.name, visible(case.template()));
    let kinds = match (expected, &found) {
        (Ok(_), Err(_)) => "    expected output, found an error\n",
        (Err(_), Ok(_)) => "    expected an error, found output\n",
        _ => "",
    };
    let text = |e: &Expected| e.clone().unwrap_or_else(|e| e);
    Some(format!("{head}\n{kinds}{}", diff(&text(expected), &text(&found))))
}
