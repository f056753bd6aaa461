//! The baseline: findings that were there when it was written don't fail a run; new ones do. Findings are known by
//! their fingerprints, which survive moved lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Waived};

/// What a baseline file holds.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Version of the file's form.
    version: u32,
    /// Fingerprints, each with its rule and message for the eyes of a reviewer.
    findings: BTreeMap<String, Known>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Known {
    rule: String,
    message: String,
}

const VERSION: u32 = 1;

impl Baseline {
    /// Of the findings that count.
    pub fn of(findings: &[Finding]) -> Baseline {
        let counting = findings.iter().filter(|f| f.waived.is_none());
        let known =
            counting.map(|f| (f.fingerprint.clone(), Known { rule: f.rule.clone(), message: f.message.clone() }));
        Baseline { version: VERSION, findings: known.collect() }
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is no baseline, or one of another version.
    pub fn read(file: &str, text: &str) -> Result<Baseline, String> {
        let found: Baseline =
            serde_json::from_str(text).map_err(|e| format!("{file}:{}:{}: {e}", e.line(), e.column()))?;
        match found.version {
            VERSION => Ok(found),
            other => Err(format!("{file}: the baseline has version {other}, {VERSION} was expected")),
        }
    }

    /// The file's text.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Marks the findings that were there before, and says how many of the baseline are gone.
    pub fn apply(&self, findings: &mut [Finding]) -> usize {
        let mut met = 0;
        for finding in findings {
            if self.findings.contains_key(&finding.fingerprint) {
                met += 1;
                let reason = "it was there when the baseline was written".into();
                finding.waived.get_or_insert(Waived { reason, by: "baseline" });
            }
        }
        self.findings.len() - met
    }
}
