//! Configuration of admission: webhooks, policies and their bindings (pkg/apis/admissionregistration of
//! Kubernetes 1.36). Expressions of mutations are not compiled.

use std::collections::BTreeSet;

use super::expressions::Expressions;
use super::field::Field;
use super::formats::{
    c_identifier, dns_subdomain, dns1035_label, fully_qualified_name, path_segment, qualified_name, range_message,
};
use super::metadata::{SUBDOMAIN, Scope, generic_object_meta, label_selector};
use super::quote;
use crate::cel::Type;

const FAILURE_POLICIES: &[&str] = &["Fail", "Ignore"];
const MATCH_POLICIES: &[&str] = &["Equivalent", "Exact"];
const SIDE_EFFECTS: &[&str] = &["None", "NoneOnDryRun"];
const OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const MUTATING_OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "UPDATE"];
const REINVOCATION: &[&str] = &["IfNeeded", "Never"];

/// `ValidatingWebhookConfiguration` and `MutatingWebhookConfiguration`
pub(super) fn webhook_configuration(object: Field<'_>) {
    generic_object_meta(object, Scope::Cluster, SUBDOMAIN);
    let mut names = BTreeSet::new();
    for hook in object.at("webhooks").items() {
        webhook(hook);
        review_versions(hook.at("admissionReviewVersions"));
        let name = hook.at("name");
        if !name.text().is_empty() && !names.insert(name.text()) {
            name.duplicate();
        }
    }
}

fn webhook(hook: Field<'_>) {
    hook.at("name").check_required(fully_qualified_name);
    hook.at("rules").items().for_each(rule_with_operations);
    hook.at("failurePolicy").one_of(FAILURE_POLICIES);
    hook.at("matchPolicy").one_of(MATCH_POLICIES);
    let (effects, timeout) = (hook.at("sideEffects"), hook.at("timeoutSeconds"));
    match effects.is_set() {
        true => effects.one_of(SIDE_EFFECTS),
        false => effects.required("must specify one of None, NoneOnDryRun"),
    }
    if timeout.int().is_some_and(|t| !(1..=30).contains(&t)) {
        timeout.invalid("the timeout value must be between 1 and 30 seconds");
    }
    label_selector(hook.at("namespaceSelector"));
    label_selector(hook.at("objectSelector"));
    hook.at("reinvocationPolicy").one_of(REINVOCATION);
    client_config(hook.at("clientConfig"), hook.at("clientConfig"));
    match_conditions(hook.at("matchConditions"), &Expressions::new(false));
}

/// How a webhook is reached; `named` is what the server calls it.
pub(super) fn client_config<'a>(config: Field<'a>, named: Field<'a>) {
    let (url, service) = (config.at("url"), config.at("service"));
    match (url.is_set(), service.is_set()) {
        (true, false) => webhook_url(url.named(named.at("url"))),
        (false, true) => webhook_service(service.named(named.at("service"))),
        _ => named.required("exactly one of url or service is required"),
    }
}

fn webhook_url(field: Field<'_>) {
    const FORM: &str = "; desired format: https://host[/path]";
    let text = field.text();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let (before, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (before, query) = before.split_once('?').unwrap_or((before, ""));
    let authority = before.split('/').next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let has_host = text.contains("://") && !host.is_empty();
    if scheme != "https" {
        field.invalid_as(quote(scheme), &format!("'https' is the only allowed URL scheme{FORM}"));
    }
    if !has_host {
        field.invalid_as(quote(""), &format!("host must be specified{FORM}"));
    }
    if has_host && authority.contains('@') {
        field.invalid_as(quote(user), "user information is not permitted in the URL");
    }
    if !fragment.is_empty() {
        field.invalid_as(quote(fragment), "fragments are not permitted in the URL");
    }
    if !query.is_empty() {
        field.invalid_as(quote(query), "query parameters are not permitted in the URL");
    }
}

fn webhook_service(service: Field<'_>) {
    // The server mixes up the two.
    service.at("name").named(service.at("namespace")).has_text("");
    service.at("namespace").named(service.at("name")).has_text("");
    if service.at("port").is_set() {
        let detail = format!("port is not valid: {}", range_message(1, 65535));
        service.at("port").in_range(1, 65535, &detail);
    }
    let path = service.at("path");
    let text = path.text();
    if matches!(text, "" | "/") {
        return;
    }
    if text == "//" {
        return path.invalid("segment[0] may not be empty");
    }
    if !text.starts_with('/') {
        path.invalid("must start with a '/'");
    }
    let rest: String = text.chars().skip(1).collect();
    for (i, segment) in rest.strip_suffix('/').unwrap_or(&rest).split('/').enumerate() {
        if segment.is_empty() {
            path.invalid(&format!("segment[{i}] may not be empty"));
            continue;
        }
        dns_subdomain(segment).iter().for_each(|m| path.invalid(&format!("segment[{i}]: {m}")));
    }
}

/// The versions of reviews that a webhook understands.
pub(super) fn review_versions(versions: Field<'_>) {
    if versions.len() == 0 {
        return versions.required("must specify one of v1, v1beta1");
    }
    let mut seen = BTreeSet::new();
    for version in versions.items() {
        if !seen.insert(version.text()) {
            version.invalid("duplicate version");
            continue;
        }
        version.check(dns1035_label);
    }
    if !seen.contains("v1") && !seen.contains("v1beta1") {
        versions.invalid("must include at least one of v1, v1beta1");
    }
}

fn texts<'a>(list: Field<'a>) -> Vec<&'a str> {
    list.items().map(|i| i.text()).collect()
}

fn rule_with_operations(rule: Field<'_>) {
    let operations = rule.at("operations");
    if operations.len() == 0 {
        operations.required("");
    }
    if operations.len() > 1 && texts(operations).contains(&"*") {
        operations.invalid("if '*' is present, must not specify other operations");
    }
    operations.items().for_each(|o| o.one_of(OPERATIONS));
    for (name, what) in [("apiGroups", "API groups"), ("apiVersions", "API versions")] {
        let list = rule.at(name);
        if list.len() == 0 {
            list.required("");
        }
        if list.len() > 1 && texts(list).contains(&"*") {
            list.invalid(&format!("if '*' is present, must not specify other {what}"));
        }
    }
    rule.at("apiVersions").items().for_each(|v| {
        v.has_text("");
    });
    rule_resources(rule.at("resources"));
    rule.at("scope").one_of(&["*", "Cluster", "Namespaced"]);
}

fn rule_resources(resources: Field<'_>) {
    if resources.len() == 0 {
        resources.required("");
    }
    let (mut all_below, mut below_all) = (BTreeSet::new(), BTreeSet::new());
    let mut plain = false;
    for resource in resources.items() {
        let text = resource.text();
        let Some((name, sub)) = text.split_once('/') else {
            if resource.has_text("") {
                plain = text != "*";
            }
            continue;
        };
        if all_below.contains(name) {
            resource.invalid(&format!("if '{name}/*' is present, must not specify {text}"));
        }
        if below_all.contains(sub) {
            resource.invalid(&format!("if '*/{sub}' is present, must not specify {text}"));
        }
        if sub == "*" {
            all_below.insert(name);
        }
        if name == "*" {
            below_all.insert(sub);
        }
    }
    if resources.len() > 1 && texts(resources).contains(&"*/*") {
        resources.invalid("if '*/*' is present, must not specify other resources");
    }
    if texts(resources).contains(&"*") && plain {
        resources.invalid("if '*' is present, must not specify other resources without subresources");
    }
}

fn match_conditions(conditions: Field<'_>, expressions: &Expressions) {
    if conditions.len() > 64 {
        conditions.too_many(64);
    }
    let mut names = BTreeSet::new();
    for condition in conditions.items() {
        let name = condition.at("name");
        expression(condition.at("expression"), "");
        expressions.check(condition.at("expression"), &[Type::Bool]);
        name.check_required(qualified_name);
        if !name.text().is_empty() && !names.insert(name.text()) {
            name.duplicate();
        }
    }
}

fn expression(expression: Field<'_>, detail: &str) {
    if expression.text().trim().is_empty() {
        expression.required(detail);
    }
}

/// `ValidatingAdmissionPolicy`
pub(super) fn validating_policy(object: Field<'_>) {
    generic_object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    let expressions = policy_head(spec);
    let (validations, annotations) = (spec.at("validations"), spec.at("auditAnnotations"));
    if validations.len() == 0 && annotations.len() == 0 {
        for field in [validations, annotations] {
            field.required("validations or auditAnnotations must contain at least one item");
        }
        return;
    }
    validations.items().for_each(|v| validation(v, &expressions));
    if annotations.len() > 20 {
        annotations.invalid("must not have more than 20 auditAnnotations");
    }
    let name = object.below(&["metadata", "name"]).text();
    let mut keys = BTreeSet::new();
    for annotation in annotations.items() {
        let key = annotation.at("key");
        match name {
            "" => key.invalid_as(quote(key.text()), "requires metadata.name be non-empty"),
            name => {
                let full = format!("{name}/{}", key.text());
                qualified_name(&full).iter().for_each(|m| key.invalid_as(quote(&full), m));
            }
        }
        let value = annotation.at("valueExpression");
        if value.text().trim().len() > 5 * 1024 {
            value.required("must not exceed 5120 bytes in length");
        }
        expression(value, "valueExpression is not specified");
        expressions.check(value, &[Type::String, Type::Null]);
        if !keys.insert(key.text()) {
            key.duplicate();
        }
    }
}

/// What all policies have; returns what their expressions may name.
fn policy_head(spec: Field<'_>) -> Expressions {
    spec.at("failurePolicy").one_of(FAILURE_POLICIES);
    if spec.at("paramKind").is_set() {
        param_kind(spec.at("paramKind"));
    }
    let constraints = spec.at("matchConstraints");
    match constraints.is_set() {
        true => {
            match_resources(constraints);
            if constraints.at("resourceRules").len() == 0 {
                constraints.at("resourceRules").required("");
            }
        }
        false => constraints.required(""),
    }
    let mut expressions = Expressions::new(spec.at("paramKind").is_set());
    match_conditions(spec.at("matchConditions"), &expressions);
    for variable in spec.at("variables").items() {
        let name = variable.at("name");
        if name.text().trim().is_empty() {
            name.required("name is not specified");
        } else if !c_identifier(name.text()) || crate::cel::is_reserved(name.text()) {
            name.invalid("must be a valid CEL identifier");
        }
        expression(variable.at("expression"), "expression is not specified");
        expressions.define(name.text(), variable.at("expression"));
    }
    expressions
}

fn param_kind(param: Field<'_>) {
    let (version, kind) = (param.at("apiVersion"), param.at("kind"));
    let text = version.text();
    if version.has_text("") {
        let (group, own) = text.split_once('/').unwrap_or(("", text));
        if own.contains('/') {
            version.invalid(&format!("unexpected GroupVersion string: {text}"));
        } else {
            let errors = if group.is_empty() { Vec::new() } else { dns_subdomain(group) };
            if !errors.is_empty() {
                version.invalid_as(quote(group), &errors.join(","));
            }
            let errors = dns1035_label(own);
            if own.is_empty() {
                version.invalid("version must be specified");
            } else if !errors.is_empty() {
                version.invalid_as(quote(own), &errors.join(","));
            }
        }
    }
    if kind.has_text("") {
        let errors = dns1035_label(&kind.text().to_lowercase());
        if !errors.is_empty() {
            let detail = format!("may have mixed case, but should otherwise match: {}", errors.join(","));
            kind.invalid(&detail);
        }
    }
}

fn match_resources(resources: Field<'_>) {
    resources.at("matchPolicy").one_of(MATCH_POLICIES);
    label_selector(resources.at("namespaceSelector"));
    label_selector(resources.at("objectSelector"));
    for list in ["resourceRules", "excludeResourceRules"] {
        for rule in resources.at(list).items() {
            let mut names = BTreeSet::new();
            for name in rule.at("resourceNames").items() {
                name.check(path_segment);
                if !names.insert(name.text()) {
                    name.duplicate();
                }
            }
            rule_with_operations(rule);
        }
    }
}

fn validation(validation: Field<'_>, expressions: &Expressions) {
    expression(validation.at("expression"), "expression is not specified");
    expressions.check(validation.at("expression"), &[Type::Bool]);
    expressions.check(validation.at("messageExpression"), &[Type::String]);
    for name in ["messageExpression", "message"] {
        let field = validation.at(name);
        if !field.text().is_empty() && field.text().trim().is_empty() {
            field.invalid("must be non-empty if specified");
        }
    }
    let message = validation.at("message");
    if message.text().trim().contains(['\n', '\r']) {
        message.invalid("must not contain line breaks");
    }
    validation.at("reason").one_of(&["Forbidden", "Invalid", "RequestEntityTooLarge"]);
}

/// `ValidatingAdmissionPolicyBinding`
pub(super) fn validating_binding(object: Field<'_>) {
    binding(object);
    let actions = object.below(&["spec", "validationActions"]);
    let mut seen = BTreeSet::new();
    for action in actions.items() {
        action.one_of(&["Audit", "Deny", "Warn"]);
        if !seen.insert(action.text()) {
            action.duplicate();
        }
    }
    if seen.contains("Deny") && seen.contains("Warn") {
        actions.invalid(
            "must not contain both Deny and Warn (repeating the same validation failure information in the API \
             response and headers serves no purpose)",
        );
    }
    if seen.is_empty() {
        actions.required("at least one validation action is required");
    }
}

fn binding(object: Field<'_>) {
    generic_object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    spec.at("policyName").check_required(dns_subdomain);
    if spec.at("paramRef").is_set() {
        param_ref(spec.at("paramRef"));
    }
    match_resources(spec.at("matchResources"));
}

fn param_ref(param: Field<'_>) {
    let (name, selector, action) = (param.at("name"), param.at("selector"), param.at("parameterNotFoundAction"));
    name.check_if_any(path_segment);
    label_selector(selector);
    match (!name.text().is_empty(), selector.is_set()) {
        (true, true) => {
            name.forbidden("name and selector are mutually exclusive");
            selector.forbidden("name and selector are mutually exclusive");
        }
        (false, false) => param.required("one of name or selector must be specified"),
        _ => {}
    }
    if action.has_text("") {
        action.one_of(&["Deny", "Allow"]);
    }
}

/// `MutatingAdmissionPolicy`
pub(super) fn mutating_policy(object: Field<'_>) {
    generic_object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    policy_head(spec);
    mutating_operations(spec.at("matchConstraints"));
    let mutations = spec.at("mutations");
    if mutations.len() == 0 {
        mutations.required("mutations must contain at least one item");
    }
    mutations.items().for_each(mutation);
    if spec.at("reinvocationPolicy").has_text("") {
        spec.at("reinvocationPolicy").one_of(REINVOCATION);
    }
}

fn mutating_operations(resources: Field<'_>) {
    for operation in resources.at("resourceRules").items().flat_map(|r| r.at("operations").items()) {
        let at = resources.at("resourceRules").at("operations");
        operation.named(at).one_of(MUTATING_OPERATIONS);
    }
}

fn mutation(mutation: Field<'_>) {
    let kind = mutation.at("patchType");
    if !kind.has_text("") {
        return;
    }
    let (own, other) = match kind.text() {
        "JSONPatch" => ("jsonPatch", "applyConfiguration"),
        "ApplyConfiguration" => ("applyConfiguration", "jsonPatch"),
        _ => return kind.not_supported(&["ApplyConfiguration", "JSONPatch"]),
    };
    match mutation.at(own).is_set() {
        true => expression(mutation.at(own).at("expression"), ""),
        false => mutation.at(own).required(&format!("must be specified when patchType is {}", kind.text())),
    }
    if mutation.at(other).is_set() {
        let detail = format!("must not be specified when patchType is {}", kind.text());
        mutation.at(other).invalid_as(quote(&format!("{{{other}}}")), &detail);
    }
}

/// `MutatingAdmissionPolicyBinding`
pub(super) fn mutating_binding(object: Field<'_>) {
    binding(object);
    mutating_operations(object.below(&["spec", "matchResources"]));
}
