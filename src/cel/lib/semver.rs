//! Versions as github.com/blang/semver/v4 reads them (k8s.io/apiserver `pkg/cel/library/semverlib.go`).

use std::cmp::Ordering;
use std::rc::Rc;

use super::super::eval::Fail;
use super::super::value::{Opaque, Value};
use super::Outcome;
use crate::value::fmt::go_quote;

/// A version.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: [u64; 3],
    pre: Vec<String>,
}

fn number(text: &str, what: &str) -> Result<u64, String> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("Invalid character(s) found in {} {}", what.to_lowercase(), go_quote(text)));
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(format!("{what} must not contain leading zeroes {}", go_quote(text)));
    }
    text.parse().map_err(|_| format!("strconv.ParseUint: parsing \"{text}\": value out of range"))
}

impl Version {
    /// `semver.Parse`
    ///
    /// # Errors
    /// In the library's words.
    pub fn parse(text: &str) -> Result<Version, String> {
        if text.is_empty() {
            return Err("Version string empty".into());
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("No Major.Minor.Patch elements found".into());
        };
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (rest, None),
        };
        let (patch, pre) = match rest.split_once('-') {
            Some((patch, pre)) => (patch, Some(pre)),
            None => (rest, None),
        };
        let numbers = [number(major, "Major number")?, number(minor, "Minor number")?, number(patch, "Patch number")?];
        let mut kept = Vec::new();
        for part in pre.into_iter().flat_map(|p| p.split('.')) {
            identifier(part, "Prerelease")?;
            if part.bytes().all(|b| b.is_ascii_digit()) {
                number(part, "Numeric PreRelease version")?;
            }
            kept.push(part.to_owned());
        }
        for part in build.into_iter().flat_map(|b| b.split('.')) {
            identifier(part, "Build meta data")?;
        }
        Ok(Version { numbers, pre: kept })
    }

    /// `normalizeAndParse`: a `v` before it, missing numbers, leading zeros.
    fn normalized(text: &str) -> Result<Version, String> {
        let mut parts: Vec<String> = text.strip_prefix('v').unwrap_or(text).splitn(3, '.').map(str::to_owned).collect();
        for part in &mut parts {
            if part.len() > 1 {
                let trimmed = part.trim_start_matches('0');
                *part = match trimmed.starts_with(|c: char| c.is_ascii_digit()) {
                    true => trimmed.to_owned(),
                    false => format!("0{trimmed}"),
                };
            }
        }
        if parts.len() < 3 {
            if parts.last().is_some_and(|p| p.contains(['+', '-'])) {
                return Err("short version cannot contain PreRelease/Build meta data".into());
            }
            parts.resize(3, "0".into());
        }
        Version::parse(&parts.join("."))
    }

    /// Their order; build data does not count.
    pub fn compare(&self, other: &Version) -> Ordering {
        let pre = || match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let parts = self.pre.iter().zip(&other.pre).map(|(a, b)| compare_part(a, b));
                parts.fold(Ordering::Equal, Ordering::then).then(self.pre.len().cmp(&other.pre.len()))
            }
        };
        self.numbers.cmp(&other.numbers).then_with(pre)
    }
}

fn identifier(part: &str, what: &str) -> Result<(), String> {
    match part {
        "" => Err(format!("{what} is empty")),
        p if p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => Ok(()),
        p => Err(format!("Invalid character(s) found in {} {}", what.to_lowercase(), go_quote(p))),
    }
}

fn compare_part(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        _ => a.cmp(b),
    }
}

fn read(args: &[Value<'_>]) -> Result<Result<Version, String>, Fail> {
    match args {
        [Value::Str(s)] | [Value::Str(s), Value::Bool(false)] => Ok(Version::parse(s)),
        [Value::Str(s), Value::Bool(true)] => Ok(Version::normalized(s)),
        _ => Err(Fail::overload()),
    }
}

/// `semver(s)`, `semver(s, normalize)`
pub fn semver<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    read(args)?.map(|v| Value::Opaque(Rc::new(Opaque::Semver(v)))).map_err(Fail::new)
}

/// `isSemver(s)`, `isSemver(s, normalize)`
pub fn is_semver<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(read(args)?.is_ok()))
}

fn part<'a>(args: &[Value<'a>], i: usize) -> Outcome<'a> {
    match args {
        [Value::Opaque(o)] => match &**o {
            Opaque::Semver(v) => Ok(Value::Int(v.numbers[i].cast_signed())),
            _ => Err(Fail::overload()),
        },
        _ => Err(Fail::overload()),
    }
}

/// `v.major()`
pub fn major<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    part(args, 0)
}

/// `v.minor()`
pub fn minor<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    part(args, 1)
}

/// `v.patch()`
pub fn patch<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    part(args, 2)
}
