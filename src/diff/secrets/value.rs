//! What a report is made of: texts that have been searched for secrets, and trees of them.

use std::fmt;

use crate::diff::FieldPath;
use crate::kube::quantity::Quantity;

/// A text that may be shown. Made only by the redactor, out of what the program itself says, and out of reports that it
/// wrote.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text {
    shown: Box<str>,
    secret: bool,
}

impl Text {
    /// A text in which nothing secret was found.
    pub(super) fn shown(shown: Box<str>) -> Text {
        Text { shown, secret: false }
    }

    /// A text in which hashes stand for something secret.
    pub(super) fn redacted(shown: Box<str>) -> Text {
        Text { shown, secret: true }
    }

    /// A text out of a report in JSON: it went through the redactor when the report was written.
    pub(in crate::diff) fn reported(shown: Box<str>) -> Text {
        Text { secret: shown.contains("[secret "), shown }
    }

    /// The text, with `[secret 1f9a03c2]` in place of what is secret.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// Whether hashes stand in it.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// Whether it is nothing but a hash.
    pub fn is_hidden(&self) -> bool {
        self.secret && self.shown.starts_with("[secret ") && self.shown.find(']') == Some(self.shown.len() - 1)
    }

    /// Several texts one behind the other.
    #[must_use]
    pub fn concat(parts: &[&Text]) -> Text {
        let shown: String = parts.iter().map(|p| p.as_str()).collect();
        Text { shown: shown.into(), secret: parts.iter().any(|p| p.secret) }
    }

    /// The text cut off at a byte offset, where that is a character's.
    #[must_use]
    pub fn part(&self, range: std::ops::Range<usize>) -> Text {
        Text { shown: self.shown.get(range).unwrap_or_default().into(), secret: self.secret }
    }
}

impl Text {
    /// Blanks and dashes: the head of a line of YAML. Anything else is left out.
    pub(in crate::diff) fn spaces_and_dashes(head: &str) -> Text {
        Text { shown: head.chars().filter(|c| matches!(c, ' ' | '-')).collect::<String>().into(), secret: false }
    }

    /// As it is written in YAML: plain where that reads as the same text, otherwise in double quotes.
    #[must_use]
    pub fn as_yaml(&self) -> Text {
        let shown = match is_plain(&self.shown) {
            true => self.shown.clone(),
            false => serde_json::Value::from(&*self.shown).to_string().into(),
        };
        Text { shown, secret: self.secret }
    }
}

/// Whether a text can stand in YAML without quotes. A hash in place of a secret can, for people.
fn is_plain(text: &str) -> bool {
    if text.starts_with("[secret ") {
        return !text.contains(": ") && !text.contains(" #") && !text.chars().any(char::is_control);
    }
    let odd_start = |c: char| " -?:,[]{}#&*!|>'\"%@`".contains(c);
    let next = text.chars().nth(1);
    let starts_well = match text.chars().next() {
        None => false,
        Some('-' | '?' | ':') => next.is_some_and(|c| c != ' '),
        Some(c) => !odd_start(c),
    };
    let reads_as_text = serde_yaml::from_str::<serde_yaml::Value>(text).is_ok_and(|v| v.as_str() == Some(text));
    starts_well
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.chars().any(char::is_control)
        && !matches!(&*text.to_lowercase(), "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "~")
        && reads_as_text
}

/// What the program says itself is no secret.
impl From<&'static str> for Text {
    fn from(text: &'static str) -> Text {
        Text { shown: text.into(), secret: false }
    }
}

/// Nor are numbers that it counted.
impl From<usize> for Text {
    fn from(number: usize) -> Text {
        Text { shown: number.to_string().into(), secret: false }
    }
}

/// Nor are sums of amounts.
impl From<&Quantity> for Text {
    fn from(amount: &Quantity) -> Text {
        Text { shown: amount.to_string().into(), secret: false }
    }
}

/// Nor is anything in a path: its keys are texts themselves.
impl From<&FieldPath> for Text {
    fn from(path: &FieldPath) -> Text {
        Text::reported(path.to_string().into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.shown)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

impl std::ops::Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.shown
    }
}

impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown)
    }
}

impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let shown = Box::<str>::deserialize(deserializer)?;
        Ok(Text::reported(shown))
    }
}

/// A value of an object, and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The value.
    pub data: Data,
    /// Byte offset in the text that its side was read from.
    pub offset: u32,
}

/// A value as JSON has them.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `null`, or nothing at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text, or a hash in place of a secret value of any type.
    Text(Text),
    /// A list.
    List(Vec<Value>),
    /// A map, in the order it was written.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Text,
    /// Byte offset of the key.
    pub key_offset: u32,
    /// The value.
    pub value: Value,
}

impl Value {
    /// Nothing.
    pub(in crate::diff) fn null() -> Value {
        Value { data: Data::Null, offset: 0 }
    }

    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries().iter().find(|e| e.key.as_str() == key).map(|e| &e.value)
    }

    /// The value below several keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Value] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn as_text(&self) -> Option<&Text> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        self.as_text().map(Text::as_str)
    }

    /// An integer, or a float without a fraction.
    pub fn as_i64(&self) -> Option<i64> {
        match self.data {
            Data::Int(i) => Some(i),
            Data::Float(f) if f.fract() == 0.0 && f.abs() < 9e18 => Some(f as i64),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// Byte offset of the first scalar in it.
    pub fn first_offset(&self) -> u32 {
        let mut value = self;
        while let Some(inner) = value.entries().first().map(|e| &e.value).or(value.items().first()) {
            value = inner;
        }
        value.offset
    }

    /// Whether there is something: neither null nor an empty map or list.
    pub fn is_given(&self) -> bool {
        match &self.data {
            Data::Null => false,
            Data::List(items) => !items.is_empty(),
            Data::Map(entries) => !entries.is_empty(),
            _ => true,
        }
    }

    /// Whether it is neither a map nor a list.
    pub fn is_scalar(&self) -> bool {
        !matches!(self.data, Data::List(_) | Data::Map(_))
    }

    /// A scalar as one writes it in a sentence; maps and lists as JSON on one line.
    pub fn inline(&self) -> Text {
        match &self.data {
            Data::Text(text) => text.clone(),
            _ => Text { shown: self.to_json().to_string().into(), secret: false },
        }
    }

    /// The same as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.data {
            Data::Null => Json::Null,
            Data::Bool(b) => Json::Bool(*b),
            Data::Int(i) => Json::from(*i),
            Data::Uint(u) => Json::from(*u),
            Data::Float(f) => Json::from(*f),
            Data::Text(t) => Json::from(t.as_str()),
            Data::List(items) => items.iter().map(Value::to_json).collect(),
            Data::Map(entries) => entries.iter().map(|e| (e.key.to_string(), e.value.to_json())).collect(),
        }
    }
}

impl Value {
    /// A value out of a report in JSON, like [`Text::reported`].
    fn reported(json: serde_json::Value) -> Value {
        use serde_json::Value as Json;
        let data = match json {
            Json::Null => Data::Null,
            Json::Bool(b) => Data::Bool(b),
            Json::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(i), _) => Data::Int(i),
                (None, Some(u)) => Data::Uint(u),
                (None, None) => Data::Float(n.as_f64().unwrap_or_default()),
            },
            Json::String(s) => Data::Text(Text::reported(s.into())),
            Json::Array(items) => Data::List(items.into_iter().map(Value::reported).collect()),
            Json::Object(map) => {
                let entry = |(k, v): (String, _)| Entry {
                    key: Text::reported(k.into()),
                    key_offset: 0,
                    value: Value::reported(v),
                };
                Data::Map(map.into_iter().map(entry).collect())
            }
        };
        Value { data, offset: 0 }
    }
}

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Value::reported)
    }
}

impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
