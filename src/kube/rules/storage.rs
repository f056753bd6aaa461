//! Storage: PersistentVolumes, claims, classes, CSI objects (pkg/apis/core and storage of Kubernetes 1.36).

use std::collections::{BTreeMap, BTreeSet};

use super::field::Field;
use super::formats::{dns_label, dns_subdomain, qualified_name, qualified_name_caseless, range_message};
use super::metadata::{SUBDOMAIN, Scope, annotations, label_key, label_selector, labels, object_meta};
use super::quote;
use super::resources::amounts;
use super::scheduling::node_selector;
use super::volume_sources::{PERSISTENT_SOURCES, csi_driver_name, exactly_one, first, iscsi_length};

const ACCESS_MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const VOLUME_MODES: &[&str] = &["Block", "Filesystem"];
const POSITIVE: &str = "must be greater than zero";
const EXCLUSIVE_MODE: &str = "may not use ReadWriteOncePod with other access modes";
const INLINE: &str = "may not be specified in the context of inline volumes";
const PARAMETERS_SIZE: usize = 256 * 1024;

/// `v1/PersistentVolume`
pub(super) fn persistent_volume(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    access_modes(spec.at("accessModes"), "");
    capacity(spec.at("capacity"));
    spec.at("persistentVolumeReclaimPolicy").one_of_or_default(&["Delete", "Recycle", "Retain"]);
    let affinity = spec.at("nodeAffinity");
    if affinity.is_set() {
        match affinity.at("required").is_set() {
            true => node_selector(affinity.at("required")),
            false => affinity.at("required").required("must specify required node constraints"),
        }
    }
    sources(spec, object.below(&["metadata", "name"]).text());
    if first(spec, PERSISTENT_SOURCES) == Some("local") && !affinity.is_set() {
        affinity.required("Local volume requires node affinity");
    }
    let (path, policy) = (spec.below(&["hostPath", "path"]), spec.at("persistentVolumeReclaimPolicy"));
    if path.is_set() && path.text().split('/').all(|p| matches!(p, "" | ".")) && policy.text() == "Recycle" {
        policy.forbidden("may not be 'recycle' for a hostPath mount of '/'");
    }
    spec.at("storageClassName").check_if_any(dns_subdomain);
    spec.at("volumeMode").one_of(VOLUME_MODES);
    let class = spec.at("volumeAttributesClassName");
    if class.is_set() {
        if class.has_text("an empty string is disallowed") {
            class.check(dns_subdomain);
        }
        if !spec.at("csi").is_set() {
            spec.at("csi").required("has to be specified when using volumeAttributesClassName");
        }
    }
}

fn sources(spec: Field<'_>, name: &str) {
    if first(spec, PERSISTENT_SOURCES).is_none() {
        spec.required("must specify a volume type");
    }
    exactly_one(spec, PERSISTENT_SOURCES);
    let iscsi = spec.at("iscsi");
    if iscsi.at("initiatorName").is_set() {
        iscsi_length(iscsi.at("targetPortal").named(iscsi.at("targetportal")), name, iscsi);
    }
}

fn access_modes(modes: Field<'_>, missing: &str) {
    if modes.len() == 0 {
        modes.required(missing);
    }
    for mode in modes.items().filter(|m| !ACCESS_MODES.contains(&m.text())) {
        modes.not_supported_as(quote(mode.text()), ACCESS_MODES);
    }
    let known = || modes.items().map(|m| m.text()).filter(|m| ACCESS_MODES.contains(m));
    if known().any(|m| m == "ReadWriteOncePod") && known().any(|m| m != "ReadWriteOncePod") {
        modes.forbidden(EXCLUSIVE_MODE);
    }
}

fn capacity(capacity: Field<'_>) {
    if capacity.len() == 0 {
        capacity.required("");
    }
    if !capacity.key("storage").is_set() || capacity.len() > 1 {
        capacity.not_supported_as(capacity.shown(), &["storage"]);
    }
    for (_, at, value) in amounts(capacity) {
        if value.scaled(0) < 0 {
            at.invalid_as(value.scaled(0), "must be a valid resource quantity");
        }
        if !value.is_positive() {
            at.invalid_as(quote(&value.to_string()), POSITIVE);
        }
    }
}

/// `v1/PersistentVolumeClaim`
pub(super) fn persistent_volume_claim(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    claim_spec(object.at("spec"));
}

/// The template of a claim in a volume.
pub(super) fn claim_template(template: Field<'_>) {
    template_meta(template.at("metadata"));
    claim_spec(template.at("spec"));
}

/// The metadata of objects that the server makes and names itself.
pub(super) fn template_meta(meta: Field<'_>) {
    annotations(meta.at("annotations"));
    labels(meta.at("labels"));
    for entry in meta.node().map_or(&[][..], |n| n.entries()) {
        let known = matches!(&*entry.key, "annotations" | "labels" | "creationTimestamp");
        if !known && !entry.value.is_null() && entry.value.as_str() != Some("") {
            meta.at(&entry.key).forbidden("cannot be set");
        }
    }
}

/// What is claimed.
pub(super) fn claim_spec(spec: Field<'_>) {
    access_modes(spec.at("accessModes"), "at least 1 access mode is required");
    label_selector(spec.at("selector"));
    let storage = spec.below(&["resources", "requests"]).key("storage");
    let at = storage.named(spec.at("resources").key("storage"));
    match storage.quantity() {
        Some(size) if !size.is_positive() => at.invalid_as(quote(&size.to_string()), POSITIVE),
        None if !storage.is_set() => at.required(""),
        _ => {}
    }
    for name in ["storageClassName", "volumeAttributesClassName"] {
        spec.at(name).check_if_any(dns_subdomain);
    }
    spec.at("volumeMode").one_of(VOLUME_MODES);
    data_sources(spec);
}

fn data_sources(spec: Field<'_>) {
    let (source, reference) = (spec.at("dataSource"), spec.at("dataSourceRef"));
    // Other sources than claims and snapshots are dropped.
    let kept = |s: Field<'_>| {
        let (group, kind) = (s.at("apiGroup").text(), s.at("kind").text());
        matches!((group, kind), ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot"))
    };
    let source = if kept(source) { source } else { source.with(None) };
    for source in [source, reference].into_iter().filter(|s| s.is_set()) {
        let (group, kind) = (source.at("apiGroup"), source.at("kind"));
        source.at("name").has_text("");
        kind.has_text("");
        if group.text().is_empty() && kind.text() != "PersistentVolumeClaim" {
            let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            source.invalid_as(quote(kind.text()), detail);
        }
        group.check_if_any(dns_subdomain);
    }
    let namespace = reference.at("namespace");
    if !namespace.text().is_empty() {
        namespace.check(dns_label);
        if source.is_set() {
            spec.invalid_as(quote("spec.dataSource"), "may not be specified when dataSourceRef.namespace is specified");
        }
        return;
    }
    let same = |name: &'static str| source.at(name).text() == reference.at(name).text();
    let differ = !(same("kind") && same("name") && same("apiGroup"));
    if source.is_set() && reference.is_set() && differ {
        spec.invalid_as(quote("spec.dataSource"), "must match dataSourceRef");
    }
}

/// `storage.k8s.io/StorageClass`
pub(super) fn storage_class(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    provisioner(object.at("provisioner"));
    parameters(object.at("parameters"));
    object.at("reclaimPolicy").one_of_or_default(&["Delete", "Retain"]);
    object.at("volumeBindingMode").one_of(&["Immediate", "WaitForFirstConsumer"]);
    allowed_topologies(object.at("allowedTopologies"));
}

fn provisioner(name: Field<'_>) {
    name.check_required(qualified_name_caseless);
}

fn parameters(parameters: Field<'_>) {
    if parameters.len() > 512 {
        return parameters.too_long(512);
    }
    let mut size = 0;
    for (key, value) in parameters.entries() {
        if key.is_empty() {
            parameters.invalid_as(quote(""), "field can not be empty.");
        }
        size += key.len() + value.text().len();
    }
    if size > PARAMETERS_SIZE {
        parameters.too_long(PARAMETERS_SIZE);
    }
}

fn allowed_topologies(topologies: Field<'_>) {
    let mut all: BTreeSet<BTreeMap<&str, BTreeSet<&str>>> = BTreeSet::new();
    for term in topologies.items() {
        let expressions = term.at("matchLabelExpressions");
        let mut own: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for expression in expressions.items() {
            let (key, values) = (expression.at("key"), expression.at("values"));
            let mut seen = BTreeSet::new();
            if values.len() == 0 {
                values.required("");
            }
            values.items().filter(|v| !seen.insert(v.text())).for_each(|v| v.duplicate());
            label_key(key);
            if own.insert(key.text(), seen).is_some() {
                key.duplicate();
            }
        }
        // The server compares with empty terms, too.
        if own.is_empty() || !all.insert(own) {
            expressions.duplicate_as(quote(""));
        }
    }
}

/// `storage.k8s.io/VolumeAttributesClass`
pub(super) fn volume_attributes_class(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    provisioner(object.at("driverName"));
    parameters(object.at("parameters"));
    if object.at("parameters").len() == 0 {
        object.at("parameters").required("must contain at least one key/value pair");
    }
}

/// `storage.k8s.io/CSIDriver`
pub(super) fn csi_driver(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    spec.at("fsGroupPolicy").one_of(&["File", "None", "ReadWriteOnceWithFSType"]);
    let mut audiences = BTreeSet::new();
    for request in spec.at("tokenRequests").items() {
        let (audience, seconds) = (request.at("audience"), request.at("expirationSeconds"));
        if !audiences.insert(audience.text()) {
            audience.duplicate_as(quote(audience.text()));
            continue;
        }
        match seconds.int() {
            Some(..600) => seconds.invalid("may not specify a duration less than 10 minutes"),
            Some(s) if s > 1 << 32 => seconds.invalid("may not specify a duration larger than 2^32 seconds"),
            _ => {}
        }
    }
    let modes = spec.at("volumeLifecycleModes");
    for mode in modes.items().filter(|m| !["Persistent", "Ephemeral"].contains(&m.text())) {
        modes.not_supported_as(quote(mode.text()), &["Persistent", "Ephemeral"]);
    }
    let period = spec.at("nodeAllocatableUpdatePeriodSeconds");
    if period.int().is_some_and(|p| p < 10) {
        period.invalid("must be greater than or equal to 10 seconds");
    }
    let in_secrets = spec.at("serviceAccountTokenInSecrets");
    if in_secrets.is_set() && spec.at("tokenRequests").len() == 0 {
        in_secrets.invalid("serviceAccountTokenInSecrets is set but no tokenRequests are specified");
    }
}

/// `storage.k8s.io/CSINode`
pub(super) fn csi_node(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let mut names = BTreeSet::new();
    for driver in object.below(&["spec", "drivers"]).items() {
        let (name, id) = (driver.at("name"), driver.at("nodeID"));
        csi_driver_name(name);
        if id.has_text("") && id.text().len() > 256 {
            id.invalid("must be 256 characters or less");
        }
        driver.below(&["allocatable", "count"]).nonnegative();
        if !names.insert(name.text()) {
            name.duplicate();
        }
        let mut keys = BTreeSet::new();
        for key in driver.at("topologyKeys").items() {
            let key = key.named(driver);
            key.has_text("");
            if !keys.insert(key.text()) {
                key.duplicate();
            }
            key.check(qualified_name);
        }
    }
}

/// `storage.k8s.io/CSIStorageCapacity`
pub(super) fn csi_storage_capacity(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    label_selector(object.at("nodeTopology"));
    let class = object.at("storageClassName");
    if class.node().is_none_or(|n| n.as_str().is_some()) {
        dns_subdomain(class.text()).iter().for_each(|m| class.invalid_as(quote(class.text()), m));
    }
    let capacity = object.at("capacity");
    if let Some(size) = capacity.quantity().filter(|q| q.is_negative()) {
        capacity.invalid_as(quote(&size.to_string()), "must be greater than or equal to 0");
    }
}

/// `storage.k8s.io/VolumeAttachment`
pub(super) fn volume_attachment(object: Field<'_>) {
    object_meta(object, Scope::Cluster, SUBDOMAIN);
    let spec = object.at("spec");
    csi_driver_name(spec.at("attacher"));
    let source = spec.at("source");
    let (inline, volume) = (source.at("inlineVolumeSpec"), source.at("persistentVolumeName"));
    let one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    match (inline.is_set(), volume.is_set()) {
        (false, false) => source.required(one),
        (true, true) => source.forbidden(one),
        (false, true) => {
            volume.has_text("must specify non empty persistentVolumeName");
        }
        (true, false) => inline_volume(inline),
    }
    if volume.is_set() {
        volume.check(dns_subdomain);
    }
    let node = spec.at("nodeName");
    dns_subdomain(node.text()).iter().for_each(|m| node.invalid_as(quote(node.text()), m));
    for name in ["attachError", "detachError"] {
        let code = object.below(&["status", name, "errorCode"]);
        if code.int().is_some_and(|c| c < 0) {
            code.invalid(&range_message(0, i64::from(i32::MAX)));
        }
    }
}

fn inline_volume(spec: Field<'_>) {
    for name in ["claimRef", "capacity", "nodeAffinity"] {
        if spec.at(name).is_set() {
            spec.at(name).forbidden(INLINE);
        }
    }
    if !spec.at("csi").is_set() {
        spec.at("csi").required("has to be specified in the context of inline volumes");
    }
    access_modes(spec.at("accessModes"), "");
    let policy = spec.at("persistentVolumeReclaimPolicy");
    if !matches!(policy.text(), "" | "Retain") {
        policy.forbidden("may only be Retain in the context of inline volumes");
    }
    sources(spec, "");
    if !spec.at("storageClassName").text().is_empty() {
        spec.at("storageClassName").forbidden(INLINE);
    }
    if !matches!(spec.at("volumeMode").text(), "" | "Filesystem") {
        let detail = "may not specify volumeMode other than Filesystem in the context of inline volumes";
        spec.at("volumeMode").forbidden(detail);
    }
}
