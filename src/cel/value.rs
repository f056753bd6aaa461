//! What expressions work on. Objects are not copied: a [`Value`] of a manifest is a reference into its document.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use super::eval::Fail;
use crate::yaml::node::{Data, Entry, Node};

/// A text, borrowed where it can be.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// Of a manifest or an expression.
    Borrowed(&'a str),
    /// Made while running.
    Shared(Rc<str>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        match self {
            Text::Borrowed(s) => s,
            Text::Shared(s) => s,
        }
    }
}

/// A list.
#[derive(Clone, Debug)]
pub enum List<'a> {
    /// Of a manifest.
    Nodes(&'a [Node]),
    /// Made while running.
    Values(Rc<[Value<'a>]>),
}

impl<'a> List<'a> {
    /// How many elements.
    pub fn len(&self) -> usize {
        match self {
            List::Nodes(n) => n.len(),
            List::Values(v) => v.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An element.
    pub fn get(&self, i: usize) -> Option<Value<'a>> {
        match self {
            List::Nodes(n) => n.get(i).map(Value::of),
            List::Values(v) => v.get(i).cloned(),
        }
    }

    /// All elements.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|i| self.get(i))
    }
}

/// A map.
#[derive(Clone, Debug)]
pub enum Map<'a> {
    /// Of a manifest.
    Nodes(&'a [Entry]),
    /// Made while running.
    Values(Rc<Table<'a>>),
}

/// A map made while running, in the order of insertion.
#[derive(Debug, Default)]
pub struct Table<'a> {
    entries: Vec<(Value<'a>, Value<'a>)>,
    index: HashMap<Key, usize, foldhash::fast::RandomState>,
}

/// What maps are looked up by: numbers of all kinds are one.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Str(Box<str>),
}

impl Key {
    fn of(value: &Value<'_>) -> Option<Key> {
        Some(match value {
            Value::Bool(b) => Key::Bool(*b),
            Value::Int(i) => Key::Int(*i),
            Value::Uint(u) => i64::try_from(*u).map_or(Key::Uint(*u), Key::Int),
            Value::Double(d) if d.fract() == 0.0 && *d >= -9.2e18 && *d <= 9.2e18 => Key::Int(*d as i64),
            Value::Str(s) => Key::Str((**s).into()),
            _ => return None,
        })
    }
}

impl<'a> Table<'a> {
    /// Adds an entry, or replaces it; false if the key was there.
    ///
    /// # Errors
    /// A key of a type that maps don't have.
    pub fn insert(&mut self, key: Value<'a>, value: Value<'a>) -> Result<bool, Fail> {
        let Some(k) = Key::of(&key).filter(|_| !matches!(key, Value::Double(_))) else {
            return Err(Fail::new(format!("unsupported key type: {}", key.type_name())));
        };
        if let Some(place) = self.index.get(&k) {
            self.entries[*place] = (key, value);
            return Ok(false);
        }
        self.index.insert(k, self.entries.len());
        self.entries.push((key, value));
        Ok(true)
    }
}

impl<'a> Map<'a> {
    /// How many entries.
    pub fn len(&self) -> usize {
        match self {
            Map::Nodes(n) => n.len(),
            Map::Values(t) => t.entries.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    pub fn get(&self, key: &Value<'_>) -> Option<Value<'a>> {
        match self {
            Map::Nodes(_) => match key {
                Value::Str(s) => self.field(s),
                _ => None,
            },
            Map::Values(t) => Some(t.entries[*t.index.get(&Key::of(key)?)?].1.clone()),
        }
    }

    /// The value of a key that is a string.
    pub fn field(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Map::Nodes(n) => n.iter().find(|e| &*e.key == key).map(|e| Value::of(&e.value)),
            Map::Values(t) => Some(t.entries[*t.index.get(&Key::Str(key.into()))?].1.clone()),
        }
    }

    /// Entry by place.
    pub fn entry(&self, i: usize) -> Option<(Value<'a>, Value<'a>)> {
        match self {
            Map::Nodes(n) => n.get(i).map(|e| (Value::Str(Text::Borrowed(&e.key)), Value::of(&e.value))),
            Map::Values(t) => t.entries.get(i).cloned(),
        }
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> + '_ {
        (0..self.len()).filter_map(|i| self.entry(i))
    }
}

/// A value of a library's type.
#[derive(Debug)]
pub enum Opaque {
    /// `quantity('1Gi')`
    Quantity(super::lib::quantity::Quantity),
    /// `url('https://example.com')`
    Url(super::lib::url::ParsedUrl),
    /// `ip('::1')`
    Ip(std::net::IpAddr),
    /// `cidr('10.0.0.0/8')`
    Cidr(std::net::IpAddr, u8),
    /// `semver('1.2.3')`
    Semver(super::lib::semver::Version),
    /// `format.uuid()`
    Format(&'static str),
}

impl Opaque {
    /// As cel-go names the type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Opaque::Quantity(_) => "kubernetes.Quantity",
            Opaque::Url(_) => "kubernetes.URL",
            Opaque::Ip(_) => "net.IP",
            Opaque::Cidr(..) => "net.CIDR",
            Opaque::Semver(_) => "kubernetes.Semver",
            Opaque::Format(_) => "kubernetes.NamedFormat",
        }
    }
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1u`
    Uint(u64),
    /// `1.5`
    Double(f64),
    /// `'x'`
    Str(Text<'a>),
    /// `b'x'`
    Bytes(Rc<[u8]>),
    /// Nanoseconds, as Go has them.
    Duration(i64),
    /// A moment.
    Timestamp(jiff::Timestamp),
    /// `[…]`
    List(List<'a>),
    /// `{…}`
    Map(Map<'a>),
    /// `optional.of(…)`
    Optional(Option<Rc<Value<'a>>>),
    /// A type.
    Type(Text<'a>),
    /// Of a library.
    Opaque(Rc<Opaque>),
}

impl<'a> Value<'a> {
    /// The value of a manifest's node.
    pub fn of(node: &'a Node) -> Value<'a> {
        match &node.data {
            Data::Null => Value::Null,
            Data::Bool(b) => Value::Bool(*b),
            Data::Int(i) => Value::Int(*i),
            // The server's JSON has no integers beyond int64.
            Data::Uint(u) => Value::Double(*u as f64),
            // JSON writes a float without a fraction as an integer, and that is what the server reads.
            Data::Float(f) if f.fract() == 0.0 && f.abs() < 9.2e18 => Value::Int(*f as i64),
            Data::Float(f) => Value::Double(*f),
            Data::Str(s) => Value::Str(Text::Borrowed(s)),
            Data::List(items) => Value::List(List::Nodes(items)),
            Data::Map(entries) => Value::Map(Map::Nodes(entries)),
        }
    }

    /// A text made while running.
    pub fn text(text: impl Into<Rc<str>>) -> Value<'a> {
        Value::Str(Text::Shared(text.into()))
    }

    /// A list made while running.
    pub fn list(values: Vec<Value<'a>>) -> Value<'a> {
        Value::List(List::Values(values.into()))
    }

    /// A map made while running.
    pub fn table(table: Table<'a>) -> Value<'a> {
        Value::Map(Map::Values(Rc::new(table)))
    }

    /// An optional that has something.
    pub fn some(value: Value<'a>) -> Value<'a> {
        Value::Optional(Some(Rc::new(value)))
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// As cel-go names the type of a value.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::Str(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::Duration(_) => "google.protobuf.Duration",
            Value::Timestamp(_) => "google.protobuf.Timestamp",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Optional(_) => "optional_type",
            Value::Type(_) => "type",
            Value::Opaque(o) => o.type_name(),
        }
    }

    /// `==`: values of different types differ, but for numbers.
    pub fn equals(&self, other: &Value<'a>) -> bool {
        if crate::stack::is_low() {
            return false;
        }
        match (self, other) {
            (Value::Str(a), Value::Str(b)) => **a == **b,
            (Value::Null, Value::Null) => true,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::Type(a), Value::Type(b)) => **a == **b,
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(x, y)| x.equals(&y)),
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(k, v)| b.get(&k).is_some_and(|w| v.equals(&w)))
            }
            (Value::Optional(a), Value::Optional(b)) => match (a, b) {
                (Some(a), Some(b)) => a.equals(b),
                (a, b) => a.is_none() && b.is_none(),
            },
            (Value::Opaque(a), Value::Opaque(b)) => opaque_equal(a, b),
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// The order of two values, if they have one.
    pub fn compare(&self, other: &Value<'a>) -> Option<Ordering> {
        Some(match (self, other) {
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Uint(a), Value::Uint(b)) => a.cmp(b),
            (Value::Int(a), Value::Uint(b)) => i128::from(*a).cmp(&i128::from(*b)),
            (Value::Uint(a), Value::Int(b)) => i128::from(*a).cmp(&i128::from(*b)),
            (Value::Double(a), Value::Double(b)) => return a.partial_cmp(b),
            (Value::Double(a), b) => return compare_double(*a, b),
            (a, Value::Double(b)) => return compare_double(*b, a).map(Ordering::reverse),
            (Value::Str(a), Value::Str(b)) => (**a).cmp(b),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
            (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
            _ => return None,
        })
    }

    /// cel-go's `actualSize`: what the cost of functions is counted by.
    pub fn size(&self) -> u64 {
        match self {
            Value::Str(s) => s.len() as u64,
            Value::Bytes(b) => b.len() as u64,
            Value::List(l) => l.len() as u64,
            Value::Map(m) => m.len() as u64,
            _ => 1,
        }
    }
}

/// A double beside an integer: exact, as `cel-go/common/types/compare.go`.
fn compare_double(a: f64, b: &Value<'_>) -> Option<Ordering> {
    let b = match b {
        Value::Int(i) => i128::from(*i),
        Value::Uint(u) => i128::from(*u),
        _ => return None,
    };
    if a.is_nan() {
        return None;
    }
    let whole = a.trunc().clamp(-1e30, 1e30);
    Some((whole as i128).cmp(&b).then(a.fract().partial_cmp(&0.0)?))
}

fn opaque_equal(a: &Opaque, b: &Opaque) -> bool {
    match (a, b) {
        (Opaque::Quantity(a), Opaque::Quantity(b)) => a.compare(b) == Ordering::Equal,
        (Opaque::Url(a), Opaque::Url(b)) => a.text == b.text,
        (Opaque::Ip(a), Opaque::Ip(b)) => a == b,
        (Opaque::Cidr(a, n), Opaque::Cidr(b, m)) => a == b && n == m,
        (Opaque::Semver(a), Opaque::Semver(b)) => a.compare(b) == Ordering::Equal,
        (Opaque::Format(a), Opaque::Format(b)) => a == b,
        _ => false,
    }
}
