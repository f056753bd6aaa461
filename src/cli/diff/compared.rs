//! The comparison of both sides of each job ([`Comparer`]), and the one report that all are folded into ([`Gathered`]).

use std::collections::BTreeSet;
use std::io::Write;

use super::against::Against;
use super::drift::Asked;
use super::findings::brought;
use super::glance::Same;
use super::jobs::{Done, Job};
use super::sides::Prepared;
use crate::cli::session::{Failed, relative};
use crate::diff::fold::{Cell, Counts, Folder, Report, Signed};
use crate::diff::ignore::Ignore;
use crate::diff::meaning::{self, Meaning};
use crate::diff::secrets::{Redactor, Tainted, Text, Value, Which};
use crate::diff::values::mark_overridden;
use crate::diff::{FieldPath, ObjectChange, compare};
use crate::fleet::Release;

/// What all comparisons share.
pub(super) struct Comparer<'a> {
    /// What is compared with.
    pub against: &'a Against,
    /// What clusters said.
    pub asked: &'a Asked,
    /// What does not count.
    pub ignore: &'a Ignore,
    /// Knows the secrets of all jobs.
    pub redactor: &'a Redactor,
}

/// One job compared, or the status and text of why it could not be.
pub(super) type Compared = Result<(Cell, Vec<Signed>), (u8, String)>;

impl Comparer<'_> {
    /// Compares both sides of a job.
    pub fn compare(&self, done: &Done) -> Compared {
        let Done { job, sides, notes } = done;
        if let Some(failed) = self.asked.failed.get(&job.number) {
            return Err(self.failed(job, failed));
        }
        match sides {
            Ok((old, new)) => Ok(self.both(job, old, new, notes)),
            Err(broken) => Err(self.failed(job, &broken.failed)),
        }
    }

    fn failed(&self, job: &Job, (status, text): &Failed) -> (u8, String) {
        let of = job.chart().map(|c| relative(&c.display().to_string())).unwrap_or_default();
        let place = job.release.as_ref().map(Release::place).unwrap_or_default();
        let env = if place.is_empty() { place } else { format!(" in {place}") };
        let text = text.strip_prefix("Error: ").unwrap_or(text);
        let place = if of.is_empty() { String::new() } else { format!("{of}{env}: ") };
        let said = self.against.shown(&format!("Error: {place}{text}"));
        (*status, self.redactor.text(&said).to_string())
    }

    fn both(&self, job: &Job, old: &Prepared, new: &Prepared, notes: &[String]) -> (Cell, Vec<Signed>) {
        let redactor = self.redactor;
        let mut tainted = Tainted::default();
        old.taint(&mut tainted, Which::Old);
        new.taint(&mut tainted, Which::New);
        let mut changes = compare(&old.side, &new.side, redactor, &tainted);
        for change in &mut changes {
            let (a, b) = change.index;
            for field in &mut change.fields {
                let source = |side: &Prepared, index: Option<usize>, value: &Option<Value>| {
                    side.source(redactor, index?, value.as_ref()?.first_offset())
                };
                field.old_source = source(old, a, &field.old);
                field.new_source = source(new, b, &field.new);
            }
        }
        self.ignore.apply(&mut changes, &|_, _| None);
        mark_overridden(&mut changes, &old.side, &new.side);
        let mut meaning = meaning::of(&changes, &old.side, &new.side);
        let mut drifted = self.asked.drift(job, old, new, tainted, redactor);
        self.ignore.apply(&mut drifted.changes, &writer);
        changes.extend(drifted.changes);
        meaning.refusals = self.asked.refusals(job, &new.side, meaning.refusals, redactor);
        meaning.refusals.extend(drifted.taken);
        let chart = if new.chart.is_empty() { &old.chart } else { &new.chart };
        let cell = Cell {
            notes: self.notes(job, notes),
            counts: Counts::of(&changes),
            meaning: Meaning { findings: brought(&old.findings, &new.findings, redactor), ..meaning },
            ..self.cell(job, chart, &new.release, &new.side.namespace)
        };
        let changes = Signed::all(&cell, changes);
        (cell, changes)
    }

    /// What there is to say of a release that says the same on both sides.
    pub fn same(&self, job: &Job, same: &Same) -> Compared {
        let counts = Counts { unchanged: same.objects, ..Counts::default() };
        Ok((Cell { counts, ..self.cell(job, &same.chart, &same.release, &same.namespace) }, Vec::new()))
    }

    /// What is compared, with nothing said of it.
    fn cell(&self, job: &Job, chart: &str, release: &str, namespace: &str) -> Cell {
        let redactor = self.redactor;
        let label = match job.chart() {
            Some(chart) => relative(&chart.display().to_string()),
            None if job.stored.is_some() => "its live objects".into(),
            None => "the new manifests".into(),
        };
        Cell {
            chart: redactor.text(chart),
            release: redactor.text(release),
            namespace: redactor.text(namespace),
            environment: job.env().map(|e| redactor.text(e)),
            cluster: job.release.as_ref().and_then(Release::cluster).map(|c| redactor.text(c)),
            old: redactor.text(&self.against.label()),
            new: redactor.text(&label),
            ..Cell::default()
        }
    }

    fn notes(&self, job: &Job, notes: &[String]) -> Vec<Text> {
        let more = self.asked.notes.get(&job.number).into_iter().flatten();
        notes.iter().chain(more).map(|n| self.redactor.text(n)).collect()
    }
}

/// The comparisons folded into one report, as they come.
#[derive(Default)]
pub(super) struct Gathered {
    report: Report,
    folder: Folder,
    /// The worst status of a job that could not be compared.
    failed: Option<u8>,
    said: BTreeSet<String>,
}

impl Gathered {
    /// Adds one comparison.
    pub fn take(&mut self, compared: Compared) {
        match compared {
            Ok((cell, changes)) => self.report.add(cell, changes, &mut self.folder),
            Err((status, text)) => {
                self.failed = self.failed.max(Some(status));
                self.said.insert(text);
            }
        }
    }

    /// Says what failed; the report, and the worst status of what failed.
    pub fn finish(self) -> (Report, Option<u8>) {
        let said: String = self.said.into_iter().collect();
        let _ = std::io::stderr().write_all(said.as_bytes());
        (self.report, self.failed)
    }
}

/// Who wrote a field that drifted.
fn writer(change: &ObjectChange, path: &FieldPath) -> Option<String> {
    let field = change.fields.iter().find(|f| f.path == *path)?;
    field.drift.as_ref()?.managers.first().map(ToString::to_string)
}
