//! `github`: workflow commands that GitHub Actions turns into annotations: what will be refused, what is at risk, what
//! lint finds anew. It shows ten of each level per step, so the worst come first. The whole diff is for `markdown`.

use super::View;
use super::said::said;
use super::words::{counts, sides, subject, total, workflow_command};
use crate::diff::Place;
use crate::finding::Severity;

pub(super) fn write(view: &View<'_>) -> String {
    let mut out = String::new();
    for said in said(view.report) {
        let level = match said.topic.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => continue,
        };
        let mut text = said.with_scope(view.report);
        if let Some(remedy) = &said.remedy {
            text.push_str(&format!("\nRemedy: {remedy}"));
        }
        let at = said.place.as_ref().map(|Place { file, line, column }| (file.as_str(), *line, *column));
        out.push_str(&workflow_command(level, &format!("diff: {}", said.topic.name()), at, &text));
    }
    let summary = format!("{}: {} ({})", subject(view.report), counts(&total(view.report)), sides(view.report));
    out.push_str(&workflow_command("notice", "plimsoll diff", None, summary.trim_start_matches(": ")));
    out
}
