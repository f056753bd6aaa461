//! Writing YAML: the emitter that toYaml (go-yaml v2.4.4 behind a JSON pass) and toYamlPretty (go-yaml v3.0.5) share,
//! and toYaml itself. The emitter's state and decisions are libyaml's, see go-yaml's `emitterc.go`.

use std::borrow::Cow;

use super::resolve::{Resolved, resolve};
use crate::grammar::gojson;
use crate::grammar::gonum::{format_float, json_float};
use crate::span::Pos;
use crate::value::bounds::{self, Ancestors};
use crate::value::{Encoded, HelmVersion, Map, MapKind, Object, Str, Value};

/// What sigs.k8s.io/yaml's Marshal prints, with the newline at the end.
///
/// # Errors
/// With Go's text for what JSON or the YAML reader behind it refuses: NaN, control characters, very long keys.
pub fn to_yaml(value: &Value) -> Result<Vec<u8>, String> {
    let mut emitter = Emitter::new(Dialect::V2);
    match emitter.node(value, Place::Root) {
        Ok(()) => Ok(emitter.finish()),
        Err(e) if e == UNREADABLE => Err(reader_error(value)),
        Err(e) => Err(format!("error marshaling into JSON: {e}")),
    }
}

/// Where the entries and items of a value stand in what [`to_yaml`] (or, if `pretty`, [`super::to_yaml_pretty`]) prints
/// of it, in order; nothing for what can't be printed.
pub fn yaml_marks(value: &Value, pretty: bool) -> Vec<Mark> {
    let mut emitter = Emitter::new(if pretty { Dialect::V3 } else { Dialect::V2 });
    emitter.marks = Some(Vec::new());
    match emitter.node(value, Place::Root) {
        Ok(()) => emitter.marks.unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Stands for what the YAML reader says of the JSON in between.
const UNREADABLE: &str = "the JSON is no YAML";

fn reader_error(value: &Value) -> String {
    let json = gojson::marshal(value, gojson::Html::Escaped, HelmVersion::V4).unwrap_or_default();
    match super::to_value(&json, Pos::NONE) {
        Ok(_) => UNREADABLE.into(),
        Err(e) => e.message.trim_start_matches("error converting YAML to JSON: ").to_owned(),
    }
}

/// Whose rules apply.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// sigs.k8s.io/yaml: lists at their key's indentation, long lines folded, values through JSON.
    V2,
    /// go-yaml v3 with an indentation of 2: lists indented, nothing folded, Go's values as they are.
    V3,
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Item,
    Value,
    SimpleKey,
    ComplexKey,
}

pub(super) struct Emitter {
    out: Vec<u8>,
    dialect: Dialect,
    column: usize,
    whitespace: bool,
    indention: bool,
    indent: i64,
    /// Where entries and items begin, if somebody asked.
    marks: Option<Vec<Mark>>,
    around: Ancestors,
}

/// Where in an emitted text an entry's key, its value, or an item begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Byte offset in the text.
    pub offset: usize,
    /// The slot's position.
    pub pos: Pos,
    /// What begins.
    pub what: Marked,
    /// Whether it is, or is the key of, a map or list with something in it, which has marks of its own.
    pub holds: bool,
}

/// What a [`Mark`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The key of an entry.
    Key,
    /// The value of an entry, or an item.
    Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What a text allows, as libyaml's analysis finds.
struct Analysis {
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

const BEST_WIDTH: usize = 80;

fn width(lead: u8) -> usize {
    match lead {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

fn break_at(b: &[u8], i: usize) -> bool {
    match b.get(i) {
        Some(b'\n' | b'\r') => true,
        Some(0xc2) => b.get(i + 1) == Some(&0x85),
        Some(0xe2) => b.get(i + 1) == Some(&0x80) && matches!(b.get(i + 2), Some(0xa8 | 0xa9)),
        _ => false,
    }
}

fn printable_at(b: &[u8], i: usize) -> bool {
    match b[i] {
        b'\n' | b' '..=b'~' => true,
        0xc2 => b.get(i + 1).is_some_and(|c| *c >= 0xa0),
        0xc3..=0xec => true,
        0xed => b.get(i + 1).is_some_and(|c| *c < 0xa0),
        0xee => true,
        0xef => {
            let rest = (b.get(i + 1).copied().unwrap_or(0), b.get(i + 2).copied().unwrap_or(0));
            rest != (0xbb, 0xbf) && !(rest.0 == 0xbf && matches!(rest.1, 0xbe | 0xbf))
        }
        _ => false,
    }
}

fn blank_at(b: &[u8], i: usize) -> bool {
    matches!(b.get(i), Some(b' ' | b'\t'))
}

/// Most texts are words without anything special: these are plain if they resolve to nothing else.
fn is_simple(s: &[u8]) -> bool {
    s.len() <= 60
        && s.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == b'/')
        && s.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'/'))
}

fn analyze(v: &[u8], dialect: Dialect) -> Analysis {
    if v.is_empty() {
        return Analysis { multiline: false, plain: true, single: true, block: false };
    }
    let mut indicators = v.starts_with(b"---") || v.starts_with(b"...");
    let (mut breaks, mut special, mut tabs) = (false, false, false);
    let (mut edge, mut trailing_space, mut break_space, mut space_break) = (false, false, false, false);
    let (mut previous_space, mut previous_break, mut preceded_by_blank) = (false, false, true);
    let mut i = 0;
    while i < v.len() {
        let w = width(v[i]);
        let followed_by_blank = i + w >= v.len() || blank_at(v, i + w);
        indicators |= match v[i] {
            b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`'
                if i == 0 =>
            {
                true
            }
            b'?' | b'-' if i == 0 => followed_by_blank,
            b':' => followed_by_blank,
            b'#' => preceded_by_blank,
            _ => false,
        };
        if v[i] == b'\t' && dialect == Dialect::V3 {
            tabs = true;
        } else if !printable_at(v, i) {
            special = true;
        }
        let last = i + w >= v.len();
        if v[i] == b' ' {
            edge |= i == 0 || last;
            trailing_space |= last;
            break_space |= previous_break;
            (previous_space, previous_break) = (true, false);
        } else if break_at(v, i) {
            breaks = true;
            edge |= i == 0 || last;
            space_break |= previous_space;
            (previous_space, previous_break) = (false, true);
        } else {
            (previous_space, previous_break) = (false, false);
        }
        preceded_by_blank = blank_at(v, i) || break_at(v, i) || v[i] == 0;
        i += w;
    }
    let unquotable = space_break || special;
    Analysis {
        multiline: breaks,
        plain: !(edge || break_space || unquotable || tabs || breaks || indicators),
        single: !(break_space || unquotable || tabs),
        block: !(trailing_space || unquotable),
    }
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: quoted, because other readers take it for a number.
fn is_base60(s: &[u8]) -> bool {
    let s = match s {
        [b'+' | b'-', rest @ ..] => rest,
        _ => s,
    };
    if !s.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let (s, fraction) = match memchr::memchr(b'.', s) {
        Some(n) => (&s[..n], &s[n + 1..]),
        None => (s, &[][..]),
    };
    let mut parts = s.split(|c| *c == b':');
    let first = parts.next().unwrap_or_default();
    let mut count = 0;
    let ok = parts.all(|p| {
        count += 1;
        matches!(p, [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    });
    ok && count > 0
        && first.iter().all(|c| c.is_ascii_digit() || *c == b'_')
        && fraction.iter().all(|c| c.is_ascii_digit() || *c == b'_')
}

/// What a string becomes on its way through JSON and the YAML reader.
fn through_json(s: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if s.iter().all(|c| matches!(c, 0..0x7f)) {
        return Ok(Cow::Borrowed(s));
    }
    let text = crate::value::valid_text(s);
    if text.chars().any(|c| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')) {
        return Err(UNREADABLE.into());
    }
    if text.contains('\u{85}') {
        return Ok(Cow::Owned(fold_next_lines(&text).into_bytes()));
    }
    Ok(match text {
        Cow::Borrowed(_) => Cow::Borrowed(s),
        Cow::Owned(t) => Cow::Owned(t.into_bytes()),
    })
}

/// U+0085 stands unescaped in Go's JSON and is a line break to the reader: blanks around it go, one becomes a space,
/// further ones become newlines.
fn fold_next_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(n) = rest.find('\u{85}') {
        let before = &rest[..n];
        out.push_str(before.trim_end_matches([' ', '\t']));
        let mut breaks = 0;
        rest = &rest[n..];
        loop {
            let trimmed = rest.trim_start_matches([' ', '\t']);
            match trimmed.strip_prefix('\u{85}') {
                Some(r) => {
                    breaks += 1;
                    rest = r;
                }
                None => {
                    rest = trimmed;
                    break;
                }
            }
        }
        if breaks == 1 {
            out.push(' ');
        } else {
            out.extend(std::iter::repeat_n('\n', breaks - 1));
        }
    }
    out.push_str(rest);
    out
}

/// Keys in go-yaml's natural order. The comparison is not transitive for some keys, so this is insertion sort as Go's
/// sort is up to twelve keys, and a merge sort beyond, where Go's own order depends on chance.
pub(super) fn natural_sort<T>(keys: &mut Vec<(Str, T)>, dialect: Dialect) {
    let less = |a: &(Str, T), b: &(Str, T)| natural_less(&a.0, &b.0, dialect);
    if keys.len() <= 12 {
        for i in 1..keys.len() {
            let mut j = i;
            while j > 0 && less(&keys[j], &keys[j - 1]) {
                keys.swap(j, j - 1);
                j -= 1;
            }
        }
        return;
    }
    if keys.windows(2).all(|w| !less(&w[1], &w[0])) {
        return;
    }
    let mut right = keys.split_off(keys.len() / 2);
    natural_sort(keys, dialect);
    natural_sort(&mut right, dialect);
    let left = std::mem::take(keys);
    let (mut l, mut r) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (l.peek(), r.peek()) {
        let next = if less(b, a) { r.next() } else { l.next() };
        keys.extend(next);
    }
    keys.extend(l);
    keys.extend(r);
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    use unicode_general_category::{GeneralCategory::*, get_general_category};
    matches!(
        get_general_category(c),
        UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter
    )
}

fn natural_less(a: &[u8], b: &[u8], dialect: Dialect) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    if same == a.len() || same == b.len() {
        return a.len() < b.len();
    }
    if a[same].is_ascii_alphabetic() && b[same].is_ascii_alphabetic() {
        return a[same] < b[same];
    }
    let (ar, br): (Vec<char>, Vec<char>) =
        (String::from_utf8_lossy(a).chars().collect(), String::from_utf8_lossy(b).chars().collect());
    let Some(i) = ar.iter().zip(&br).position(|(x, y)| x != y) else { return ar.len() < br.len() };
    match (is_letter(ar[i]), is_letter(br[i])) {
        (true, true) => return ar[i] < br[i],
        (false, false) => {}
        (al, bl) => {
            let digits = dialect == Dialect::V3 && i > 0 && ar[i - 1].is_ascii_digit();
            return if digits { al } else { bl };
        }
    }
    let (mut an, mut bn) = (0i64, 0i64);
    if ar[i] == '0' || br[i] == '0' {
        let nonzero = ar[..i].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
        if nonzero {
            (an, bn) = (1, 1);
        }
    }
    let run = |r: &[char], n: &mut i64| {
        let count = r[i..].iter().take_while(|c| c.is_ascii_digit()).count();
        for c in &r[i..i + count] {
            *n = n.wrapping_mul(10).wrapping_add(*c as i64 - '0' as i64);
        }
        i + count
    };
    let (ai, bi) = (run(&ar, &mut an), run(&br, &mut bn));
    if an != bn {
        return an < bn;
    }
    if ai != bi {
        return ai < bi;
    }
    ar[i] < br[i]
}

impl Emitter {
    pub(super) fn new(dialect: Dialect) -> Emitter {
        Emitter {
            out: Vec::new(),
            dialect,
            column: 0,
            whitespace: true,
            indention: true,
            indent: -1,
            marks: None,
            around: Ancestors::default(),
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.indent = -1;
        self.write_indent();
        self.out
    }

    fn put(&mut self, c: u8) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        if self.dialect == Dialect::V3 {
            self.indention = true;
        }
    }

    fn write_char(&mut self, v: &[u8], i: &mut usize) {
        let w = width(v[*i]).min(v.len() - *i);
        self.out.extend_from_slice(&v[*i..*i + w]);
        self.column += 1;
        *i += w;
    }

    fn write_break(&mut self, v: &[u8], i: &mut usize) {
        if v[*i] == b'\n' {
            self.put_break();
            *i += 1;
        } else {
            let w = width(v[*i]);
            self.out.extend_from_slice(&v[*i..*i + w]);
            self.column = 0;
            *i += w;
            if self.dialect == Dialect::V3 {
                self.indention = true;
            }
        }
    }

    fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.put_break();
        }
        if self.column < indent {
            self.out.resize(self.out.len() + indent - self.column, b' ');
            self.column = indent;
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &[u8], need_whitespace: bool, is_whitespace: bool, is_indention: bool) {
        if need_whitespace && !self.whitespace {
            self.put(b' ');
        }
        self.out.extend_from_slice(text);
        self.column += text.len();
        self.whitespace = is_whitespace;
        self.indention = self.indention && is_indention;
    }

    pub(super) fn node(&mut self, value: &Value, place: Place) -> Result<(), String> {
        match value {
            Value::Nil => self.scalar_plain(b"null", place),
            Value::Bool(b) => self.scalar_plain(if *b { b"true" } else { b"false" }, place),
            Value::Int(n, kind) if kind.is_unsigned() => self.scalar_plain((*n as u64).to_string().as_bytes(), place),
            Value::Int(n, _) => self.scalar_plain(n.to_string().as_bytes(), place),
            Value::Float(f) => {
                let text = self.float(*f)?;
                self.scalar_plain(text.as_bytes(), place);
            }
            Value::Complex(..) if self.dialect == Dialect::V3 => return Err("cannot marshal type: complex128".into()),
            Value::Complex(..) => return Err("json: unsupported type: complex128".into()),
            Value::Str(s) => self.string(s, place)?,
            Value::Bytes(b) if b.is_nil() && self.dialect == Dialect::V2 => self.scalar_plain(b"null", place),
            Value::Bytes(b) => self.bytes(b, place)?,
            Value::List(l) if l.nil && self.dialect == Dialect::V2 => self.scalar_plain(b"null", place),
            Value::List(l) if l.items.is_empty() => self.empty(b"[", b"]"),
            Value::List(l) => {
                self.enter(value, l.address())?;
                self.sequence(l.items.iter().map(|s| (&s.value, s.pos)), place)?;
                self.around.leave(l.address());
            }
            Value::Map(m) if m.is_nil() && self.dialect == Dialect::V2 => self.scalar_plain(b"null", place),
            Value::Map(m) if m.is_empty() => self.empty(b"{", b"}"),
            Value::Map(m) => {
                self.enter(value, m.address())?;
                self.mapping(m, place)?;
                self.around.leave(m.address());
            }
            Value::Object(o) => return self.object(&**o, place),
        }
        Ok(())
    }

    /// Into a container. What is nested too deeply for YAML's reader is too deep for its indentation, too.
    fn enter(&mut self, container: &Value, address: usize) -> Result<(), String> {
        // Helm 3 has no function that shows the text.
        self.around.enter(address, self.out.len()).map_err(|r| gojson::refusal(r, container, HelmVersion::V4))?;
        if self.around.level() > bounds::DEEPEST { Err("the value is nested too deeply".into()) } else { Ok(()) }
    }

    fn object(&mut self, object: &dyn Object, place: Place) -> Result<(), String> {
        if self.dialect == Dialect::V2 {
            return self.node(&object.json()?.into_value(), place);
        }
        match object.yaml_pretty()? {
            Encoded::Value(value) => self.node(&value, place)?,
            Encoded::Plain(text) => self.scalar_plain(text.as_bytes(), place),
            Encoded::Record(entries) if entries.is_empty() => self.empty(b"{", b"}"),
            Encoded::Record(entries) => {
                return self.entries(entries.into_iter().map(|(k, v)| (k.into(), (v, Pos::NONE))).collect());
            }
        }
        Ok(())
    }

    fn float(&self, f: f64) -> Result<String, String> {
        if self.dialect == Dialect::V3 {
            return Ok(match format_float(f, 'g', None).as_str() {
                "+Inf" => ".inf".into(),
                "-Inf" => "-.inf".into(),
                "NaN" => ".nan".into(),
                text => text.into(),
            });
        }
        let json = json_float(f).ok_or_else(|| format!("json: unsupported value: {}", format_float(f, 'g', None)))?;
        Ok(match resolve(json.as_bytes()) {
            Resolved::Int(n) => n.to_string(),
            Resolved::Uint(n) => n.to_string(),
            _ => format_float(f, 'g', None),
        })
    }

    fn empty(&mut self, open: &[u8], close: &[u8]) {
        self.indicator(open, true, true, false);
        self.indicator(close, false, false, false);
    }

    fn increase_indent(&mut self, indentless: bool) -> i64 {
        let outer = self.indent;
        if self.indent < 0 {
            self.indent = 0;
        } else if !indentless {
            self.indent += 2;
        }
        outer
    }

    #[inline]
    fn mark(&mut self, pos: Pos, what: Marked, value: &Value) {
        if let Some(marks) = &mut self.marks {
            let holds = match value {
                Value::Map(map) => !map.is_empty(),
                Value::List(list) => !list.items.is_empty(),
                _ => false,
            };
            marks.push(Mark { offset: self.out.len(), pos, what, holds });
        }
    }

    fn sequence<'v>(&mut self, items: impl Iterator<Item = (&'v Value, Pos)>, place: Place) -> Result<(), String> {
        let in_mapping = matches!(place, Place::Value | Place::SimpleKey | Place::ComplexKey);
        let indentless = self.dialect == Dialect::V2 && in_mapping && !self.indention;
        let outer = self.increase_indent(indentless);
        for (item, pos) in items {
            self.write_indent();
            self.mark(pos, Marked::Value, item);
            self.indicator(b"-", true, false, true);
            self.node(item, Place::Item)?;
        }
        self.indent = outer;
        Ok(())
    }

    fn mapping(&mut self, map: &Map, _place: Place) -> Result<(), String> {
        let mut entries: Vec<(Str, (Value, Pos))> = Vec::with_capacity(map.len());
        for (k, s) in map.entries().iter() {
            let value = match &s.value {
                Value::Nil if map.kind() == MapKind::Files => Value::list(Vec::new()),
                v => v.clone(),
            };
            let key = if self.dialect == Dialect::V2 { self.json_key(k)? } else { k.clone() };
            entries.push((key, (value, s.pos)));
        }
        natural_sort(&mut entries, self.dialect);
        self.entries(entries)
    }

    fn entries(&mut self, entries: Vec<(Str, (Value, Pos))>) -> Result<(), String> {
        let outer = self.increase_indent(false);
        for (key, (value, pos)) in &entries {
            self.write_indent();
            self.mark(*pos, Marked::Key, value);
            if self.is_simple_key(key) {
                self.key_node(key, Place::SimpleKey)?;
                self.indicator(b":", false, false, false);
            } else {
                self.indicator(b"?", true, false, true);
                self.key_node(key, Place::ComplexKey)?;
                self.write_indent();
                self.indicator(b":", true, false, true);
            }
            self.mark(*pos, Marked::Value, value);
            self.node(value, Place::Value)?;
        }
        self.indent = outer;
        Ok(())
    }

    fn json_key(&self, key: &Str) -> Result<Str, String> {
        let text = through_json(key)?;
        // A quoted key in Go's JSON must end within 1024 characters to be one to the YAML reader, on its line.
        if text.len() > 1000 {
            let json = crate::grammar::gojson::quoted(key, true);
            if String::from_utf8_lossy(&json).chars().count() > 1024 {
                return Err(UNREADABLE.into());
            }
        }
        if memchr::memmem::find(key, "\u{85}".as_bytes()).is_some() {
            return Err(UNREADABLE.into());
        }
        Ok(match text {
            Cow::Borrowed(_) => key.clone(),
            Cow::Owned(t) => t.into(),
        })
    }

    fn is_simple_key(&self, key: &[u8]) -> bool {
        key.len() <= 128 && !(0..key.len()).any(|i| break_at(key, i))
    }

    /// A scalar that stands as it is: numbers, booleans, null.
    fn scalar_plain(&mut self, text: &[u8], _place: Place) {
        if !self.whitespace {
            self.put(b' ');
        }
        self.out.extend_from_slice(text);
        self.column += text.len();
        self.whitespace = false;
        self.indention = false;
    }

    fn bytes(&mut self, b: &[u8], place: Place) -> Result<(), String> {
        if self.dialect == Dialect::V2 {
            let text = data_encoding::BASE64.encode(b);
            return self.string_node(text.as_bytes(), place);
        }
        let items: Vec<Value> = b.iter().map(|b| Value::int(i64::from(*b))).collect();
        if items.is_empty() {
            self.empty(b"[", b"]");
            return Ok(());
        }
        self.sequence(items.iter().map(|v| (v, Pos::NONE)), place)
    }

    fn string(&mut self, s: &Str, place: Place) -> Result<(), String> {
        if self.dialect == Dialect::V2 {
            let text = through_json(s)?;
            return self.string_node(&text, place);
        }
        self.key_node(s, place)
    }

    /// A string that needs no detour through JSON: V2's keys have had theirs.
    fn key_node(&mut self, s: &[u8], place: Place) -> Result<(), String> {
        if self.dialect == Dialect::V3 && std::str::from_utf8(s).is_err() {
            // go-yaml v3 tags what is not UTF-8 as binary, in lines of 70 characters.
            let text = data_encoding::BASE64.encode(s);
            self.indicator(b"!!binary", true, false, false);
            return self.string_node(text.as_bytes(), place);
        }
        self.string_node(s, place)
    }

    fn string_node(&mut self, s: &[u8], place: Place) -> Result<(), String> {
        let key = place == Place::SimpleKey;
        let resolves = if is_simple(s) && !s.contains(&b'.') {
            // Words of this kind can only be booleans and null.
            !matches!(resolve(s), Resolved::Str)
        } else {
            !matches!(resolve(s), Resolved::Str) || is_base60(s)
        };
        if is_simple(s) && !resolves {
            self.scalar_plain(s, place);
            return Ok(());
        }
        let analysis = analyze(s, self.dialect);
        let mut style = if s.contains(&b'\n') {
            Style::Literal
        } else if resolves {
            Style::Double
        } else {
            Style::Plain
        };
        if key && analysis.multiline {
            style = Style::Double;
        }
        if style == Style::Plain && (!analysis.plain || s.is_empty() && key) {
            style = Style::Single;
        }
        if style == Style::Single && !analysis.single {
            style = Style::Double;
        }
        if style == Style::Literal && (!analysis.block || key) {
            style = Style::Double;
        }
        let outer = self.indent;
        self.indent = if outer < 0 { 2 } else { outer + 2 };
        match style {
            Style::Plain => self.write_plain(s, !key),
            Style::Single => self.write_single(s, !key),
            Style::Double => self.write_double(s, !key),
            Style::Literal => self.write_literal(s),
        }
        self.indent = outer;
        Ok(())
    }

    fn folds(&self) -> bool {
        self.dialect == Dialect::V2 && self.column > BEST_WIDTH
    }

    fn write_plain(&mut self, v: &[u8], allow_breaks: bool) {
        if !v.is_empty() && !self.whitespace {
            self.put(b' ');
        }
        let mut spaces = false;
        let mut i = 0;
        while i < v.len() {
            // Plain scalars have no line breaks here.
            if v[i] == b' ' {
                if allow_breaks && !spaces && self.folds() && v.get(i + 1) != Some(&b' ') {
                    self.write_indent();
                    i += 1;
                } else {
                    self.write_char(v, &mut i);
                }
                spaces = true;
            } else {
                self.write_char(v, &mut i);
                self.indention = false;
                spaces = false;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn write_single(&mut self, v: &[u8], allow_breaks: bool) {
        self.indicator(b"'", true, false, false);
        let (mut spaces, mut breaks) = (false, false);
        let mut i = 0;
        while i < v.len() {
            if v[i] == b' ' {
                let fold = allow_breaks && !spaces && self.folds() && i > 0 && i < v.len() - 1;
                if fold && v[i + 1] != b' ' {
                    self.write_indent();
                    i += 1;
                } else {
                    self.write_char(v, &mut i);
                }
                spaces = true;
            } else if break_at(v, i) {
                if !breaks && v[i] == b'\n' {
                    self.put_break();
                }
                self.write_break(v, &mut i);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if v[i] == b'\'' {
                    self.put(b'\'');
                }
                self.write_char(v, &mut i);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
        }
        self.indicator(b"'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn write_double(&mut self, v: &[u8], allow_breaks: bool) {
        self.indicator(b"\"", true, false, false);
        // libyaml looks for the mark at the start of the text wherever it is in it.
        let bom = v.starts_with(b"\xef\xbb\xbf");
        let mut spaces = false;
        let mut i = 0;
        while i < v.len() {
            if bom || !printable_at(v, i) || break_at(v, i) || matches!(v[i], b'"' | b'\\') {
                let w = width(v[i]).min(v.len() - i);
                let c = std::str::from_utf8(&v[i..i + w]).ok().and_then(|s| s.chars().next()).unwrap_or('\u{fffd}');
                self.write_escape(c);
                i += w;
                spaces = false;
            } else if v[i] == b' ' {
                if allow_breaks && !spaces && self.folds() && i > 0 && i < v.len() - 1 {
                    self.write_indent();
                    if v[i + 1] == b' ' {
                        self.put(b'\\');
                    }
                    i += 1;
                } else {
                    self.write_char(v, &mut i);
                }
                spaces = true;
            } else {
                self.write_char(v, &mut i);
                spaces = false;
            }
        }
        self.indicator(b"\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn write_escape(&mut self, c: char) {
        let short = match c {
            '\0' => "0",
            '\u{7}' => "a",
            '\u{8}' => "b",
            '\t' => "t",
            '\n' => "n",
            '\u{b}' => "v",
            '\u{c}' => "f",
            '\r' => "r",
            '\u{1b}' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{a0}' => "_",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            _ => "",
        };
        let text = match (short, c as u32) {
            ("", n @ 0..=0xff) => format!("\\x{n:02X}"),
            ("", n @ 0x100..=0xffff) => format!("\\u{n:04X}"),
            ("", n) => format!("\\U{n:08X}"),
            (s, _) => format!("\\{s}"),
        };
        self.out.extend_from_slice(text.as_bytes());
        self.column += text.len();
    }

    fn write_literal(&mut self, v: &[u8]) {
        self.indicator(b"|", true, false, false);
        if v[0] == b' ' || break_at(v, 0) {
            self.indicator(b"2", false, false, false);
        }
        let breaks_at_end = trailing_breaks(v);
        let hint: &[u8] = match breaks_at_end {
            0 => b"-",
            1 if v.len() > 1 && !only_one_break(v) => b"",
            _ => b"+",
        };
        if !hint.is_empty() {
            self.indicator(hint, false, false, false);
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        let mut i = 0;
        while i < v.len() {
            if break_at(v, i) {
                self.write_break(v, &mut i);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                // The rest of the line at once.
                let n = memchr::memchr3(b'\n', b'\r', 0xe2, &v[i..]).unwrap_or(v.len() - i).max(1);
                let end = if v[i..].starts_with(&[0xe2]) { i + width(v[i]) } else { i + n };
                let end = end.min(v.len());
                let end = (i + 1..end).find(|j| break_at(v, *j)).unwrap_or(end);
                self.out.extend_from_slice(&v[i..end]);
                self.column += end - i;
                i = end;
                self.indention = false;
                breaks = false;
            }
        }
    }
}

/// Whether the text is nothing but a single line break.
fn only_one_break(v: &[u8]) -> bool {
    break_at(v, 0) && width(v[0]) >= v.len()
}

/// Line breaks at the end of the text, two at most.
fn trailing_breaks(v: &[u8]) -> usize {
    let mut end = v.len();
    let mut count = 0;
    while count < 2 && end > 0 {
        let mut i = end - 1;
        while i > 0 && v[i] & 0xc0 == 0x80 {
            i -= 1;
        }
        if !break_at(v, i) {
            break;
        }
        count += 1;
        end = i;
    }
    count
}
