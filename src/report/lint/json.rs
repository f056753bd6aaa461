//! `json`: an array of the findings that count, one object each, with the fields of [`Finding`].

use super::Run;
use crate::finding::Finding;

pub(super) fn write(_: &Run<'_>, findings: &[&Finding]) -> String {
    let counted: Vec<&&Finding> = findings.iter().filter(|f| f.waived.is_none()).collect();
    let text = serde_json::to_string_pretty(&counted).unwrap_or_else(|_| "[]".into());
    text + "\n"
}
