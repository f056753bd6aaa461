//! The comparison of both sides of each job, folded into one report as they come.

use std::collections::BTreeSet;
use std::io::Write;

use super::against::Against;
use super::drift::Asked;
use super::findings::brought;
use super::scene::Broken;
use super::sides::Prepared;
use super::{Done, Job};
use crate::cli::session::relative;
use crate::diff::fold::{Cell, Counts, Folder, Report};
use crate::diff::ignore::Ignore;
use crate::diff::meaning::{self, Meaning};
use crate::diff::secrets::{Redactor, Which};
use crate::diff::values::mark_overridden;
use crate::diff::{FieldPath, ObjectChange, compare};
use crate::fleet::Release;

/// The comparison of all jobs, as it grows.
pub(super) struct Comparison<'a> {
    by: By<'a>,
    redactor: &'a mut Redactor,
    report: Report,
    folder: Folder,
    /// The worst status of a job that could not be compared.
    failed: Option<u8>,
    said: BTreeSet<String>,
}

/// What all comparisons share.
struct By<'a> {
    against: &'a Against,
    asked: &'a Asked,
    ignore: &'a Ignore,
}

impl<'a> Comparison<'a> {
    /// Nothing compared yet. The redactor knows the secrets of all jobs.
    pub fn new(
        against: &'a Against,
        asked: &'a Asked,
        ignore: &'a Ignore,
        redactor: &'a mut Redactor,
    ) -> Comparison<'a> {
        let by = By { against, asked, ignore };
        let (report, folder) = (Report::default(), Folder::default());
        Comparison { by, redactor, report, folder, failed: None, said: BTreeSet::new() }
    }

    /// Compares one job.
    pub fn take(&mut self, done: Done) {
        let Done { job, sides, notes } = done;
        let sides = match self.by.asked.failed.get(&job.number) {
            Some(failed) => Err(failed.clone().into()),
            None => sides,
        };
        match sides {
            Ok((old, new)) => {
                let (cell, changes) = compare_one(&job, &old, &new, &notes, &self.by, self.redactor);
                self.report.add(cell, changes, &mut self.folder);
            }
            Err(broken) => self.fail(&job, &broken),
        }
    }

    fn fail(&mut self, job: &Job, broken: &Broken) {
        let (status, text) = &broken.failed;
        self.failed = self.failed.max(Some(*status));
        let of = job.chart().map(|c| relative(&c.display().to_string())).unwrap_or_default();
        let place = job.release.as_ref().map(Release::place).unwrap_or_default();
        let env = if place.is_empty() { place } else { format!(" in {place}") };
        let text = text.strip_prefix("Error: ").unwrap_or(text);
        let place = if of.is_empty() { String::new() } else { format!("{of}{env}: ") };
        let said = self.by.against.shown(&format!("Error: {place}{text}"));
        self.said.insert(self.redactor.text(&said).to_string());
    }

    /// Says what failed; the report, and the worst status of what failed.
    pub fn finish(self) -> (Report, Option<u8>) {
        let said: String = self.said.into_iter().collect();
        let _ = std::io::stderr().write_all(said.as_bytes());
        (self.report, self.failed)
    }
}

fn compare_one(
    job: &Job,
    old: &Prepared,
    new: &Prepared,
    notes: &[String],
    by: &By<'_>,
    redactor: &mut Redactor,
) -> (Cell, Vec<ObjectChange>) {
    redactor.forget_fields();
    old.taint(redactor, Which::Old);
    new.taint(redactor, Which::New);
    let mut changes = compare(&old.side, &new.side, redactor);
    for change in &mut changes {
        let (a, b) = change.index;
        for field in &mut change.fields {
            let source = |side: &Prepared, index: Option<usize>, value: &Option<crate::diff::secrets::Value>| {
                side.source(redactor, index?, value.as_ref()?.first_offset())
            };
            field.old_source = source(old, a, &field.old);
            field.new_source = source(new, b, &field.new);
        }
    }
    by.ignore.apply(&mut changes, &|_, _| None);
    mark_overridden(&mut changes, &old.side, &new.side);
    let mut meaning = meaning::of(&changes, &old.side, &new.side);
    let mut drifted = by.asked.drift(job, old, new, redactor);
    by.ignore.apply(&mut drifted.changes, &writer);
    changes.extend(drifted.changes);
    meaning.refusals = by.asked.refusals(job, &new.side, meaning.refusals, redactor);
    meaning.refusals.extend(drifted.taken);
    let chart = if new.chart.is_empty() { &old.chart } else { &new.chart };
    let label = match job.chart() {
        Some(chart) => relative(&chart.display().to_string()),
        None if job.stored.is_some() => "its live objects".into(),
        None => "the new manifests".into(),
    };
    let more = by.asked.notes.get(&job.number).into_iter().flatten();
    let cell = Cell {
        chart: redactor.text(chart),
        release: redactor.text(&new.release),
        namespace: redactor.text(&new.side.namespace),
        environment: job.env().map(|e| redactor.text(e)),
        cluster: job.release.as_ref().and_then(Release::cluster).map(|c| redactor.text(c)),
        old: redactor.text(&by.against.label()),
        new: redactor.text(&label),
        notes: notes.iter().chain(more).map(|n| redactor.text(n)).collect(),
        counts: Counts::of(&changes),
        meaning: Meaning { findings: brought(&old.findings, &new.findings, redactor), ..meaning },
    };
    (cell, changes)
}

/// Who wrote a field that drifted.
fn writer(change: &ObjectChange, path: &FieldPath) -> Option<String> {
    let field = change.fields.iter().find(|f| f.path == *path)?;
    field.drift.as_ref()?.managers.first().map(ToString::to_string)
}
