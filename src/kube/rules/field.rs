//! A field of an object on its way through a rule: its value, if it has one, and its path as the server writes it.
//! Rules read values with the server's eyes (what is null or of another type counts as not given) and say what is
//! wrong in its words. Start reading at [`Field`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use typed_arena::Arena;

use super::quote;
use crate::finding::{Problem, Severity};
use crate::kube::quantity::Quantity;
use crate::yaml::node::{Data, Node};

/// The most bytes of a value that an error shows, about.
const MAX_SHOWN: usize = 512;
/// How deep it looks into a value.
const MAX_SHOWN_DEPTH: usize = 16;

/// What is found in one object.
pub(super) struct Report<'a> {
    steps: &'a Arena<PathStep<'a>>,
    problems: RefCell<Vec<Problem>>,
    minor: u32,
}

impl<'a> Report<'a> {
    /// An empty one of a server of a minor version; `steps` holds the paths.
    pub fn new(steps: &'a Arena<PathStep<'a>>, minor: u32) -> Report<'a> {
        Report { steps, problems: RefCell::default(), minor }
    }

    /// Takes what was found.
    pub fn take_problems(&self) -> Vec<Problem> {
        self.problems.take()
    }
}

/// A step of a path and the way to it.
pub(super) struct PathStep<'a> {
    parent: Option<&'a PathStep<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Child(&'a str),
    Index(usize),
    Key(&'a str),
}

impl PathStep<'_> {
    fn write(&self, text: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(text);
        }
        match self.step {
            Step::Child(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Index(i) => text.push_str(&format!("[{i}]")),
            Step::Key(key) => text.push_str(&format!("[{key}]")),
        }
    }
}

/// A number or a text, as ports and percentages are given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum IntOrText<'a> {
    /// A number.
    Int(i64),
    /// A text.
    Text(&'a str),
}

/// A field. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    report: &'a Report<'a>,
    node: Option<&'a Node>,
    path: Option<&'a PathStep<'a>>,
}

impl<'a> Field<'a> {
    /// An object.
    pub fn root(report: &'a Report<'a>, node: &'a Node) -> Field<'a> {
        Field { report, node: Some(node), path: None }
    }

    fn step(self, node: Option<&'a Node>, step: Step<'a>) -> Field<'a> {
        let path = self.report.steps.alloc(PathStep { parent: self.path, step });
        Field { node: node.filter(|n| !n.is_null()), path: Some(path), ..self }
    }

    /// A field of this one.
    pub fn at(self, name: &'a str) -> Field<'a> {
        self.step(self.node.and_then(|n| n.get(name)), Step::Child(name))
    }

    /// A field below several.
    pub fn below(self, names: &[&'a str]) -> Field<'a> {
        names.iter().fold(self, |field, name| field.at(name))
    }

    /// The entry of a map, whose path the server writes in brackets.
    pub fn key(self, key: &'a str) -> Field<'a> {
        self.step(self.node.and_then(|n| n.get(key)), Step::Key(key))
    }

    /// The entry of a map that is known to lack it.
    pub fn absent_key(self, key: &'a str) -> Field<'a> {
        self.step(None, Step::Key(key))
    }

    /// The texts of a map by key.
    pub fn texts(self) -> BTreeMap<&'a str, &'a str> {
        let entries = self.node.map_or(&[][..], Node::entries);
        entries.iter().map(|e| (&*e.key, e.value.as_str().unwrap_or_default())).collect()
    }

    /// The texts of a list.
    pub fn item_texts(self) -> BTreeSet<&'a str> {
        self.node.map_or(&[][..], Node::items).iter().map(|i| i.as_str().unwrap_or_default()).collect()
    }

    /// An item of a list.
    pub fn index(self, i: usize) -> Field<'a> {
        self.step(self.node.and_then(|n| n.items().get(i)), Step::Index(i))
    }

    /// The items of a list.
    pub fn items(self) -> impl Iterator<Item = Field<'a>> + 'a {
        let items = self.node.map_or(&[][..], Node::items);
        items.iter().enumerate().map(move |(i, node)| self.step(Some(node), Step::Index(i)))
    }

    /// The entries of a map, with paths in brackets.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, Field<'a>)> + 'a {
        let entries = self.node.map_or(&[][..], Node::entries);
        entries.iter().map(move |e| (&*e.key, self.step(Some(&e.value), Step::Key(&e.key))))
    }

    /// The same value under the path of another field: where the server names another field than the one at fault.
    pub fn named(self, other: Field<'a>) -> Field<'a> {
        Field { path: other.path, ..self }
    }

    /// The same field as if it had this value.
    pub fn with(self, node: Option<&'a Node>) -> Field<'a> {
        Field { node, ..self }
    }

    /// The value.
    pub fn node(self) -> Option<&'a Node> {
        self.node
    }

    /// The path as the server writes it.
    pub fn path(self) -> String {
        let mut text = String::new();
        if let Some(path) = self.path {
            path.write(&mut text);
        }
        text
    }

    /// Whether there is a value.
    pub fn is_set(self) -> bool {
        self.node.is_some()
    }

    /// How many items or entries there are.
    pub fn len(self) -> usize {
        self.node.map_or(0, |n| n.items().len().max(n.entries().len()))
    }

    /// The text, empty if there is none.
    pub fn text(self) -> &'a str {
        self.node.and_then(Node::as_str).unwrap_or_default()
    }

    /// The text, or a default in place of none.
    pub fn text_or(self, default: &'a str) -> &'a str {
        Some(self.text()).filter(|t| !t.is_empty()).unwrap_or(default)
    }

    /// The number.
    pub fn int(self) -> Option<i64> {
        self.node.and_then(Node::as_i64)
    }

    /// The number, or a default in place of none and of zero.
    pub fn int_or(self, default: i64) -> i64 {
        self.int().filter(|i| *i != 0).unwrap_or(default)
    }

    /// The boolean.
    pub fn flag(self) -> Option<bool> {
        self.node.and_then(Node::as_bool)
    }

    /// Whether it is `true`.
    pub fn is_true(self) -> bool {
        self.flag() == Some(true)
    }

    /// A number or a text.
    pub fn int_or_text(self) -> Option<IntOrText<'a>> {
        let node = self.node?;
        node.as_str().map(IntOrText::Text).or_else(|| node.as_i64().map(IntOrText::Int))
    }

    /// A quantity, of which numbers are a form.
    pub fn quantity(self) -> Option<Quantity> {
        match &self.node?.data {
            Data::Str(s) => Quantity::parse(s.trim()),
            Data::Int(i) => Some(Quantity::from_int(*i)),
            Data::Uint(u) => Quantity::parse(&u.to_string()),
            Data::Float(f) => Quantity::parse(&f.to_string()),
            _ => None,
        }
    }

    /// Whether the server is of this minor version or a later one.
    pub fn since(self, minor: u32) -> bool {
        self.report.minor >= minor
    }

    /// The field, or as if it weren't given before a version: what belongs to a feature that is off the server drops
    /// before it looks.
    pub fn if_since(self, minor: u32) -> Field<'a> {
        if self.since(minor) { self } else { self.with(None) }
    }

    /// How much was found so far in the whole object, to see what a check adds.
    pub fn found(self) -> usize {
        self.report.problems.borrow().len()
    }

    fn say(self, rule: &'static str, message: String) {
        self.report.problems.borrow_mut().push(Problem::new(rule, Severity::Error, self.path(), message));
    }

    /// The value as an error shows it.
    pub fn shown(self) -> String {
        let mut text = String::new();
        match self.node {
            Some(node) => show(node, MAX_SHOWN_DEPTH, &mut text),
            None => text.push_str("null"),
        }
        text
    }

    /// Says that a value is missing.
    pub fn required(self, detail: &str) {
        self.say("server/required", with_detail("Required value".into(), detail));
    }

    /// Says that the value is wrong.
    pub fn invalid(self, detail: &str) {
        self.say("server/invalid", with_detail(format!("Invalid value: {}", self.shown()), detail));
    }

    /// Says that a value is wrong, as which the server shows another one than the field's.
    pub fn invalid_as(self, value: impl Display, detail: &str) {
        self.say("server/invalid", with_detail(format!("Invalid value: {value}"), detail));
    }

    /// Says that the value is wrong for each message.
    pub fn invalid_each(self, messages: Vec<String>) {
        for message in messages {
            self.invalid(&message);
        }
    }

    /// Says that something else with this value exists.
    pub fn duplicate(self) {
        self.say("server/duplicate", format!("Duplicate value: {}", self.shown()));
    }

    /// Says that something else with a value exists.
    pub fn duplicate_as(self, value: impl Display) {
        self.say("server/duplicate", format!("Duplicate value: {value}"));
    }

    /// Says that the value is none of those that are allowed.
    pub fn not_supported(self, supported: &[&str]) {
        let shown = if self.node.is_some() { self.shown() } else { quote("") };
        self.not_supported_as(shown, supported);
    }

    /// Says that a value is none of those that are allowed.
    pub fn not_supported_as(self, value: impl Display, supported: &[&str]) {
        let all: Vec<String> = supported.iter().map(|s| quote(s)).collect();
        let detail = format!("supported values: {}", all.join(", "));
        self.say("server/not-supported", with_detail(format!("Unsupported value: {value}"), &detail));
    }

    /// Says that what the value names is not there.
    pub fn not_found(self, detail: &str) {
        self.say("server/not-found", with_detail(format!("Not found: {}", self.shown()), detail));
    }

    /// Says that the field may not be used.
    pub fn forbidden(self, detail: &str) {
        self.say("server/forbidden", with_detail("Forbidden".into(), detail));
    }

    /// Says that the value is too long.
    pub fn too_long(self, bytes: usize) {
        self.say("server/too-long", format!("Too long: may not be more than {bytes} bytes"));
    }

    /// Says that the list is too long.
    pub fn too_many(self, most: usize) {
        self.say("server/too-many", format!("Too many: {}: must have at most {most} items", self.len()));
    }

    /// Whether there is a text; says that it is required if not.
    pub fn has_text(self, detail: &str) -> bool {
        let has = !self.text().is_empty();
        if !has && self.node.is_none_or(|n| n.as_str().is_some()) {
            self.required(detail);
        }
        has
    }

    /// Says what a format has against the text.
    pub fn check(self, format: impl Fn(&str) -> Vec<String>) {
        self.invalid_each(format(self.text()));
    }

    /// Checks the format of a text if there is one that isn't empty.
    pub fn check_if_any(self, format: impl Fn(&str) -> Vec<String>) {
        if !self.text().is_empty() {
            self.check(format);
        }
    }

    /// Checks the format of a text that must be there.
    pub fn check_required(self, format: impl Fn(&str) -> Vec<String>) {
        if self.has_text("") {
            self.check(format);
        }
    }

    /// Says so if a value is given and is none of those that are allowed.
    pub fn one_of(self, supported: &[&str]) {
        if self.is_set() && self.node.is_some_and(|n| n.as_str().is_some()) && !supported.contains(&self.text()) {
            self.not_supported(supported);
        }
    }

    /// The same where an empty text that is given is missing.
    pub fn one_of_not_empty(self, supported: &[&str]) {
        if self.is_set() && self.has_text("") {
            self.one_of(supported);
        }
    }

    /// The same where an empty text stands for the default.
    pub fn one_of_or_default(self, supported: &[&str]) {
        if !self.text().is_empty() {
            self.one_of(supported);
        }
    }

    /// Says so if the number is below zero.
    pub fn nonnegative(self) {
        if self.int().is_some_and(|i| i < 0) {
            self.invalid("must be greater than or equal to 0");
        }
    }

    /// Says so if the number, zero if there is none, is not in a range.
    pub fn in_range(self, low: i64, high: i64, detail: &str) {
        let value = self.int().unwrap_or(0);
        if !(low..=high).contains(&value) {
            self.invalid_as(value, detail);
        }
    }
}

/// Writes a value as JSON, as far as there is room.
fn show(node: &Node, depth: usize, text: &mut String) {
    if text.len() > MAX_SHOWN || depth == 0 {
        if !text.ends_with('…') {
            text.push('…');
        }
        return;
    }
    match &node.data {
        Data::Null => text.push_str("null"),
        Data::Bool(b) => text.push_str(if *b { "true" } else { "false" }),
        Data::Int(i) => text.push_str(&i.to_string()),
        Data::Uint(u) => text.push_str(&u.to_string()),
        Data::Float(f) => text.push_str(&f.to_string()),
        Data::Str(s) => text.push_str(&quote(s)),
        Data::List(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate().take(MAX_SHOWN) {
                text.push_str(if i == 0 { "" } else { "," });
                show(item, depth - 1, text);
            }
            text.push(']');
        }
        Data::Map(entries) => {
            text.push('{');
            for (i, entry) in entries.iter().enumerate().take(MAX_SHOWN) {
                text.push_str(if i == 0 { "" } else { "," });
                text.push_str(&quote(&entry.key));
                text.push(':');
                show(&entry.value, depth - 1, text);
            }
            text.push('}');
        }
    }
}

fn with_detail(body: String, detail: &str) -> String {
    if detail.is_empty() { body } else { format!("{body}: {detail}") }
}
