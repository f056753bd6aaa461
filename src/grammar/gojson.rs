//! JSON as Go's encoding/json writes and reads it (Go 1.26 `encoding/json`): its escapes, its floats, its error texts.

use crate::gonum::json_float;
use crate::span::Pos;
use crate::stack;
use crate::value::bounds::{Ancestors, Refusal};
use crate::value::fmt::go_quote_rune;
use crate::value::{Encoded, Entries, HelmVersion, List, Map, MapKind, Slot, Str, Value, decode_rune};

/// Whether `<`, `>` and `&` are escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Html {
    /// `\u003c`, as Marshal does.
    Escaped,
    /// As they are, after SetEscapeHTML(false).
    Raw,
}

/// `json.Marshal`
///
/// # Errors
/// With Go's text, for instance `json: unsupported value: NaN`.
pub fn marshal(value: &Value, html: Html, helm: HelmVersion) -> Result<Vec<u8>, String> {
    // Sprig's raw JSON encodes a pointer to the value.
    let around = Ancestors::within(if html == Html::Raw { 1 } else { 0 });
    let mut writer = Writer { out: Vec::new(), html, helm, around };
    writer.value(value)?;
    Ok(writer.out)
}

/// `json.MarshalIndent(v, "", "  ")`
///
/// # Errors
/// As [`marshal`].
pub fn marshal_indent(value: &Value, helm: HelmVersion) -> Result<Vec<u8>, String> {
    Ok(indent(&marshal(value, Html::Escaped, helm)?))
}

/// A text as a JSON string.
pub fn quoted(text: &[u8], html: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_string(&mut out, text, if html { Html::Escaped } else { Html::Raw });
    out
}

struct Writer {
    out: Vec<u8>,
    html: Html,
    helm: HelmVersion,
    around: Ancestors,
}

impl Writer {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn value(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Nil => self.text("null"),
            Value::Bool(b) => self.text(if *b { "true" } else { "false" }),
            Value::Int(n, k) if k.is_unsigned() => self.text(&(*n as u64).to_string()),
            Value::Int(n, _) => self.text(&n.to_string()),
            Value::Float(f) => match json_float(*f) {
                Some(text) => self.text(&text),
                None => {
                    let text = crate::gonum::format_float(*f, 'g', None);
                    return Err(format!("json: unsupported value: {text}"));
                }
            },
            Value::Complex(..) => return Err("json: unsupported type: complex128".into()),
            Value::Str(s) => write_string(&mut self.out, s, self.html),
            Value::Bytes(b) if b.is_nil() => self.text("null"),
            Value::Bytes(b) => {
                self.out.push(b'"');
                self.text(&data_encoding::BASE64.encode(b));
                self.out.push(b'"');
            }
            Value::List(l) if l.nil => self.text("null"),
            Value::List(l) => return self.within(value, l.address(), |w| w.list(l)),
            Value::Map(m) if m.is_nil() => self.text("null"),
            Value::Map(m) => return self.within(value, m.address(), |w| w.map(m)),
            Value::Object(o) => match o.json()? {
                Encoded::Record(entries) => return self.record(&entries),
                other => return self.value(&other.into_value()),
            },
        }
        Ok(())
    }

    /// Writes what a container holds.
    fn within(
        &mut self,
        value: &Value,
        address: usize,
        inner: impl FnOnce(&mut Writer) -> Result<(), String>,
    ) -> Result<(), String> {
        self.around.enter(address, self.out.len()).map_err(|r| refusal(r, value, self.helm))?;
        inner(self)?;
        self.around.leave(address);
        Ok(())
    }

    fn list(&mut self, list: &List) -> Result<(), String> {
        self.out.push(b'[');
        for (i, slot) in list.items.iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            self.value(&slot.value)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn map(&mut self, map: &Map) -> Result<(), String> {
        self.out.push(b'{');
        for (i, (k, slot)) in map.entries().iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            write_string(&mut self.out, k, self.html);
            self.out.push(b':');
            self.value(&slot.value)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn record(&mut self, entries: &[(String, Value)]) -> Result<(), String> {
        self.out.push(b'{');
        for (i, (key, value)) in entries.iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            write_string(&mut self.out, key.as_bytes(), self.html);
            self.out.push(b':');
            self.value(value)?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// The error of a writer of JSON that gives up at this container.
pub fn refusal(reason: Refusal, at: &Value, helm: HelmVersion) -> String {
    match reason {
        Refusal::Cycle => format!("json: unsupported value: encountered a cycle via {}", at.type_name(helm)),
        Refusal::Depth => "json: the value is nested too deeply".into(),
        Refusal::Length => "json: the text gets too long".into(),
    }
}

fn write_string(out: &mut Vec<u8>, text: &[u8], html: Html) {
    out.push(b'"');
    let plain = |c: u8| {
        (b' '..0x7f).contains(&c) && c != b'"' && c != b'\\' && (html == Html::Raw || !matches!(c, b'<' | b'>' | b'&'))
            || c == 0x7f
    };
    let mut at = 0;
    while at < text.len() {
        let n = text[at..].iter().take_while(|c| plain(**c)).count();
        out.extend_from_slice(&text[at..at + n]);
        at += n;
        let Some((c, w)) = decode_rune(&text[at..]) else { break };
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\u{fffd}' if w == 1 => out.extend_from_slice(b"\\ufffd"),
            c if c < '\u{80}' || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes());
            }
            _ => out.extend_from_slice(&text[at..at + w]),
        }
        at += w;
    }
    out.push(b'"');
}

/// Go's Indent of compact JSON: two blanks a level, empty containers on one line.
fn indent(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let mut depth = 0;
    let newline = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    };
    let mut i = 0;
    while i < compact.len() {
        match compact[i] {
            b'"' => {
                let mut end = i + 1;
                while compact[end] != b'"' {
                    end += if compact[end] == b'\\' { 2 } else { 1 };
                }
                out.extend_from_slice(&compact[i..=end]);
                i = end;
            }
            open @ (b'{' | b'[') => {
                out.push(open);
                if matches!(compact.get(i + 1), Some(b'}' | b']')) {
                    out.push(compact[i + 1]);
                    i += 1;
                } else {
                    depth += 1;
                    newline(&mut out, depth);
                }
            }
            close @ (b'}' | b']') => {
                depth -= 1;
                newline(&mut out, depth);
                out.push(close);
            }
            b',' => {
                out.push(b',');
                newline(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            c => out.push(c),
        }
        i += 1;
    }
    out
}

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Go's text.
    pub message: String,
    /// Byte offset.
    pub offset: usize,
}

/// `json.Unmarshal` into an `interface {}`. `base` is the position of the first byte.
///
/// # Errors
/// With Go's text.
pub fn parse(src: &[u8], base: Pos) -> Result<Value, JsonError> {
    match parse_saving(src, base)? {
        (value, None) => Ok(value),
        (_, Some(message)) => Err(JsonError { message, offset: 0 }),
    }
}

/// As [`parse`], with the value that `json.Unmarshal` leaves when a number in it is too large: nil stands in its
/// place, and the first such error is returned beside.
///
/// # Errors
/// With Go's text, where the text is no JSON.
pub fn parse_saving(src: &[u8], base: Pos) -> Result<(Value, Option<String>), JsonError> {
    let mut reader = Reader { src, at: 0, base, depth: 0, whole: true, saved: None };
    let value = reader.value("looking for beginning of value")?;
    reader.skip_space();
    if reader.at < src.len() {
        return Err(reader.unexpected("after top-level value"));
    }
    Ok((value, reader.saved))
}

/// The first value of a stream, as `json.Decoder` reads it, and the offset behind it. Nothing at the end.
///
/// # Errors
/// With Go's text.
pub fn parse_prefix(src: &[u8], base: Pos) -> Result<Option<(Value, usize)>, JsonError> {
    let mut reader = Reader { src, at: 0, base, depth: 0, whole: false, saved: None };
    reader.skip_space();
    if reader.at >= src.len() {
        return Ok(None);
    }
    let value = reader.value("looking for beginning of value")?;
    match reader.saved.take() {
        Some(message) => Err(reader.error(message)),
        None => Ok(Some((value, reader.at))),
    }
}

/// The error of reading a value into a Go type that it isn't.
pub fn type_error(value: &Value, go_type: &str) -> String {
    let what = match value {
        Value::Bool(_) => "bool",
        Value::Float(_) | Value::Int(..) => "number",
        Value::Str(_) => "string",
        Value::List(_) => "array",
        _ => "object",
    };
    format!("json: cannot unmarshal {what} into Go value of type {go_type}")
}

/// Nesting that Go allows.
const MAX_DEPTH: usize = 10_000;

struct Reader<'a> {
    src: &'a [u8],
    at: usize,
    base: Pos,
    depth: usize,
    /// Whether the text holds one value only, and not a stream of them.
    whole: bool,
    /// The first number that was too large.
    saved: Option<String>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.src.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn error(&self, message: impl Into<String>) -> JsonError {
        JsonError { message: message.into(), offset: self.at }
    }

    fn unexpected(&self, context: &str) -> JsonError {
        // Go's scanner asks at the end whether a blank would have ended the value.
        let within = self.whole && (context.starts_with("in ") || context.starts_with("after decimal point"));
        let Some(c) = self.peek().or(within.then_some(b' ')) else {
            return self.error("unexpected end of JSON input");
        };
        let shown = go_quote_rune(char::from(c));
        self.error(format!("invalid character {shown} {context}"))
    }

    fn value(&mut self, context: &str) -> Result<Value, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => Ok(Value::Str(self.string()?)),
            Some(b't') => self.word(b"true", Value::Bool(true)),
            Some(b'f') => self.word(b"false", Value::Bool(false)),
            Some(b'n') => self.word(b"null", Value::Nil),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.unexpected(context)),
        }
    }

    fn word(&mut self, word: &'static [u8], value: Value) -> Result<Value, JsonError> {
        for (i, c) in word.iter().enumerate() {
            if self.peek() != Some(*c) {
                let name = String::from_utf8_lossy(word);
                return Err(self.unexpected(&format!("in literal {name} (expecting '{}')", word[i] as char)));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => {
                self.digits();
            }
            _ => return Err(self.unexpected("in numeric literal")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.unexpected("after decimal point in numeric literal"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.unexpected("in exponent of numeric literal"));
            }
        }
        let text = &self.src[start..self.at];
        match crate::gonum::parse_float(text) {
            Ok(f) => Ok(Value::Float(f)),
            Err(_) => {
                let text = String::from_utf8_lossy(text);
                let message = format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.saved.get_or_insert(message);
                Ok(Value::Nil)
            }
        }
    }

    fn enter(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH || stack::is_low() {
            return Err(self.error("exceeded max depth"));
        }
        Ok(())
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        self.enter()?;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            self.depth -= 1;
            return Ok(Value::appended(items));
        }
        loop {
            self.skip_space();
            let pos = self.base.offset(self.at);
            items.push(Slot { value: self.value("looking for beginning of value")?, pos });
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("after array element")),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Value::appended(items))
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        self.enter()?;
        let mut entries = Entries::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(Value::Map(Map::default()));
        }
        let mut context = "looking for beginning of object key string";
        loop {
            self.skip_space();
            let pos = self.base.offset(self.at);
            if self.peek() != Some(b'"') {
                return Err(self.unexpected(context));
            }
            context = "looking for beginning of object key string";
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            let value = self.value("looking for beginning of value")?;
            entries.insert(key, Slot { value, pos });
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Value::Map(Map::from_entries(MapKind::Any, entries)))
    }

    fn string(&mut self) -> Result<Str, JsonError> {
        self.at += 1;
        let start = self.at;
        let n = memchr::memchr2(b'"', b'\\', &self.src[start..]);
        if let Some(n) = n.filter(|n| self.src[start + n] == b'"') {
            let text = &self.src[start..start + n];
            if !text.iter().any(|c| *c < b' ') && std::str::from_utf8(text).is_ok() {
                self.at = start + n + 1;
                return Ok(text.into());
            }
        }
        let mut out = Vec::new();
        loop {
            match self.peek() {
                None => return Err(self.error("unexpected end of JSON input")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out.into());
                }
                Some(b'\\') => self.escape(&mut out)?,
                Some(c) if c < b' ' => return Err(self.unexpected("in string literal")),
                Some(_) => {
                    let (c, w) = decode_rune(&self.src[self.at..]).unwrap_or(('\u{fffd}', 1));
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    self.at += w;
                }
            }
        }
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let mut n = 0;
        for _ in 0..4 {
            let Some(d) = self.peek().and_then(|c| (c as char).to_digit(16)) else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            n = n * 16 + d;
            self.at += 1;
        }
        Ok(n)
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        self.at += 1;
        let simple = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => c,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let high = self.hex()?;
                let mut code = high;
                if (0xd800..0xdc00).contains(&high) && self.src[self.at..].starts_with(b"\\u") {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xdc00..0xe000).contains(&low) {
                        code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    } else {
                        self.at = back;
                    }
                }
                let c = char::from_u32(code).unwrap_or('\u{fffd}');
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        out.push(simple);
        self.at += 1;
        Ok(())
    }
}
