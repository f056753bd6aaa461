//! Trees to values: YAML to JSON to Go, as sigs.k8s.io/yaml v1.6.0 does it, in one step.

use std::collections::BTreeMap;

use super::resolve::{Resolved, resolve};
use super::tree::{NodeKind, Tree};
use super::{YamlError, utf8};
use crate::gonum::format_float;
use crate::span::Pos;
use crate::stack;
use crate::value::{Entries, Map, MapKind, Slot, Str, Value};

/// Reads the first document of `src` into a value. `base` is the position of the first byte of `src`.
///
/// # Errors
/// With Go's text.
pub fn to_value(src: &[u8], base: Pos) -> Result<Value, YamlError> {
    let text = utf8(src)?;
    let base = base.offset(src.len() - text.len().min(src.len()));
    let tree = Tree::parse(&text)?;
    if tree.nodes.is_empty() {
        return Ok(Value::Nil);
    }
    let mut decoder = Decoder::new(&tree, base, true);
    let value = decoder.document()?;
    if decoder.infinite { finite(value, base) } else { Ok(value) }
}

/// Reads into a `map[string]interface {}`; null and empty texts give an empty map.
///
/// # Errors
/// With Go's text, also when the document is no map.
pub fn to_map(src: &[u8], base: Pos) -> Result<Value, YamlError> {
    match to_value(src, base)? {
        Value::Nil => Ok(Value::Map(Map::default())),
        Value::Map(m) => Ok(Value::Map(m)),
        other => Err(wrong_type(&other, "map[string]interface {}")),
    }
}

/// Reads into a `[]interface {}`; null and empty texts give an empty list.
///
/// # Errors
/// With Go's text, also when the document is no list.
pub fn to_list(src: &[u8], base: Pos) -> Result<Value, YamlError> {
    match to_value(src, base)? {
        Value::Nil => Ok(Value::list(Vec::new())),
        Value::List(l) => Ok(Value::List(l)),
        other => Err(wrong_type(&other, "[]interface {}")),
    }
}

fn wrong_type(value: &Value, go_type: &str) -> YamlError {
    YamlError::json(format!("cannot unmarshal {} into Go value of type {go_type}", json_name(value)))
}

/// encoding/json's name for what a value is.
pub(super) fn json_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "null",
        Value::Bool(_) => "bool",
        Value::Int(..) | Value::Float(_) | Value::Complex(..) => "number",
        Value::Str(_) | Value::Bytes(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) | Value::Object(_) => "object",
    }
}

/// A scalar as go-yaml types it, with its text where it is one.
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str(Str),
}

/// A key of a `map[interface {}]interface {}`.
pub(super) enum Key {
    Merge,
    Text(Str),
    /// [`UNFIT`] and its type; the error is the last of the decoder's.
    Unfit(Str),
}

pub(super) struct Decoder<'t, 'a> {
    tree: &'t Tree<'a>,
    base: Pos,
    /// Numbers become float64 on their way through JSON; typed reading wants to see them.
    floats: bool,
    decoded: u64,
    from_alias: u64,
    alias_depth: u32,
    active: Vec<u32>,
    /// Keys that JSON can't have, in order. The whole document is read before the first one is an error.
    unfit: Vec<YamlError>,
    /// Whether there was a number that JSON can't have.
    infinite: bool,
    /// Nodes shown in errors.
    shown: u32,
}

/// Nodes that errors show: aliases could make it billions.
const MOST_SHOWN: u32 = 100_000;

/// What stands in a map instead of a key that JSON can't have: no text of YAML has such bytes.
const UNFIT: &[u8] = b"\xff\xff";

impl<'t, 'a> Decoder<'t, 'a> {
    pub(super) fn new(tree: &'t Tree<'a>, base: Pos, floats: bool) -> Self {
        Decoder {
            tree,
            base,
            floats,
            decoded: 0,
            from_alias: 0,
            alias_depth: 0,
            active: Vec::new(),
            unfit: Vec::new(),
            infinite: false,
            shown: 0,
        }
    }

    fn pos(&self, node: usize) -> Pos {
        self.base.offset(self.tree.nodes[node].offset as usize)
    }

    /// Counts one decoding, and refuses documents that are mostly aliases.
    pub(super) fn count(&mut self) -> Result<(), YamlError> {
        self.decoded += 1;
        if self.alias_depth == 0 {
            return Ok(());
        }
        self.from_alias += 1;
        let ratio = self.from_alias as f64 / self.decoded as f64;
        if self.from_alias > 100 && self.decoded > 1000 && ratio > allowed_alias_ratio(self.decoded) {
            return Err(YamlError::yaml("document contains excessive aliasing", None));
        }
        Ok(())
    }

    /// The whole document.
    ///
    /// # Errors
    /// Of go-yaml first, then of what sigs.k8s.io/yaml makes of its result. Numbers that JSON lacks are for [`finite`].
    pub(super) fn document(&mut self) -> Result<Value, YamlError> {
        let value = self.value(0)?;
        if !self.unfit.is_empty()
            && let Some(i) = first_unfit(&value)
        {
            return Err(self.unfit.swap_remove(i));
        }
        Ok(value)
    }

    fn value(&mut self, node: usize) -> Result<Value, YamlError> {
        self.count()?;
        if stack::is_low() {
            return Err(YamlError::yaml("exceeded max depth of 10000", Some(self.tree.nodes[node].offset as usize)));
        }
        match self.tree.nodes[node].kind {
            NodeKind::Scalar => self.scalar_value(node),
            NodeKind::Sequence => {
                let mut items = Vec::with_capacity(self.tree.children(node).count());
                for child in self.tree.children(node) {
                    items.push(Slot { value: self.value(child)?, pos: self.pos(child) });
                }
                Ok(Value::appended(items))
            }
            NodeKind::Mapping => {
                let mut entries = Entries::with_capacity(self.tree.children(node).count() / 2);
                self.mapping(node, &mut entries)?;
                Ok(Value::Map(Map::from_entries(MapKind::Any, entries)))
            }
            NodeKind::Alias => {
                let target = self.enter_alias(node)?;
                let value = self.value(target);
                self.leave_alias();
                value
            }
        }
    }

    pub(super) fn enter_alias(&mut self, node: usize) -> Result<usize, YamlError> {
        let n = &self.tree.nodes[node];
        if self.active.contains(&(node as u32)) {
            let name = String::from_utf8_lossy(self.tree.bytes(n.text)).into_owned();
            return Err(YamlError::yaml(format!("anchor '{name}' value contains itself"), Some(n.offset as usize)));
        }
        self.active.push(node as u32);
        self.alias_depth += 1;
        Ok(n.target as usize)
    }

    pub(super) fn leave_alias(&mut self) {
        self.active.pop();
        self.alias_depth -= 1;
    }

    /// Reads a mapping into entries that may already be there: a merge overwrites what stands before it.
    fn mapping(&mut self, node: usize, entries: &mut Entries) -> Result<(), YamlError> {
        let tree = self.tree;
        let mut children = tree.children(node);
        while let Some(key) = children.next() {
            let Some(value) = children.next() else { break };
            match self.key(key, value)? {
                Key::Merge => self.merge(value, entries)?,
                Key::Unfit(text) => {
                    let error = self.unfit.len() as i64 - 1;
                    self.value(value)?;
                    entries.insert(text, Value::int(error).into());
                }
                Key::Text(text) => {
                    let slot = Slot { value: self.value(value)?, pos: self.pos(key) };
                    entries.insert(text, slot);
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, node: usize, entries: &mut Entries) -> Result<(), YamlError> {
        let tree = self.tree;
        if tree.nodes[node].kind == NodeKind::Sequence {
            let items: Vec<usize> = tree.children(node).collect();
            // Backwards, because earlier maps take precedence.
            for item in items.into_iter().rev() {
                self.merge_one(item, entries)?;
            }
            return Ok(());
        }
        self.merge_one(node, entries)
    }

    /// The mapping that a merge key's value, or an item of it, stands for: itself, or what it is an alias of.
    pub(super) fn merge_target(&self, node: usize) -> Result<usize, YamlError> {
        let n = self.tree.nodes[node];
        let target = if n.kind == NodeKind::Alias { n.target as usize } else { node };
        if self.tree.nodes[target].kind != NodeKind::Mapping {
            return Err(YamlError::yaml(
                "map merge requires map or sequence of maps as the value",
                Some(n.offset as usize),
            ));
        }
        Ok(target)
    }

    fn merge_one(&mut self, node: usize, entries: &mut Entries) -> Result<(), YamlError> {
        let target = self.merge_target(node)?;
        self.count()?;
        if target == node {
            return self.mapping(node, entries);
        }
        let target = self.enter_alias(node)?;
        let done = self.count().and_then(|()| self.mapping(target, entries));
        self.leave_alias();
        done
    }

    fn is_merge(&self, node: usize) -> bool {
        let n = self.tree.nodes[node];
        n.kind == NodeKind::Scalar
            && self.tree.bytes(n.text) == b"<<"
            && (n.implicit || self.tree.bytes(n.tag) == b"tag:yaml.org,2002:merge")
    }

    pub(super) fn key(&mut self, node: usize, value: usize) -> Result<Key, YamlError> {
        let n = self.tree.nodes[node];
        if self.is_merge(node) {
            return Ok(Key::Merge);
        }
        self.count()?;
        let mut at = node;
        while self.tree.nodes[at].kind == NodeKind::Alias {
            at = self.tree.nodes[at].target as usize;
        }
        let k = self.tree.nodes[at];
        if k.kind != NodeKind::Scalar {
            // The key itself is read first, and may hold such a key.
            self.value(node)?;
            let shown = self.go_syntax(at, 0);
            return Err(YamlError::yaml(format!("invalid map key: {shown}"), Some(n.offset as usize)));
        }
        Ok(Key::Text(match self.scalar(at)? {
            Scalar::Str(s) => s,
            Scalar::Bool(b) => Str::from(if b { "true" } else { "false" }),
            Scalar::Int(i) => Str::from(i.to_string()),
            Scalar::Float(f) => Str::from(match float32_text(f).as_str() {
                "+Inf" => ".inf",
                "-Inf" => "-.inf",
                "NaN" => ".nan",
                text => text,
            }),
            other => {
                let (ty, shown) = match other {
                    Scalar::Uint(u) => ("uint64", format!("{u:#x}")),
                    _ => ("%!s(<nil>)", "<nil>".to_owned()),
                };
                let of = match self.tree.nodes[value].kind {
                    NodeKind::Scalar => match self.scalar(value)? {
                        Scalar::Null => "<nil>".to_owned(),
                        _ => self.go_syntax(value, 0),
                    },
                    _ => self.go_syntax(value, 0),
                };
                let message = format!("unsupported map key of type: {ty}, key: {shown}, value: {of}");
                self.unfit.push(YamlError::conversion(message, Some(n.offset as usize)));
                return Ok(Key::Unfit([UNFIT, shown.as_bytes()].concat().into()));
            }
        }))
    }

    /// `%#v` of what go-yaml makes of a node.
    fn go_syntax(&mut self, node: usize, depth: usize) -> String {
        self.shown += 1;
        if depth > 100 || self.shown > MOST_SHOWN {
            return "...".into();
        }
        let tree = self.tree;
        let n = tree.nodes[node];
        match n.kind {
            NodeKind::Alias => self.go_syntax(n.target as usize, depth + 1),
            NodeKind::Sequence => {
                let children: Vec<usize> = tree.children(node).collect();
                let items: Vec<String> = children.into_iter().map(|c| self.go_syntax(c, depth + 1)).collect();
                format!("[]interface {{}}{{{}}}", items.join(", "))
            }
            NodeKind::Mapping => {
                let mut items = BTreeMap::new();
                self.go_entries(node, depth, &mut items);
                let items: Vec<String> = items.iter().map(|((_, key), value)| format!("{key}:{value}")).collect();
                format!("map[interface {{}}]interface {{}}{{{}}}", items.join(", "))
            }
            NodeKind::Scalar => match self.scalar(node) {
                Ok(Scalar::Str(s)) => crate::value::fmt::go_quote(&s),
                Ok(Scalar::Null) | Err(_) => "interface {}(nil)".into(),
                Ok(Scalar::Bool(b)) => b.to_string(),
                Ok(Scalar::Int(i)) => i.to_string(),
                Ok(Scalar::Uint(u)) => format!("{u:#x}"),
                Ok(Scalar::Float(f)) => format_float(f, 'g', None),
            },
        }
    }

    /// The entries of a mapping in Go's order, which begins with nil. The last of equal keys stays.
    fn go_entries(&mut self, node: usize, depth: usize, items: &mut BTreeMap<(bool, String), String>) {
        let tree = self.tree;
        let children: Vec<usize> = tree.children(node).collect();
        for kv in children.chunks_exact(2) {
            if self.is_merge(kv[0]) {
                self.go_merge(kv[1], depth + 1, items);
                continue;
            }
            let key = self.go_syntax(kv[0], depth + 1);
            let value = self.go_syntax(kv[1], depth + 1);
            items.insert((!key.starts_with("interface"), key), value);
        }
    }

    fn go_merge(&mut self, node: usize, depth: usize, items: &mut BTreeMap<(bool, String), String>) {
        let tree = self.tree;
        let n = tree.nodes[node];
        match n.kind {
            _ if depth > 100 => {}
            NodeKind::Alias => self.go_merge(n.target as usize, depth + 1, items),
            NodeKind::Mapping => self.go_entries(node, depth, items),
            NodeKind::Sequence => {
                let maps: Vec<usize> = tree.children(node).collect();
                maps.into_iter().rev().for_each(|m| self.go_merge(m, depth + 1, items));
            }
            NodeKind::Scalar => {}
        }
    }

    fn scalar_value(&mut self, node: usize) -> Result<Value, YamlError> {
        let floats = self.floats;
        Ok(match self.scalar(node)? {
            Scalar::Null => Value::Nil,
            Scalar::Bool(b) => Value::Bool(b),
            Scalar::Int(i) if floats => Value::Float(i as f64),
            Scalar::Int(i) => Value::int(i),
            Scalar::Uint(u) if floats => Value::Float(u as f64),
            Scalar::Uint(u) => Value::Int(u as i64, crate::value::IntKind::Uint64),
            Scalar::Float(f) => {
                self.infinite |= !f.is_finite();
                Value::Float(f)
            }
            Scalar::Str(s) => Value::Str(s),
        })
    }

    /// The error of the key that was just found to be unfit.
    pub(super) fn unfit(&mut self) -> YamlError {
        self.unfit.pop().unwrap_or_else(|| YamlError::conversion("unsupported map key", None))
    }

    /// What encoding/json says of a number that JSON has no word for.
    pub(super) fn infinite(&self, node: usize) -> YamlError {
        let shown = match self.scalar(node) {
            Ok(Scalar::Float(f)) => format_float(f, 'g', None),
            _ => String::new(),
        };
        let offset = self.tree.nodes[node].offset as usize;
        YamlError::conversion(format!("json: unsupported value: {shown}"), Some(offset))
    }

    pub(super) fn scalar(&self, node: usize) -> Result<Scalar, YamlError> {
        let n = &self.tree.nodes[node];
        let text = self.tree.bytes(n.text);
        let tag = self.tree.bytes(n.tag);
        if tag.is_empty() {
            if !n.implicit {
                return Ok(Scalar::Str(text.into()));
            }
            return Ok(typed(resolve(text), text));
        }
        tagged(tag, text).map_err(|m| YamlError::yaml(m, Some(n.offset as usize)))
    }
}

/// The error of the first key of a value that JSON can't have, outermost first.
fn first_unfit(value: &Value) -> Option<usize> {
    match value {
        Value::List(list) => list.items.iter().find_map(|s| first_unfit(&s.value)),
        Value::Map(map) => {
            let entries = map.entries();
            let here = entries.iter().find(|(k, _)| k.starts_with(UNFIT)).and_then(|(_, s)| match s.value {
                Value::Int(i, _) => usize::try_from(i).ok(),
                _ => None,
            });
            here.or_else(|| entries.values().find_map(|s| first_unfit(&s.value)))
        }
        _ => None,
    }
}

/// The value, if JSON can write all its numbers. `base` is the position of its document.
pub(super) fn finite(value: Value, base: Pos) -> Result<Value, YamlError> {
    match infinite(&value, base) {
        None => Ok(value),
        Some((number, at)) => {
            let offset = at.0.checked_sub(base.0).filter(|_| at.is_known()).map(|o| o as usize);
            Err(YamlError::conversion(format!("json: unsupported value: {}", format_float(number, 'g', None)), offset))
        }
    }
}

/// The first infinity or NaN, and where it stands.
fn infinite(value: &Value, at: Pos) -> Option<(f64, Pos)> {
    match value {
        Value::Float(f) if !f.is_finite() => Some((*f, at)),
        Value::List(list) => list.items.iter().find_map(|s| infinite(&s.value, s.pos)),
        Value::Map(map) => map.entries().values().find_map(|s| infinite(&s.value, s.pos)),
        _ => None,
    }
}

fn typed(resolved: Resolved, text: &[u8]) -> Scalar {
    match resolved {
        Resolved::Null => Scalar::Null,
        Resolved::Bool(b) => Scalar::Bool(b),
        Resolved::Int(i) => Scalar::Int(i),
        Resolved::Uint(u) => Scalar::Uint(u),
        Resolved::Float(f) => Scalar::Float(f),
        Resolved::Str | Resolved::Timestamp => Scalar::Str(text.into()),
    }
}

/// A scalar with a tag.
pub(super) fn tagged(tag: &[u8], text: &[u8]) -> Result<Scalar, String> {
    let short = tag.strip_prefix(b"tag:yaml.org,2002:").unwrap_or(b"");
    match short {
        b"str" => Ok(Scalar::Str(text.into())),
        b"binary" => {
            let stripped: Vec<u8> = text.iter().copied().filter(|c| !matches!(c, b'\n' | b'\r')).collect();
            let bytes = data_encoding::BASE64
                .decode(&stripped)
                .map_err(|_| "!!binary value contains invalid base64 data".to_owned())?;
            // JSON in between replaces what is not UTF-8.
            Ok(Scalar::Str(String::from_utf8_lossy(&bytes).into_owned().into()))
        }
        b"bool" | b"int" | b"float" | b"null" | b"timestamp" => {
            let resolved = resolve(text);
            let name: &[u8] = match resolved {
                Resolved::Null => b"null",
                Resolved::Bool(_) => b"bool",
                Resolved::Int(_) | Resolved::Uint(_) => b"int",
                Resolved::Float(_) => b"float",
                Resolved::Str => b"str",
                Resolved::Timestamp if short == b"timestamp" => b"timestamp",
                Resolved::Timestamp => b"str",
            };
            match (short, resolved) {
                _ if name == short => Ok(typed(resolved, text)),
                (b"float", Resolved::Int(i)) => Ok(Scalar::Float(i as f64)),
                _ => Err(format!(
                    "cannot decode !!{} `{}` as a !!{}",
                    String::from_utf8_lossy(name),
                    String::from_utf8_lossy(text),
                    String::from_utf8_lossy(short)
                )),
            }
        }
        _ => Ok(Scalar::Str(text.into())),
    }
}

/// A float key or a float that is read into a string: Go formats it at 32-bit precision.
pub(super) fn float32_text(f: f64) -> String {
    let narrow = f as f32;
    if narrow.is_infinite() {
        return if f > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    if narrow.is_nan() {
        return "NaN".into();
    }
    // The shortest digits of the 32-bit number, laid out as a 64-bit one with those digits.
    let digits = format!("{narrow:e}");
    format_float(digits.parse().unwrap_or(f), 'g', None)
}

fn allowed_alias_ratio(decoded: u64) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    match decoded as f64 {
        n if n <= LOW => 0.99,
        n if n >= HIGH => 0.10,
        n => 0.99 - 0.89 * ((n - LOW) / (HIGH - LOW)),
    }
}
