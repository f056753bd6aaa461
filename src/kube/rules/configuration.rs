//! ConfigMaps and Secrets, quotas and ranges of limits (pkg/apis/core/validation of Kubernetes 1.36).

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;

use super::field::Field;
use super::formats::{config_map_key, qualified_name};
use super::metadata::{SUBDOMAIN, Scope, object_meta};
use super::quote;
use super::resources::{
    amount, amounts, container_resource_name, is_overcommit_allowed, is_quota_resource, resource_name,
};
use crate::kube::quantity::Quantity;

/// The most bytes that all values of a ConfigMap or Secret may have.
const MAX_SIZE: usize = 1024 * 1024;
const COMPUTE: &[&str] = &["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory", "pods"];

/// `v1/ConfigMap`
pub(super) fn config_map(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let (data, binary) = (object.at("data"), object.at("binaryData"));
    let binary_keys = binary.texts();
    let mut size = 0;
    for (key, value) in data.entries() {
        config_map_key(key).iter().for_each(|m| value.invalid_as(quote(key), m));
        if binary_keys.contains_key(key) {
            value.invalid_as(quote(key), "duplicate of key present in binaryData");
        }
        size += value.text().len();
    }
    for (key, value) in binary.entries() {
        config_map_key(key).iter().for_each(|m| value.invalid_as(quote(key), m));
        size += decoded(value.text()).len();
    }
    if size > MAX_SIZE {
        // The server's way to name the object as a whole.
        object.key("").too_long(MAX_SIZE);
    }
}

/// The bytes behind a text in base64; Go skips line breaks.
fn decoded(text: &str) -> Vec<u8> {
    let plain: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    base64::engine::general_purpose::STANDARD.decode(plain).unwrap_or_default()
}

/// `v1/Secret`
pub(super) fn secret(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    // `stringData` is written over `data` before anything is looked at.
    let at = object.at("data");
    let mut data: BTreeMap<&str, Vec<u8>> = at.entries().map(|(k, v)| (k, decoded(v.text()))).collect();
    data.extend(object.at("stringData").entries().map(|(k, v)| (k, v.text().as_bytes().to_vec())));
    for key in data.keys() {
        config_map_key(key).iter().for_each(|m| at.absent_key(key).invalid_as(quote(key), m));
    }
    if data.values().map(Vec::len).sum::<usize>() > MAX_SIZE {
        at.too_long(MAX_SIZE);
    }
    secret_type(object, at, &data);
}

fn secret_type<'a>(object: Field<'a>, at: Field<'a>, data: &BTreeMap<&str, Vec<u8>>) {
    let needed = |key: &'static str| {
        if !data.contains_key(key) {
            at.key(key).required("");
        }
    };
    match object.at("type").text() {
        "kubernetes.io/service-account-token" => {
            let account = object.below(&["metadata", "annotations"]).key("kubernetes.io/service-account.name");
            account.has_text("");
        }
        "kubernetes.io/dockercfg" => json(at.key(".dockercfg"), data.get(".dockercfg")),
        "kubernetes.io/dockerconfigjson" => json(at.key(".dockerconfigjson"), data.get(".dockerconfigjson")),
        "kubernetes.io/basic-auth" if !data.contains_key("username") && !data.contains_key("password") => {
            needed("username");
            needed("password");
        }
        "kubernetes.io/ssh-auth" if data.get("ssh-privatekey").is_none_or(Vec::is_empty) => {
            at.key("ssh-privatekey").required("");
        }
        "kubernetes.io/tls" => {
            needed("tls.crt");
            needed("tls.key");
        }
        _ => {}
    }
}

fn json(at: Field<'_>, value: Option<&Vec<u8>>) {
    let Some(value) = value else { return at.required("") };
    match serde_json::from_slice::<serde_json::Value>(value) {
        Ok(serde_json::Value::Object(_) | serde_json::Value::Null) => {}
        Ok(_) => at.invalid_as(quote("<secret contents redacted>"), "json: cannot unmarshal into a map"),
        Err(error) => at.invalid_as(quote("<secret contents redacted>"), &error.to_string()),
    }
}

/// `v1/ResourceQuota`
pub(super) fn resource_quota(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let spec = object.at("spec");
    let hard = spec.at("hard");
    for (name, at) in hard.entries() {
        resource_name(at, name);
        if !name.contains('/') && !is_quota_resource(name) {
            at.invalid_as(quote(name), "must be a standard resource for quota");
        }
    }
    amounts(hard).iter().for_each(|(name, at, value)| amount(*at, name, value));
    let scopes = spec.at("scopes");
    for scope in scopes.items() {
        scope_fits(scopes, scopes, scope.text(), hard);
    }
    conflicting_scopes(scopes, scopes.items().map(|s| s.text()).collect());
    scope_selector(spec.at("scopeSelector"), hard);
}

fn is_scope(scope: &str) -> bool {
    matches!(
        scope,
        "Terminating"
            | "NotTerminating"
            | "BestEffort"
            | "NotBestEffort"
            | "PriorityClass"
            | "VolumeAttributesClass"
            | "CrossNamespacePodAffinity"
    )
}

fn scope_fits(unknown: Field<'_>, unfit: Field<'_>, scope: &str, hard: Field<'_>) {
    if !is_scope(scope) {
        unknown.invalid("unsupported scope");
    }
    let fits = |resource: &str| match scope {
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        _ => !is_scope(scope) || COMPUTE.contains(&resource),
    };
    if hard.entries().any(|(name, _)| is_quota_resource(name) && !fits(name)) {
        unfit.invalid("unsupported scope applied to resource");
    }
}

fn conflicting_scopes(at: Field<'_>, scopes: BTreeSet<&str>) {
    for pair in [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]] {
        if pair.iter().all(|s| scopes.contains(s)) {
            at.invalid("conflicting scopes");
        }
    }
}

fn scope_selector(selector: Field<'_>, hard: Field<'_>) {
    let list = selector.at("matchExpressions");
    let mut scopes = BTreeSet::new();
    for expression in list.items() {
        let scope = expression.at("scopeName").text();
        let operator = expression.at("operator").named(list.at("operator"));
        let values = expression.at("values").named(list.at("values"));
        scope_fits(expression.at("scopeName").named(list.at("scopeName")), list, scope, hard);
        let only_exists = is_scope(scope) && !matches!(scope, "PriorityClass" | "VolumeAttributesClass");
        if only_exists && operator.text() != "Exists" {
            operator.invalid(
                "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                 ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or \
                 ResourceQuotaScopeCrossNamespacePodAffinity",
            );
        }
        match operator.text() {
            "In" | "NotIn" => {
                if values.len() == 0 {
                    let detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                    values.required(detail);
                }
            }
            "Exists" | "DoesNotExist" => {
                if values.len() > 0 {
                    let detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                    values.invalid(detail);
                }
            }
            other => operator.invalid_as(quote(other), "not a valid selector operator"),
        }
        scopes.insert(scope);
    }
    conflicting_scopes(list, scopes);
}

/// `v1/LimitRange`
pub(super) fn limit_range(object: Field<'_>) {
    // One without a name gets one.
    if !object.below(&["metadata", "name"]).text().is_empty() {
        object_meta(object, Scope::Namespaced, SUBDOMAIN);
    }
    let mut kinds = BTreeSet::new();
    for limit in object.below(&["spec", "limits"]).items() {
        let kind = limit.at("type");
        let errors = qualified_name(kind.text());
        let known = ["Pod", "Container", "PersistentVolumeClaim"].contains(&kind.text());
        if errors.is_empty() && !kind.text().contains('/') && !known {
            kind.invalid("must be a standard limit type or fully qualified");
        }
        errors.iter().for_each(|m| kind.invalid_as(quote(kind.text()), m));
        if !kinds.insert(kind.text()) {
            kind.duplicate();
        }
        limits_of(limit);
    }
}

type Amounts<'a> = BTreeMap<&'a str, Quantity>;

/// The amounts in one list of a range, after their names were checked.
fn range_amounts<'a>(limit: Field<'a>, list: &'static str) -> Amounts<'a> {
    let containers = ["Pod", "Container"].contains(&limit.at("type").text());
    for (name, at) in limit.at(list).entries() {
        if containers { container_resource_name(at, name) } else { resource_name(at, name) }
    }
    amounts(limit.at(list)).into_iter().map(|(name, _, value)| (name, value)).collect()
}

fn limits_of(limit: Field<'_>) {
    let (max, min) = (range_amounts(limit, "max"), range_amounts(limit, "min"));
    let (mut default, mut request) = (Amounts::new(), Amounts::new());
    if limit.at("type").text() == "Pod" {
        for name in ["default", "defaultRequest"] {
            if limit.at(name).len() > 0 {
                limit.at(name).forbidden("may not be specified when `type` is 'Pod'");
            }
        }
    } else {
        default = range_amounts(limit, "default");
        request = range_amounts(limit, "defaultRequest");
    }
    let of_claims = limit.at("type").text() == "PersistentVolumeClaim";
    if of_claims && !min.contains_key("storage") && !max.contains_key("storage") {
        let detail = "either minimum or maximum storage value is required, but neither was provided";
        limit.at("limits").required(detail);
    }
    let ratio = range_amounts(limit, "maxLimitRequestRatio");
    if limit.at("type").text() == "Container" {
        let given = (default.clone(), request.clone());
        default_from(&mut default, &max);
        default_from(&mut request, &default);
        default_from(&mut request, &min);
        for (list, all, given) in [("default", &default, given.0), ("defaultRequest", &request, given.1)] {
            for name in all.keys().filter(|n| !given.contains_key(*n)) {
                container_resource_name(limit.at(list).absent_key(name), name);
            }
        }
    }
    let names: BTreeSet<&str> =
        [&max, &min, &default, &request, &ratio].iter().flat_map(|l| l.keys().copied()).collect();
    for name in names {
        let range = Range {
            max: max.get(name),
            min: min.get(name),
            default: default.get(name),
            request: request.get(name),
            ratio: ratio.get(name),
        };
        range.check(limit, name);
    }
}

/// What is not given is taken from elsewhere.
fn default_from<'a>(list: &mut Amounts<'a>, other: &Amounts<'a>) {
    for (name, value) in other {
        list.entry(name).or_insert_with(|| value.clone());
    }
}

/// The amounts that a range gives for one resource.
struct Range<'a> {
    max: Option<&'a Quantity>,
    min: Option<&'a Quantity>,
    default: Option<&'a Quantity>,
    request: Option<&'a Quantity>,
    ratio: Option<&'a Quantity>,
}

impl Range<'_> {
    fn check<'f>(&self, limit: Field<'f>, name: &'f str) {
        let at = |list: &'static str| limit.at(list).key(name);
        let order = |low: Option<&Quantity>, low_name: &str, high: Option<&Quantity>, high_name: &str, list| {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                let detail = format!("{low_name} value {low} is greater than {high_name} value {high}");
                at(list).invalid_as(quote(&high.to_string()), &detail);
            }
        };
        order(self.min, "min", self.max, "max", "min");
        order(self.min, "min", self.request, "default request", "defaultRequest");
        order(self.request, "default request", self.max, "max", "defaultRequest");
        order(self.request, "default request", self.default, "default limit", "defaultRequest");
        order(self.min, "min", self.default, "default", "default");
        order(self.default, "default", self.max, "max", "default");
        self.check_ratio(at("maxLimitRequestRatio"));
        if let (Some(default), Some(request)) = (self.default, self.request)
            && !is_overcommit_allowed(name)
            && default != request
        {
            let detail = format!("default value {default} must equal to defaultRequest value {request} in {name}");
            at("defaultRequest").invalid_as(quote(&request.to_string()), &detail);
        }
    }

    fn check_ratio(&self, at: Field<'_>) {
        let Some(ratio) = self.ratio else { return };
        if *ratio < Quantity::from_int(1) {
            at.invalid_as(quote(&ratio.to_string()), &format!("ratio {ratio} is less than 1"));
        }
        // Ratios beyond 64 bits count as nothing.
        let fits = ratio.scaled(0) < i64::MAX;
        if let (Some(min), Some(max)) = (self.min, self.max)
            && fits
        {
            let most = max.scaled(3) as f64 / min.scaled(3) as f64;
            if ratio.scaled(3) as f64 / 1000.0 > most {
                let detail = format!("ratio {ratio} is greater than max/min = {most:.6}");
                at.invalid_as(quote(&ratio.to_string()), &detail);
            }
        }
    }
}
