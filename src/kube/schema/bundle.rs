//! The schemas that the program carries: `schemas/kubernetes.txt`, whose shape its README tells. The text is embedded
//! as it is and indexed once; a definition is read when an object first needs it. Start reading at [`Builtin`].

use std::collections::HashMap;
use std::sync::OnceLock;

use memchr::memmem;

type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

static TEXT: &str = include_str!("../../../schemas/kubernetes.txt");

/// The schemas of one version of Kubernetes.
pub(super) struct Builtin {
    minor: u32,
    /// Stands for this version in the masks of the bundle.
    bit: u16,
    defs: Vec<OnceLock<Def>>,
}

/// A kind of the bundle.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// `apps/v1`
    pub api_version: &'static str,
    /// `Deployment`
    pub name: &'static str,
    /// Number of its definition.
    pub def: usize,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// The versions that have it.
    pub served: u16,
    /// The versions that serve it only if asked to.
    pub off: u16,
}

/// What the sources say of a kind's end, in minor versions; 0 where they say nothing.
pub(super) struct Life {
    pub deprecated: u32,
    pub removed: u32,
    /// `networking.k8s.io/v1` and `Ingress`
    pub replacement: Option<(&'static str, &'static str)>,
}

/// The fields of an object.
pub(super) struct Def {
    /// `DeploymentSpec`
    pub name: &'static str,
    fields: Vec<Field>,
    /// Fields that only other versions have, with those versions.
    elsewhere: Vec<(&'static str, u16)>,
}

/// A field of an object.
pub(super) struct Field {
    pub name: &'static str,
    pub ty: Type,
    pub required: Required,
    /// Whether Go has the object itself there and not a pointer to it: absent is then the same as empty.
    pub by_value: bool,
    /// What items are told apart by, of a list.
    pub keys: Option<ListKeys>,
}

/// What the items of a list are told apart by.
pub enum ListKeys {
    /// By what they are.
    Set,
    /// By the values of these keys together.
    By(Vec<&'static str>),
}

/// When a field is missing.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Required {
    /// Never.
    No,
    /// If it is absent, null, or an empty text or list.
    Given,
    /// If it is zero, too.
    NonZero,
}

/// What a field holds.
pub(super) enum Type {
    Str,
    Enum(Vec<&'static str>),
    Bytes,
    Bool,
    Int32,
    Int64,
    Float,
    Quantity,
    Time,
    MicroTime,
    Duration,
    IntOrString,
    Any,
    /// Number of the definition.
    Object(usize),
    /// Either something else or an object of the definition of this number, whose unknown fields are passed over.
    Or(Other, usize),
    List(Box<Type>),
    Map(Box<Type>),
}

/// What may stand in place of an object.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Other {
    Bool,
    /// A list of objects of the same definition.
    List,
    Strings,
}

/// What is where in the text.
struct Index {
    minors: Vec<u32>,
    /// The kinds of each name.
    kinds: Table<&'static str, Vec<Kind>>,
    /// Likewise, with their API versions.
    lives: Table<&'static str, Vec<(&'static str, Life)>>,
    /// Number of a definition by name.
    numbers: Table<&'static str, usize>,
    /// The last part of the name of each definition, and its lines.
    bodies: Vec<(&'static str, &'static str)>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| Index::read(TEXT))
}

impl Index {
    fn read(text: &'static str) -> Index {
        let (head, defs) = text.split_once("\ndef ").unwrap_or((text, ""));
        let (mut numbers, mut bodies) = (Table::default(), Vec::with_capacity(1024));
        let mut start = 0;
        let ends = memmem::find_iter(defs.as_bytes(), "\ndef ").chain([defs.len()]);
        for end in ends {
            let (name, body) = defs[start..end].split_once('\n').unwrap_or((&defs[start..end], ""));
            numbers.insert(name, bodies.len());
            bodies.push((name.rsplit('.').next().unwrap_or(name), body));
            start = (end + "\ndef ".len()).min(defs.len());
        }
        let mut index = Index { minors: Vec::new(), kinds: Table::default(), lives: Table::default(), numbers, bodies };
        for line in head.lines() {
            index.line(line);
        }
        index
    }

    fn line(&mut self, line: &'static str) {
        let words: Vec<&'static str> = line.split(' ').collect();
        let mask = |text| u16::from_str_radix(text, 16).unwrap_or(0);
        match words[..] {
            ["versions", ..] => self.minors = words[1..].iter().filter_map(|w| w.parse().ok()).collect(),
            ["kind", api_version, name, def, scope, served, off] => {
                let Some(&def) = self.numbers.get(def) else { return };
                let namespaced = scope == "namespaced";
                let kind = Kind { api_version, name, def, namespaced, served: mask(served), off: mask(off) };
                self.kinds.entry(name).or_default().push(kind);
            }
            ["life", api_version, name, deprecated, removed, ref new @ ..] => {
                let replacement = match new[..] {
                    [api_version, name] => Some((api_version, name)),
                    _ => None,
                };
                let minor = |text: &str| text.parse().unwrap_or(0);
                let life = Life { deprecated: minor(deprecated), removed: minor(removed), replacement };
                self.lives.entry(name).or_default().push((api_version, life));
            }
            _ => {}
        }
    }
}

/// The minor versions that are embedded, ascending.
pub(super) fn minors() -> &'static [u32] {
    &index().minors
}

/// All kinds of all versions.
pub(super) fn kinds() -> impl Iterator<Item = &'static Kind> {
    index().kinds.values().flatten()
}

/// A kind of any version.
pub(super) fn kind(api_version: &str, name: &str) -> Option<&'static Kind> {
    index().kinds.get(name)?.iter().find(|k| k.api_version == api_version)
}

/// What is known of the end of a kind.
pub(super) fn life(api_version: &str, name: &str) -> Option<&'static Life> {
    index().lives.get(name)?.iter().find(|l| l.0 == api_version).map(|l| &l.1)
}

/// Whether Kubernetes itself owns an API group, or did.
pub(super) fn owns_group(group: &str) -> bool {
    let of = |api_version: &str| api_version.split_once('/').map_or("", |(group, _)| group) == group;
    kinds().any(|k| of(k.api_version)) || index().lives.values().flatten().any(|l| of(l.0))
}

/// The first and the last minor version in a mask.
pub(super) fn span(mask: u16) -> Option<(u32, u32)> {
    let mut found = minors().iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, m)| *m);
    let first = found.next()?;
    Some((first, found.next_back().unwrap_or(first)))
}

impl Builtin {
    /// The schemas of a minor version, if they are embedded.
    pub fn new(minor: u32) -> Option<Builtin> {
        let at = minors().iter().position(|m| *m == minor)?;
        let defs = index().bodies.iter().map(|_| OnceLock::new()).collect();
        Some(Builtin { minor, bit: 1 << at, defs })
    }

    /// The minor version.
    pub fn minor(&self) -> u32 {
        self.minor
    }

    /// Whether a mask has this version.
    pub fn is_in(&self, mask: u16) -> bool {
        mask & self.bit != 0
    }

    /// A definition by number.
    pub fn def(&self, number: usize) -> Option<&Def> {
        let (slot, (name, body)) = (self.defs.get(number)?, index().bodies.get(number)?);
        Some(slot.get_or_init(|| Def::read(name, body, self.bit)))
    }

    /// The definition of `metadata`.
    pub fn object_meta(&self) -> Option<&Def> {
        self.def(*index().numbers.get("meta.v1.ObjectMeta")?)
    }
}

impl Def {
    fn read(name: &'static str, body: &'static str, bit: u16) -> Def {
        let mut def = Def { name, fields: Vec::new(), elsewhere: Vec::new() };
        for line in body.lines() {
            let mut columns = line.split('\t').skip(1);
            let (Some(name), Some(ty), Some(flags)) = (columns.next(), columns.next(), columns.next()) else {
                continue;
            };
            let mask = columns.next().map_or(u16::MAX, |m| u16::from_str_radix(m, 16).unwrap_or(0));
            if mask & bit == 0 {
                def.elsewhere.push((name, mask));
            } else if let Some(ty) = Type::read(ty) {
                def.fields.push(Field::new(name, ty, flags));
            }
        }
        def
    }

    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|f| f.name.cmp(name)).ok().map(|i| &self.fields[i])
    }

    /// All fields, by name.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The first and the last minor version that have a field which this one lacks.
    pub fn elsewhere(&self, name: &str) -> Option<(u32, u32)> {
        span(self.elsewhere.iter().filter(|e| e.0 == name).fold(0, |mask, e| mask | e.1))
    }
}

impl Field {
    fn new(name: &'static str, ty: Type, flags: &'static str) -> Field {
        let (rules, keys) = flags.split_once('@').map_or((flags, None), |(rules, keys)| (rules, Some(keys)));
        let keys = keys.map(|keys| match keys {
            "" => ListKeys::Set,
            keys => ListKeys::By(keys.split(',').collect()),
        });
        let required = match (rules.contains('!'), rules.contains('0')) {
            (false, _) => Required::No,
            (true, false) => Required::Given,
            (true, true) => Required::NonZero,
        };
        Field { name, ty, required, by_value: rules.contains('+'), keys }
    }
}

impl Type {
    fn read(text: &'static str) -> Option<Type> {
        if let Some(inner) = text.strip_prefix("[]") {
            return Some(Type::List(Box::new(Type::read(inner)?)));
        }
        if let Some(inner) = text.strip_prefix("{}") {
            return Some(Type::Map(Box::new(Type::read(inner)?)));
        }
        if let Some((other, name)) = text.split_once("|&") {
            let other = match other {
                "bool" => Other::Bool,
                "list" => Other::List,
                _ => Other::Strings,
            };
            return index().numbers.get(name).map(|number| Type::Or(other, *number));
        }
        if let Some(name) = text.strip_prefix('&') {
            return index().numbers.get(name).copied().map(Type::Object);
        }
        if let Some(values) = text.strip_prefix("enum:") {
            return Some(Type::Enum(values.split('|').collect()));
        }
        Some(match text {
            "str" => Type::Str,
            "bytes" => Type::Bytes,
            "bool" => Type::Bool,
            "i32" => Type::Int32,
            "i64" => Type::Int64,
            "f64" => Type::Float,
            "quantity" => Type::Quantity,
            "time" => Type::Time,
            "microtime" => Type::MicroTime,
            "duration" => Type::Duration,
            "intstr" => Type::IntOrString,
            "any" => Type::Any,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_bundle_is_understood() {
        let lines = |prefix: &str| TEXT.lines().filter(|l| l.starts_with(prefix)).count();
        assert_eq!((lines("kind "), lines("life ")), (kinds().count(), index().lives.values().flatten().count()));
        assert_eq!(lines("def "), index().bodies.len());
        let (mut read, mut masks) = (0, 0);
        for minor in minors() {
            let builtin = Builtin::new(*minor).expect("it is embedded");
            for number in 0..index().bodies.len() {
                let def = builtin.def(number).expect("it has a number");
                assert!(def.fields.is_sorted_by(|a, b| a.name < b.name), "{} in 1.{minor}", def.name);
                read += def.fields.len();
            }
        }
        for line in TEXT.lines().filter(|l| l.starts_with('\t')) {
            let mask = line.split('\t').nth(4).map_or(0xff, |m| u16::from_str_radix(m, 16).expect("a mask"));
            masks += mask.count_ones() as usize;
        }
        assert_eq!(read, masks);
    }
}
