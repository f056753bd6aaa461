//! What the API server checks beyond the schema: the rules of Kubernetes 1.36's validators, kind by kind, applied to
//! objects as the server sees them after defaulting. What other versions do otherwise is asked by [`Field::since`], by
//! the feature gates that are on by default in pkg/features of each. Each family of kinds has a file; what is wrong is said with the
//! server's field and in its words. Unknown fields, types and the enums of the schema are left to others. Nothing is
//! said that depends on what a cluster holds. Start reading at [`check`].

mod addresses;
mod admission;
mod batch;
mod cluster;
mod configuration;
mod containers;
mod cron;
mod definitions;
mod devices;
mod environment;
mod events;
mod expressions;
mod field;
mod flowcontrol;
mod formats;
mod metadata;
mod networking;
mod pod;
mod probes;
mod projected;
mod rbac;
mod resources;
mod scaling;
mod scheduling;
mod security;
mod service;
mod slices;
mod storage;
mod structural;
mod volume_sources;
mod volumes;
mod windows;
mod workloads;

pub use formats::is_subdomain;

use field::{Field, Report};
use typed_arena::Arena;

use crate::finding::{KubeObject, Problem};

/// The checks of one kind.
type Check = fn(Field<'_>);

/// The kinds that have rules: API groups, empty for the core one, with versions that share them, kinds, checks.
const KINDS: &[(&str, &str, &str, Check)] = &[
    ("", "v1", "Binding", events::binding),
    ("", "v1", "ConfigMap", configuration::config_map),
    ("", "v1", "Endpoints", service::endpoints),
    ("", "v1", "Event", events::event),
    ("", "v1", "LimitRange", configuration::limit_range),
    ("", "v1", "Namespace", cluster::namespace),
    ("", "v1", "Node", cluster::node),
    ("", "v1", "PersistentVolume", storage::persistent_volume),
    ("", "v1", "PersistentVolumeClaim", storage::persistent_volume_claim),
    ("", "v1", "Pod", pod::pod),
    ("", "v1", "PodTemplate", pod::pod_template),
    ("", "v1", "ReplicationController", workloads::replication_controller),
    ("", "v1", "ResourceQuota", configuration::resource_quota),
    ("", "v1", "Secret", configuration::secret),
    ("", "v1", "Service", service::service),
    ("", "v1", "ServiceAccount", rbac::service_account),
    ("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicy", admission::mutating_policy),
    ("admissionregistration.k8s.io", "v1", "MutatingAdmissionPolicyBinding", admission::mutating_binding),
    ("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", admission::webhook_configuration),
    ("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", admission::validating_policy),
    ("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicyBinding", admission::validating_binding),
    ("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", admission::webhook_configuration),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", definitions::definition),
    ("apiregistration.k8s.io", "v1", "APIService", cluster::api_service),
    ("apps", "v1", "ControllerRevision", workloads::controller_revision),
    ("apps", "v1", "DaemonSet", workloads::daemon_set),
    ("apps", "v1", "Deployment", workloads::deployment),
    ("apps", "v1", "ReplicaSet", workloads::replica_set),
    ("apps", "v1", "StatefulSet", workloads::stateful_set),
    ("authorization.k8s.io", "v1", "LocalSubjectAccessReview", events::local_access_review),
    ("authorization.k8s.io", "v1", "SelfSubjectAccessReview", events::own_access_review),
    ("authorization.k8s.io", "v1", "SelfSubjectRulesReview", events::own_rules_review),
    ("authorization.k8s.io", "v1", "SubjectAccessReview", events::access_review),
    ("autoscaling", "v1", "HorizontalPodAutoscaler", scaling::autoscaler_v1),
    ("autoscaling", "v2", "HorizontalPodAutoscaler", scaling::autoscaler),
    ("batch", "v1", "CronJob", batch::cron_job),
    ("batch", "v1", "Job", batch::job),
    ("certificates.k8s.io", "v1", "CertificateSigningRequest", cluster::signing_request),
    ("coordination.k8s.io", "v1", "Lease", cluster::lease),
    ("discovery.k8s.io", "v1", "EndpointSlice", service::endpoint_slice),
    ("events.k8s.io", "v1", "Event", events::new_event),
    ("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema", flowcontrol::flow_schema),
    ("flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfiguration", flowcontrol::priority_level),
    ("networking.k8s.io", "v1", "IPAddress", networking::ip_address),
    ("networking.k8s.io", "v1", "Ingress", networking::ingress),
    ("networking.k8s.io", "v1", "IngressClass", networking::ingress_class),
    ("networking.k8s.io", "v1", "NetworkPolicy", networking::network_policy),
    ("networking.k8s.io", "v1", "ServiceCIDR", networking::service_cidr),
    ("node.k8s.io", "v1", "RuntimeClass", cluster::runtime_class),
    ("policy", "v1", "PodDisruptionBudget", scaling::disruption_budget),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", rbac::cluster_role),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", rbac::cluster_role_binding),
    ("rbac.authorization.k8s.io", "v1", "Role", rbac::role),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding", rbac::role_binding),
    ("resource.k8s.io", "v1", "DeviceClass", devices::class),
    ("resource.k8s.io", "v1", "ResourceClaim", devices::claim),
    ("resource.k8s.io", "v1", "ResourceClaimTemplate", devices::claim_template),
    ("resource.k8s.io", "v1", "ResourceSlice", slices::slice),
    ("scheduling.k8s.io", "v1", "PriorityClass", cluster::priority_class),
    ("storage.k8s.io", "v1", "CSIDriver", storage::csi_driver),
    ("storage.k8s.io", "v1", "CSINode", storage::csi_node),
    ("storage.k8s.io", "v1", "CSIStorageCapacity", storage::csi_storage_capacity),
    ("storage.k8s.io", "v1", "StorageClass", storage::storage_class),
    ("storage.k8s.io", "v1", "VolumeAttachment", storage::volume_attachment),
    ("storage.k8s.io", "v1", "VolumeAttributesClass", storage::volume_attributes_class),
];

/// The groups that Kubernetes itself serves: what is in no list above is not checked, and no custom resource.
const OWN_GROUPS: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// What a server of a minor version of Kubernetes refuses of an object whatever the cluster holds. Of custom resources it is what their metadata
/// breaks; nothing is said of other kinds without rules.
pub fn check(object: &KubeObject, minor: u32) -> Vec<Problem> {
    let steps = Arena::new();
    let report = Report::new(&steps, minor);
    let root = Field::root(&report, object.root());
    match check_of(object) {
        Some(check) => check(root),
        None if is_custom(object.group()) => custom_resource(root),
        None => {}
    }
    report.take_problems()
}

/// The kinds that have rules: API version and kind.
pub fn kinds() -> impl Iterator<Item = (String, &'static str)> {
    KINDS.iter().map(|(group, version, kind, _)| {
        let separator = if group.is_empty() { "" } else { "/" };
        (format!("{group}{separator}{version}"), *kind)
    })
}

fn check_of(object: &KubeObject) -> Option<Check> {
    let (group, version, kind) = (object.group(), object.version(), &*object.kind);
    let found = KINDS.iter().find(|k| (k.0, k.1, k.2) == (group, version, kind));
    // The beta of these policies is the same.
    let beta = || KINDS.iter().find(|k| (k.0, k.2) == (group, kind) && kind.starts_with("MutatingAdmissionPolicy"));
    found.or_else(beta).map(|k| k.3)
}

fn is_custom(group: &str) -> bool {
    group.contains('.') && !OWN_GROUPS.contains(&group)
}

/// Metadata of a custom resource; its own namespace is left to its definition.
fn custom_resource(object: Field<'_>) {
    metadata::generic_object_meta(object, metadata::Scope::Namespaced, metadata::SUBDOMAIN);
}

/// The most bytes of a text that messages quote.
const MAX_QUOTED: usize = 512;

/// A text in quotes, as Go's `%q` prints it; the end of a long one is left out.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for (i, c) in text.char_indices() {
        if i >= MAX_QUOTED {
            quoted.push('…');
            break;
        }
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
