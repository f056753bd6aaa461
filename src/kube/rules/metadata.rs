//! Metadata: names, labels, annotations, owners, finalizers (k8s.io/apimachinery v0.36, api/validation), and what
//! label selectors are and match.

use super::field::Field;
use super::formats::{as_prefix, dns_subdomain, label_value, path_segment, qualified_name};
use super::{formats, quote};

/// The most bytes that all annotations of an object may have.
const ANNOTATIONS_SIZE: usize = 256 * 1024;
const FINALIZERS: &[&str] = &["kubernetes", "orphan", "foregroundDeletion"];
/// What an unset operator of a selector is compared with.
const WITH_VALUES: &[&str] = &["In", "NotIn"];
const WITHOUT_VALUES: &[&str] = &["Exists", "DoesNotExist"];

/// Whether objects of a kind live in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// They do.
    Namespaced,
    /// They don't.
    Cluster,
}

/// A format of names.
pub(super) type NameFormat = fn(&str) -> Vec<String>;

/// Checks `metadata` of an object whose finalizers must be qualified names or Kubernetes' own, as most kinds do.
pub(super) fn object_meta(object: Field<'_>, scope: Scope, name: NameFormat) {
    generic_object_meta(object, scope, name);
    for finalizer in object.below(&["metadata", "finalizers"]).items() {
        kube_finalizer(finalizer, finalizer);
    }
}

/// Checks `metadata` of any object.
pub(super) fn generic_object_meta(object: Field<'_>, scope: Scope, name: NameFormat) {
    let meta = object.at("metadata");
    let (given, prefix) = (meta.at("name"), meta.at("generateName"));
    if !prefix.text().is_empty() {
        prefix.check(|t| as_prefix(t, name));
    }
    if !given.text().is_empty() {
        given.check(name);
        if name(given.text()).is_empty() {
            given.check(path_segment);
        }
    } else if prefix.text().is_empty() {
        given.has_text("name or generateName is required");
    } else {
        // The server appends five characters to the first 58 bytes.
        let generated: String = prefix.text().chars().take(58).chain("x2x2x".chars()).collect();
        for message in name(&generated) {
            given.invalid_as(quote(&generated), &message);
        }
    }
    if scope == Scope::Namespaced {
        meta.at("namespace").check_if_any(formats::dns_label);
    }
    labels(meta.at("labels"));
    annotations(meta.at("annotations"));
    owners(meta.at("ownerReferences"));
    finalizers(meta.at("finalizers"));
}

/// Checks the keys and values of labels, or of anything that must be like them.
pub(super) fn labels(labels: Field<'_>) {
    for (key, value) in labels.entries() {
        label_key_named(labels, key);
        for message in label_value(value.text()) {
            labels.invalid_as(quote(value.text()), &message);
        }
    }
}

/// Checks a label's key given in a field of its own.
pub(super) fn label_key(key: Field<'_>) {
    if key.node().is_none_or(|n| n.as_str().is_some()) {
        label_key_named(key, key.text());
    }
}

fn label_key_named(at: Field<'_>, key: &str) {
    for message in qualified_name(key) {
        at.invalid_as(quote(key), &message);
    }
}

/// Checks annotations.
pub(super) fn annotations(annotations: Field<'_>) {
    let mut size = 0;
    for (key, value) in annotations.entries() {
        size += key.len() + value.text().len();
        for message in formats::qualified_name_caseless(key) {
            annotations.invalid_as(quote(key), &message);
        }
    }
    if size > ANNOTATIONS_SIZE {
        annotations.too_long(ANNOTATIONS_SIZE);
    }
}

fn owners(references: Field<'_>) {
    let mut controller: Option<String> = None;
    // The server does not say which owner it means.
    for owner in references.items().map(|o| o.named(references)) {
        let version = owner.at("apiVersion");
        if version.text().rsplit('/').next().unwrap_or_default().is_empty() || version.text().matches('/').count() > 1 {
            version.invalid_as(quote(version.text()), "version must not be empty");
        }
        for name in ["kind", "name", "uid"] {
            if owner.at(name).text().is_empty() {
                owner.at(name).invalid_as(quote(""), "must not be empty");
            }
        }
        if version.text() == "v1" && owner.at("kind").text() == "Event" {
            owner.invalid("/v1, Kind=Event is disallowed from being an owner");
        }
        if owner.at("controller").is_true() {
            let current = format!("{}/{}", owner.at("kind").text(), owner.at("name").text());
            match &controller {
                Some(first) => references.invalid(&format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and \
                     {current}"
                )),
                None => controller = Some(current),
            }
        }
    }
}

fn finalizers(finalizers: Field<'_>) {
    let mut own = Vec::new();
    for finalizer in finalizers.items() {
        for message in qualified_name(finalizer.text()) {
            finalizers.invalid_as(quote(finalizer.text()), &message);
        }
        own.push(finalizer.text());
    }
    if own.contains(&"orphan") && own.contains(&"foregroundDeletion") {
        finalizers.invalid("finalizer orphan and foregroundDeletion cannot be both set");
    }
}

/// Says so at a field if a finalizer without a domain is none of Kubernetes' own.
pub(super) fn kube_finalizer(finalizer: Field<'_>, at: Field<'_>) {
    let text = finalizer.text();
    if !text.contains('/') && !FINALIZERS.contains(&text) {
        at.invalid_as(quote(text), "name is neither a standard finalizer name nor is it fully qualified");
    }
}

/// Checks a label selector, if there is one.
pub(super) fn label_selector(selector: Field<'_>) {
    labels(selector.at("matchLabels"));
    for expression in selector.at("matchExpressions").items() {
        let (operator, values) = (expression.at("operator"), expression.at("values"));
        selector_operator(operator, values);
        label_key(expression.at("key"));
        for value in values.items() {
            value.check(label_value);
        }
    }
}

/// Checks that an operator of a selector has the values it needs.
pub(super) fn selector_operator(operator: Field<'_>, values: Field<'_>) {
    if WITH_VALUES.contains(&operator.text()) {
        if values.len() == 0 {
            values.required("must be specified when `operator` is 'In' or 'NotIn'");
        }
    } else if WITHOUT_VALUES.contains(&operator.text()) {
        if values.len() > 0 {
            values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
    } else {
        operator.invalid_as(quote(operator.text()), "not a valid selector operator");
    }
}

/// Whether a selector has conditions.
pub(super) fn selects_something(selector: Field<'_>) -> bool {
    selector.at("matchLabels").len() + selector.at("matchExpressions").len() > 0
}

/// Whether a label selector matches labels; one that is not there matches nothing.
pub(super) fn matches(selector: Field<'_>, labels: Field<'_>) -> bool {
    let labels = labels.texts();
    let label = |key: &str| labels.get(key).copied();
    let meets = |expression: Field<'_>| {
        let value = label(expression.at("key").text());
        let listed = value.is_some_and(|v| expression.at("values").item_texts().contains(v));
        match expression.at("operator").text() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    };
    selector.is_set()
        && selector.at("matchLabels").entries().all(|(k, v)| label(k) == Some(v.text()))
        && selector.at("matchExpressions").items().all(meets)
}

/// Names that only a URL limits.
pub(super) const PATH_SEGMENT: NameFormat = path_segment;
/// Names like domains, the usual ones.
pub(super) const SUBDOMAIN: NameFormat = dns_subdomain;
