//! Reads an object of a built-in kind as the API server decodes it when it is strict: Go's JSON decoding into the
//! types of the kind, unknown fields refused, null the same as absent; then asks for required fields and enumerations
//! as its validation does. What else the server validates is left to others. Start reading at [`Strict::object`].

use super::bundle::{Builtin, Def, Field, Other, Required, Type};
use super::path::Path;
use super::problems;
use super::scalars::{self, Wrong};
use crate::finding::Problem;
use crate::stack;
use crate::yaml::node::{Data, Node};

/// A reading of one object.
pub(super) struct Strict<'s> {
    builtin: &'s Builtin,
    problems: &'s mut Vec<Problem>,
    /// Below `status`, which the server drops from what is created: only what it can't decode counts.
    in_status: bool,
    /// Below what Go reads with code of its own, which passes over unknown fields.
    lenient: bool,
}

impl<'s> Strict<'s> {
    /// A reading that adds to `problems`.
    pub fn new(builtin: &'s Builtin, problems: &'s mut Vec<Problem>) -> Strict<'s> {
        Strict { builtin, problems, in_status: false, lenient: false }
    }

    /// Reads a map as an object of a definition.
    pub fn object(&mut self, def: &Def, node: &Node, path: &Path<'_>) {
        let Data::Map(entries) = &node.data else {
            return self.problems.push(problems::wrong_type(path, node, def.name));
        };
        let mut given = 0;
        for entry in entries {
            let Some(field) = def.field(&entry.key) else {
                self.unknown(def, &entry.key, path);
                continue;
            };
            if entry.value.is_null() {
                continue;
            }
            given += usize::from(field.required != Required::No || field.by_value);
            let status = matches!(path, Path::Root) && field.name == "status";
            let before = self.in_status;
            self.in_status |= status;
            self.field(field, &entry.value, &path.key(&entry.key));
            self.in_status = before;
        }
        let wanted = def.fields().iter().filter(|f| f.required != Required::No || f.by_value);
        if !self.in_status && given < wanted.count() {
            self.absent(def, Some(node), path);
        }
    }

    fn unknown(&mut self, def: &Def, name: &str, path: &Path<'_>) {
        if self.lenient {
            return;
        }
        let mut problem = problems::unknown_field(path, name, def.fields().iter().map(|f| f.name));
        if let Some((first, last)) = def.elsewhere(name) {
            problem.remedy = Some(match self.builtin.minor() < first {
                true => format!("Kubernetes has it from 1.{first} on").into(),
                false => format!("Kubernetes had it up to 1.{last}").into(),
            });
        }
        self.problems.push(problem);
    }

    fn field(&mut self, field: &Field, node: &Node, path: &Path<'_>) {
        let before = self.problems.len();
        self.value(&field.ty, node, path);
        let sound = self.problems.len() == before;
        if sound && !self.in_status && is_missing(field.required, node) {
            self.problems.push(problems::required(path));
        }
    }

    fn value(&mut self, ty: &Type, node: &Node, path: &Path<'_>) {
        if node.is_null() {
            return;
        }
        if stack::is_low() {
            return self.problems.push(problems::error("schema/type", path, "exceeded max depth of 10000"));
        }
        match (ty, &node.data) {
            (Type::Object(number), _) => {
                if let Some(def) = self.builtin.def(*number) {
                    self.object(def, node, path);
                }
            }
            (Type::Or(other, number), _) => self.either(*other, *number, node, path),
            (Type::List(inner), Data::List(items)) => {
                for (i, item) in items.iter().enumerate() {
                    self.item(inner, item, &path.index(i));
                    self.empty_item(inner, item, &path.index(i));
                }
            }
            (Type::Map(inner), Data::Map(entries)) => {
                for entry in entries {
                    self.item(inner, &entry.value, &path.key(&entry.key));
                }
            }
            (Type::List(_) | Type::Map(_), _) => {
                self.problems.push(problems::wrong_type(path, node, &go_name(self.builtin, ty)));
            }
            _ => self.scalar(ty, node, path),
        }
    }

    /// What is an object or something else.
    fn either(&mut self, other: Other, number: usize, node: &Node, path: &Path<'_>) {
        let Some(def) = self.builtin.def(number) else { return };
        let before = std::mem::replace(&mut self.lenient, true);
        match (&node.data, other) {
            (Data::Map(_), _) => self.object(def, node, path),
            (Data::List(items), Other::List) => {
                for (i, item) in items.iter().enumerate().filter(|i| !i.1.is_null()) {
                    self.object(def, item, &path.index(i));
                }
            }
            (Data::Bool(_), Other::Bool) | (Data::List(_), Other::Strings) => {}
            (_, Other::Bool) => {
                self.problems.push(problems::error("schema/type", path, "boolean or JSON schema expected"));
            }
            _ => self.problems.push(problems::wrong_type(path, node, def.name)),
        }
        self.lenient = before;
    }

    /// An item of a list or a value of a map, where null is Go's zero value.
    fn item(&mut self, ty: &Type, node: &Node, path: &Path<'_>) {
        match ty {
            Type::Object(number) if node.is_null() && !self.in_status => {
                if let Some(def) = self.builtin.def(*number) {
                    self.absent(def, None, path);
                }
            }
            _ => self.value(ty, node, path),
        }
    }

    /// A text that stands for a default elsewhere is none in a list.
    fn empty_item(&mut self, ty: &Type, node: &Node, path: &Path<'_>) {
        let is_empty = node.is_null() || node.as_str() == Some("");
        if let (Type::Enum(allowed), true, false) = (ty, is_empty, self.in_status) {
            self.problems.push(problems::unsupported(path, "", allowed.iter().copied()));
        }
    }

    fn scalar(&mut self, ty: &Type, node: &Node, path: &Path<'_>) {
        match scalars::check(ty, node) {
            Ok(()) => {}
            Err(Wrong::Type(name)) => self.problems.push(problems::wrong_type(path, node, name)),
            Err(Wrong::Format(why)) => self.problems.push(problems::error("schema/format", path, why)),
        }
        if let (Type::Enum(allowed), Some(value)) = (ty, node.as_str())
            && !self.in_status
            && !value.is_empty()
            && !allowed.contains(&value)
        {
            self.problems.push(problems::unsupported(path, value, allowed.iter().copied()));
        }
    }

    /// Reports the required fields that an object lacks; Go has objects that are not given as empty ones, unless it
    /// has pointers to them.
    fn absent(&mut self, def: &Def, node: Option<&Node>, path: &Path<'_>) {
        for field in def.fields() {
            if node.and_then(|n| n.get(field.name)).is_some_and(|n| !n.is_null()) {
                continue;
            }
            let (status, path) = (matches!(path, Path::Root) && field.name == "status", path.key(field.name));
            match field.ty {
                Type::Object(number) if field.by_value && !status => {
                    if let Some(def) = self.builtin.def(number) {
                        self.absent(def, None, &path);
                    }
                }
                _ if field.required != Required::No && !field.by_value => {
                    self.problems.push(problems::required(&path));
                }
                _ => {}
            }
        }
    }
}

/// Whether what is given counts as nothing.
fn is_missing(required: Required, node: &Node) -> bool {
    match &node.data {
        _ if required == Required::No => false,
        Data::Str(text) => text.is_empty(),
        Data::List(items) => items.is_empty(),
        Data::Int(0) => required == Required::NonZero,
        Data::Float(f) => required == Required::NonZero && *f == 0.0,
        _ => false,
    }
}

/// Go's name of a type with something below it.
fn go_name(builtin: &Builtin, ty: &Type) -> String {
    match ty {
        Type::List(inner) => format!("[]{}", go_name(builtin, inner)),
        Type::Map(inner) => format!("map[string]{}", go_name(builtin, inner)),
        Type::Object(number) | Type::Or(_, number) => builtin.def(*number).map_or("", |d| d.name).to_owned(),
        Type::Str | Type::Enum(_) => "string".to_owned(),
        Type::Bytes => "[]uint8".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Int32 => "int32".to_owned(),
        Type::Int64 => "int64".to_owned(),
        Type::Float => "float64".to_owned(),
        Type::Quantity => "Quantity".to_owned(),
        Type::Time => "Time".to_owned(),
        Type::MicroTime => "MicroTime".to_owned(),
        Type::Duration => "Duration".to_owned(),
        Type::IntOrString => "IntOrString".to_owned(),
        Type::Any => "interface {}".to_owned(),
    }
}
