//! Encodings, checksums and URLs (sprig v3.3.0 `strings.go`, `crypto.go`, `url.go`, `defaults.go`) and Helm's JSON
//! (helm v4.3.1 `pkg/engine/funcs.go`).

use data_encoding::{BASE32, BASE64};
use sha1::Digest;

use super::cast::text;
use crate::grammar::gojson::{self, Html};
use crate::grammar::gourl::Url;
use crate::span::Pos;
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::{ListKind, Map, Slot, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("adler32sum", &[Ty::Str], |_, a| Ok(Value::string(adler2::adler32_slice(text(a, 0)).to_string()))),
    Func::new("sha1sum", &[Ty::Str], |_, a| Ok(hex(&sha1::Sha1::digest(text(a, 0))))),
    Func::new("sha256sum", &[Ty::Str], |_, a| Ok(hex(&sha2::Sha256::digest(text(a, 0))))),
    Func::new("sha512sum", &[Ty::Str], |_, a| Ok(hex(&sha2::Sha512::digest(text(a, 0))))),
    Func::new("b64enc", &[Ty::Str], |_, a| Ok(Value::string(BASE64.encode(text(a, 0))))),
    Func::new("b64dec", &[Ty::Str], |_, a| Ok(Value::string(decode(text(a, 0), 64)))),
    Func::new("b32enc", &[Ty::Str], |_, a| Ok(Value::string(BASE32.encode(text(a, 0))))),
    Func::new("b32dec", &[Ty::Str], |_, a| Ok(Value::string(decode(text(a, 0), 32)))),
    Func::new("toJson", &[Ty::Any], |_, a| {
        Ok(Value::string(gojson::marshal(&a[0], Html::Escaped).unwrap_or_default()))
    }),
    Func::new("mustToJson", &[Ty::Any], |_, a| Ok(Value::string(gojson::marshal(&a[0], Html::Escaped)?))),
    Func::new("toPrettyJson", &[Ty::Any], |_, a| Ok(Value::string(gojson::marshal_indent(&a[0]).unwrap_or_default()))),
    Func::new("mustToPrettyJson", &[Ty::Any], |_, a| Ok(Value::string(gojson::marshal_indent(&a[0])?))),
    Func::new("toRawJson", &[Ty::Any], |_, a| Ok(Value::string(gojson::marshal(&a[0], Html::Raw)?))),
    Func::new("mustToRawJson", &[Ty::Any], |_, a| Ok(Value::string(gojson::marshal(&a[0], Html::Raw)?))),
    Func::new("fromJson", &[Ty::Str], from_json),
    Func::new("fromJsonArray", &[Ty::Str], from_json_array),
    Func::new("mustFromJson", &[Ty::Str], must_from_json),
    Func::new("urlParse", &[Ty::Str], url_parse),
    Func::new("urlJoin", &[Ty::Map], url_join),
];

fn hex(bytes: &[u8]) -> Value {
    Value::string(data_encoding::HEXLOWER.encode(bytes))
}

/// Decoded text, or Go's error text in its place, as Sprig has it. Line breaks don't count.
fn decode(s: &[u8], base: u32) -> Vec<u8> {
    let clean: Vec<u8> = s.iter().copied().filter(|c| !matches!(c, b'\n' | b'\r')).collect();
    let decoded = if base == 64 { BASE64.decode(&clean) } else { BASE32.decode(&clean) };
    decoded.unwrap_or_else(|_| {
        let at = if base == 64 { corrupt_64(s) } else { corrupt_32(s) };
        format!("illegal base{base} data at input byte {at}").into_bytes()
    })
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

/// The byte that Go's base32 decoder stops at, line breaks not counted.
fn corrupt_32(s: &[u8]) -> usize {
    let clean: Vec<u8> = s.iter().copied().filter(|c| !matches!(c, b'\n' | b'\r')).collect();
    let in_alphabet = |c: u8| c.is_ascii_uppercase() || (b'2'..=b'7').contains(&c);
    match clean.iter().position(|c| !in_alphabet(*c)) {
        Some(n) => n,
        None => clean.len(),
    }
}

fn from_json(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let error = |message: String| {
        let map = Map::default();
        map.insert("Error", Value::string(message));
        Value::Map(map)
    };
    Ok(match gojson::parse(text(args, 0), Pos::NONE) {
        Ok(Value::Map(m)) => Value::Map(m),
        Ok(Value::Nil) => Value::Map(Map::default()),
        Ok(other) => error(gojson::type_error(&other, "map[string]interface {}")),
        Err(e) => error(e.message),
    })
}

fn from_json_array(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let error = |message: String| Value::list(vec![Slot::from(Value::string(message))]);
    Ok(match gojson::parse(text(args, 0), Pos::NONE) {
        Ok(Value::List(l)) => Value::List(l),
        Ok(Value::Nil) => Value::nil_list(ListKind::Any),
        Ok(other) => error(gojson::type_error(&other, "[]interface {}")),
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
            .map_err(|_| "unable to parse userinfo in dict".to_owned())?;
        url.userinfo = parsed.userinfo;
    }
    Ok(Value::string(url.text()))
}
