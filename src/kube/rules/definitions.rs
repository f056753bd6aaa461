//! CustomResourceDefinitions (k8s.io/apiextensions-apiserver v0.36): names, versions, conversion, columns, and whether
//! their schemas are structural. Whether expressions of rules compile is left to others. Start reading at
//! [`definition`].

use std::collections::BTreeSet;

use super::admission::{client_config, review_versions};
use super::field::Field;
use super::formats::{dns_subdomain, dns1035_label};
use super::metadata::{Scope, generic_object_meta};
use super::{quote, structural};

const COLUMN_TYPES: &[&str] = &["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: &[&str] = &["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/// `apiextensions.k8s.io/CustomResourceDefinition`
pub(super) fn definition(object: Field<'_>) {
    generic_object_meta(object, Scope::Cluster, dns_subdomain);
    let spec = object.at("spec");
    let (group, names) = (spec.at("group"), spec.at("names"));
    let name = object.below(&["metadata", "name"]);
    if !name.text().is_empty() && name.text() != format!("{}.{}", names.at("plural").text(), group.text()) {
        name.invalid(r#"must be spec.names.plural+"."+spec.group"#);
    }
    if group.has_text("") {
        let errors = dns_subdomain(group.text());
        if !errors.is_empty() {
            group.invalid(&errors.join(","));
        } else if !group.text().contains('.') {
            group.invalid("should be a domain with at least one dot");
        }
    }
    if spec.at("scope").has_text("") {
        spec.at("scope").one_of(&["Cluster", "Namespaced"]);
    }
    versions(spec, object.below(&["status", "storedVersions"]));
    definition_names(names);
    conversion(spec);
    if spec.at("preserveUnknownFields").is_true() {
        let detail = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema \
                      instead";
        spec.at("preserveUnknownFields").invalid(detail);
    }
    api_approval(object, group.text());
}

fn versions<'a>(spec: Field<'a>, named_status: Field<'a>) {
    let list = spec.at("versions");
    let mut names = BTreeSet::new();
    let mut unique = true;
    let single = list.len() == 1;
    for version in list.items() {
        let name = version.at("name");
        unique &= names.insert(name.text());
        let errors = dns1035_label(name.text());
        if !errors.is_empty() {
            name.invalid_as(quote(name.text()), &errors.join(","));
            // The server keeps the first one in a field of its own, too.
            if !name.text().is_empty() && version.path() == list.index(0).path() {
                name.named(spec.at("version")).invalid_as(quote(name.text()), &errors.join(","));
            }
        }
        // What all versions share, as with a single one, the server moves to the top.
        let hoisted = |own: &'static str, top: &'static str| {
            let field = version.at(own);
            if single { field.named(spec.at(top)) } else { field }
        };
        let schema = hoisted("schema", "validation").at("openAPIV3Schema");
        if !schema.is_set() {
            version.at("schema").at("openAPIV3Schema").required("");
        }
        structural::root(schema);
        selectable(hoisted("selectableFields", "selectableFields"), schema);
        subresources(hoisted("subresources", "subresources"));
        hoisted("additionalPrinterColumns", "additionalPrinterColumns").items().for_each(column);
        deprecation(version);
    }
    if !unique {
        list.invalid("must contain unique version names");
    }
    let stored: Vec<&str> = list.items().filter(|v| v.at("storage").is_true()).map(|v| v.at("name").text()).collect();
    if stored.len() != 1 {
        list.invalid("must have exactly one version marked as storage version");
    }
    let versions = spec.at("versions").named(named_status);
    if stored.is_empty() {
        versions.invalid_as("null", "must have at least one stored version");
    }
    for other in stored.iter().skip(1).filter(|o| **o != stored[0]) {
        versions.invalid_as(quote(other), &format!("must have the storage version {other}"));
    }
}

/// Fields that objects can be chosen by.
fn selectable<'a>(fields: Field<'a>, schema: Field<'a>) {
    const MOST: usize = 8;
    let mut seen = BTreeSet::new();
    for field in fields.items().filter(|_| schema.is_set()) {
        let path = field.at("jsonPath");
        if !path.has_text("") {
            continue;
        }
        let Some(Some(found)) = structural::field_at(schema, path.text()) else {
            path.invalid("is an invalid path: does not refer to a valid field");
            continue;
        };
        if path.text().starts_with(".metadata.") {
            path.invalid("must not point to fields in metadata");
        }
        if !["string", "boolean", "integer"].contains(&found.at("type").text()) {
            let detail = "must point to a field of type string, boolean or integer. Enum string fields and strings with \
                          formats are allowed.";
            path.invalid(detail);
        }
        if !seen.insert(path.text()) {
            path.duplicate();
        }
    }
    if seen.len() > MOST {
        fields.too_many(MOST);
    }
}

fn deprecation(version: Field<'_>) {
    let warning = version.at("deprecationWarning");
    if !warning.is_set() {
        return;
    }
    if !version.at("deprecated").is_true() {
        return warning.invalid("can only be set for deprecated versions");
    }
    if warning.text().len() > 256 {
        warning.invalid("must be <= 256 characters long");
    }
    if warning.text().is_empty() {
        warning.invalid("must not be an empty string");
    }
    if let Some((i, _)) = warning.text().char_indices().find(|(_, c)| c.is_control()) {
        let detail = "must only contain printable UTF-8 characters; non-printable character found at index";
        warning.invalid(&format!("{detail} {i}"));
    }
}

fn definition_names(names: Field<'_>) {
    for name in ["plural", "kind"] {
        names.at(name).has_text("");
    }
    let kind = names.at("kind").text();
    let label = |field: Field<'_>, text: &str, mixed: bool| {
        let errors = dns1035_label(&if mixed { text.to_lowercase() } else { text.to_owned() });
        if !text.is_empty() && !errors.is_empty() {
            let prefix = if mixed { "may have mixed case, but should otherwise match: " } else { "" };
            field.invalid_as(quote(text), &format!("{prefix}{}", errors.join(",")));
        }
    };
    label(names.at("plural"), names.at("plural").text(), false);
    let lower = kind.to_lowercase();
    label(names.at("singular"), Some(names.at("singular").text()).filter(|t| !t.is_empty()).unwrap_or(&lower), false);
    label(names.at("kind"), kind, true);
    let list = format!("{kind}List");
    let list_kind = Some(names.at("listKind").text()).filter(|t| !t.is_empty()).unwrap_or(&list);
    label(names.at("listKind"), if kind.is_empty() { names.at("listKind").text() } else { list_kind }, true);
    for name in ["shortNames", "categories"] {
        names.at(name).items().for_each(|n| {
            let errors = dns1035_label(n.text());
            if !errors.is_empty() {
                n.invalid_as(quote(n.text()), &errors.join(","));
            }
        });
    }
    if !kind.is_empty() && names.at("listKind").text() == kind {
        names.at("listKind").invalid("kind and listKind may not be the same");
    }
    if kind.is_empty() && names.at("singular").text().is_empty() {
        names.at("singular").required("");
    }
    if kind.is_empty() && names.at("listKind").text().is_empty() {
        names.at("listKind").required("");
    }
}

fn column(column: Field<'_>) {
    let (kind, format) = (column.at("type"), column.at("format"));
    let path = column.at("jsonPath").named(column.at("JSONPath"));
    column.at("name").has_text("");
    let types = format!("must be one of {}", COLUMN_TYPES.join(","));
    if kind.has_text(&types) && !COLUMN_TYPES.contains(&kind.text()) {
        kind.invalid(&types);
    }
    if !format.text().is_empty() && !COLUMN_FORMATS.contains(&format.text()) {
        format.invalid(&format!("must be one of {}", COLUMN_FORMATS.join(",")));
    }
    if path.has_text("") {
        simple_json_path(path);
    }
}

fn simple_json_path(path: Field<'_>) {
    if !path.text().is_empty() && !path.text().starts_with('.') {
        path.invalid("must be a simple json path starting with .");
    }
}

fn subresources(subresources: Field<'_>) {
    let scale = subresources.at("scale");
    if !scale.is_set() {
        return;
    }
    for (name, prefix) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
        let path = scale.at(name);
        if path.has_text("") {
            if !path.text().starts_with('.') {
                path.invalid("must be a simple json path starting with .");
            } else if !path.text().starts_with(prefix) {
                path.invalid(&format!("should be a json path under {}", prefix.trim_end_matches('.')));
            }
        }
    }
    let selector = scale.at("labelSelectorPath");
    let text = selector.text();
    if !text.is_empty() && !text.starts_with(".status.") && !text.starts_with(".spec.") {
        selector.invalid("should be a json path under either .spec or .status");
    }
}

fn conversion(spec: Field<'_>) {
    let conversion = spec.at("conversion");
    if !conversion.is_set() {
        return;
    }
    let (strategy, webhook) = (conversion.at("strategy"), conversion.at("webhook"));
    let config = conversion.at("webhookClientConfig");
    let versions = webhook.at("conversionReviewVersions").named(conversion.at("conversionReviewVersions"));
    if strategy.has_text("") {
        strategy.one_of(&["None", "Webhook"]);
    }
    if strategy.text() == "Webhook" {
        match webhook.at("clientConfig").is_set() {
            true => client_config(webhook.at("clientConfig"), config),
            false => config.required("required when strategy is set to Webhook"),
        }
        if versions.len() == 0 {
            versions.required("");
        } else {
            review_versions(versions);
        }
        return;
    }
    if webhook.at("clientConfig").is_set() {
        config.forbidden("should not be set when strategy is not set to Webhook");
    }
    if versions.len() > 0 {
        versions.forbidden("should not be set when strategy is not set to Webhook");
    }
}

/// Groups of the community need its approval.
fn api_approval(object: Field<'_>, group: &str) {
    let protected = ["k8s.io", "kubernetes.io"].iter().any(|g| group == *g || group.ends_with(&format!(".{g}")));
    let approval = object.below(&["metadata", "annotations"]).key("api-approved.kubernetes.io");
    if !protected {
        return;
    }
    let text = approval.text();
    let is_link = text.split_once("://").is_some_and(|(_, rest)| !rest.is_empty() && !rest.starts_with('/'));
    if text.is_empty() {
        let detail = "protected groups must have approval annotation \"api-approved.kubernetes.io\", see \
                      https://github.com/kubernetes/enhancements/pull/1111";
        approval.required(detail);
    } else if !is_link && !text.starts_with("unapproved") {
        approval.invalid(
            "protected groups must have approval annotation \"api-approved.kubernetes.io\" with either a URL or a \
             reason starting with \"unapproved\", see https://github.com/kubernetes/enhancements/pull/1111",
        );
    }
}
