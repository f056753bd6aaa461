//! What the formats say alike: names of objects, where a finding holds, counts, identities.

use std::collections::{BTreeMap, BTreeSet};

use super::Run;
use crate::finding::{Finding, Scope, Severity, Spot};
pub(super) use crate::report::words::{number, one_line, shortened, visible};

/// How many findings there are of which kind.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) infos: usize,
    pub(super) waived: usize,
}

impl Counts {
    pub(super) fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Counts {
        let mut counts = Counts::default();
        for finding in findings {
            let count = match (&finding.waived, finding.severity) {
                (Some(_), _) => &mut counts.waived,
                (None, Severity::Error) => &mut counts.errors,
                (None, Severity::Warning) => &mut counts.warnings,
                (None, Severity::Info) => &mut counts.infos,
            };
            *count += 1;
        }
        counts
    }

    /// `2 errors, 1 warning`, or `no findings`; and `; 3 waived`.
    pub(super) fn text(self) -> String {
        let parts = [number(self.errors, "error"), number(self.warnings, "warning"), number(self.infos, "info")];
        let said: Vec<String> = parts.into_iter().filter(|p| !p.starts_with("0 ")).collect();
        let mut text = if said.is_empty() { "no findings".to_owned() } else { said.join(", ") };
        if self.waived > 0 {
            text.push_str(&format!("; {} waived", self.waived));
        }
        text
    }
}

/// What was checked: `214 objects of 3 charts in 2 environments`.
pub(super) fn checked(run: &Run<'_>) -> String {
    let mut text = number(run.checked, "object");
    if !run.charts.is_empty() {
        text.push_str(&format!(" of {}", number(run.charts.len(), "chart")));
    }
    if !run.environments.is_empty() {
        let places =
            || run.environments.iter().map(|p| p.split_once('/').map_or((p.as_str(), None), |(e, c)| (e, Some(c))));
        let environments: BTreeSet<&str> = places().map(|(env, _)| env).collect();
        let clusters: BTreeSet<&str> = places().filter_map(|(_, cluster)| cluster).collect();
        text.push_str(&format!(" in {}", number(environments.len(), "environment")));
        if !clusters.is_empty() {
            text.push_str(&format!(" on {}", number(clusters.len(), "cluster")));
        }
    }
    if !run.versions.is_empty() {
        text.push_str(&format!(", for Kubernetes {}", run.versions.join(", ")));
    }
    text
}

/// `error`, `warning` or `info`.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// The object, for instance `Deployment/ledger in pay`; empty where a finding is about a chart or a file.
pub(super) fn object(finding: &Finding) -> String {
    let resource = &finding.resource;
    let none = resource.kind.is_empty() && resource.name.is_empty();
    if none { String::new() } else { resource.to_string() }
}

/// The object and the field, unless the message names the field anyway.
pub(super) fn subject(finding: &Finding) -> String {
    let object = object(finding);
    match finding.path.as_str() {
        "" => object,
        path if finding.message.contains(path) => object,
        path if object.is_empty() => path.to_owned(),
        path => format!("{object}, {path}"),
    }
}

/// Where the value was set: `image.tag at values-prod.yaml:3:8`.
pub(super) fn value_place(finding: &Finding) -> Option<String> {
    let values = finding.values.as_ref()?;
    let spot = &values.spot;
    Some(format!("{} at {}:{}:{}", values.key, spot.file, spot.line, spot.column))
}

/// The environments a finding holds in; one empty name where it holds in none by name.
pub(super) fn environments(finding: &Finding) -> Vec<String> {
    let names: BTreeSet<String> = finding.scopes.iter().map(Scope::place).filter(|p| !p.is_empty()).collect();
    match names.is_empty() {
        true => vec![finding.env.clone()],
        false => names.into_iter().collect(),
    }
}

/// The file a report has to name even for a finding that has none: then its chart, or the working directory.
pub(super) fn place(finding: &Finding) -> Spot {
    let file = match (finding.spot.file.as_str(), finding.chart.as_str()) {
        ("", "") => ".",
        ("", chart) => chart,
        (file, _) => file,
    };
    Spot { file: file.to_owned(), line: finding.spot.line.max(1), column: finding.spot.column.max(1) }
}

/// A name for each finding that no other has: its fingerprint, or its rule where it has none, and a number where others
/// have the same.
pub(super) fn fingerprints(findings: &[&Finding]) -> Vec<String> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names = Vec::with_capacity(findings.len());
    for finding in findings {
        let own = if finding.fingerprint.is_empty() { &finding.rule } else { &finding.fingerprint };
        let count = seen.entry(own).or_default();
        *count += 1;
        names.push(if *count == 1 { own.to_owned() } else { format!("{own}-{count}") });
    }
    names
}
