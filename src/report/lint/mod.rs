//! What a lint run found, in the formats that people, pipelines and pages read. One file per format: a writer is given
//! the run and its findings in order. To add a format, write such a file and name it in
//! [`FORMATS`]. What is a finding and what is waived has been decided before; what the formats have in common is in
//! `words` (phrases, counts, identities) and `lines` (the texts that findings point into).

mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod lines;
mod markdown;
mod sarif;
mod shard;
mod text;
mod words;

use std::cmp::Reverse;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Resource, Severity};
pub use shard::Shard;

/// What a lint run says besides its findings.
pub struct Run<'a> {
    /// The findings, in any order, with those that are waived.
    pub findings: &'a [Finding],
    /// The charts that were linted, as `Finding::chart` names them; empty for plain manifests.
    pub charts: &'a [String],
    /// The environments, as findings name them.
    pub environments: &'a [String],
    /// The versions of Kubernetes, oldest first.
    pub versions: &'a [String],
    /// How many objects were checked.
    pub checked: usize,
    /// The objects themselves, in any order, for formats that name what is fine, too: see [`names_objects`].
    pub objects: &'a [Checked],
    /// The rules that were asked, in their own order.
    pub rules: &'a [RuleInfo],
    /// The text of a file that findings name, for snippets and columns; `None` where it can't be had.
    pub texts: &'a dyn Fn(&str) -> Option<String>,
    /// Whether `text` may use ANSI colours.
    pub colour: bool,
    /// Columns of the terminal that `text` is for; 0 where it goes elsewhere: then each finding is one line.
    pub width: usize,
}

/// An object that was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Checked {
    /// The chart, as findings name it.
    pub chart: String,
    /// Environment and cluster, as in `Run::environments`.
    pub place: String,
    /// The object.
    pub resource: Resource,
}

/// Whether a format names the objects that nothing is wrong with.
pub fn names_objects(format: &str) -> bool {
    format == "junit" || format == SHARD
}

/// The format that is for `report merge` alone.
pub const SHARD: &str = "shard";

/// What a rule says of itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RuleInfo {
    /// Its identity, for instance `fintech/latest-tag`.
    pub id: String,
    /// How bad its findings usually are.
    pub severity: Severity,
    /// One line: what it finds.
    pub title: String,
    /// Why that is bad, in Markdown.
    pub description: String,
    /// How to mend it.
    pub remedy: String,
    /// Requirements it stands for, for instance `PCI DSS 4.0 2.2.1`.
    pub references: Vec<String>,
    /// Where to read more.
    pub url: Option<String>,
}

/// Writes a format; the findings are sorted.
type Writer = fn(&Run<'_>, &[&Finding], &mut dyn Write) -> io::Result<()>;

/// All formats by name.
const FORMATS: &[(&str, Writer)] = &[
    ("text", text::write),
    ("json", json::write),
    ("sarif", sarif::write),
    ("junit", junit::write),
    ("github", github::write),
    ("gitlab", gitlab::write),
    ("html", html::write),
    ("markdown", markdown::write),
];

/// The names of the formats, for `--output`.
pub fn formats() -> impl Iterator<Item = &'static str> {
    FORMATS.iter().map(|f| f.0)
}

/// Writes the run in a format, with a newline at the end if it isn't empty; nothing if there is no format of this name.
///
/// # Errors
/// Those of `out`.
pub fn write(format: &str, run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some((_, writer)) = FORMATS.iter().find(|f| f.0 == format) else { return Ok(()) };
    let mut findings: Vec<&Finding> = run.findings.iter().collect();
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    writer(run, &findings, out)
}

/// Writes JSON for people.
fn pretty(value: &impl serde::Serialize, mut out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")
}

/// By place; what tells findings of one place apart comes after, so that no order depends on how they were found.
fn order(f: &Finding) -> impl Ord + '_ {
    let place = (&f.chart, &f.spot, Reverse(f.severity), &f.rule);
    (place, &f.resource, &f.path, &f.message, &f.values, &f.scopes, &f.env, &f.fingerprint)
}
