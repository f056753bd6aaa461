//! Sprig's `semver` and `semverCompare` (sprig v3.3.0 `semver.go`).

use std::any::Any;
use std::rc::Rc;

use super::cast::text;
use crate::grammar::semver::{Constraints, Version, check_metadata, check_prerelease};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{Encoded, Field, IntKind, Object, Value};

/// The functions of this family.
pub const FUNCS: &[Func] =
    &[Func::new("semver", &[Ty::Str], semver), Func::new("semverCompare", &[Ty::Str, Ty::Str], semver_compare)];

/// `*semver.Version`, or `semver.Version` as the Inc methods return it.
#[derive(Debug)]
struct VersionObject {
    version: Version,
    pointer: bool,
}

fn object(version: Version, pointer: bool) -> Value {
    Value::Object(Rc::new(VersionObject { version, pointer }))
}

fn semver(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(object(Version::parse(&String::from_utf8_lossy(text(args, 0)))?, true))
}

fn semver_compare(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let range = Constraints::parse(&String::from_utf8_lossy(text(args, 0)))?;
    let version = Version::parse(&String::from_utf8_lossy(text(args, 1)))?;
    Ok(Value::Bool(range.check(&version)))
}

const METHODS: &[(&str, &str)] = &[
    ("Major", ""),
    ("Minor", ""),
    ("Patch", ""),
    ("Prerelease", ""),
    ("Metadata", ""),
    ("Original", ""),
    ("String", ""),
    ("IncMajor", ""),
    ("IncMinor", ""),
    ("IncPatch", ""),
    ("SetPrerelease", "s"),
    ("SetMetadata", "s"),
    ("Compare", "v"),
    ("LessThan", "v"),
    ("LessThanEqual", "v"),
    ("GreaterThan", "v"),
    ("GreaterThanEqual", "v"),
    ("Equal", "v"),
];

/// Methods that only the pointer has.
const OF_POINTER: &[&str] =
    &["Original", "Compare", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual", "Equal"];

impl VersionObject {
    /// The original text that goes with other parts.
    fn with_original(&self, mut v: Version) -> Version {
        let prefix = if self.version.original.starts_with('v') { "v" } else { "" };
        v.original = format!("{prefix}{}", v.text());
        v
    }

    /// IncMajor, IncMinor and IncPatch; the panic of the library where a number is at its end.
    fn increased(&self, name: &str) -> Result<Value, String> {
        let mut v = self.version.clone();
        let (part, number) = match name {
            "IncMajor" => ("major", &mut v.major),
            "IncMinor" => ("minor", &mut v.minor),
            _ => ("patch", &mut v.patch),
        };
        // A pre-release becomes its release.
        if part != "patch" || v.pre.is_empty() {
            *number = number.checked_add(1).ok_or_else(|| format!("{part} version increment would overflow uint64"))?;
        }
        match part {
            "major" => (v.minor, v.patch) = (0, 0),
            "minor" => v.patch = 0,
            _ => {}
        }
        v.pre.clear();
        v.metadata.clear();
        Ok(object(self.with_original(v), false))
    }

    /// SetPrerelease and SetMetadata.
    fn changed(&self, name: &str, text: &[u8]) -> Result<Value, String> {
        let mut v = self.version.clone();
        let text_of = || String::from_utf8_lossy(text).into_owned();
        if name == "SetPrerelease" {
            check_prerelease(text)?;
            v.pre = text_of();
        } else {
            check_metadata(text)?;
            v.metadata = text_of();
        }
        Ok(object(self.with_original(v), false))
    }

    fn compared(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let other = match args.first() {
            Some(Value::Object(o)) => o.as_any().downcast_ref::<VersionObject>(),
            _ => None,
        };
        let Some(other) = other else {
            if name == "Equal" {
                return Ok(Value::Bool(false));
            }
            return Err("runtime error: invalid memory address or nil pointer dereference".into());
        };
        let order = self.version.compare(&other.version);
        Ok(match name {
            "Compare" => Value::int(order as i64),
            "LessThan" => Value::Bool(order.is_lt()),
            "LessThanEqual" => Value::Bool(order.is_le()),
            "GreaterThan" => Value::Bool(order.is_gt()),
            "GreaterThanEqual" => Value::Bool(order.is_ge()),
            _ => Value::Bool(order.is_eq()),
        })
    }
}

impl Object for VersionObject {
    fn type_name(&self) -> String {
        if self.pointer { "*semver.Version".into() } else { "semver.Version".into() }
    }

    fn kind(&self) -> &'static str {
        if self.pointer { "ptr" } else { "struct" }
    }

    fn has_method(&self, name: &str) -> bool {
        METHODS.iter().any(|m| m.0 == name) && (self.pointer || !OF_POINTER.contains(&name))
    }

    fn method_params(&self, name: &str) -> Option<&'static str> {
        METHODS.iter().find(|m| m.0 == name).map(|m| m.1)
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let v = &self.version;
        Ok(match name {
            "Major" => Value::Int(v.major as i64, IntKind::Uint64),
            "Minor" => Value::Int(v.minor as i64, IntKind::Uint64),
            "Patch" => Value::Int(v.patch as i64, IntKind::Uint64),
            "Prerelease" => Value::string(v.pre.as_str()),
            "Metadata" => Value::string(v.metadata.as_str()),
            "Original" => Value::string(v.original.as_str()),
            "String" => Value::string(v.text()),
            "IncMajor" | "IncMinor" | "IncPatch" => return self.increased(name),
            "SetPrerelease" | "SetMetadata" => {
                let text = args.first().and_then(|a| a.as_str()).map_or(&b""[..], |s| s.as_bytes());
                return self.changed(name, text);
            }
            _ => return self.compared(name, args),
        })
    }

    fn fields(&self) -> Vec<Field> {
        let v = &self.version;
        let number = |name, n: u64| Field::private(name, Value::Int(n as i64, IntKind::Uint64));
        let text = |name, s: &str| Field::private(name, Value::string(s));
        vec![
            number("major", v.major),
            number("minor", v.minor),
            number("patch", v.patch),
            text("pre", &v.pre),
            text("metadata", &v.metadata),
            text("original", &v.original),
        ]
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.version.text().into_bytes())
    }

    fn deep_copy(&self) -> Option<Value> {
        Some(object(Version::default(), self.pointer))
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Value(Value::string(self.version.text())))
    }

    fn yaml_pretty(&self) -> Result<Encoded, String> {
        self.json()
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other
            .as_any()
            .downcast_ref::<VersionObject>()
            .is_some_and(|o| o.version == self.version && o.pointer == self.pointer)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
