//! CEL's types and how one is used where another is wanted (cel-go `checker/types.go`).

use std::sync::Arc;

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Anything; checked only when run.
    Dyn,
    /// `null_type`
    Null,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `double`
    Double,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `google.protobuf.Duration`
    Duration,
    /// `google.protobuf.Timestamp`
    Timestamp,
    /// `type`
    Type,
    /// `list(T)`
    List(Arc<Type>),
    /// `map(K, V)`
    Map(Arc<Type>, Arc<Type>),
    /// `optional_type(T)`
    Optional(Arc<Type>),
    /// A type of a library: `kubernetes.Quantity`, `net.IP`, …
    Opaque(&'static str),
    /// A map whose fields are known.
    Object(Arc<Object>),
    /// A parameter of a function, or one that is still open.
    Param(usize),
}

/// A type with fields.
#[derive(Debug)]
pub struct Object {
    /// As error messages name it.
    pub name: String,
    /// Its fields.
    pub fields: Vec<(String, Type)>,
}

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        self.name == other.name
    }
}

impl Object {
    /// The type of a field.
    pub fn field(&self, name: &str) -> Option<&Type> {
        self.fields.iter().find(|f| f.0 == name).map(|f| &f.1)
    }
}

impl Type {
    /// `list(element)`
    pub fn list(element: Type) -> Type {
        Type::List(Arc::new(element))
    }

    /// `map(key, value)`
    pub fn map(key: Type, value: Type) -> Type {
        Type::Map(Arc::new(key), Arc::new(value))
    }

    /// `optional_type(inner)`
    pub fn optional(inner: Type) -> Type {
        Type::Optional(Arc::new(inner))
    }

    /// A type with fields.
    pub fn object(name: &str, fields: &[(&str, Type)]) -> Type {
        let fields = fields.iter().map(|(name, t)| ((*name).to_owned(), t.clone())).collect();
        Type::Object(Arc::new(Object { name: name.to_owned(), fields }))
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Type::Dyn => "dyn",
            Type::Null => "null",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Uint => "uint",
            Type::Double => "double",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Duration => "google.protobuf.Duration",
            Type::Timestamp => "google.protobuf.Timestamp",
            Type::Type => "type",
            Type::List(t) => return write!(f, "list({t})"),
            Type::Map(k, v) => return write!(f, "map({k}, {v})"),
            Type::Optional(t) => return write!(f, "optional_type({t})"),
            Type::Opaque(name) => name,
            Type::Object(o) => &o.name,
            Type::Param(n) => return write!(f, "_{n}"),
        })
    }
}

/// What the open type parameters stand for so far.
#[derive(Clone, Default)]
pub struct Bindings(Vec<Option<Type>>);

impl Bindings {
    /// A parameter that nothing is known of.
    pub fn fresh(&mut self) -> usize {
        self.0.push(None);
        self.0.len() - 1
    }

    /// How many parameters there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// `count` parameters more.
    pub fn grow(&mut self, count: usize) {
        self.0.resize(self.0.len() + count, None);
    }

    fn bound(&self, n: usize) -> Option<&Type> {
        self.0.get(n).and_then(Option::as_ref)
    }

    /// The type with all parameters replaced; those still open become dyn if `close` says so.
    pub fn resolve(&self, t: &Type, close: bool) -> Type {
        match t {
            Type::Param(n) => match self.bound(*n) {
                Some(bound) => self.resolve(bound, close),
                None if close => Type::Dyn,
                None => t.clone(),
            },
            Type::List(e) => Type::list(self.resolve(e, close)),
            Type::Map(k, v) => Type::map(self.resolve(k, close), self.resolve(v, close)),
            Type::Optional(e) => Type::optional(self.resolve(e, close)),
            _ => t.clone(),
        }
    }

    /// Whether `from` may be used where `to` is wanted; binds parameters, also if it fails.
    pub fn assign(&mut self, to: &Type, from: &Type) -> bool {
        let (to, from) = (self.shallow(to), self.shallow(from));
        match (&to, &from) {
            (Type::Param(a), Type::Param(b)) if a == b => true,
            (Type::Param(a), other) | (other, Type::Param(a)) => {
                if self.occurs(*a, other) {
                    return false;
                }
                self.0[*a] = Some(other.clone());
                true
            }
            (Type::Dyn, _) | (_, Type::Dyn) => true,
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => self.assign(a, b),
            (Type::Map(k1, v1), Type::Map(k2, v2)) => self.assign(k1, k2) && self.assign(v1, v2),
            // What cel-go calls nullable: objects, abstract types, durations and times.
            (Type::Null, t) | (t, Type::Null) if nullable(t) => true,
            (a, b) => a == b,
        }
    }

    fn shallow(&self, t: &Type) -> Type {
        let mut t = t;
        while let Type::Param(n) = t {
            match self.bound(*n) {
                Some(bound) => t = bound,
                None => break,
            }
        }
        t.clone()
    }

    fn occurs(&self, n: usize, t: &Type) -> bool {
        match t {
            Type::Param(m) => *m == n || self.bound(*m).is_some_and(|b| self.occurs(n, b)),
            Type::List(e) | Type::Optional(e) => self.occurs(n, e),
            Type::Map(k, v) => self.occurs(n, k) || self.occurs(n, v),
            _ => false,
        }
    }
}

fn nullable(t: &Type) -> bool {
    use Type::{Duration, Null, Object, Opaque, Optional, Timestamp};
    matches!(t, Null | Duration | Timestamp | Opaque(_) | Object(_) | Optional(_))
}

/// The more general of two types that fit each other.
pub fn most_general(a: Type, b: Type) -> Type {
    match (&a, &b) {
        (Type::Dyn, _) | (_, Type::Null) => a,
        (_, Type::Dyn) | (Type::Null, _) => b,
        (Type::List(x), Type::List(y)) => Type::list(most_general((**x).clone(), (**y).clone())),
        _ => a,
    }
}
