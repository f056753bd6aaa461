//! Versions and version ranges as Masterminds/semver v3.5.0 has them: lenient versions, or-bars, commas, wildcards,
//! hyphen ranges, and pre-releases that match only where the range names one.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

/// A version with the text it was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number, zero if absent.
    pub minor: u64,
    /// Third number, zero if absent.
    pub patch: u64,
    /// What follows a dash.
    pub pre: String,
    /// What follows a plus.
    pub metadata: String,
    /// The text.
    pub original: String,
}

const MAX_VERSION: usize = 256;
const MAX_CONSTRAINT: usize = 512;
const MAX_GROUPS: usize = 32;

const RANGED: &str = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";
const OPS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

fn regex(source: String) -> Regex {
    Regex::new(&source).expect("a constant expression")
}

static ONE: LazyLock<Regex> =
    LazyLock::new(|| regex(format!(r"^[\t\n\f\r ]*({OPS})[\t\n\f\r ]*({RANGED})[\t\n\f\r ]*$")));
static HYPHEN: LazyLock<Regex> =
    LazyLock::new(|| regex(format!(r"[\t\n\f\r ]*({RANGED})[\t\n\f\r ]+-[\t\n\f\r ]+({RANGED})[\t\n\f\r ]*")));
static FIND: LazyLock<Regex> = LazyLock::new(|| regex(format!(r"({OPS})[\t\n\f\r ]*({RANGED})")));
static VALID: LazyLock<Regex> = LazyLock::new(|| {
    let s = r"[\t\n\f\r ]";
    regex(format!("^({s}*({OPS}){s}*({RANGED}){s}*)((?:{s}+|,{s}*)({OPS}){s}*({RANGED}){s}*)*$"))
});

fn segment(text: Option<&str>) -> Result<u64, String> {
    let digits = text.unwrap_or("0").trim_start_matches('.');
    digits.parse().map_err(|_| {
        format!("error parsing version segment: strconv.ParseUint: parsing \"{digits}\": value out of range")
    })
}

fn is_identifier(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-')
}

/// `validatePrerelease`; none at all is fine.
///
/// # Errors
/// With the library's text.
pub fn check_prerelease(text: &[u8]) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    for part in text.split(|c| *c == b'.') {
        if !is_identifier(part) {
            return Err("invalid prerelease string".into());
        }
        if part.len() > 1 && part[0] == b'0' && part.iter().all(u8::is_ascii_digit) {
            return Err("version segment starts with 0".into());
        }
    }
    Ok(())
}

/// `validateMetadata`; none at all is fine.
///
/// # Errors
/// With the library's text.
pub fn check_metadata(text: &[u8]) -> Result<(), String> {
    if text.is_empty() || text.split(|c| *c == b'.').all(is_identifier) {
        return Ok(());
    }
    Err("invalid metadata string".into())
}

impl Version {
    /// `NewVersion`: one to three numbers, a `v` before them, leading zeros.
    ///
    /// # Errors
    /// With the library's text.
    pub fn parse(text: &str) -> Result<Version, String> {
        if text.len() > MAX_VERSION {
            return Err("version string is too long (max 256 bytes)".into());
        }
        let parts = Parts::read(text).filter(|p| p.rest.is_empty()).ok_or("invalid semantic version")?;
        let digits = |t: &str| t.bytes().all(|c| c.is_ascii_digit());
        if !(digits(parts.major) && digits(parts.minor) && digits(parts.patch)) {
            return Err("invalid semantic version".into());
        }
        let number = |t: &str| segment((!t.is_empty()).then_some(t));
        let (major, minor, patch) = (number(parts.major)?, number(parts.minor)?, number(parts.patch)?);
        let pre = parts.pre;
        check_prerelease(pre.as_bytes())?;
        Ok(Version { major, minor, patch, pre: pre.into(), metadata: parts.metadata.into(), original: text.into() })
    }

    /// `StrictNewVersion`: three numbers, nothing before them, no leading zeros.
    pub fn is_strict(text: &str) -> bool {
        let core = text.split(['-', '+']).next().unwrap_or_default();
        let parts: Vec<&str> = core.split('.').collect();
        parts.len() == 3
            && parts.iter().all(|p| {
                !p.is_empty() && p.bytes().all(|c| c.is_ascii_digit()) && (p.len() == 1 || !p.starts_with('0'))
            })
            && Version::parse(text).is_ok()
    }

    /// The normal form.
    pub fn text(&self) -> String {
        let mut out = format!("{}.{}.{}", self.major, self.minor, self.patch);
        if !self.pre.is_empty() {
            out.push_str(&format!("-{}", self.pre));
        }
        if !self.metadata.is_empty() {
            out.push_str(&format!("+{}", self.metadata));
        }
        out
    }

    /// `Compare`: metadata doesn't count.
    pub fn compare(&self, other: &Version) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_pre(&self.pre, &other.pre))
    }
}

/// A version, or one with wildcards, taken apart: what the library's expressions capture.
struct Parts<'t> {
    /// All of it.
    whole: &'t str,
    major: &'t str,
    minor: &'t str,
    patch: &'t str,
    pre: &'t str,
    metadata: &'t str,
    /// What follows.
    rest: &'t str,
}

impl<'t> Parts<'t> {
    fn read(text: &'t str) -> Option<Parts<'t>> {
        let number = |s: &'t str| {
            let n = s.bytes().take_while(|c| c.is_ascii_digit() || matches!(c, b'x' | b'X' | b'*')).count();
            s.split_at(n)
        };
        let (major, mut rest) = number(text.strip_prefix('v').unwrap_or(text));
        if major.is_empty() {
            return None;
        }
        let mut dotted = || {
            let (n, after) = rest.strip_prefix('.').map(number).filter(|(n, _)| !n.is_empty())?;
            rest = after;
            Some(n)
        };
        let minor = dotted().unwrap_or_default();
        let patch = if minor.is_empty() { "" } else { dotted().unwrap_or_default() };
        let mut suffix = |mark: char| {
            let body = rest.strip_prefix(mark)?;
            let mut n = 0;
            loop {
                let part = body[n..].bytes().take_while(|c| c.is_ascii_alphanumeric() || *c == b'-').count();
                if part == 0 {
                    break;
                }
                n += part;
                let more = body[n..].starts_with('.')
                    && body[n + 1..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
                if !more {
                    break;
                }
                n += 1;
            }
            if n == 0 {
                return None;
            }
            rest = &body[n..];
            Some(&body[..n])
        };
        let pre = suffix('-').unwrap_or_default();
        let metadata = suffix('+').unwrap_or_default();
        let whole = &text[..text.len() - rest.len()];
        Some(Parts { whole, major, minor, patch, pre, metadata, rest })
    }
}

/// The constraints of a plain group, operators and versions with blanks or commas between. Nothing for whatever only
/// the library's expressions can judge.
fn plain_group(text: &str) -> Option<Vec<Constraint>> {
    const OPERATORS: [&str; 11] = ["!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"];
    let blank = |s: &str| s.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']).len();
    let mut out = Vec::new();
    let mut rest = &text[text.len() - blank(text)..];
    while !rest.is_empty() {
        let op = OPERATORS.into_iter().find(|o| rest.starts_with(o)).unwrap_or_default();
        rest = &rest[op.len()..];
        rest = &rest[rest.len() - blank(rest)..];
        let parts = Parts::read(rest)?;
        out.push(Constraint::from_parts(op, &parts).ok()?);
        let after = parts.rest;
        rest = &after[after.len() - blank(after)..];
        let separated = rest.len() < after.len();
        if let Some(behind) = rest.strip_prefix(',') {
            rest = &behind[behind.len() - blank(behind)..];
            if rest.is_empty() {
                return None;
            }
        } else if !separated && !rest.is_empty() {
            return None;
        }
    }
    (!out.is_empty()).then_some(out)
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    let (mut x, mut y) = (a.split('.'), b.split('.'));
    loop {
        let order = match (x.next(), y.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(p), Some(q)) if p == q => Ordering::Equal,
            (Some(p), Some(q)) => match (p.parse::<u64>(), q.parse::<u64>()) {
                (Ok(p), Ok(q)) => p.cmp(&q),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => p.cmp(q),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// A range of versions.
#[derive(Clone, Debug)]
pub struct Constraints {
    groups: Vec<Vec<Constraint>>,
}

#[derive(Clone, Debug)]
struct Constraint {
    op: String,
    version: Version,
    minor_dirty: bool,
    patch_dirty: bool,
    dirty: bool,
}

fn improper(text: &str) -> String {
    format!("improper constraint: {}", crate::value::fmt::go_quote(text))
}

fn is_x(s: &str) -> bool {
    matches!(s, "x" | "X" | "*")
}

impl Constraints {
    /// `NewConstraint`
    ///
    /// # Errors
    /// With the library's text.
    pub fn parse(text: &str) -> Result<Constraints, String> {
        if text.len() > MAX_CONSTRAINT {
            return Err("constraint string is too long (max 512 bytes)".into());
        }
        // Building the library's expressions costs more than a whole small render, and hardly any range needs them.
        let plain: Option<Vec<_>> = text.split("||").take(MAX_GROUPS + 1).map(plain_group).collect();
        if let Some(groups) = plain.filter(|g| g.len() <= MAX_GROUPS) {
            return Ok(Constraints { groups });
        }
        let mut rewritten = text.to_owned();
        for m in HYPHEN.captures_iter(text) {
            let range = format!(">= {}, <= {} ", &m[1], &m[11]);
            rewritten = rewritten.replacen(&m[0], &range, 1);
        }
        let parts: Vec<&str> = rewritten.split("||").collect();
        if parts.len() > MAX_GROUPS {
            return Err("too many constraint groups (max 32)".into());
        }
        let mut groups = Vec::new();
        for part in parts {
            if !VALID.is_match(part) {
                return Err(improper(part));
            }
            let found: Result<Vec<Constraint>, String> =
                FIND.find_iter(part).map(|m| Constraint::parse(m.as_str())).collect();
            groups.push(found?);
        }
        Ok(Constraints { groups })
    }

    /// Whether a version is in the range.
    pub fn check(&self, v: &Version) -> bool {
        self.groups.iter().any(|group| {
            let pre = group.iter().any(|c| !c.version.pre.is_empty());
            (v.pre.is_empty() || pre) && group.iter().all(|c| c.check(v))
        })
    }
}

impl Constraint {
    fn parse(text: &str) -> Result<Constraint, String> {
        let m = ONE.captures(text).ok_or_else(|| improper(text))?;
        let get = |i: usize| m.get(i).map_or("", |g| g.as_str());
        let parts = Parts {
            whole: get(2),
            major: get(3),
            minor: get(4).trim_start_matches('.'),
            patch: get(5).trim_start_matches('.'),
            pre: get(6).trim_start_matches('-'),
            metadata: "",
            rest: "",
        };
        Constraint::from_parts(get(1), &parts)
    }

    fn from_parts(op: &str, parts: &Parts<'_>) -> Result<Constraint, String> {
        let (major, minor, patch) = (parts.major, parts.minor, parts.patch);
        let pre = if parts.pre.is_empty() { String::new() } else { format!("-{}", parts.pre) };
        let (mut minor_dirty, mut patch_dirty, mut dirty) = (false, false, false);
        let mut version = parts.whole.to_owned();
        if is_x(major) || major.is_empty() {
            version = format!("0.0.0{pre}");
            dirty = true;
        } else if is_x(minor) || minor.is_empty() {
            (minor_dirty, dirty) = (true, true);
            version = format!("{major}.0.0{pre}");
        } else if is_x(patch) || patch.is_empty() {
            (patch_dirty, dirty) = (true, true);
            version = format!("{major}.{minor}.0{pre}");
        }
        let version = Version::parse(&version).map_err(|_| "constraint parser error")?;
        Ok(Constraint { op: op.into(), version, minor_dirty, patch_dirty, dirty })
    }

    fn check(&self, v: &Version) -> bool {
        let c = &self.version;
        match self.op.as_str() {
            "!=" => self.not_equal(v),
            ">" => self.greater(v),
            "<" => v.compare(c).is_lt(),
            ">=" | "=>" => v.compare(c).is_ge(),
            "<=" | "=<" => self.less_or_equal(v),
            "~" | "~>" => self.tilde(v),
            "^" => self.caret(v),
            _ if self.dirty => self.tilde(v),
            _ => v.compare(c).is_eq(),
        }
    }

    fn not_equal(&self, v: &Version) -> bool {
        let c = &self.version;
        if !self.dirty {
            return v.compare(c).is_ne();
        }
        if c.major != v.major || c.minor != v.minor && !self.minor_dirty {
            return true;
        }
        if self.minor_dirty {
            return false;
        }
        if c.patch != v.patch && !self.patch_dirty {
            return true;
        }
        if self.patch_dirty {
            return (!v.pre.is_empty() || !c.pre.is_empty()) && compare_pre(&v.pre, &c.pre).is_ne();
        }
        v.compare(c).is_ne()
    }

    fn greater(&self, v: &Version) -> bool {
        let c = &self.version;
        if !self.dirty {
            return v.compare(c).is_gt();
        }
        match v.major.cmp(&c.major) {
            Ordering::Equal => {}
            order => return order.is_gt(),
        }
        if self.minor_dirty {
            return false;
        }
        if self.patch_dirty {
            return v.minor > c.minor;
        }
        v.compare(c).is_gt()
    }

    fn less_or_equal(&self, v: &Version) -> bool {
        let c = &self.version;
        if !self.dirty {
            return v.compare(c).is_le();
        }
        !(v.major > c.major || v.major == c.major && v.minor > c.minor && !self.minor_dirty)
    }

    fn tilde(&self, v: &Version) -> bool {
        let c = &self.version;
        if v.compare(c).is_lt() {
            return false;
        }
        if (c.major, c.minor, c.patch) == (0, 0, 0) && !self.minor_dirty && !self.patch_dirty {
            return true;
        }
        v.major == c.major && (v.minor == c.minor || self.minor_dirty)
    }

    fn caret(&self, v: &Version) -> bool {
        let c = &self.version;
        if v.compare(c).is_lt() {
            return false;
        }
        if c.major > 0 || self.minor_dirty {
            return v.major == c.major;
        }
        if v.major > 0 {
            return false;
        }
        if c.minor > 0 || self.patch_dirty {
            return v.minor == c.minor;
        }
        v.minor == 0 && v.patch == c.patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_masterminds() {
        for (range, version, holds) in [
            (">=1.19", "v1.27.3-gke.1", false),
            (">=1.19-0", "v1.27.3-gke.1", true),
            ("~1.2", "1.3.0", false),
            (">1", "1.5.0", false),
            ("<=1", "1.5.0", true),
            ("1.2 - 1.4", "1.4.9", true),
            ("1.x || >=3", "3.1", true),
            ("!=1.x", "1.2.0", false),
            ("^0.2.3", "0.3.0", false),
            (">= 1.16.0 < 2", "1.30.1", true),
        ] {
            let c = Constraints::parse(range).expect("a range");
            assert_eq!(c.check(&Version::parse(version).expect("a version")), holds, "{range} {version}");
        }
        assert!(Constraints::parse("foo").is_err() && Constraints::parse("").is_err());
    }
}
