//! What changes mean, in sentences: worst first, the same sentence of several comparisons once. Start reading at [`said`].

use std::collections::{BTreeMap, HashMap};

use crate::diff::Place;
use crate::diff::fold::{Folded, Report};
use crate::diff::meaning::{ImageMove, Meaning, NewFinding, Pods, Restart, RiskKind, SizeChange};
use crate::finding::Severity;
use crate::kube::quantity::Quantity;

use super::drift;
use super::words::{one_line, scope, with_scope};

/// What a sentence is about, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Topic {
    /// The API server will refuse it.
    Refused,
    /// The upgrade fails because of what another manager owns.
    Conflict,
    /// Data may be lost.
    Data,
    /// The service may be interrupted.
    Downtime,
    /// Somebody may do more.
    Access,
    /// Pods go on with configuration that is no longer there.
    Stale,
    /// The upgrade takes something from a controller.
    Overwrite,
    /// Somebody changed the cluster by hand.
    Drift,
    /// A new finding of lint.
    Finding,
    /// Pods are replaced.
    Restart,
    /// An image moves.
    Image,
    /// A workload grows or shrinks.
    Size,
    /// All workloads together do.
    Total,
}

impl Topic {
    /// One word.
    pub(super) fn name(self) -> &'static str {
        match self {
            Topic::Refused => "refused",
            Topic::Conflict => "conflict",
            Topic::Overwrite => "overwrites",
            Topic::Drift => "drift",
            Topic::Data => "data",
            Topic::Downtime => "downtime",
            Topic::Access => "access",
            Topic::Stale => "stale",
            Topic::Finding => "finding",
            Topic::Restart => "restart",
            Topic::Image => "image",
            Topic::Size => "size",
            Topic::Total => "total",
        }
    }

    /// How bad it is.
    pub(super) fn severity(self) -> Severity {
        match self {
            Topic::Refused | Topic::Conflict | Topic::Data => Severity::Error,
            Topic::Downtime | Topic::Access | Topic::Stale | Topic::Overwrite | Topic::Drift | Topic::Finding => {
                Severity::Warning
            }
            Topic::Restart | Topic::Image | Topic::Size | Topic::Total => Severity::Info,
        }
    }
}

/// A sentence.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// What it is about.
    pub(super) topic: Topic,
    /// The sentence, on one line, as the first comparison has it.
    pub(super) text: String,
    /// What to do.
    pub(super) remedy: Option<String>,
    /// Where to look.
    pub(super) place: Option<Place>,
    /// The comparisons that have it, by number.
    pub(super) cells: Vec<usize>,
    /// Whether the sentence itself says where it holds.
    said_where: bool,
}

impl Said {
    /// The sentence with where it holds.
    pub(super) fn with_scope(&self, report: &Report) -> String {
        if self.said_where { self.text.clone() } else { with_scope(&self.text, &self.scope(report)) }
    }

    /// Where it holds.
    pub(super) fn scope(&self, report: &Report) -> String {
        if self.said_where { String::new() } else { scope(report, &self.cells) }
    }
}

/// All that the changes of a report mean.
pub(super) fn said(report: &Report) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    let mut known: HashMap<(Topic, String), usize> = HashMap::new();
    for (number, cell) in report.cells.iter().enumerate() {
        for said in of(&cell.meaning, number) {
            // Releases that differ in nothing but their names have the same sentence.
            let place = *known.entry((said.topic, cell.open(&said.text))).or_insert(all.len());
            match all.get_mut(place) {
                Some(same) => same.cells.push(number),
                None => all.push(said),
            }
        }
    }
    all.extend(totals(report));
    all.extend(report.changes.iter().flat_map(|folded| drifted(report, folded)));
    all.sort_by_key(|s| s.topic);
    all
}

fn of(meaning: &Meaning, cell: usize) -> Vec<Said> {
    let say = |topic, text: String, remedy: Option<&str>| Said {
        topic,
        text: one_line(&text),
        remedy: remedy.filter(|r| !r.is_empty()).map(one_line),
        place: None,
        cells: vec![cell],
        said_where: false,
    };
    let mut all = Vec::new();
    for r in &meaning.refusals {
        all.push(say(Topic::Refused, format!("{}: {}: {}", r.object, r.field, r.message), Some(&r.remedy)));
    }
    for r in &meaning.risks {
        let topic = match r.kind {
            RiskKind::Data => Topic::Data,
            RiskKind::Downtime => Topic::Downtime,
            RiskKind::Access => Topic::Access,
        };
        all.push(say(topic, format!("{}: {}", r.object, r.message), Some(&r.remedy)));
    }
    all.extend(
        meaning
            .findings
            .iter()
            .map(|f| Said { place: f.place.clone(), ..say(Topic::Finding, finding(f), f.remedy.as_deref()) }),
    );
    for (config, workload) in &meaning.stale {
        let text = format!("{workload}: its pods keep the old variables of {config} until somebody restarts them");
        all.push(say(
            Topic::Stale,
            text,
            Some("Put a checksum of the configuration into the pod template's annotations."),
        ));
    }
    all.extend(meaning.restarts.iter().filter_map(restart).map(|t| say(Topic::Restart, t, None)));
    all.extend(meaning.images.iter().map(|i| say(Topic::Image, image(i), None)));
    all.extend(meaning.sizes.iter().filter_map(size).map(|t| say(Topic::Size, t, None)));
    all
}

/// What of an object's drift a person should know first.
fn drifted(report: &Report, folded: &Folded) -> Vec<Said> {
    let change = &folded.change;
    // What the server itself said is not said again.
    let is_refused =
        folded.places.iter().any(|(cell, id)| report.cells[*cell].meaning.refusals.iter().any(|r| r.object == *id));
    let conflicts = drift::conflicts(change).filter(|_| !is_refused);
    let own = Some(change).filter(|c| c.counts()).and_then(drift::sentence);
    let said = [
        (Topic::Conflict, conflicts, Some("Take the value over, or upgrade with --force-conflicts.")),
        (Topic::Overwrite, drift::overwritten(change), Some("Leave the field out of the chart's templates.")),
        (Topic::Drift, own, None),
    ];
    let cells: Vec<usize> = folded.places.iter().map(|p| p.0).collect();
    let said = said.into_iter().filter(|_| change.drift.is_some() && change.ignored.is_none());
    let said = said.filter_map(|(topic, text, remedy)| {
        let (text, remedy) = (one_line(&text?), remedy.map(one_line));
        Some(Said { topic, text, remedy, place: None, cells: cells.clone(), said_where: false })
    });
    said.collect()
}

/// What all workloads of an environment ask for together, where that changes.
fn totals(report: &Report) -> Vec<Said> {
    let mut sums: BTreeMap<_, (Sum, Vec<usize>)> = BTreeMap::new();
    for (number, cell) in report.cells.iter().enumerate() {
        for total in &cell.meaning.totals {
            let (sum, cells) = sums.entry((cell.environment.as_ref(), &total.what)).or_default();
            sum.add(&total.old, &total.new);
            cells.push(number);
        }
    }
    let named = report.cells.iter().any(|c| c.environment != report.cells[0].environment);
    let said = sums.into_iter().filter_map(|((environment, what), (sum, cells))| {
        let place = environment.filter(|_| named).map(|e| format!("{e}: ")).unwrap_or_default();
        let text = one_line(&format!("{place}{what} {}", sum.text()?));
        // Where it holds is said by its name.
        Some(Said { topic: Topic::Total, text, remedy: None, place: None, cells, said_where: true })
    });
    said.collect()
}

/// An amount on both sides.
#[derive(Default)]
struct Sum(Option<(Quantity, Quantity)>);

impl Sum {
    fn add(&mut self, old: &str, new: &str) {
        let read = |text: &str| Quantity::parse(text).unwrap_or_else(|| Quantity::from_int(0));
        let (old, new) = (read(old), read(new));
        self.0 = Some(match &self.0 {
            Some((a, b)) => (a.plus(&old), b.plus(&new)),
            None => (old, new),
        });
    }

    /// `2 → 3 (+1)`; nothing where it stays the same.
    fn text(&self) -> Option<String> {
        let (old, new) = self.0.as_ref().filter(|(old, new)| old != new)?;
        let difference = new.minus(old);
        let sign = if difference.is_negative() { "" } else { "+" };
        Some(format!("{old} → {new} ({sign}{difference})"))
    }
}

fn finding(f: &NewFinding) -> String {
    let mut text = format!("{} {}: {}", severity(f.severity), f.rule, f.message);
    let about: Vec<&str> = [f.object.as_str(), f.path.as_str()].into_iter().filter(|a| !a.is_empty()).collect();
    if !about.is_empty() {
        text.push_str(&format!(" ({})", about.join(", ")));
    }
    text
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// Nothing for pods that stay: what does not happen is no news where nothing else of them changes.
fn restart(r: &Restart) -> Option<String> {
    let happens = match r.pods {
        Pods::Roll => "pods are replaced one after the other",
        Pods::Recreate => "all pods stop before the new ones start",
        Pods::Wait => "pods stay as they are until somebody deletes them (OnDelete)",
        Pods::Stay => return Some(format!("{}: pods are not restarted", r.object)),
        Pods::NextRun => "the next run has new pods",
    };
    let because: Vec<String> = r.because.iter().take(PATHS).map(ToString::to_string).collect();
    let more = r.because.len().saturating_sub(because.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    match because.is_empty() {
        true => Some(format!("{}: {happens}", r.object)),
        false => Some(format!("{}: {happens}, because of {}{more}", r.object, because.join(", "))),
    }
}

/// So many fields are named as the cause of something.
const PATHS: usize = 3;

fn image(i: &ImageMove) -> String {
    let (object, container) = (&i.object, &i.container);
    match (&i.old, &i.new) {
        (Some(old), Some(new)) => format!("{object}, container {container}: {old} → {new}"),
        (None, Some(new)) => format!("{object}, container {container} is new: {new}"),
        (Some(old), None) => format!("{object}, container {container} goes away: {old}"),
        (None, None) => format!("{object}, container {container}"),
    }
}

fn size(s: &SizeChange) -> Option<String> {
    let mut parts = Vec::new();
    if s.replicas.0 != s.replicas.1 {
        let count = |n: Option<i64>| n.map_or_else(|| "none".to_owned(), |n| n.to_string());
        parts.push(format!("replicas {} → {}", count(s.replicas.0), count(s.replicas.1)));
    }
    parts.extend(s.amounts.iter().map(|(what, old, new)| format!("{what} {old} → {new}")));
    (!parts.is_empty()).then(|| format!("{}: {}", s.object, parts.join(", ")))
}
