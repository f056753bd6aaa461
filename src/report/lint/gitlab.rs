//! `gitlab`: a code quality report, which GitLab shows in merge requests. It compares two of them by fingerprints, which
//! have to be unique.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::words::{self, fingerprints, place};
use super::{Run, pretty};
use crate::finding::{Finding, Severity};

pub(super) fn write(run: &Run<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let counted: Vec<&Finding> = findings.iter().filter(|f| f.waived.is_none()).copied().collect();
    let issues: Vec<Value> = counted.iter().zip(fingerprints(&counted)).map(|(f, name)| issue(run, f, &name)).collect();
    pretty(&issues, out)
}

fn issue(run: &Run<'_>, finding: &Finding, fingerprint: &str) -> Value {
    let spot = place(finding);
    let about = [words::subject(finding), finding.scope_text(run.environments, run.versions)];
    let about: Vec<&str> = about.iter().map(String::as_str).filter(|a| !a.is_empty()).collect();
    let description =
        if about.is_empty() { finding.message.clone() } else { format!("{} ({})", finding.message, about.join("; ")) };
    json!({
        "type": "issue",
        "check_name": finding.rule,
        "description": description,
        "content": { "body": finding.remedy.as_deref().unwrap_or_default() },
        "categories": [if of_server(finding) { "Bug Risk" } else { "Security" }],
        "fingerprint": fingerprint,
        "severity": severity(finding),
        "location": {
            "path": spot.file.strip_prefix("./").unwrap_or(&spot.file),
            "lines": { "begin": spot.line },
        },
    })
}

/// Whether Helm or the API server refuses it: a deployment fails, whatever the house thinks of it.
fn of_server(finding: &Finding) -> bool {
    ["helm/", "schema/"].iter().any(|family| finding.rule.starts_with(family))
}

fn severity(finding: &Finding) -> &'static str {
    match (finding.severity, of_server(finding)) {
        (Severity::Error, true) => "blocker",
        (Severity::Error, false) => "critical",
        (Severity::Warning, true) => "major",
        (Severity::Warning, false) => "minor",
        (Severity::Info, _) => "info",
    }
}
