//! Sprig's `semver` and `semverCompare` (sprig v3.3.0 `semver.go`).

use std::any::Any;
use std::rc::Rc;

use super::cast::text;
use crate::grammar::semver::{Constraints, Version};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{IntKind, Object, Value};

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
    ("Compare", "a"),
    ("LessThan", "a"),
    ("LessThanEqual", "a"),
    ("GreaterThan", "a"),
    ("GreaterThanEqual", "a"),
    ("Equal", "a"),
];

impl VersionObject {
    fn increased(&self, name: &str) -> Version {
        let mut v = self.version.clone();
        let prefix = if v.original.starts_with('v') { "v" } else { "" };
        match name {
            "IncMajor" => (v.major, v.minor, v.patch) = (v.major + 1, 0, 0),
            "IncMinor" => (v.minor, v.patch) = (v.minor + 1, 0),
            // A pre-release becomes its release.
            _ if v.pre.is_empty() => v.patch += 1,
            _ => {}
        }
        v.pre.clear();
        v.metadata.clear();
        v.original = format!("{prefix}{}", v.text());
        v
    }

    fn compared(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let other = match args.first() {
            Some(Value::Object(o)) => o.as_any().downcast_ref::<VersionObject>(),
            _ => None,
        };
        let other = other.ok_or("runtime error: invalid memory address or nil pointer dereference")?;
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
        METHODS.iter().any(|m| m.0 == name)
    }

    fn method_params(&self, name: &str) -> Option<&'static str> {
        METHODS.iter().find(|m| m.0 == name).map(|m| m.1)
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        let v = &self.version;
        let arg = |i: usize| args.get(i).and_then(|a| a.as_str()).map(|s| s.to_text().into_owned()).unwrap_or_default();
        Ok(match name {
            "Major" => Value::Int(v.major as i64, IntKind::Uint64),
            "Minor" => Value::Int(v.minor as i64, IntKind::Uint64),
            "Patch" => Value::Int(v.patch as i64, IntKind::Uint64),
            "Prerelease" => Value::string(v.pre.as_str()),
            "Metadata" => Value::string(v.metadata.as_str()),
            "Original" => Value::string(v.original.as_str()),
            "String" => Value::string(v.text()),
            "IncMajor" | "IncMinor" | "IncPatch" => object(self.increased(name), false),
            "SetPrerelease" | "SetMetadata" => {
                let mut v = v.clone();
                if name == "SetPrerelease" {
                    v.pre = arg(0);
                } else {
                    v.metadata = arg(0);
                }
                let parsed = Version::parse(&v.text())?;
                object(parsed, false)
            }
            _ => return self.compared(name, args),
        })
    }

    fn display(&self) -> Vec<u8> {
        self.version.text().into_bytes()
    }

    fn json(&self) -> Result<Value, String> {
        Ok(Value::string(self.version.text()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<VersionObject>().is_some_and(|o| o.version == self.version)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
