//! `html`: one page that holds everything itself and asks no network, with filters and a matrix of charts and
//! environments. The findings are data in it, which `page.html` shows; nothing of them is ever markup.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use minijinja::context;
use serde_json::{Value, json};

use super::super::html::page;
use super::Run;
use super::lines::{Lines, cut};
use super::words::{self, Counts, environments, place, visible};
use crate::finding::{Finding, Spot};

/// Lines shown before and after the one at fault.
const AROUND: usize = 2;

pub(super) fn write(run: &Run<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let lines = Lines::new(run);
    let mut snippets = Snippets::default();
    let mut worst_first = findings.to_vec();
    worst_first.sort_by_key(|f| Reverse(f.severity));
    let shown: Vec<Value> = worst_first.iter().map(|f| shown(run, f, &lines, &mut snippets)).collect();
    let rules: BTreeMap<&str, Value> = run
        .rules
        .iter()
        .filter(|r| findings.iter().any(|f| f.rule == r.id))
        .map(|r| (r.id.as_str(), json!({ "title": r.title, "why": r.description, "references": r.references })))
        .collect();
    let data = json!({
        "charts": run.charts, "environments": run.environments, "rules": rules, "findings": shown,
        "snippets": snippets.all,
    });
    let counts = Counts::of(findings.iter().copied()).text();
    let page = page(include_str!("page.html"), &data.to_string(), context! { counts, about => words::checked(run) });
    out.write_all(page.as_bytes())
}

fn shown(run: &Run<'_>, finding: &Finding, lines: &Lines<'_>, snippets: &mut Snippets) -> Value {
    let Spot { file, line, column } = place(finding);
    let at = if file == "." { String::new() } else { visible(&format!("{file}:{line}:{column}")) };
    let values = finding.values.as_ref().filter(|v| v.spot != finding.spot);
    json!({
        "rule": visible(&finding.rule),
        "severity": finding.severity,
        "message": visible(&finding.message),
        "object": visible(&words::object(finding)),
        "path": visible(&finding.path),
        "chart": finding.chart,
        "environments": environments(finding),
        "holds": finding.scope_text(run.environments, run.versions),
        "at": at,
        "snippet": snippets.number(&finding.spot, lines),
        "values": values.map(|v| json!({
            "at": visible(&format!("{} at {}:{}:{}", v.key, v.spot.file, v.spot.line, v.spot.column)),
            "snippet": snippets.number(&v.spot, lines),
        })),
        "remedy": finding.remedy.as_deref().map(visible),
        // Only an address of the web becomes a link: `javascript:` would run.
        "url": finding.url.as_ref().filter(|u| u.starts_with("https://") || u.starts_with("http://")),
        "waived": finding.waived.as_ref().map(|w| visible(&format!("{} ({})", w.reason.trim(), w.by))),
    })
}

/// The lines around places, each place once.
#[derive(Default)]
struct Snippets {
    all: Vec<Value>,
    known: BTreeMap<(String, usize), usize>,
}

impl Snippets {
    fn number(&mut self, spot: &Spot, lines: &Lines<'_>) -> Option<usize> {
        let key = (spot.file.clone(), spot.line);
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let file = lines.file(&spot.file)?;
        let around = file.around(spot.line, AROUND);
        if around.is_empty() {
            return None;
        }
        let row = |(number, line): &(usize, &str)| {
            let column = if *number == spot.line { spot.column.saturating_sub(1) } else { 0 };
            json!([number, visible(&cut(line, column).0)])
        };
        self.all.push(json!({ "line": spot.line, "rows": around.iter().map(row).collect::<Vec<_>>() }));
        self.known.insert(key, self.all.len() - 1);
        Some(self.all.len() - 1)
    }
}
