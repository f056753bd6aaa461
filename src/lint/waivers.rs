//! Waivers: findings that somebody answers for, written down in one file with an end date. A waiver that has expired, or
//! that nothing needs, is a finding of its own. What objects waive themselves is in `inline`.

use glob::Pattern;
use jiff::civil::Date;
use serde::Deserialize;

use crate::finding::{Finding, Resource, Severity, Spot, Waived};
use crate::yaml::node::Document;

/// One entry of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    /// The rule, as a glob: `fintech/*`.
    rule: String,
    /// `Kind/name`, as a glob; `Deployment/ledger*`.
    object: Option<String>,
    /// The chart's folder or name, as a glob.
    chart: Option<String>,
    /// The subchart whose templates it is about, as a glob.
    subchart: Option<String>,
    /// The environment, as a glob.
    environment: Option<String>,
    /// Who answers for it.
    owner: String,
    /// Why it is fine.
    reason: String,
    /// Where it was decided.
    ticket: Option<String>,
    /// Last day on which it holds.
    expires: String,
}

struct Waiver {
    rule: Pattern,
    object: Option<Pattern>,
    chart: Option<Pattern>,
    subchart: Option<Pattern>,
    environment: Option<Pattern>,
    shown: String,
    expires: Date,
    line: usize,
    used: bool,
}

/// The waivers of a file.
#[derive(Default)]
pub struct Waivers {
    file: String,
    all: Vec<Waiver>,
}

impl Waivers {
    /// Reads the text of a waiver file: a list of entries, or a map that has it as `waivers`.
    ///
    /// # Errors
    /// With file, line and column for whatever is wrong.
    pub fn read(file: &str, text: &str) -> Result<Waivers, String> {
        let document = Document::parse(text.as_bytes()).map_err(|e| format!("{file}: {e}"))?;
        let list = document.root.get("waivers").unwrap_or(&document.root);
        let mut all = Vec::new();
        for item in list.items() {
            let (line, column) = crate::span::line_column(text.as_bytes(), item.offset as usize);
            let at = |e: String| format!("{file}:{line}:{column}: {e}");
            let entry: Entry = serde_json::from_value(item.to_json()).map_err(|e| at(e.to_string()))?;
            all.push(Waiver::new(entry, line).map_err(at)?);
        }
        if list.items().is_empty() && !list.is_null() {
            return Err(format!("{file}:1:1: a list of waivers was expected"));
        }
        Ok(Waivers { file: file.to_owned(), all })
    }

    /// Marks the findings that are waived on a day. A finding that holds in several environments is waived only if it is
    /// in all of them.
    pub fn apply(&mut self, findings: &mut [Finding], today: Date) {
        for finding in findings.iter_mut().filter(|f| f.waived.is_none()) {
            let mut reasons = Vec::new();
            let covered = finding.scopes.iter().all(|scope| {
                let fitting = self.all.iter_mut().find(|w| w.expires >= today && w.fits(finding, &scope.env));
                fitting.is_some_and(|w| {
                    w.used = true;
                    if !reasons.contains(&w.shown) {
                        reasons.push(w.shown.clone());
                    }
                    true
                })
            });
            if covered && !finding.scopes.is_empty() {
                finding.waived = Some(Waived { reason: reasons.join("; "), by: "waiver" });
            }
        }
    }

    /// What is wrong with the waivers themselves, once all findings were seen.
    pub fn findings(&self, today: Date) -> Vec<Finding> {
        let stale = self.all.iter().filter_map(|w| {
            let (rule, message, remedy) = match (w.expires < today, w.used) {
                (true, _) => (
                    "waiver/expired",
                    format!("the waiver of {} expired on {}", w.rule, w.expires),
                    "mend what it waived, or have it prolonged by its owner",
                ),
                (false, false) => {
                    ("waiver/unused", format!("nothing needs the waiver of {}: {}", w.rule, w.shown), "delete it")
                }
                (false, true) => return None,
            };
            Some(Finding {
                rule: rule.into(),
                severity: if w.expires < today { Severity::Error } else { Severity::Warning },
                message,
                spot: Spot { file: self.file.clone(), line: w.line, column: 1 },
                path: String::new(),
                resource: Resource::default(),
                template: None,
                values: None,
                chart: String::new(),
                env: String::new(),
                scopes: Vec::new(),
                remedy: Some(remedy.into()),
                url: None,
                fingerprint: format!("{rule}-{}", w.line),
                waived: None,
            })
        });
        stale.collect()
    }
}

impl Waiver {
    fn new(entry: Entry, line: usize) -> Result<Waiver, String> {
        let pattern = |p: &str| Pattern::new(p).map_err(|e| format!("the glob {p:?}: {e}"));
        let optional = |p: &Option<String>| p.as_deref().map(pattern).transpose();
        let expires = entry
            .expires
            .parse()
            .map_err(|_| format!("expires: {:?} is no date, for instance 2026-12-31 was expected", entry.expires))?;
        for (name, text) in [("owner", &entry.owner), ("reason", &entry.reason)] {
            if text.trim().is_empty() {
                return Err(format!("{name} is empty: a waiver says who answers for it and why"));
            }
        }
        let ticket = entry.ticket.as_ref().map(|t| format!(", {t}")).unwrap_or_default();
        Ok(Waiver {
            rule: pattern(&entry.rule)?,
            object: optional(&entry.object)?,
            chart: optional(&entry.chart)?,
            subchart: optional(&entry.subchart)?,
            environment: optional(&entry.environment)?,
            shown: format!("{} ({}{ticket}, until {expires})", entry.reason, entry.owner),
            expires,
            line,
            used: false,
        })
    }

    fn fits(&self, f: &Finding, env: &str) -> bool {
        let is = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|p| p.matches(text));
        let folder = f.chart.rsplit('/').next().unwrap_or_default();
        self.rule.matches(&f.rule)
            && is(&self.object, &format!("{}/{}", f.resource.kind, f.resource.name))
            && (is(&self.chart, &f.chart) || is(&self.chart, folder))
            && is(&self.environment, env)
            && self.subchart.as_ref().is_none_or(|p| subcharts(f).any(|s| p.matches(s)))
    }
}

/// Names of the subcharts whose template a finding is in.
fn subcharts(f: &Finding) -> impl Iterator<Item = &str> {
    let file = f.template.as_ref().map_or("", |t| t.file.as_str());
    file.split("/charts/").skip(1).filter_map(|rest| rest.split('/').next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Scope;

    fn finding(rule: &str, envs: &[&str]) -> Finding {
        let resource = Resource { kind: "Deployment".into(), name: "ledger".into(), ..Resource::default() };
        let scopes = envs.iter().map(|e| Scope::at(e)).collect();
        let waivers = Waivers { file: String::new(), all: Vec::new() };
        let mut any = Waivers { all: vec![waiver("x", "2000-01-01")], ..waivers };
        any.all[0].line = 1;
        let base = any.findings("2026-01-01".parse().expect("a date")).remove(0);
        Finding { rule: rule.into(), resource, scopes, chart: "charts/ledger".into(), ..base }
    }

    fn waiver(rule: &str, expires: &str) -> Waiver {
        let text = format!(
            "- {{rule: {rule}, object: Deployment/l*, environment: prod, owner: o, reason: r, expires: {expires}}}"
        );
        Waivers::read("w.yaml", &text).expect("it is well-formed").all.remove(0)
    }

    #[test]
    fn a_waiver_holds_until_its_day_and_only_where_it_says() {
        let today: Date = "2026-11-21".parse().expect("a date");
        let mut all =
            Waivers { file: "w".into(), all: vec![waiver("fintech/*", "2026-11-21"), waiver("pss/*", "2026-11-20")] };
        let mut found =
            [finding("fintech/a", &["prod"]), finding("fintech/a", &["prod", "dev"]), finding("pss/a", &["prod"])];
        all.apply(&mut found, today);
        assert_eq!(found.each_ref().map(|f| f.waived.is_some()), [true, false, false]);
        let stale: Vec<String> = all.findings(today).into_iter().map(|f| f.rule).collect();
        assert_eq!(stale, ["waiver/expired"]);
    }

    #[test]
    fn a_broken_file_says_where() {
        let wrong = |text: &str| Waivers::read("w.yaml", text).err().expect("it is broken");
        assert!(wrong("waivers:\n- rule: a\n  owner: b\n").starts_with("w.yaml:2:3: missing field"));
        assert!(wrong("- {rule: a, owner: b, reason: c, expires: soon}").contains("is no date"));
        assert!(
            wrong("- {rule: a, owner: b, reason: c, expires: 2026-01-01, whom: d}").contains("unknown field `whom`")
        );
    }
}
