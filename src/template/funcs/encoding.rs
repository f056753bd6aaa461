//! Encodings, checksums and URLs (sprig v3.3.0 `strings.go`, `crypto.go`, `url.go`, `defaults.go`) and Helm's JSON
//! (helm v4.3.1 `pkg/engine/funcs.go`).

use std::sync::LazyLock;

use data_encoding::{BASE32, BASE64, Encoding};
use sha1::Digest;

use super::cast::text;
use crate::grammar::gojson::{self, Html};
use crate::grammar::gourl::Url;
use crate::span::Pos;
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{ListKind, Map, MapKind, Slot, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("adler32sum", &[Ty::Str], |_, a| Ok(Value::string(adler2::adler32_slice(text(a, 0)).to_string()))),
    Func::new("sha1sum", &[Ty::Str], |_, a| Ok(hex(&sha1::Sha1::digest(text(a, 0))))),
    Func::new("sha256sum", &[Ty::Str], |_, a| Ok(hex(&sha2::Sha256::digest(text(a, 0))))),
    Func::new("sha512sum", &[Ty::Str], |_, a| Ok(hex(&sha2::Sha512::digest(text(a, 0))))),
    Func::new("b64enc", &[Ty::Str], |_, a| Ok(Value::string(BASE64.encode(text(a, 0))))),
    Func::new("b64dec", &[Ty::Str], b64dec),
    Func::new("b32enc", &[Ty::Str], |_, a| Ok(Value::string(BASE32.encode(text(a, 0))))),
    Func::new("b32dec", &[Ty::Str], b32dec),
    Func::new("toJson", &[Ty::Any], |cx, a| {
        Ok(Value::string(gojson::marshal(&a[0], Html::Escaped, cx.helm).unwrap_or_default()))
    }),
    Func::new("mustToJson", &[Ty::Any], |cx, a| Ok(Value::string(gojson::marshal(&a[0], Html::Escaped, cx.helm)?))),
    Func::new("toPrettyJson", &[Ty::Any], |cx, a| {
        Ok(Value::string(gojson::marshal_indent(&a[0], cx.helm).unwrap_or_default()))
    }),
    Func::new("mustToPrettyJson", &[Ty::Any], |cx, a| Ok(Value::string(gojson::marshal_indent(&a[0], cx.helm)?))),
    Func::new("toRawJson", &[Ty::Any], |cx, a| Ok(Value::string(gojson::marshal(&a[0], Html::Raw, cx.helm)?))),
    Func::new("mustToRawJson", &[Ty::Any], |cx, a| Ok(Value::string(gojson::marshal(&a[0], Html::Raw, cx.helm)?))),
    Func::new("fromJson", &[Ty::Str], from_json),
    Func::new("fromJsonArray", &[Ty::Str], from_json_array),
    Func::new("mustFromJson", &[Ty::Str], must_from_json),
    Func::new("urlParse", &[Ty::Str], url_parse),
    Func::new("urlJoin", &[Ty::Map], url_join),
];

fn hex(bytes: &[u8]) -> Value {
    Value::string(data_encoding::HEXLOWER.encode(bytes))
}

/// Base 64 as Go reads it: bits behind the last whole byte don't matter.
static LENIENT_64: LazyLock<Encoding> = LazyLock::new(|| {
    let mut rules = BASE64.specification();
    rules.check_trailing_bits = false;
    rules.encoding().expect("rules that are laxer than valid ones")
});

/// Decoded text, or Go's error text in its place, as Sprig has it. Line breaks don't count.
fn b64dec(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let s = text(args, 0);
    let decoded = LENIENT_64.decode(&without_breaks(s)).map_err(|_| corrupt_64(s));
    Ok(Value::string(decoded.unwrap_or_else(|at| format!("illegal base64 data at input byte {at}").into_bytes())))
}

/// As [`b64dec`], for base 32.
fn b32dec(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let decoded = decode_32(&without_breaks(text(args, 0)));
    Ok(Value::string(decoded.unwrap_or_else(|at| format!("illegal base32 data at input byte {at}").into_bytes())))
}

fn without_breaks(s: &[u8]) -> Vec<u8> {
    s.iter().copied().filter(|c| !matches!(c, b'\n' | b'\r')).collect()
}

/// The byte that Go's base64 decoder stops at.
fn corrupt_64(s: &[u8]) -> usize {
    let in_alphabet = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/');
    let mut si = 0;
    loop {
        let mut j = 0;
        while j < 4 {
            let Some(c) = s.get(si).copied() else {
                // Without padding the end comes too early; Go counts back to the start of the quantum.
                return si - j;
            };
            si += 1;
            if in_alphabet(c) {
                j += 1;
                continue;
            }
            if matches!(c, b'\n' | b'\r') {
                continue;
            }
            if c != b'=' {
                return si - 1;
            }
            if j < 2 {
                return si - 1;
            }
            let skip = |si: &mut usize| {
                while matches!(s.get(*si), Some(b'\n' | b'\r')) {
                    *si += 1;
                }
            };
            if j == 2 {
                skip(&mut si);
                match s.get(si) {
                    None => return s.len(),
                    Some(b'=') => si += 1,
                    Some(_) => return si - 1,
                }
            }
            skip(&mut si);
            // Behind the padding nothing may follow.
            return si;
        }
    }
}

/// Go's base32 decoder, which ignores whatever follows the first padding. The error is the byte that it stops at.
fn decode_32(s: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(s.len() / 8 * 5);
    for start in (0..s.len()).step_by(8) {
        let (mut bits, mut digits) = (0u64, 0);
        while digits < 8 {
            let at = start + digits;
            // The end without padding: Go counts back to the start of the quantum.
            let Some(c) = s.get(at).copied() else { return Err(start) };
            let left = s.len() - at - 1;
            if c == b'=' && digits >= 2 && left < 8 {
                padding_32(s, at, digits)?;
                break;
            }
            let digit = match c {
                b'A'..=b'Z' => c - b'A',
                b'2'..=b'7' => c - b'2' + 26,
                _ => return Err(at),
            };
            bits = bits << 5 | u64::from(digit);
            digits += 1;
        }
        let bytes = digits * 5 / 8;
        out.extend_from_slice(&(bits << (64 - 5 * digits)).to_be_bytes()[..bytes]);
        if digits < 8 {
            break;
        }
    }
    Ok(out)
}

/// Checks the padding that starts at `at`, behind so many digits of its quantum.
fn padding_32(s: &[u8], at: usize, digits: usize) -> Result<(), usize> {
    let rest = &s[at + 1..];
    if rest.len() + digits < 7 {
        return Err(s.len());
    }
    match rest.iter().take(7 - digits).position(|c| *c != b'=') {
        Some(k) => Err(at + k),
        None if matches!(digits, 3 | 6) => Err(at),
        None => Ok(()),
    }
}

fn from_json(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let error = |message: String| {
        let map = Map::default();
        map.insert("Error", Value::string(message));
        Value::Map(map)
    };
    Ok(match gojson::parse_saving(text(args, 0), Pos::NONE) {
        Ok((Value::Map(m), saved)) => {
            if let Some(message) = saved {
                m.insert("Error", Value::string(message));
            }
            Value::Map(m)
        }
        Ok((Value::Nil, None)) => Value::Map(Map::nil(MapKind::Any)),
        // A number too large is a number still.
        Ok((Value::Nil, Some(_))) => error(gojson::type_error(&Value::Float(0.0), "map[string]interface {}")),
        Ok((other, _)) => error(gojson::type_error(&other, "map[string]interface {}")),
        Err(e) => error(e.message),
    })
}

fn from_json_array(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let error = |message: String| Value::list(vec![Slot::from(Value::string(message))]);
    Ok(match gojson::parse_saving(text(args, 0), Pos::NONE) {
        Ok((Value::List(_), Some(message))) => error(message),
        Ok((Value::List(l), None)) => Value::List(l),
        Ok((Value::Nil, None)) => Value::nil_list(ListKind::Any),
        Ok((Value::Nil, Some(_))) => error(gojson::type_error(&Value::Float(0.0), "[]interface {}")),
        Ok((other, _)) => error(gojson::type_error(&other, "[]interface {}")),
        Err(e) => error(e.message),
    })
}

fn must_from_json(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(gojson::parse(text(args, 0), Pos::NONE).map_err(|e| e.message)?)
}

fn url_parse(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let url = Url::parse(text(args, 0)).map_err(|e| format!("unable to parse url: {e}"))?;
    let map = Map::default();
    map.insert("scheme", Value::string(url.scheme.as_str()));
    map.insert("host", Value::string(&url.host[..]));
    map.insert("hostname", Value::string(url.hostname()));
    map.insert("path", Value::string(&url.path[..]));
    map.insert("query", Value::string(&url.query[..]));
    map.insert("opaque", Value::string(&url.opaque[..]));
    map.insert("fragment", Value::string(&url.fragment[..]));
    map.insert("userinfo", Value::string(url.userinfo.clone().unwrap_or_default()));
    Ok(Value::Map(map))
}

fn url_join(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let map = args[0].as_map().cloned().unwrap_or_default();
    let part = |key: &str| match map.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Str(s)) => Ok(s.to_vec()),
        Some(other) => {
            let name = if other.is_nil() { "invalid".to_owned() } else { other.kind_name().to_owned() };
            Err(format!("unable to parse {key} key, must be of type string, but {name} found"))
        }
    };
    let userinfo = String::from_utf8_lossy(&part("userinfo")?).into_owned();
    let mut url = Url {
        scheme: String::from_utf8_lossy(&part("scheme")?).into_owned(),
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        ..Url::default()
    };
    if !userinfo.is_empty() {
        let parsed = Url::parse(format!("proto://{userinfo}@host").as_bytes())
            .map_err(|e| format!("unable to parse userinfo in dict: {e}"))?;
        url.userinfo = parsed.userinfo;
    }
    Ok(Value::string(url.text()))
}
