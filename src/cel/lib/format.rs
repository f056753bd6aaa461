//! Named formats (k8s.io/apiserver `pkg/cel/library/format.go`, texts of k8s.io/apimachinery `pkg/util/validation`).

use std::rc::Rc;

use super::super::eval::Fail;
use super::super::value::{Opaque, Value};
use super::{Outcome, regexes, time};
use crate::grammar::gourl::Url;

const NAMES: &[&str] = &[
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
];

fn constant<'a>(name: &'static str) -> Outcome<'a> {
    Ok(Value::Opaque(Rc::new(Opaque::Format(name))))
}

/// `format.named(s)`
pub fn named<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Str(name)] = args else { return Err(Fail::overload()) };
    let known = NAMES.iter().find(|n| ***n == **name);
    Ok(Value::Optional(known.map(|n| constant(n).map(Rc::new)).transpose()?))
}

/// `f.validate(s)`: nothing, or what is wrong.
pub fn validate<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Opaque(o), Value::Str(s)] = args else { return Err(Fail::overload()) };
    let Opaque::Format(name) = **o else { return Err(Fail::overload()) };
    let wrong = errors(name, s);
    Ok(match wrong.is_empty() {
        true => Value::Optional(None),
        false => Value::some(Value::list(wrong.into_iter().map(Value::text).collect())),
    })
}

fn errors(name: &str, s: &str) -> Vec<String> {
    let simple = |fits: bool, message: &str| if fits { Vec::new() } else { vec![message.to_owned()] };
    match name {
        "dns1123Label" => label(s),
        "dns1123LabelPrefix" => label(&masked(s)),
        "dns1123Subdomain" => subdomain(s),
        "dns1123SubdomainPrefix" => subdomain(&masked(s)),
        "dns1035Label" => old_label(s),
        "dns1035LabelPrefix" => old_label(&masked(s)),
        "qualifiedName" => qualified(s),
        "labelValue" => label_value_errors(s),
        "uri" => Url::parse_request(s.as_bytes()).err().into_iter().collect(),
        "uuid" => simple(uuid_fits(s), "does not match the UUID format"),
        "byte" => simple(fits(BASE64, s), "invalid base64"),
        "date" => simple(s.parse::<jiff::civil::Date>().is_ok() && s.len() == 10, "invalid date"),
        "datetime" => simple(time::parse(s).is_some(), "invalid datetime"),
        _ => Vec::new(),
    }
}

const BASE64: &str = "^(?:[A-Za-z0-9+\\/]{4})*(?:[A-Za-z0-9+\\/]{2}==|[A-Za-z0-9+\\/]{3}=|[A-Za-z0-9+\\/]{4})$";
const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const OLD_LABEL: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const VALUE: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

fn fits(pattern: &str, s: &str) -> bool {
    regexes::compiled(pattern).is_ok_and(|r| r.is_match(s.as_bytes()))
}

fn whole(pattern: &str, s: &str) -> bool {
    fits(&format!("^{pattern}$"), s)
}

fn uuid_fits(s: &str) -> bool {
    fits("^(?i)[0-9A-F]{8}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{4}-?[0-9A-F]{12}$", s)
}

/// A prefix may end in a dash, because something follows it.
fn masked(s: &str) -> String {
    match s.strip_suffix('-').filter(|rest| !rest.is_empty()) {
        Some(rest) => {
            let end = rest.char_indices().next_back().map_or(0, |(i, _)| i);
            format!("{}a", &rest[..end])
        }
        None => s.to_owned(),
    }
}

fn too_long(s: &str, most: usize) -> Option<String> {
    (s.len() > most).then(|| format!("must be no more than {most} characters"))
}

fn examples(message: &str, pattern: &str, examples: &[&str]) -> String {
    let shown: Vec<String> = examples.iter().map(|e| format!("'{e}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{pattern}')", shown.join(" or "))
}

fn label(s: &str) -> Vec<String> {
    let wrong = (!whole(LABEL, s)).then(|| {
        let message = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
            start and end with an alphanumeric character";
        examples(message, LABEL, &["my-name", "123-abc"])
    });
    too_long(s, 63).into_iter().chain(wrong).collect()
}

fn subdomain(s: &str) -> Vec<String> {
    let wrong = (!whole(SUBDOMAIN, s)).then(|| {
        let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
            and must start and end with an alphanumeric character";
        examples(message, SUBDOMAIN, &["example.com"])
    });
    too_long(s, 253).into_iter().chain(wrong).collect()
}

fn old_label(s: &str) -> Vec<String> {
    let wrong = (!whole(OLD_LABEL, s)).then(|| {
        let message = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
            alphabetic character, and end with an alphanumeric character";
        examples(message, OLD_LABEL, &["my-name", "abc-123"])
    });
    too_long(s, 63).into_iter().chain(wrong).collect()
}

fn qualified(s: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let parts: Vec<&str> = s.split('/').collect();
    let name = match parts[..] {
        [name] => name,
        ["", name] => {
            wrong.push("prefix part must be non-empty".to_owned());
            name
        }
        [prefix, name] => {
            wrong.extend(subdomain(prefix).into_iter().map(|e| format!("prefix part {e}")));
            name
        }
        _ => {
            let message = "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start \
                and end with an alphanumeric character";
            let text = examples(message, NAME, &["MyName", "my.name", "123-abc"]);
            return vec![format!("{text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else {
        wrong.extend(too_long(name, 63).map(|e| format!("name part {e}")));
    }
    if !whole(NAME, name) {
        let message = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with \
            an alphanumeric character";
        wrong.push(examples(message, NAME, &["MyName", "my.name", "123-abc"]));
    }
    wrong
}

fn label_value_errors(s: &str) -> Vec<String> {
    let wrong = (!whole(VALUE, s)).then(|| {
        let message = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
            and must start and end with an alphanumeric character";
        examples(message, VALUE, &["MyValue", "my_value", "12345"])
    });
    too_long(s, 63).into_iter().chain(wrong).collect()
}

/// `format.dns1123Label()`
pub fn dns1123_label<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("dns1123Label")
}

/// `format.dns1123Subdomain()`
pub fn dns1123_subdomain<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("dns1123Subdomain")
}

/// `format.dns1035Label()`
pub fn dns1035_label<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("dns1035Label")
}

/// `format.qualifiedName()`
pub fn qualified_name<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("qualifiedName")
}

/// `format.dns1123LabelPrefix()`
pub fn dns1123_label_prefix<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("dns1123LabelPrefix")
}

/// `format.dns1123SubdomainPrefix()`
pub fn dns1123_subdomain_prefix<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("dns1123SubdomainPrefix")
}

/// `format.dns1035LabelPrefix()`
pub fn dns1035_label_prefix<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("dns1035LabelPrefix")
}

/// `format.labelValue()`
pub fn label_value<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("labelValue")
}

/// `format.uri()`
pub fn uri<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("uri")
}

/// `format.uuid()`
pub fn uuid<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("uuid")
}

/// `format.byte()`
pub fn byte<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("byte")
}

/// `format.date()`
pub fn date<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("date")
}

/// `format.datetime()`
pub fn datetime<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    constant("datetime")
}
