//! Chart.lock (helm v4.3.1 `pkg/chart/v2/dependency.go`, `internal/resolver/resolver.go`).

use sha2::Digest;

use super::metadata::{DEPENDENCIES, Dependency, dependency, objects};
use super::object::dependency_json;
use crate::grammar::gojson::{Html, marshal};
use crate::span::Pos;
use crate::value::fmt::go_quote;
use crate::value::{HelmVersion, Map, Slot, Value};
use crate::yaml::{Field, Struct, Target, decode_as};

/// Chart.lock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// `generated`, as written.
    pub generated: String,
    /// `digest`
    pub digest: String,
    /// `dependencies`
    pub dependencies: Option<Vec<Dependency>>,
}

static LOCK: Struct = Struct {
    name: "Lock",
    go_type: "chart.Lock",
    fields: &[
        Field { key: "generated", target: Target::Any },
        Field { key: "digest", target: Target::Str },
        Field { key: "dependencies", target: DEPENDENCIES },
    ],
};

impl Lock {
    /// Chart.lock's text.
    ///
    /// # Errors
    /// Where the text can't be written as YAML.
    pub fn to_yaml(&self) -> Result<Vec<u8>, String> {
        let map = Map::default();
        let list = |all: &Vec<Dependency>| all.iter().map(|d| Slot::from(dependency_json(d))).collect();
        let dependencies = self.dependencies.as_ref().map_or(Value::Nil, |all| Value::list(list(all)));
        map.insert("dependencies", Slot::from(dependencies));
        map.insert("digest", Slot::from(Value::string(self.digest.as_str())));
        map.insert("generated", Slot::from(Value::string(self.generated.as_str())));
        crate::yaml::to_yaml(&Value::Map(map))
    }

    /// Reads Chart.lock.
    ///
    /// # Errors
    /// With Go's text.
    pub fn read(src: &[u8], helm: HelmVersion) -> Result<Lock, String> {
        let value = decode_as(src, Pos::NONE, &Target::Struct(&LOCK)).map_err(|e| match helm {
            HelmVersion::V3 => e.message,
            HelmVersion::V4 => e.message.replace("of type chart.", "of type v2.").replace("[]*chart.", "[]*v2."),
        })?;
        let Value::Map(map) = value else { return Ok(Lock::default()) };
        let json = |e: String| format!("error unmarshaling JSON: while decoding JSON: {e}");
        match map.get(b"generated") {
            None | Some(Value::Nil) => {}
            Some(Value::Str(s)) => check_time(&s.to_text()).map_err(json)?,
            Some(_) => return Err(json("Time.UnmarshalJSON: input is not a JSON string".into())),
        }
        let text =
            |key: &[u8]| map.get(key).and_then(|v| v.as_str().map(|s| s.to_text().into_owned())).unwrap_or_default();
        Ok(Lock {
            generated: text(b"generated"),
            digest: text(b"digest"),
            dependencies: objects(&map, "dependencies", dependency).map(|all| all.into_iter().flatten().collect()),
        })
    }
}

/// Go's `time.Parse` with RFC 3339, as far as it finds fault.
fn check_time(text: &str) -> Result<(), String> {
    let fail = |rest: &str, element: &str| {
        let (text, rest) = (go_quote(text), go_quote(rest));
        Err(format!("parsing time {text} as \"2006-01-02T15:04:05Z07:00\": cannot parse {rest} as \"{element}\""))
    };
    let range = |what: &str| Err(format!("parsing time {}: {what} out of range", go_quote(text)));
    let mut rest = text;
    let mut numbers = [0u32; 6];
    let elements = [("", "2006", 4), ("-", "01", 2), ("-", "02", 2), ("T", "15", 2), (":", "04", 2), (":", "05", 2)];
    for (i, (before, element, width)) in elements.into_iter().enumerate() {
        let Some(r) = rest.strip_prefix(before) else { return fail(rest, before) };
        rest = r;
        let digits = rest.get(..width).filter(|d| d.bytes().all(|c| c.is_ascii_digit()));
        let Some(number) = digits.and_then(|d| d.parse().ok()) else { return fail(rest, element) };
        numbers[i] = number;
        rest = &rest[width..];
        match (i, number) {
            (1, 0 | 13..) => return range("month"),
            (3, 24..) => return range("hour"),
            (4, 60..) => return range("minute"),
            (5, 60..) => return range("second"),
            _ => {}
        }
    }
    if let Some(fraction) = rest.strip_prefix(['.', ',']).filter(|f| f.starts_with(|c: char| c.is_ascii_digit())) {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let zone = rest.as_bytes();
    let length = match zone {
        [b'Z', ..] => 1,
        [b'+' | b'-', h1, h2, b':', m1, m2, ..] if [h1, h2, m1, m2].iter().all(|c| c.is_ascii_digit()) => 6,
        _ => return fail(rest, "Z07:00"),
    };
    if zone.len() > length {
        return Err(format!("parsing time {}: extra text: {}", go_quote(text), go_quote(&rest[length..])));
    }
    let [year, month, day, ..] = numbers;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day < 1 || day > days { range("day") } else { Ok(()) }
}

/// The digest over what is declared and what is locked (HashReq).
pub fn digest(declared: Option<&[Dependency]>, locked: Option<&[Dependency]>) -> String {
    let mut text = b"[".to_vec();
    write_list(&mut text, declared);
    text.push(b',');
    write_list(&mut text, locked);
    text.push(b']');
    sha256(&text)
}

/// The digest that Helm 2 wrote into requirements.lock (HashV2Req).
pub fn digest_v2(declared: Option<&[Dependency]>) -> String {
    let mut text = b"{\"dependencies\":".to_vec();
    write_list(&mut text, declared);
    text.push(b'}');
    sha256(&text)
}

fn sha256(text: &[u8]) -> String {
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(text)))
}

fn write_list(out: &mut Vec<u8>, list: Option<&[Dependency]>) {
    let Some(list) = list else {
        out.extend_from_slice(b"null");
        return;
    };
    out.push(b'[');
    for (i, d) in list.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_dependency(out, d);
    }
    out.push(b']');
}

/// A dependency as encoding/json writes it: keys in the order of the struct, empty ones left out.
fn write_dependency(out: &mut Vec<u8>, d: &Dependency) {
    let string = |s: &str| marshal(&Value::string(s), Html::Escaped, HelmVersion::V3).unwrap_or_default();
    out.extend_from_slice(b"{\"name\":");
    out.extend_from_slice(&string(&d.name));
    let mut put = |key: &str, value: Vec<u8>| {
        out.extend_from_slice(format!(",\"{key}\":").as_bytes());
        out.extend_from_slice(&value);
    };
    if !d.version.is_empty() {
        put("version", string(&d.version));
    }
    put("repository", string(&d.repository));
    if !d.condition.is_empty() {
        put("condition", string(&d.condition));
    }
    if let Some(tags) = d.tags.as_ref().filter(|t| !t.is_empty()) {
        let tags = Value::strings(tags.iter().map(String::as_str));
        put("tags", marshal(&tags, Html::Escaped, HelmVersion::V3).unwrap_or_default());
    }
    if d.enabled {
        put("enabled", b"true".to_vec());
    }
    if let Some(imports) = d.import_values.as_ref().filter(|i| !i.is_empty()) {
        let json = serde_json::to_string(imports).unwrap_or_default();
        let value = crate::grammar::gojson::parse(json.as_bytes(), Pos::NONE).unwrap_or_default();
        put("import-values", marshal(&value, Html::Escaped, HelmVersion::V3).unwrap_or_default());
    }
    if !d.alias.is_empty() {
        put("alias", string(&d.alias));
    }
    out.push(b'}');
}
