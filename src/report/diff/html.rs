//! `html`: one page that holds everything itself and asks no network: what the change means, each object's lines beside
//! each other or below each other, filters by release and kind. The changes are data in it, which `page.html` shows;
//! nothing of them is ever markup.

use minijinja::context;
use serde_json::{Value, json};

use super::super::html::page;
use super::View;
use super::drift;
use super::said::said;
use super::words::{self, cell, cells, counts, origin, scope, sides, subject, total, verb, visible};
use crate::diff::fold::Folded;
use crate::diff::lines::{Line, Mark, layout};

pub(super) fn write(view: &View<'_>) -> String {
    let report = view.report;
    let meaning = said(report).into_iter().map(|s| {
        json!({
            "topic": s.topic.name(), "severity": s.topic.severity(), "text": s.text,
            "scope": s.scope(report), "remedy": s.remedy, "at": s.place.as_ref().map(words::place),
            "releases": s.cells,
        })
    });
    let data = json!({
        "releases": report.cells.iter().map(cell).collect::<Vec<_>>(),
        "notes": words::notes(report),
        "meaning": meaning.collect::<Vec<_>>(),
        "changes": report.changes.iter().map(|f| object(view, f)).collect::<Vec<_>>(),
        "context": view.context,
    });
    let title = match subject(report) {
        subject if subject.is_empty() => counts(&total(report)),
        subject => format!("{subject}: {}", counts(&total(report))),
    };
    page(include_str!("page.html"), &data.to_string(), context! { title, about => sides(report) })
}

fn object(view: &View<'_>, folded: &Folded) -> Value {
    let change = &folded.change;
    let fields = change
        .fields
        .iter()
        .map(|f| json!({ "path": visible(&f.path.to_string()), "from": origin(change, f), "ignored": f.ignored }));
    json!({
        "title": words::object(change),
        "kind": visible(&change.id.kind),
        "change": verb(change),
        "counts": change.counts(),
        "ignored": change.ignored.as_ref().map(|i| visible(i)),
        "scope": scope(view.report, &cells(folded)),
        "releases": cells(folded),
        "fields": fields.collect::<Vec<_>>(),
        "apart": drift::apart(change).iter().map(|a| visible(a)).collect::<Vec<_>>(),
        "lines": layout(change).iter().map(line).collect::<Vec<_>>(),
    })
}

/// A line as the page has it: mark, text, number of the field.
fn line(line: &Line) -> Value {
    let mark = match line.mark {
        Mark::Same => " ",
        Mark::Removed => "-",
        Mark::Added => "+",
    };
    json!([mark, visible(line.text.as_str()), line.field])
}
