//! The report over many comparisons: what is the same in several environments and charts is said once, with where it
//! holds. Start reading at [`Report`].

use std::collections::HashMap;

use super::meaning::Meaning;
use super::secrets::Text;
use super::{Change, FieldChange, FieldKind, FieldStep, ObjectChange, ObjectId};

/// One comparison: a chart in an environment, or two sets of manifests.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Cell {
    /// The chart's name; empty for plain manifests.
    pub chart: Text,
    /// The release's name.
    pub release: Text,
    /// The namespace of objects that say none.
    pub namespace: Text,
    /// The environment.
    pub environment: Option<Text>,
    /// The cluster.
    pub cluster: Option<Text>,
    /// What the old side is: `git:main`, `manifests/`.
    pub old: Text,
    /// What the new side is.
    pub new: Text,
    /// What else has to be said: that the old side has no such chart.
    pub notes: Vec<Text>,
    /// How many objects, or keys of values, were added, removed, changed (renamed ones among them), and stay.
    pub counts: Counts,
    /// What the changes mean.
    pub meaning: Meaning,
}

impl Cell {
    /// A text with the names of the release, the chart and the namespace left open: what two releases that differ in
    /// nothing else have in common.
    pub fn open(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let names = [(&self.release, "{release}"), (&self.chart, "{chart}"), (&self.namespace, "{namespace}")];
        for (name, stand_in) in names.into_iter().filter(|(name, _)| name.len() >= 2) {
            text = text.replace(name.as_str(), stand_in);
        }
        text
    }
}

/// How many objects; where values are compared, how many of their keys, of which those that stay are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Only the new side has them.
    pub added: usize,
    /// Only the old side has them.
    pub removed: usize,
    /// They say something else.
    pub changed: usize,
    /// They have another name.
    pub renamed: usize,
    /// They say the same.
    pub unchanged: usize,
    /// They differ, and a rule or flag says that it does not count.
    pub ignored: usize,
    /// The cluster has them otherwise than the release, by hand; what the change makes of them is counted above.
    pub drifted: usize,
}

impl Counts {
    /// Counts the objects of one comparison.
    pub fn of(changes: &[ObjectChange]) -> Counts {
        let mut counts = Counts::default();
        counts.drifted = changes.iter().filter(|c| c.drift.is_some() && c.counts()).count();
        for change in changes.iter().filter(|c| c.drift.is_none()) {
            if change.is_values() {
                change.fields.iter().for_each(|f| counts.add_key(f));
                continue;
            }
            let slot = match &change.change {
                Change::Unchanged => &mut counts.unchanged,
                _ if !change.counts() && change.is_ignored() => &mut counts.ignored,
                // It is written otherwise.
                _ if !change.counts() => &mut counts.unchanged,
                Change::Added => &mut counts.added,
                Change::Removed => &mut counts.removed,
                Change::Changed => &mut counts.changed,
                Change::Renamed { .. } => &mut counts.renamed,
            };
            *slot += 1;
        }
        counts
    }

    fn add_key(&mut self, field: &FieldChange) {
        match (field.counts(), field.kind) {
            (false, _) => self.ignored += usize::from(field.ignored.is_some()),
            (_, FieldKind::Added) => self.added += 1,
            (_, FieldKind::Removed) => self.removed += 1,
            _ => self.changed += 1,
        }
    }

    /// How many differ.
    pub fn differ(&self) -> usize {
        self.added + self.removed + self.changed + self.renamed
    }
}

/// A change with all the comparisons that have the same one.
#[derive(Clone, Debug)]
pub struct Folded {
    /// The change, as the first of them has it.
    pub change: ObjectChange,
    /// The numbers of the comparisons in [`Report::cells`], each with the object's names there.
    pub places: Vec<(usize, ObjectId)>,
}

/// Everything that a report is written from.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The comparisons, in the order they were asked for.
    pub cells: Vec<Cell>,
    /// What differs, in the order of the first comparison that has it. Ignored objects are among them, unchanged ones
    /// are not.
    pub changes: Vec<Folded>,
}

impl Report {
    /// Adds a comparison with its changes.
    pub fn add(&mut self, cell: Cell, changes: Vec<Signed>, folder: &mut Folder) {
        let number = self.cells.len();
        for Signed { signature, change } in changes {
            let id = change.id.clone();
            let place = *folder.known.entry(signature).or_insert(self.changes.len());
            match self.changes.get_mut(place) {
                Some(folded) => folded.places.push((number, id)),
                None => self.changes.push(Folded { change, places: vec![(number, id)] }),
            }
        }
        self.cells.push(cell);
    }

    /// One report of several, as if their releases had been compared in one run: by what is new in them (the chart's
    /// path), those of one chart as they were. What is the same in several becomes one; hashes of secrets are never the
    /// same, for each run has a key of its own.
    pub fn joined(reports: Vec<Report>) -> Report {
        let (mut cells, mut changes) = (Vec::new(), Vec::new());
        for (of, report) in reports.into_iter().enumerate() {
            cells.extend(report.cells.into_iter().enumerate().map(|(number, cell)| ((of, number), cell)));
            changes.extend(report.changes.into_iter().map(|folded| (of, folded)));
        }
        cells.sort_by(|a, b| a.1.new.cmp(&b.1.new));
        let numbers: HashMap<(usize, usize), usize> = cells.iter().enumerate().map(|(i, c)| (c.0, i)).collect();
        for (of, folded) in &mut changes {
            folded.places.iter_mut().for_each(|p| p.0 = numbers.get(&(*of, p.0)).copied().unwrap_or(p.0));
        }
        changes.sort_by_key(|(_, folded)| folded.places.first().map(|p| p.0));
        let mut joined = Report { cells: cells.into_iter().map(|(_, cell)| cell).collect(), changes: Vec::new() };
        let mut folder = Folder::default();
        for (_, folded) in changes {
            let Some(cell) = folded.places.first().and_then(|p| joined.cells.get(p.0)) else { continue };
            let place = *folder.known.entry(signature(&folded.change, cell)).or_insert(joined.changes.len());
            match joined.changes.get_mut(place) {
                Some(same) => same.places.extend(folded.places),
                None => joined.changes.push(folded),
            }
        }
        joined.changes.iter_mut().for_each(|folded| folded.places.sort_by_key(|p| p.0));
        joined
    }

    /// Whether anything differs that counts.
    pub fn differs(&self) -> bool {
        self.changes.iter().any(|c| c.change.counts())
    }
}

/// What a report folds by.
#[derive(Debug, Default)]
pub struct Folder {
    known: HashMap<u64, usize>,
}

/// A change with what it is folded by.
pub struct Signed {
    signature: u64,
    change: ObjectChange,
}

impl Signed {
    /// The changes of one comparison; what stays is none.
    pub fn all(cell: &Cell, changes: Vec<ObjectChange>) -> Vec<Signed> {
        let differing = changes.into_iter().filter(|c| c.change != Change::Unchanged);
        differing.map(|change| Signed { signature: signature(&change, cell), change }).collect()
    }
}

/// What makes two changes the same: all that they say, with the names of the release, chart and namespace left open.
fn signature(change: &ObjectChange, cell: &Cell) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    let open = |text: &str| cell.open(text);
    (change.id.kind.as_str(), change.id.group(), open(&change.id.name)).hash(&mut hasher);
    change.ignored.hash(&mut hasher);
    if let Some(drift) = &change.drift {
        (drift.kind, drift.fate).hash(&mut hasher);
        drift
            .apart
            .iter()
            .for_each(|a| (a.path.to_string(), &a.managers, a.fate, open(&a.live.inline())).hash(&mut hasher));
    }
    match &change.change {
        Change::Renamed { from } => (3, open(&from.name)).hash(&mut hasher),
        other => std::mem::discriminant(other).hash(&mut hasher),
    }
    let value = |v: &Option<super::secrets::Value>| {
        v.as_ref().map(|v| match v.as_text() {
            Some(text) => open(text),
            None if v.is_scalar() => v.inline().to_string(),
            None => open(&v.to_json().to_string()),
        })
    };
    if change.fields.is_empty() {
        (value(&change.old), value(&change.new)).hash(&mut hasher);
    }
    for field in &change.fields {
        for step in &field.path.0 {
            match step {
                FieldStep::Key(k) => open(k).hash(&mut hasher),
                FieldStep::Item { name: Some(name), .. } => open(name).hash(&mut hasher),
                FieldStep::Item { index, name: None } => index.hash(&mut hasher),
            }
        }
        let kind = match field.kind {
            FieldKind::Moved { .. } => 1,
            FieldKind::SameMeaning => continue,
            FieldKind::Added | FieldKind::Removed | FieldKind::Changed => 2,
        };
        if let Some(drift) = &field.drift {
            (&drift.managers, drift.fate).hash(&mut hasher);
        }
        (kind, field.ignored.as_ref(), value(&field.old), value(&field.new)).hash(&mut hasher);
    }
    hasher.finish()
}
