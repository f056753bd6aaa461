//! The grammar of `--set` and its sisters (helm v4.3.1 and v3.22.0 `pkg/strvals/{parser,literal_parser}.go`).

use crate::gonum;
use crate::grammar::gojson;
use crate::span::Pos;
use crate::value::fmt::go_quote;
use crate::value::{HelmVersion, Map, Slot, Value, is_space};

/// How values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `--set`: integers, booleans and null are recognised.
    Typed,
    /// `--set-string`
    String,
    /// `--set-file`: the value names a file.
    File,
    /// `--set-json`
    Json,
    /// `--set-literal`: everything behind the equals sign as it stands.
    Literal,
}

/// Levels of dots that Helm allows.
const MAX_NESTED: usize = 30;
/// Largest list index that Helm allows.
const MAX_INDEX: i64 = 65_536;

/// Reads an argument of `--set` and the like into `into`. `base` is the position of its first byte; `read_file` reads
/// a file for [`Kind::File`].
///
/// # Errors
/// With Helm's text, without the `failed parsing --set data: ` before it.
pub fn parse_into(
    text: &str,
    kind: Kind,
    into: &Map,
    base: Pos,
    helm: HelmVersion,
    read_file: &dyn Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<(), String> {
    let mut parser = Parser { text, at: 0, kind, base, item: 0, read_file };
    loop {
        parser.item = parser.at;
        match parser.key(into, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::WrappedEnd(_)) if helm == HelmVersion::V4 => return Ok(()),
            Err(Stop::WrappedEnd(text) | Stop::Error(text)) => return Err(text),
        }
    }
}

/// Why reading stopped.
enum Stop {
    /// End of the text.
    End,
    /// End of the text inside of something; only Helm 3 takes it for an error.
    WrappedEnd(String),
    Error(String),
}

impl From<String> for Stop {
    fn from(s: String) -> Stop {
        Stop::Error(s)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    kind: Kind,
    base: Pos,
    /// Where the current item starts, which its values are said to stand at.
    item: usize,
    read_file: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
}

/// What Go panics with when a value is not the container that the key needs.
fn conversion(value: &Value, want: &str) -> Stop {
    let name = if value.is_nil() { "nil".to_owned() } else { value.type_name(HelmVersion::V4) };
    Stop::Error(format!("unable to parse key: interface conversion: interface {{}} is {name}, not {want}"))
}

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Text up to one of the stops, which is taken too; escapes are resolved. Without a stop the text ends.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut out = String::new();
        while let Some(c) = self.next() {
            if stops.contains(&c) {
                return (out, Some(c));
            }
            if c == '\\' && self.kind != Kind::Literal {
                match self.next() {
                    Some(c) => out.push(c),
                    None => return (out, None),
                }
            } else {
                out.push(c);
            }
        }
        (out, None)
    }

    fn slot(&self, value: Value) -> Slot {
        Slot { value, pos: self.base.offset(self.item) }
    }

    fn set(&self, data: &Map, key: &str, value: Value) {
        if !key.is_empty() {
            data.insert(key, self.slot(value));
        }
    }

    fn key(&mut self, data: &Map, level: usize) -> Result<(), Stop> {
        let stops: &[char] = if self.kind == Kind::Literal { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (key, last) = self.until(stops);
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => Err(Stop::Error(format!("key {} has no value", go_quote(&key)))),
            Some('[') => self.indexed(data, &key, level),
            Some('=') => {
                let value = self.value()?;
                self.set(data, &key, value.0);
                value.1.map_or(Ok(()), Err)
            }
            Some(',') => {
                self.set(data, &key, Value::string(""));
                Err(Stop::Error(format!("key {} has no value (cannot end with ,)", go_quote(&key))))
            }
            _ => self.nested(data, &key, level + 1),
        }
    }

    fn nested(&mut self, data: &Map, key: &str, level: usize) -> Result<(), Stop> {
        if level > MAX_NESTED {
            return Err(Stop::Error(format!(
                "value name nested level is greater than maximum supported nested level of {MAX_NESTED}"
            )));
        }
        let inner = match data.get(key.as_bytes()) {
            None => Map::default(),
            Some(Value::Map(m)) => m,
            Some(other) => return Err(conversion(&other, "map[string]interface {}")),
        };
        let done = self.key(&inner, level);
        if done.is_ok() && inner.is_empty() {
            return Err(Stop::Error(format!("key map {} has no value", go_quote(key))));
        }
        if !inner.is_empty() && !key.is_empty() {
            let pos = data.slot(key.as_bytes()).map_or(self.base.offset(self.item), |s| s.pos);
            data.insert(key, Slot { value: Value::Map(inner), pos });
        }
        done
    }

    fn indexed(&mut self, data: &Map, key: &str, level: usize) -> Result<(), Stop> {
        let index = self.index()?;
        let list = match data.get(key.as_bytes()) {
            None => Vec::new(),
            Some(Value::List(l)) => l.items.clone(),
            Some(other) => return Err(conversion(&other, "[]interface {}")),
        };
        let (list, done) = self.list_item(list, index, level);
        self.set(data, key, Value::list(list));
        done
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until(&[']']);
        if last.is_none() {
            return Err(Stop::WrappedEnd("error parsing index: EOF".into()));
        }
        gonum::parse_int(text.as_bytes(), 10).map_err(|e| {
            Stop::Error(format!("error parsing index: strconv.Atoi: parsing {}: {}", go_quote(&text), e.text()))
        })
    }

    fn set_index(&self, mut list: Vec<Slot>, index: i64, value: Value) -> (Vec<Slot>, Result<(), Stop>) {
        if index > MAX_INDEX {
            let text = format!("index of {index} is greater than maximum supported index of {MAX_INDEX}");
            return (list, Err(Stop::Error(text)));
        }
        let i = index.max(0) as usize;
        if list.len() <= i {
            list.resize_with(i + 1, Slot::default);
        }
        list[i] = self.slot(value);
        (list, Ok(()))
    }

    /// What follows the `]` of an index.
    fn list_item(&mut self, mut list: Vec<Slot>, index: i64, level: usize) -> (Vec<Slot>, Result<(), Stop>) {
        if index < 0 {
            return (list, Err(Stop::Error(format!("negative {index} index not allowed"))));
        }
        let (rest, last) = self.until(&['[', '.', '=']);
        if !rest.is_empty() {
            let runes: Vec<String> = rest.chars().map(|c| format!("{c:?}")).collect();
            let text = format!("unexpected data at end of array index: [{}]", runes.join(" "));
            return (list, Err(Stop::Error(text)));
        }
        let i = usize::try_from(index).unwrap_or(usize::MAX);
        match last {
            None => (list, Err(Stop::End)),
            Some('=') => match self.value() {
                Err(e) => (list, Err(e)),
                Ok((value, stop)) => {
                    if let Some(e @ Stop::Error(_)) = stop {
                        return (list, Err(e));
                    }
                    self.set_index(list, index, value)
                }
            },
            Some('[') => {
                let next = match self.index() {
                    Ok(n) => n,
                    Err(e) => return (list, Err(e)),
                };
                let inner = match list.get(i).map(|s| &s.value) {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(Value::List(l)) => l.items.clone(),
                    Some(other) => {
                        let e = conversion(other, "[]interface {}");
                        return (list, Err(e));
                    }
                };
                match self.list_item(inner, next, level) {
                    (inner, Ok(())) => self.set_index(list, index, Value::list(inner)),
                    (_, e) => (list, e),
                }
            }
            _ => {
                let inner = match list.get(i).map(|s| s.value.clone()) {
                    Some(Value::Map(m)) => m,
                    _ => Map::default(),
                };
                if i < list.len() && list[i].value.as_map().is_none() {
                    list[i] = self.slot(Value::Map(inner.clone()));
                }
                match self.key(&inner, level) {
                    Ok(()) => self.set_index(list, index, Value::Map(inner)),
                    e => (list, e),
                }
            }
        }
    }

    /// The value behind an equals sign, and why reading stops behind it.
    fn value(&mut self) -> Result<(Value, Option<Stop>), Stop> {
        match self.kind {
            Kind::Json => return self.json(),
            Kind::Literal => {
                let rest = self.text[self.at..].to_owned();
                self.at = self.text.len();
                return Ok((Value::string(rest), None));
            }
            _ => {}
        }
        match self.text[self.at..].chars().next() {
            None => Ok((Value::string(""), Some(Stop::End))),
            Some('{') => {
                self.next();
                self.list().map(|v| (v, None))
            }
            Some(_) => {
                let (text, _) = self.until(&[',']);
                Ok((self.typed(text)?, None))
            }
        }
    }

    fn list(&mut self) -> Result<Value, Stop> {
        let mut items = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            if last.is_none() {
                return Err(Stop::Error("list must terminate with '}'".into()));
            }
            let value = self.typed(text)?;
            items.push(self.slot(value));
            if last == Some('}') {
                if self.text[self.at..].starts_with(',') {
                    self.next();
                }
                return Ok(Value::list(items));
            }
        }
    }

    fn typed(&self, text: String) -> Result<Value, Stop> {
        Ok(match self.kind {
            Kind::File => Value::string((self.read_file)(&text)?),
            Kind::Typed => typed_value(&text),
            _ => Value::string(text),
        })
    }

    fn json(&mut self) -> Result<(Value, Option<Stop>), Stop> {
        if self.skip_empty() {
            return Ok((Value::Nil, None));
        }
        let parsed = gojson::parse_prefix(&self.text.as_bytes()[self.at..], self.base.offset(self.at));
        let (value, length) = match parsed {
            Ok(Some(found)) => found,
            Ok(None) => return Err(Stop::End),
            // Go's stream decoder has another word for a text that ends too early.
            Err(e) if e.message == "unexpected end of JSON input" => {
                return Err(Stop::Error("unexpected EOF".into()));
            }
            Err(e) => return Err(Stop::Error(e.message)),
        };
        self.at += length;
        self.skip_empty();
        Ok((value, None))
    }

    /// Skips blanks and one comma; true if nothing else came first.
    fn skip_empty(&mut self) -> bool {
        loop {
            match self.text[self.at..].chars().next() {
                None => return true,
                Some(',') => {
                    self.at += 1;
                    return true;
                }
                Some(c) if is_space(c) => self.at += c.len_utf8(),
                Some(_) => return false,
            }
        }
    }
}

fn typed_value(text: &str) -> Value {
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::Nil;
    }
    if text == "0" {
        return Value::int64(0);
    }
    if !text.starts_with('0')
        && let Ok(n) = gonum::parse_int(text.as_bytes(), 10)
    {
        return Value::int64(n);
    }
    Value::string(text)
}

/// Helm 4's `--set-json '{...}'`: one object, merged at the root.
///
/// # Errors
/// When the text is no JSON object.
pub fn parse_json_object(text: &str, base: Pos) -> Result<Map, String> {
    match gojson::parse(text.as_bytes(), base) {
        Ok(Value::Map(m)) => Ok(m),
        Ok(Value::Nil) => Ok(Map::default()),
        Ok(other) => Err(gojson::type_error(&other, "map[string]interface {}")),
        Err(e) => Err(e.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::fmt::to_text;

    /// A value with its Go types, as the recorder wrote it.
    fn typed(value: &Value, helm: HelmVersion) -> serde_json::Value {
        match value {
            Value::Nil => serde_json::Value::Null,
            Value::Str(s) => format!("s:{}", s.to_text()).into(),
            Value::List(l) => l.items.iter().map(|s| typed(&s.value, helm)).collect(),
            Value::Map(m) => serde_json::Value::Object(
                m.entries().iter().map(|(k, s)| (k.to_text().into_owned(), typed(&s.value, helm))).collect(),
            ),
            other => format!("{}:{}", other.type_name(helm), to_text(other, helm)).into(),
        }
    }

    fn run(case: &serde_json::Value, helm: HelmVersion) -> serde_json::Value {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let kind = match text("kind") {
            "set" => Kind::Typed,
            "string" => Kind::String,
            "file" => Kind::File,
            "json" => Kind::Json,
            _ => Kind::Literal,
        };
        let map = match gojson::parse(text("base").as_bytes(), Pos::NONE) {
            Ok(Value::Map(m)) => m,
            _ => Map::default(),
        };
        let read = |path: &str| match path.starts_with("no") {
            true => Err(format!("open {path}: no such file or directory")),
            false => Ok(format!("<{path}>").into_bytes()),
        };
        match parse_into(text("arg"), kind, &map, Pos::NONE, helm, &read) {
            Ok(()) => typed(&Value::Map(map), helm),
            Err(e) => serde_json::json!({ "error": e }),
        }
    }

    #[test]
    fn arguments_are_read_as_helm_reads_them() {
        let mut wrong = Vec::new();
        for line in include_str!("../../testdata/values/strvals.jsonl").lines() {
            let case: serde_json::Value = serde_json::from_str(line).expect("one JSON object per line");
            let want = &case["want"];
            let want_v3 = case.get("want_v3").unwrap_or(want);
            for (helm, want) in [(HelmVersion::V4, want), (HelmVersion::V3, want_v3)] {
                let got = run(&case, helm);
                if got != *want {
                    wrong.push(format!("{helm:?} {line}\n  got {got}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    }
}
