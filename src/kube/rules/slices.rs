//! ResourceSlices: the devices that drivers publish (pkg/apis/resource of Kubernetes 1.36).

use std::sync::LazyLock;

use regex::Regex;

use super::devices::{EFFECTS, is_short, qualified, unique};
use super::field::Field;
use super::formats::{dns_label, dns_subdomain, label_value};
use super::metadata::{SUBDOMAIN, Scope, label_key, object_meta};
use super::scheduling::node_selector;
use super::volume_sources::csi_driver_name;

/// The most devices of a slice, and the most with features that cost the server more.
const MOST_DEVICES: (usize, usize) = (128, 64);
/// The most bytes of an attribute's value.
const LONGEST_VALUE: usize = 64;
/// The most bytes of a pool's name.
const LONGEST_POOL: usize = 253;
/// What an attribute is, one of which it has.
const VALUES: &[&str] = &["bool", "int", "string", "version", "bools", "ints", "strings", "versions"];

/// As the server has it from semver.org.
static SEMVER: LazyLock<Regex> = LazyLock::new(|| {
    let number = "(?:0|[1-9][0-9]*)";
    let tag = "(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
    let text =
        format!(r"^{number}\.{number}\.{number}(?:-{tag}(?:\.{tag})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$");
    Regex::new(&text).expect("a constant expression")
});

/// `resource.k8s.io/ResourceSlice`
pub(super) fn slice(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    csi_driver_name(spec.at("driver"));
    pool(spec.at("pool"));
    nodes(spec);
    let devices = spec.at("devices");
    if spec.at("sharedCounters").is_set() && devices.is_set() {
        spec.invalid_as("\"\"", "only one of `sharedCounters` or `devices` is allowed");
    }
    let is_costly = |d: Field<'_>| d.at("taints").len() > 0 || d.at("consumesCounters").len() > 0;
    let most = if devices.items().any(is_costly) { MOST_DEVICES.1 } else { MOST_DEVICES.0 };
    if is_short(devices, most) {
        devices.items().for_each(|d| device(d, spec.at("perDeviceNodeSelection").is_true()));
        unique(devices, |d| d.at("name").text());
    }
    unique(spec.at("sharedCounters"), |c| c.at("name").text());
    for counters in spec.at("sharedCounters").items() {
        counters.at("name").check_required(dns_label);
        if counters.at("counters").len() == 0 {
            counters.at("counters").required("");
        }
    }
}

fn pool(pool: Field<'_>) {
    let (name, count, generation) = (pool.at("name"), pool.at("resourceSliceCount"), pool.at("generation"));
    if name.has_text("") {
        if name.text().len() > LONGEST_POOL {
            name.too_long(LONGEST_POOL);
        }
        name.check(|text| text.split('/').flat_map(dns_subdomain).collect());
    }
    if count.int().unwrap_or(0) <= 0 {
        count.invalid_as(count.int().unwrap_or(0), "must be greater than zero");
    }
    if generation.int().is_some_and(|g| g < 0) {
        generation.invalid("must be greater than or equal to zero");
    }
}

/// Which nodes have the devices: exactly one way to say so.
fn nodes(spec: Field<'_>) {
    const ONE: &str = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
    let (name, selector) = (spec.at("nodeName"), spec.at("nodeSelector"));
    let mut set = Vec::new();
    if name.is_set() {
        if name.text().is_empty() {
            name.invalid("must be either unset or set to a non-empty string");
        } else {
            set.push("`nodeName`");
            name.check(dns_subdomain);
        }
    }
    if selector.is_set() {
        set.push("`nodeSelector`");
        node_selector(selector);
        if selector.at("nodeSelectorTerms").len() != 1 {
            selector.at("nodeSelectorTerms").invalid("must have exactly one node selector term");
        }
    }
    for (flag, shown) in [("allNodes", "`allNodes`"), ("perDeviceNodeSelection", "`perDeviceNodeSelection`")] {
        match spec.at(flag).flag() {
            Some(true) => set.push(shown),
            Some(false) => spec.at(flag).invalid("must be either unset or set to true"),
            None => {}
        }
    }
    match set.len() {
        0 => spec.required(ONE),
        1 => {}
        _ => spec.invalid_as(format!("\"{{{}}}\"", set.join(", ")), &format!("{ONE}, but multiple fields are set")),
    }
}

fn device(device: Field<'_>, chooses_nodes: bool) {
    device.at("name").check_required(dns_label);
    let (attributes, capacity) = (device.at("attributes"), device.at("capacity"));
    for (name, value) in attributes.entries() {
        qualified(attributes, name);
        attribute(value);
    }
    for (name, value) in capacity.entries() {
        qualified(capacity, name);
        if value.at("requestPolicy").is_set() && !device.at("allowMultipleAllocations").is_true() {
            value.at("requestPolicy").forbidden("allowMultipleAllocations must be true");
        }
    }
    for taint in device.at("taints").items() {
        label_key(taint.at("key"));
        taint.at("value").check_if_any(label_value);
        if taint.at("effect").has_text("") {
            taint.at("effect").one_of(EFFECTS);
        }
    }
    if !chooses_nodes && ["nodeName", "nodeSelector", "allNodes"].iter().any(|f| device.at(f).is_set()) {
        device.invalid_as(
            "null",
            "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in \
             the ResourceSlice spec",
        );
    }
}

fn attribute(attribute: Field<'_>) {
    let version = |v: Field<'_>| {
        if !SEMVER.is_match(v.text()) {
            v.invalid("must be a string compatible with semver.org spec 2.0.0");
        }
    };
    let text = |v: Field<'_>| {
        if v.text().len() > LONGEST_VALUE {
            v.too_long(LONGEST_VALUE);
        }
    };
    let set: Vec<&str> = VALUES.iter().copied().filter(|v| attribute.at(v).is_set()).collect();
    for name in &set {
        let value = attribute.at(name);
        if name.ends_with('s') && value.len() == 0 {
            value.invalid("must not be empty if specified");
        }
        match *name {
            "string" => text(value),
            "strings" => value.items().for_each(text),
            "version" => [version, text].iter().for_each(|check: &fn(Field<'_>)| check(value)),
            "versions" => value.items().for_each(version),
            _ => {}
        }
    }
    match set.len() {
        0 => attribute.invalid_as("\"\"", "exactly one value must be specified"),
        1 => {}
        _ => attribute.invalid("exactly one value must be specified"),
    }
}
