//! `json`: everything, for programs; the shape is documented in docs/reports.md and its version rises when a field goes
//! away or changes its meaning.

use serde_json::{Value, json};

use super::View;
use crate::diff::fold::Folded;
use crate::diff::{Change, FieldChange};

/// Version of the shape.
pub(super) const VERSION: u32 = 1;

pub(super) fn write(view: &View<'_>) -> String {
    let report = view.report;
    let document = json!({
        "version": VERSION,
        "differs": report.differs(),
        "releases": report.cells,
        "changes": report.changes.iter().map(change).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn change(folded: &Folded) -> Value {
    let change = &folded.change;
    let whole = matches!(change.change, Change::Added | Change::Removed);
    let places = folded.places.iter().map(|(cell, id)| json!({ "release": cell, "object": id }));
    let mut value = json!({
        "object": change.id,
        "change": super::words::verb(change),
        "hooks": change.hooks,
        "counts": change.counts(),
        "ignored": change.ignored,
        "fields": change.fields.iter().map(field).collect::<Vec<_>>(),
        "places": places.collect::<Vec<_>>(),
    });
    if let Change::Renamed { from } = &change.change {
        value["from"] = json!(from);
    }
    if let Some(drift) = &change.drift {
        value["drift"] = json!(drift);
    }
    if whole {
        value["value"] = json!(change.new.as_ref().or(change.old.as_ref()));
    }
    value
}

fn field(field: &FieldChange) -> Value {
    json!({
        "path": field.path, "kind": field.kind, "old": field.old, "new": field.new,
        "oldSource": field.old_source, "newSource": field.new_source,
        "counts": field.counts(), "ignored": field.ignored, "drift": field.drift,
    })
}
