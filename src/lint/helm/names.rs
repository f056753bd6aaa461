//! Names of objects, as `helm lint` asks them to be (apimachinery v0.37.1 `pkg/api/validation/generic.go`,
//! `pkg/util/validation/validation.go`).

use crate::value::fmt::go_quote;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const OLD_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

fn is_label(text: &str) -> bool {
    let edge = |c: Option<&u8>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let bytes = text.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn too_long(name: &str, most: usize) -> Option<String> {
    (name.len() > most).then(|| format!("must be no more than {most} characters"))
}

fn subdomain(name: &str) -> Vec<String> {
    too_long(name, 253).into_iter().chain((!is_subdomain(name)).then(|| SUBDOMAIN.to_owned())).collect()
}

fn label(name: &str) -> Vec<String> {
    let shape = match () {
        () if is_label(name) => None,
        () if is_subdomain(name) => Some("must not contain dots".to_owned()),
        () => Some(LABEL.to_owned()),
    };
    too_long(name, 63).into_iter().chain(shape).collect()
}

fn old_label(name: &str) -> Vec<String> {
    let fits = is_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase());
    too_long(name, 63).into_iter().chain((!fits).then(|| OLD_LABEL.to_owned())).collect()
}

fn path_segment(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    ["/", "%"].iter().filter(|c| name.contains(**c)).map(|c| format!("may not contain '{c}'")).collect()
}

/// What is wrong with an object's name, in Helm's words.
pub(super) fn problem(kind: &str, name: &str) -> Option<String> {
    let mut wrong = match kind.to_lowercase().as_str() {
        "service" => old_label(name),
        "namespace" => label(name),
        "certificatesigningrequest" => Vec::new(),
        "role" | "clusterrole" | "rolebinding" | "clusterrolebinding" => path_segment(name),
        _ => subdomain(name),
    };
    let name = go_quote(name);
    wrong.iter_mut().for_each(|w| *w = format!("metadata.name: Invalid value: {name}: {w}"));
    let all = match &wrong[..] {
        [] => return None,
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Some(format!("object name does not conform to Kubernetes naming requirements: {name}: {all}"))
}
