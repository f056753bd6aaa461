//! `shard`: all that a run of lint knows, so that `plimsoll report merge` makes of several what one run over everything
//! would have said. For no other reader: another version may write another shape.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Checked, RuleInfo};
use crate::finding::{Finding, Waived};
use crate::lint::duplicates::MadeObjects;

/// The number of this shape.
const SHAPE: u32 = 1;

/// What a run knows.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shard {
    lint_shard: u32,
    /// The findings, waived ones among them.
    pub findings: Vec<Finding>,
    /// Why each of them doesn't count, and by what.
    waived: Vec<Option<(String, String)>>,
    /// The charts, as findings name them.
    pub charts: BTreeSet<String>,
    /// The environments with their clusters.
    pub environments: BTreeSet<String>,
    /// The versions of Kubernetes.
    pub versions: BTreeSet<String>,
    /// How many objects were checked.
    pub checked: usize,
    /// The objects.
    pub objects: Vec<Checked>,
    /// The rules that were asked.
    pub rules: Vec<RuleInfo>,
    /// Which release makes which object.
    pub owners: Vec<MadeObjects>,
    /// The exit status and the text of what could not be checked.
    pub failed: Option<(u8, String)>,
}

impl Shard {
    /// Keeps findings with what waives them.
    pub fn of(findings: &[Finding]) -> Shard {
        let waived = |f: &Finding| f.waived.as_ref().map(|w| (w.reason.clone(), w.by.to_owned()));
        let waived = findings.iter().map(waived).collect();
        Shard { lint_shard: SHAPE, findings: findings.to_vec(), waived, ..Shard::default() }
    }

    /// The text of a file.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Reads a file.
    ///
    /// # Errors
    /// With line and column where it is none.
    pub fn read(text: &str) -> Result<Shard, String> {
        let place = |e: serde_json::Error| format!("{}:{}: no shard of lint: {e}", e.line(), e.column());
        let mut shard: Shard = serde_json::from_str(text).map_err(place)?;
        if shard.lint_shard != SHAPE {
            return Err(format!("1:1: a shard of another version of plimsoll (shape {})", shard.lint_shard));
        }
        for (finding, waived) in shard.findings.iter_mut().zip(std::mem::take(&mut shard.waived)) {
            finding.waived = waived.map(|(reason, by)| Waived { reason, by: word(&by) });
        }
        Ok(shard)
    }
}

/// The word for what waives.
fn word(by: &str) -> &'static str {
    ["waiver", "annotation"].into_iter().find(|w| *w == by).unwrap_or("baseline")
}
