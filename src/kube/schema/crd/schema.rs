//! A structural schema (`openAPIV3Schema`) ready to validate with. Reading is lenient: what is wrong with the schema
//! itself is told by [`super::structural`]. Start reading at [`CrdSchema::read`].

use std::sync::{Arc, OnceLock};

use super::rules::Compiled;
use crate::grammar::regex::{self, GoRegex};
use crate::stack;
use crate::yaml::node::{Data, Node};

/// The schema of a value.
#[derive(Default)]
pub(super) struct CrdSchema {
    /// `string`, `integer`, …; empty if any type will do.
    pub ty: Box<str>,
    pub int_or_string: bool,
    pub nullable: bool,
    pub preserve: bool,
    pub embedded: bool,
    pub format: Option<Box<str>>,
    pub default: Option<Node>,
    pub values: Vec<Node>,
    pub limits: Option<Box<Limits>>,
    pub required: Vec<Box<str>>,
    /// By name.
    pub properties: Vec<(Box<str>, CrdSchema)>,
    pub additional: Option<Additional>,
    pub items: Option<Box<CrdSchema>>,
    pub junctors: Option<Box<Junctors>>,
    pub list: ListType,
    pub rules: Vec<CrdRule>,
    /// The rules, compiled when first needed.
    pub compiled: OnceLock<Vec<Compiled>>,
    /// Whether this schema or one below it has rules.
    pub has_rules: bool,
}

/// What `additionalProperties` says.
pub(super) enum Additional {
    Allowed(bool),
    Schema(Box<CrdSchema>),
}

/// How the items of a list are told apart.
#[derive(Default)]
pub(super) enum ListType {
    #[default]
    Atomic,
    Set,
    Map(Vec<Box<str>>),
}

/// Limits on numbers, texts, lists and maps.
#[derive(Default)]
pub(super) struct Limits {
    pub minimum: Option<f64>,
    pub exclusive_minimum: bool,
    pub maximum: Option<f64>,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<f64>,
    pub min_length: Option<i64>,
    pub max_length: Option<i64>,
    pub pattern: Option<(Box<str>, Option<Arc<GoRegex>>)>,
    pub min_items: Option<i64>,
    pub max_items: Option<i64>,
    pub unique_items: bool,
    pub min_properties: Option<i64>,
    pub max_properties: Option<i64>,
}

/// Schemas combined.
#[derive(Default)]
pub(super) struct Junctors {
    pub all_of: Vec<CrdSchema>,
    pub any_of: Vec<CrdSchema>,
    pub one_of: Vec<CrdSchema>,
    pub not: Option<CrdSchema>,
}

/// A rule in CEL that a value must satisfy, an item of `x-kubernetes-validations`.
pub(super) struct CrdRule {
    /// The expression; `self` is the value.
    pub rule: String,
    /// What to say when it is violated.
    pub message: Option<String>,
    /// An expression that makes the message, preferred to `message`.
    pub message_expression: Option<String>,
    /// Path below the value that the violation is reported at: `.spec.replicas`.
    pub field_path: Option<String>,
    /// `FieldValueInvalid` and the like.
    pub reason: Option<String>,
    /// Whether `oldSelf` is optional, so that a rule that uses it holds for new objects as well.
    pub optional_old_self: bool,
}

impl CrdSchema {
    /// Reads a schema; nothing if it is no map or nested too deep.
    pub fn read(node: &Node) -> Option<CrdSchema> {
        if !matches!(node.data, Data::Map(_)) || stack::is_low() {
            return None;
        }
        let mut schema = CrdSchema::default();
        for entry in node.entries() {
            schema.set(&entry.key, &entry.value);
        }
        if schema.list_keys_missing() {
            schema.list = ListType::Atomic;
        }
        schema.limits = Limits::read(node).map(Box::new);
        schema.junctors = Junctors::read(node).map(Box::new);
        schema.properties.sort_by(|a, b| a.0.cmp(&b.0));
        schema.has_rules = !schema.rules.is_empty() || schema.below().any(|s| s.has_rules);
        Some(schema)
    }

    fn list_keys_missing(&self) -> bool {
        matches!(&self.list, ListType::Map(keys) if keys.is_empty())
    }

    fn set(&mut self, key: &str, value: &Node) {
        let yes = value.as_bool() == Some(true);
        match key {
            "type" => self.ty = value.as_str().unwrap_or_default().into(),
            "nullable" => self.nullable = yes,
            "format" => self.format = value.as_str().filter(|f| !f.is_empty()).map(Into::into),
            "default" if !value.is_null() => self.default = Some(value.clone()),
            "enum" => self.values = value.items().to_vec(),
            "required" => self.required = texts(value),
            "properties" => {
                let read = |e: &crate::yaml::node::Entry| Some((e.key.clone(), CrdSchema::read(&e.value)?));
                self.properties = value.entries().iter().filter_map(read).collect();
            }
            "additionalProperties" => {
                self.additional = match value.as_bool() {
                    Some(allowed) => Some(Additional::Allowed(allowed)),
                    None => CrdSchema::read(value).map(|s| Additional::Schema(Box::new(s))),
                };
            }
            "items" => self.items = CrdSchema::read(value).map(Box::new),
            "x-kubernetes-int-or-string" => self.int_or_string = yes,
            "x-kubernetes-preserve-unknown-fields" => self.preserve = yes,
            "x-kubernetes-embedded-resource" => self.embedded = yes,
            "x-kubernetes-list-map-keys" => self.list = ListType::Map(texts(value)),
            "x-kubernetes-list-type" if value.as_str() == Some("set") => self.list = ListType::Set,
            "x-kubernetes-validations" => self.rules = value.items().iter().map(CrdRule::read).collect(),
            _ => {}
        }
    }

    /// The schemas of the values right below one of this schema.
    pub fn below(&self) -> impl Iterator<Item = &CrdSchema> {
        let additional = match &self.additional {
            Some(Additional::Schema(schema)) => Some(&**schema),
            _ => None,
        };
        self.properties.iter().map(|p| &p.1).chain(additional).chain(self.items.as_deref())
    }

    /// The schema of a property.
    pub fn property(&self, name: &str) -> Option<&CrdSchema> {
        self.properties.binary_search_by(|p| (*p.0).cmp(name)).ok().map(|i| &self.properties[i].1)
    }

    /// The schema of a property or of one that only `additionalProperties` speaks of.
    pub fn field(&self, name: &str) -> Option<&CrdSchema> {
        self.property(name).or(match &self.additional {
            Some(Additional::Schema(schema)) => Some(schema),
            _ => None,
        })
    }
}

impl Limits {
    /// Reads the limits; nothing if there are none.
    fn read(node: &Node) -> Option<Limits> {
        let mut limits = Limits::default();
        let mut any = false;
        for entry in node.entries() {
            let value = &entry.value;
            let yes = value.as_bool() == Some(true);
            match &*entry.key {
                "minimum" => limits.minimum = number(value),
                "exclusiveMinimum" => limits.exclusive_minimum = yes,
                "maximum" => limits.maximum = number(value),
                "exclusiveMaximum" => limits.exclusive_maximum = yes,
                "multipleOf" => limits.multiple_of = number(value),
                "minLength" => limits.min_length = value.as_i64(),
                "maxLength" => limits.max_length = value.as_i64(),
                "pattern" => limits.pattern = value.as_str().filter(|p| !p.is_empty()).map(pattern),
                "minItems" => limits.min_items = value.as_i64(),
                "maxItems" => limits.max_items = value.as_i64(),
                "uniqueItems" => limits.unique_items = yes,
                "minProperties" => limits.min_properties = value.as_i64(),
                "maxProperties" => limits.max_properties = value.as_i64(),
                _ => continue,
            }
            any = true;
        }
        any.then_some(limits)
    }
}

impl Junctors {
    /// Reads the combinations; nothing if there are none.
    fn read(node: &Node) -> Option<Junctors> {
        let all = |key: &str| -> Vec<CrdSchema> {
            let items = node.items_at(&[key]);
            items.iter().filter_map(CrdSchema::read).collect()
        };
        let not = node.get("not").and_then(CrdSchema::read);
        let junctors = Junctors { all_of: all("allOf"), any_of: all("anyOf"), one_of: all("oneOf"), not };
        let none = junctors.all_of.is_empty() && junctors.any_of.is_empty() && junctors.one_of.is_empty();
        (!none || junctors.not.is_some()).then_some(junctors)
    }
}

impl CrdRule {
    fn read(node: &Node) -> CrdRule {
        let text = |key: &str| node.str_at(&[key]).map(str::to_owned);
        CrdRule {
            rule: text("rule").unwrap_or_default(),
            message: text("message"),
            message_expression: text("messageExpression"),
            field_path: text("fieldPath"),
            reason: text("reason"),
            optional_old_self: node.get("optionalOldSelf").and_then(Node::as_bool) == Some(true),
        }
    }
}

fn pattern(source: &str) -> (Box<str>, Option<Arc<GoRegex>>) {
    (source.into(), regex::shared(source.as_bytes()).ok())
}

fn texts(node: &Node) -> Vec<Box<str>> {
    node.items().iter().filter_map(Node::as_str).map(Into::into).collect()
}

/// A number of any kind.
pub(super) fn number(node: &Node) -> Option<f64> {
    match node.data {
        Data::Int(i) => Some(i as f64),
        Data::Uint(u) => Some(u as f64),
        Data::Float(f) => Some(f),
        _ => None,
    }
}
