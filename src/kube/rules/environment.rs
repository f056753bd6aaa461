//! Environment variables and what they and volumes take from the pod, ConfigMaps, Secrets and files.

use super::field::Field;
use super::formats::{
    config_map_key, dns_label, dns_subdomain, env_var_name, old_env_var_name, qualified_name, qualified_name_caseless,
};
use super::{quote, volumes};

const ENV_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// The fields of a pod that a volume may show.
pub(super) const VOLUME_FIELDS: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Those that exist at all.
const ALL_FIELDS: &[&str] = &[
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
    "spec.host",
];
const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const SIZES: &[&str] = &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// Who asks for a container's resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// A variable of the container itself.
    Variable,
    /// A file, which must say of which container.
    File,
}

/// The variables of a container.
pub(super) fn env(variables: Field<'_>) {
    for variable in variables.items() {
        let name = variable.at("name");
        name.check_required(if name.since(32) { env_var_name } else { old_env_var_name });
        if variable.at("valueFrom").is_set() {
            value_from(variable.at("valueFrom"), !variable.at("value").text().is_empty());
        }
    }
}

fn value_from(source: Field<'_>, has_value: bool) {
    let at = |name| Some(source.at(name)).filter(|f: &Field<'_>| f.is_set());
    let mut count = 0;
    if let Some(field) = at("fieldRef") {
        count += 1;
        field_ref(field, ENV_FIELDS);
    }
    if let Some(field) = at("resourceFieldRef") {
        count += 1;
        resource_field_ref(field, Reader::Variable);
    }
    for name in ["configMapKeyRef", "secretKeyRef"] {
        if let Some(field) = at(name) {
            count += 1;
            key_ref(field);
        }
    }
    if let Some(field) = at("fileKeyRef").filter(|f| f.if_since(35).is_set()) {
        count += 1;
        file_key_ref(field);
    }
    if count == 0 {
        let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or \
                      `fileKeyRef`";
        source.invalid_as(quote(""), detail);
    } else if has_value {
        source.invalid_as(quote(""), "may not be specified when `value` is not empty");
    } else if count > 1 {
        source.invalid_as(quote(""), "may not have more than one field specified at a time");
    }
}

fn key_ref(reference: Field<'_>) {
    let (name, key) = (reference.at("name"), reference.at("key"));
    for message in dns_subdomain(name.text()) {
        name.invalid_as(quote(name.text()), &message);
    }
    key.check_required(config_map_key);
}

fn file_key_ref(reference: Field<'_>) {
    reference.at("key").check_required(env_var_name);
    reference.at("volumeName").check_required(dns_label);
    if reference.at("path").has_text("") {
        volumes::no_backsteps(reference.at("path"));
    }
}

/// A field of the pod, one of `allowed` or an annotation or label.
pub(super) fn field_ref(reference: Field<'_>, allowed: &[&str]) {
    let (path, version) = (reference.at("fieldPath"), reference.at("apiVersion").text_or("v1"));
    if !path.has_text("") {
        return;
    }
    let error = |what: String| path.invalid(&format!("error converting fieldPath: {what}"));
    if version != "v1" {
        return error(format!("unsupported pod version: {version}"));
    }
    let subscripted = path.text().strip_suffix("']").and_then(|p| p.split_once("['")).filter(|p| !p.0.is_empty());
    match subscripted {
        Some(("metadata.annotations", key)) => subscript(reference, &key.to_lowercase(), qualified_name_caseless),
        Some(("metadata.labels", key)) => subscript(reference, key, qualified_name),
        Some(_) => error(format!("field label does not support subscript: {}", path.text())),
        None if !ALL_FIELDS.contains(&path.text()) => error(format!("field label not supported: {}", path.text())),
        None => {
            let known = if path.text() == "spec.host" { "spec.nodeName" } else { path.text() };
            if !allowed.contains(&known) {
                path.not_supported(allowed);
            }
        }
    }
}

fn subscript(at: Field<'_>, key: &str, format: fn(&str) -> Vec<String>) {
    for message in format(key) {
        at.invalid_as(quote(key), &message);
    }
}

/// A resource of a container.
pub(super) fn resource_field_ref(reference: Field<'_>, reader: Reader) {
    let (container, resource) = (reference.at("containerName"), reference.at("resource"));
    let name = resource.text();
    let huge = name.starts_with("requests.hugepages-") || name.starts_with("limits.hugepages-");
    if reader == Reader::File && container.text().is_empty() {
        container.required("");
    } else if name.is_empty() {
        resource.required("");
    } else if !RESOURCES.contains(&name) && !huge {
        resource.not_supported(RESOURCES);
    }
    let Some(divisor) = reference.at("divisor").quantity().filter(|q| !q.is_zero()) else { return };
    let text = divisor.to_string();
    let kind = match name.rsplit('.').next().unwrap_or_default() {
        "cpu" if RESOURCES.contains(&name) => {
            if text != "1m" && text != "1" {
                let detail = "only divisor's values 1m and 1 are supported with the cpu resource";
                reference.at("divisor").invalid_as(quote(name), detail);
            }
            return;
        }
        "memory" if RESOURCES.contains(&name) => "memory",
        "ephemeral-storage" if RESOURCES.contains(&name) => "local ephemeral storage",
        _ if huge => "hugepages",
        _ => return,
    };
    if !SIZES.contains(&&*text) {
        let detail = format!("only divisor's values {} are supported with the {kind} resource", SIZES.join(", "));
        reference.at("divisor").invalid_as(quote(name), &detail);
    }
}

/// All keys of ConfigMaps and Secrets as variables.
pub(super) fn env_from(sources: Field<'_>) {
    for source in sources.items() {
        source.at("prefix").check_if_any(env_var_name);
        let mut count = 0;
        for name in ["configMapRef", "secretRef"] {
            let reference = source.at(name);
            if !reference.is_set() {
                continue;
            }
            count += 1;
            reference.at("name").check_required(|t| super::formats::as_prefix(t, dns_subdomain));
        }
        if count == 0 {
            sources.invalid_as(quote(""), "must specify one of: `configMapRef` or `secretRef`");
        } else if count > 1 {
            sources.invalid_as(quote(""), "may not have more than one field specified at a time");
        }
    }
}
