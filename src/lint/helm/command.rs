//! What `helm lint` prints (helm v4.3.1 `pkg/cmd/lint.go`, `pkg/action/lint.go`; helm v3.22.0 `cmd/helm/lint.go`).

use super::{HelmFinding, Settings, Subject};
use crate::diag::log::Log;
use crate::finding::Severity;
use crate::value::Map;
use crate::world::World;

/// The flags of `helm lint`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    /// `--strict`
    pub strict: bool,
    /// `--with-subcharts`
    pub with_subcharts: bool,
    /// `--quiet`
    pub quiet: bool,
}

/// What the program leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// Standard output.
    pub text: String,
    /// What stands behind `Error: ` if it fails.
    pub failure: Option<String>,
}

/// Checks charts one after the other, as `helm lint PATH...` does, with the same values for all of them.
pub fn lint(
    paths: &[String],
    values: &Map,
    settings: &Settings,
    flags: Flags,
    world: &dyn World,
    log: &mut Log,
) -> Printed {
    let mut paths = paths.to_vec();
    if flags.with_subcharts {
        let below: Vec<String> = paths.iter().flat_map(|p| subcharts(p)).collect();
        paths.extend(below);
    }
    // One map for all: what the rules fill in for one chart is there for the next.
    let values = values.deep_copy();
    let (mut text, mut failed, mut any) = (String::new(), 0, false);
    for path in &paths {
        let found = Subject::open(path, settings.helm, log).map(|s| s.check(&values, settings, world, log));
        let worst = found.as_ref().map_or(Some(Severity::Error), |all| all.iter().map(|f| f.severity).max());
        let is_failure = worst >= Some(if flags.strict { Severity::Warning } else { Severity::Error });
        let is_notable = worst > Some(Severity::Info);
        any |= is_notable;
        if flags.quiet && !is_notable {
            continue;
        }
        failed += usize::from(is_failure);
        text.push_str(&format!("==> Linting {path}\n"));
        match found {
            Err(e) => text.push_str(&format!("Error {e}\n")),
            Ok(all) => {
                let shown = all.iter().filter(|f| !flags.quiet || f.severity > Severity::Info);
                shown.for_each(|f| text.push_str(&line(f)));
            }
        }
        text.push('\n');
    }
    let summary = format!("{} chart(s) linted, {failed} chart(s) failed", paths.len());
    if failed > 0 {
        return Printed { text, failure: Some(summary) };
    }
    if !flags.quiet || any {
        text.push_str(&format!("{summary}\n"));
    }
    Printed { text, failure: None }
}

/// One finding as Helm prints it.
pub fn line(finding: &HelmFinding) -> String {
    let severity = match finding.severity {
        Severity::Info => "INFO",
        Severity::Warning => "WARNING",
        Severity::Error => "ERROR",
    };
    format!("[{severity}] {}: {}\n", finding.place, finding.message)
}

/// Folders with a Chart.yaml and archives in charts/, at any depth, in the order of Go's walk.
fn subcharts(path: &str) -> Vec<String> {
    let charts = crate::grammar::gopath::clean(&format!("{path}/charts"));
    let walk = walkdir::WalkDir::new(charts).sort_by_file_name().into_iter().filter_map(Result::ok);
    walk.filter_map(|entry| {
        let path = entry.path().display().to_string();
        if entry.file_name() == "Chart.yaml" {
            return entry.path().parent().map(|p| p.display().to_string());
        }
        (path.ends_with(".tgz") || path.ends_with(".tar.gz")).then_some(path)
    })
    .collect()
}
