//! The formats of names, labels, ports and paths: each returns what the server has against a text, in its words
//! (k8s.io/apimachinery v0.36: util/validation and api/validate/content).

use super::quote;

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const SUBDOMAIN_MESSAGE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
                                 or '.', and must start and end with an alphanumeric character";
const KEY_MESSAGE: &str =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// What a regular expression that was not met is called.
pub(super) fn regex_message(message: &str, regex: &str, examples: &[&str]) -> String {
    if examples.is_empty() {
        return format!("{message} (regex used for validation is '{regex}')");
    }
    let examples: Vec<String> = examples.iter().map(|e| format!("'{e}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{regex}')", examples.join(" or "))
}

fn longest(text: &str, most: usize, unit: &str) -> Vec<String> {
    if text.len() > most { vec![format!("must be no more than {most} {unit}")] } else { Vec::new() }
}

/// Whether the first and last byte are `ends` and all are `inner`.
fn framed(text: &str, ends: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|b| ends(*b)) && bytes.last().is_some_and(|b| ends(*b)) && bytes.iter().all(|b| inner(*b))
}

fn lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    framed(text, lower, |b| lower(b) || b == b'-')
}

/// Whether a text is made of DNS labels with dots between, whatever its length.
pub fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// A DNS label: `my-name`.
pub(super) fn dns_label(text: &str) -> Vec<String> {
    let mut errors = longest(text, 63, "characters");
    if !is_label(text) {
        if is_subdomain(text) {
            errors.push("must not contain dots".into());
        } else {
            let message = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
                           must start and end with an alphanumeric character";
            errors.push(regex_message(message, LABEL, &["my-name", "123-abc"]));
        }
    }
    errors
}

/// A DNS label that begins with a letter.
pub(super) fn dns1035_label(text: &str) -> Vec<String> {
    let mut errors = longest(text, 63, "characters");
    if !is_label(text) || !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        let message = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                       alphabetic character, and end with an alphanumeric character";
        errors.push(regex_message(message, "[a-z]([-a-z0-9]*[a-z0-9])?", &["my-name", "abc-123"]));
    }
    errors
}

/// A DNS subdomain: `example.com`.
pub(super) fn dns_subdomain(text: &str) -> Vec<String> {
    let mut errors = longest(text, 253, "characters");
    if !is_subdomain(text) {
        errors.push(regex_message(SUBDOMAIN_MESSAGE, SUBDOMAIN, &["example.com"]));
    }
    errors
}

/// A DNS subdomain whose labels may have underscores.
pub(super) fn dns_subdomain_with_underscore(text: &str) -> Vec<String> {
    let mut errors = longest(text, 253, "characters");
    let label = |l: &str| framed(l.strip_prefix('_').unwrap_or(l), lower, |b| lower(b) || b == b'-' || b == b'_');
    if !text.split('.').all(label) {
        let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or \
                       '.', and must start and end with an alphanumeric character";
        let regex = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
        errors.push(regex_message(message, regex, &["example.com"]));
    }
    errors
}

/// A DNS subdomain below `*.`.
pub(super) fn wildcard_subdomain(text: &str) -> Vec<String> {
    let mut errors = longest(text, 253, "characters");
    if !text.strip_prefix("*.").is_some_and(is_subdomain) {
        let message = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which \
                       must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric \
                       character";
        errors.push(regex_message(message, &format!(r"\*\.{SUBDOMAIN}"), &["*.example.com"]));
    }
    errors
}

/// A name as the prefix of generated names: a dash at its end does no harm.
pub(super) fn as_prefix(text: &str, format: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    match text.strip_suffix('-') {
        // As the server does it: the character before the dash is overwritten too.
        Some(rest) if !rest.is_empty() => {
            let mut masked: String = rest.chars().take(rest.chars().count() - 1).collect();
            masked.push('a');
            format(&masked)
        }
        _ => format(text),
    }
}

/// A label's key: `name` or `example.com/name`.
pub(super) fn qualified_name(text: &str) -> Vec<String> {
    let examples = ["MyName", "my.name", "123-abc"];
    let mut errors = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".into());
            } else {
                let long = longest(prefix, 253, "bytes");
                errors.extend(long.into_iter().map(|m| format!("prefix part {m}")));
                if !is_subdomain(prefix) {
                    errors
                        .push(format!("prefix part {}", regex_message(SUBDOMAIN_MESSAGE, SUBDOMAIN, &["example.com"])));
                }
            }
            name
        }
        _ => {
            let message = regex_message(KEY_MESSAGE, KEY, &examples);
            let hint = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {message} {hint}")];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".into());
    } else if name.len() > 63 {
        errors.push("name part must be no more than 63 bytes".into());
    }
    if !is_key(name) {
        errors.push(format!("name part {}", regex_message(KEY_MESSAGE, KEY, &examples)));
    }
    errors
}

/// The same whatever the case, as annotations have them.
pub(super) fn qualified_name_caseless(text: &str) -> Vec<String> {
    qualified_name(&text.to_lowercase())
}

fn is_key(text: &str) -> bool {
    framed(text, |b| b.is_ascii_alphanumeric(), |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A label's value, which may be empty.
pub(super) fn label_value(text: &str) -> Vec<String> {
    let mut errors = longest(text, 63, "bytes");
    if !text.is_empty() && !is_key(text) {
        let message = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
                       and must start and end with an alphanumeric character";
        errors.push(regex_message(message, &format!("({KEY})?"), &["MyValue", "my_value", "12345"]));
    }
    errors
}

/// The name of a container's port.
pub(super) fn port_name(text: &str) -> Vec<String> {
    let mut errors = longest(text, 15, "characters");
    if text.is_empty() || !text.bytes().all(|b| lower(b) || b == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".into());
    }
    if text.contains("--") {
        errors.push("must not contain consecutive hyphens".into());
    }
    if text.starts_with('-') || text.ends_with('-') {
        errors.push("must not begin or end with a hyphen".into());
    }
    errors
}

/// `5%`
pub(super) fn percent(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let message = "a valid percent string must be a numeric string followed by an ending '%'";
    vec![regex_message(message, "[0-9]+%", &["1%", "93%"])]
}

/// The name of an HTTP header.
pub(super) fn http_header_name(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Vec::new();
    }
    let message = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![regex_message(message, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

/// The name of an environment variable before 1.32.
pub(super) fn old_env_var_name(text: &str) -> Vec<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let mut said = Vec::new();
    if text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) || !text.bytes().all(is_plain) {
        let message = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', \
                       and must not start with a digit";
        said.push(regex_message(message, "[-._a-zA-Z][-._a-zA-Z0-9]*", &["my.env-name", "MY_ENV.NAME", "MyEnvName1"]));
    }
    match text {
        "." => said.push("must not be '.'".into()),
        ".." => said.push("must not be '..'".into()),
        _ if text.starts_with("..") => said.push("must not start with '..'".into()),
        _ => {}
    }
    said
}

/// The name of an environment variable since 1.32.
pub(super) fn env_var_name(text: &str) -> Vec<String> {
    if text.is_empty() {
        return vec!["environment variable name must be non-empty".into()];
    }
    if text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=') {
        return Vec::new();
    }
    vec!["a valid environment variable name must consist only of printable ASCII characters other than '='".into()]
}

/// A key of a ConfigMap or Secret.
pub(super) fn config_map_key(text: &str) -> Vec<String> {
    let mut errors = longest(text, 253, "characters");
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
        let message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        errors.push(regex_message(message, "[-._a-zA-Z0-9]+", &["key.name", "KEY_NAME", "key-name"]));
    }
    match text {
        "." => errors.push("must not be '.'".into()),
        ".." => errors.push("must not be '..'".into()),
        _ if text.starts_with("..") => errors.push("must not start with '..'".into()),
        _ => {}
    }
    errors
}

/// A name that can stand in a URL's path.
pub(super) fn path_segment(text: &str) -> Vec<String> {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    ["/", "%"].iter().filter(|c| text.contains(**c)).map(|c| format!("may not contain '{c}'")).collect()
}

/// `example.com/path`, as controllers are named. Each problem comes with the part that has it.
pub(super) fn domain_prefixed_path(text: &str) -> Vec<(String, String)> {
    let (host, path) = match text.split_once('/') {
        Some((host, path)) if !host.is_empty() && !path.is_empty() => (host, path),
        _ => return vec![(quote(text), r#"must be a domain-prefixed path (such as "acme.io/foo")"#.into())],
    };
    let mut errors: Vec<_> = dns_subdomain(host).into_iter().map(|m| (quote(host), m)).collect();
    if !path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b)) {
        let regex = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+";
        errors.push((quote(path), regex_message("Invalid path", regex, &[])));
    }
    errors
}

/// A name of three or more labels.
pub(super) fn fully_qualified_name(text: &str) -> Vec<String> {
    let errors = dns_subdomain(text);
    if !errors.is_empty() {
        return vec![errors.join(",")];
    }
    if text.split('.').count() < 3 {
        return vec!["should be a domain with at least three segments separated by dots".into()];
    }
    Vec::new()
}

/// A variable's name in C.
pub(super) fn c_identifier(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The same, said.
pub(super) fn c_identifier_messages(text: &str) -> Vec<String> {
    let message = "a valid C identifier must start with alphabetic character or '_', followed by a string of \
                   alphanumeric characters or '_'";
    let said = || regex_message(message, "[A-Za-z_][A-Za-z0-9_]*", &["my_name", "MY_NAME", "MyName"]);
    if c_identifier(text) { Vec::new() } else { vec![said()] }
}

/// Says that a number is in no range.
pub(super) fn range_message(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_their_format() {
        for (text, good) in [("a", true), ("a-1", true), ("", false), ("-a", false), ("A", false), ("a.b", false)] {
            assert_eq!(dns_label(text).is_empty(), good, "{text}");
        }
        for (text, good) in [("a.b", true), ("a..b", false), ("a.", false), ("1", true), ("a_b", false)] {
            assert_eq!(dns_subdomain(text).is_empty(), good, "{text}");
        }
        for (text, good) in [("x/Y_z", true), ("/a", false), ("a/", false), ("a/b/c", false), ("A.b/c", false)] {
            assert_eq!(qualified_name(text).is_empty(), good, "{text}");
        }
        assert!(as_prefix("web-", dns_label).is_empty() && !as_prefix("-", dns_label).is_empty());
        assert_eq!(dns_label("a.b"), ["must not contain dots"]);
        assert_eq!(port_name("-").len(), 2);
    }
}
