//! An object as YAML with the lines of both sides: what stays, what goes, what comes. Keys stand in the order of the new
//! side, so that formatting and order make no difference. Start reading at [`layout`].

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, ChangeTag, TextDiff};

use super::definitions;
use super::fields::{FieldKind, FieldPath, FieldStep, same_scalar};
use super::lists;
use super::secrets::{Data, Text, Value};
use super::{ObjectChange, fields::FieldChange};
use crate::kube::schema::Shape;

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It stays, or what differs in it does not count.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// A line of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What becomes of it.
    pub mark: Mark,
    /// The line, indented, without its end.
    pub text: Text,
    /// The number in [`ObjectChange::fields`] of the change that it belongs to: neighbours of one number are the old and
    /// the new way of writing the same field. Nothing for lines that stay, and in objects that come or go as a whole.
    pub field: Option<usize>,
}

/// Lays out an object that is there on one side, or on both.
pub fn layout(change: &ObjectChange) -> Vec<Line> {
    let mut places = HashMap::new();
    for (i, field) in change.fields.iter().enumerate() {
        let place = places.entry(&field.path).or_insert(i);
        if matches!(change.fields[*place].kind, FieldKind::Moved { .. }) {
            *place = i;
        }
    }
    let mut layout =
        Layout { fields: &change.fields, places, path: FieldPath::default(), lines: Vec::new(), dash: None };
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            let shape = definitions::shape(&change.id.api_version, &change.id.kind, change.schema.as_ref());
            layout.both(old, new, shape, 0);
        }
        (Some(old), None) => layout.one(old, 0, Mark::Removed, None),
        (None, Some(new)) => layout.one(new, 0, Mark::Added, None),
        (None, None) => layout.fields_only(),
    }
    layout.lines
}

/// The stretches of lines to show: what differs with `context` lines around it. All of it where that is nothing.
pub fn hunks(lines: &[Line], context: Option<usize>) -> Vec<Range<usize>> {
    let Some(context) = context else { return Vec::from_iter((!lines.is_empty()).then_some(0..lines.len())) };
    let mut found: Vec<Range<usize>> = Vec::new();
    for (i, _) in lines.iter().enumerate().filter(|(_, l)| l.mark != Mark::Same) {
        let range = i.saturating_sub(context)..(i + context + 1).min(lines.len());
        match found.last_mut().filter(|last| last.end >= range.start) {
            Some(last) => last.end = range.end,
            None => found.push(range),
        }
    }
    found
}

struct Layout<'c> {
    fields: &'c [FieldChange],
    places: HashMap<&'c FieldPath, usize>,
    path: FieldPath,
    lines: Vec<Line>,
    /// The column of a dash that the next line begins with.
    dash: Option<usize>,
}

impl Layout<'_> {
    /// Writes a line; `key` is the key with its colon, if there is one.
    fn line(&mut self, indent: usize, key: Option<&Text>, rest: &Text, mark: Mark, field: Option<usize>) {
        let mut head = " ".repeat(indent);
        if let Some(column) = self.dash.take() {
            let inner = head.split_off(column);
            head.push_str("- ");
            head.push_str(inner.get(2..).unwrap_or_default());
        }
        let mut parts = vec![Text::spaces_and_dashes(&head)];
        if let Some(key) = key {
            parts.push(Text::concat(&[&key.as_yaml(), &":".into()]));
            if !rest.is_empty() {
                parts.push(" ".into());
            }
        }
        parts.push(rest.clone());
        let text = Text::concat(&parts.iter().collect::<Vec<_>>());
        self.lines.push(Line { mark, text, field });
    }

    /// Each field behind its path: all that there is of an object out of a report in JSON.
    fn fields_only(&mut self) {
        for (number, field) in self.fields.iter().enumerate().filter(|(_, f)| f.counts()) {
            let key = Text::from(&field.path);
            if let (Some(old), Some(new)) = (&field.old, &field.new)
                && let (Some(old), Some(new)) = (old.as_text(), new.as_text())
                && old.contains('\n')
                && new.contains('\n')
            {
                self.texts(Some(&key), old, new, 0, Some(number));
                continue;
            }
            for (value, mark) in [(&field.old, Mark::Removed), (&field.new, Mark::Added)] {
                value.iter().for_each(|v| self.entry(&key, v, 0, mark, Some(number)));
            }
        }
    }

    /// A value that one side has.
    fn one(&mut self, value: &Value, indent: usize, mark: Mark, field: Option<usize>) {
        match &value.data {
            Data::Map(entries) => {
                for entry in entries {
                    self.entry(&entry.key, &entry.value, indent, mark, field);
                }
            }
            Data::List(items) => {
                for item in items {
                    self.item(item, indent, mark, field);
                }
            }
            _ => self.scalar(None, value, indent, mark, field),
        }
    }

    fn entry(&mut self, key: &Text, value: &Value, indent: usize, mark: Mark, field: Option<usize>) {
        if value.is_scalar() || !value.is_given() || crate::stack::is_low() {
            return self.scalar(Some(key), value, indent, mark, field);
        }
        self.line(indent, Some(key), &Text::default(), mark, field);
        let inner = if matches!(value.data, Data::List(_)) { indent } else { indent + 2 };
        self.one(value, inner, mark, field);
    }

    fn item(&mut self, item: &Value, indent: usize, mark: Mark, field: Option<usize>) {
        self.dash.get_or_insert(indent);
        if item.is_scalar() || !item.is_given() || crate::stack::is_low() {
            return self.scalar(None, item, indent + 2, mark, field);
        }
        self.one(item, indent + 2, mark, field);
    }

    /// A scalar, or an empty map or list, behind its key.
    fn scalar(&mut self, key: Option<&Text>, value: &Value, indent: usize, mark: Mark, field: Option<usize>) {
        let Some(text) = value.as_text().filter(|t| t.contains('\n')) else {
            let text = value.as_text().map_or_else(|| value.inline(), Text::as_yaml);
            return self.line(indent, key, &text, mark, field);
        };
        self.line(indent, key, &block_head(text), mark, field);
        let inner = if key.is_some() { indent + 2 } else { indent };
        for line in text_lines(text) {
            self.line(inner, None, &line, mark, field);
        }
    }

    /// The number of the change at the current path, if it is one that counts.
    fn change(&self) -> (Option<usize>, bool) {
        let number = self.places.get(&self.path).copied();
        (number, number.is_some_and(|n| self.fields[n].counts()))
    }

    /// Whether changes below the current path count.
    fn has_below(&self) -> bool {
        self.fields.iter().any(|f| f.counts() && f.path.0.starts_with(&self.path.0))
    }

    fn both(&mut self, old: &Value, new: &Value, shape: Option<Shape<'_>>, indent: usize) {
        match (&old.data, &new.data) {
            (Data::Map(_), Data::Map(_)) => self.maps(old, new, shape, indent),
            (Data::List(a), Data::List(b)) => self.lists(a, b, shape, indent),
            _ => self.changed(None, old, new, indent),
        }
    }

    fn maps(&mut self, old: &Value, new: &Value, shape: Option<Shape<'_>>, indent: usize) {
        let before = lists::Keys::of(old);
        let after = lists::Keys::of(new);
        let mut gone = old.entries().iter().peekable();
        for entry in new.entries() {
            // What goes away is shown where it stood, as far as the order of the new side has that place.
            while let Some(e) = gone.next_if(|e| after.get(&e.key).is_none()) {
                self.only(&e.key, &e.value, indent, Mark::Removed);
            }
            if gone.peek().is_some_and(|e| e.key == entry.key) {
                gone.next();
            }
            match before.get(&entry.key) {
                None => self.only(&entry.key, &entry.value, indent, Mark::Added),
                Some(before) => {
                    self.path.0.push(FieldStep::Key(entry.key.clone()));
                    let shape = shape.and_then(|s| s.field(&entry.key));
                    self.matched(&entry.key, before, &entry.value, shape, indent);
                    self.path.0.pop();
                }
            }
        }
        for e in gone.filter(|e| after.get(&e.key).is_none()) {
            self.only(&e.key, &e.value, indent, Mark::Removed);
        }
    }

    /// A key that both sides have.
    fn matched(&mut self, key: &Text, old: &Value, new: &Value, shape: Option<Shape<'_>>, indent: usize) {
        let same_kind = std::mem::discriminant(&old.data) == std::mem::discriminant(&new.data);
        if same_kind && !old.is_scalar() && old.is_given() && new.is_given() && !crate::stack::is_low() {
            self.line(indent, Some(key), &Text::default(), Mark::Same, None);
            let inner = if matches!(new.data, Data::List(_)) { indent } else { indent + 2 };
            return self.both(old, new, shape, inner);
        }
        if same_kind && !old.is_scalar() && old.is_given() != new.is_given() {
            // Its items or keys are what the change names.
            let (value, mark) = if new.is_given() { (new, Mark::Added) } else { (old, Mark::Removed) };
            let field = self.fields.iter().position(|f| f.path.0.starts_with(&self.path.0));
            return self.entry(key, value, indent, mark, field);
        }
        self.changed(Some(key), old, new, indent);
    }

    /// A key, or an item, that one side has.
    fn only(&mut self, key: &Text, value: &Value, indent: usize, mark: Mark) {
        self.path.0.push(FieldStep::Key(key.clone()));
        let (number, counts) = self.change();
        if number.is_none() && !value.entries().is_empty() && self.has_below() && !crate::stack::is_low() {
            // Its keys are what the changes name.
            self.line(indent, Some(key), &Text::default(), mark, None);
            value.entries().iter().for_each(|e| self.only(&e.key, &e.value, indent + 2, mark));
            self.path.0.pop();
            return;
        }
        self.path.0.pop();
        match (counts, mark) {
            (true, _) => self.entry(key, value, indent, mark, number),
            (false, Mark::Added) => self.entry(key, value, indent, Mark::Same, None),
            (false, _) => {}
        }
    }

    fn changed(&mut self, key: Option<&Text>, old: &Value, new: &Value, indent: usize) {
        let (number, counts) = self.change();
        if !counts || same_scalar(old, new) {
            return match key {
                Some(key) => self.entry(key, new, indent, Mark::Same, None),
                None => self.one(new, indent, Mark::Same, None),
            };
        }
        if let (Some(a), Some(b)) = (old.as_text(), new.as_text())
            && a.contains('\n')
            && b.contains('\n')
        {
            return self.texts(key, a, b, indent, number);
        }
        let dash = self.dash;
        for (value, mark) in [(old, Mark::Removed), (new, Mark::Added)] {
            self.dash = dash;
            match key {
                Some(key) => self.entry(key, value, indent, mark, number),
                None if value.is_given() => self.one(value, indent, mark, number),
                None => self.scalar(None, value, indent, mark, number),
            }
        }
    }

    /// Texts of several lines, line by line.
    fn texts(&mut self, key: Option<&Text>, old: &Text, new: &Text, indent: usize, number: Option<usize>) {
        let (before, after) = (block_head(old), block_head(new));
        if before == after {
            self.line(indent, key, &after, Mark::Same, None);
        } else {
            let dash = self.dash;
            self.line(indent, key, &before, Mark::Removed, number);
            self.dash = dash;
            self.line(indent, key, &after, Mark::Added, number);
        }
        let inner = if key.is_some() { indent + 2 } else { indent };
        for (mark, line) in text_changes(old, new) {
            self.line(inner, None, &line, mark, if mark == Mark::Same { None } else { number });
        }
    }

    fn lists(&mut self, old: &[Value], new: &[Value], shape: Option<Shape<'_>>, indent: usize) {
        for pair in lists::pairs(old, new, shape) {
            let index = pair.new.or(pair.old).unwrap_or(0);
            self.path.0.push(FieldStep::Item { index, name: pair.name });
            let (number, counts) = self.change();
            match (pair.old.map(|i| &old[i]), pair.new.map(|i| &new[i])) {
                (Some(a), Some(b)) if pair.moved && counts => {
                    self.item(a, indent, Mark::Removed, number);
                    self.item(b, indent, Mark::Added, number);
                }
                (Some(a), Some(b)) => {
                    self.dash.get_or_insert(indent);
                    self.both(a, b, shape.and_then(Shape::item), indent + 2);
                }
                (Some(a), None) if counts => self.item(a, indent, Mark::Removed, number),
                (None, Some(b)) => {
                    let (mark, field) = if counts { (Mark::Added, number) } else { (Mark::Same, None) };
                    self.item(b, indent, mark, field);
                }
                _ => {}
            }
            self.dash = None;
            self.path.0.pop();
        }
    }
}

/// What stands behind the key of a text of several lines.
fn block_head(text: &Text) -> Text {
    match (text.ends_with("\n\n"), text.ends_with('\n')) {
        (true, _) => "|+",
        (_, true) => "|",
        _ => "|-",
    }
    .into()
}

/// The lines of a text, without their ends.
fn text_lines(text: &Text) -> Vec<Text> {
    let mut at = 0;
    let lines = text.as_str().split_inclusive('\n').map(|line| {
        let range = at..at + line.trim_end_matches(['\n', '\r']).len();
        at += line.len();
        text.part(range)
    });
    lines.collect()
}

/// Texts with more lines than this on both sides are compared from both ends only.
const MAX_LINES: usize = 20_000;

/// The lines of two texts with what becomes of each.
pub fn text_changes(old: &Text, new: &Text) -> Vec<(Mark, Text)> {
    let (before, after) = (text_lines(old), text_lines(new));
    if before.len().min(after.len()) > MAX_LINES {
        return from_both_ends(before, after);
    }
    let (a, b): (Vec<&str>, Vec<&str>) =
        (before.iter().map(Text::as_str).collect(), after.iter().map(Text::as_str).collect());
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).diff_slices(&a, &b);
    let changes = diff.iter_all_changes().filter_map(|c| match c.tag() {
        ChangeTag::Equal => c.new_index().map(|i| (Mark::Same, after[i].clone())),
        ChangeTag::Delete => c.old_index().map(|i| (Mark::Removed, before[i].clone())),
        ChangeTag::Insert => c.new_index().map(|i| (Mark::Added, after[i].clone())),
    });
    changes.collect()
}

fn from_both_ends(before: Vec<Text>, after: Vec<Text>) -> Vec<(Mark, Text)> {
    let start = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let ends = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = ends.take_while(|(a, b)| a == b).count();
    let mark = |lines: &[Text], mark| lines.iter().map(|l| (mark, l.clone())).collect::<Vec<_>>();
    let mut out = mark(&after[..start], Mark::Same);
    out.extend(mark(&before[start..before.len() - end], Mark::Removed));
    out.extend(mark(&after[start..after.len() - end], Mark::Added));
    out.extend(mark(&after[after.len() - end..], Mark::Same));
    out
}
