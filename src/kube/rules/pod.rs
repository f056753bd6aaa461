//! Pods and the templates of pods: what holds of a pod as a whole. Containers, volumes, scheduling and security have
//! files of their own (pkg/apis/core/validation of Kubernetes 1.36). Start reading at [`pod_spec`].

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::legacy_ip;
use super::containers::{self, visit};
use super::field::Field;
use super::formats::{dns_label, dns_subdomain, dns_subdomain_with_underscore, qualified_name, range_message};
use super::metadata::{SUBDOMAIN, Scope, annotations, labels, object_meta};
use super::resources::{self, Of, Requests, amounts, requirements};
use super::{quote, scheduling, security, volumes, windows};
use crate::kube::quantity::Quantity;

const RESTART: &[&str] = &["Always", "OnFailure", "Never"];
const DNS_POLICIES: &[&str] = &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

/// How many resources of a pod as a whole are compared with those of its containers.
const MAX_SUMMED: usize = 16;

/// Where a pod's specification stands.
#[derive(Clone, Copy)]
pub(super) struct PodPlace<'a> {
    /// Metadata of the pod or of its template.
    pub meta: Field<'a>,
    /// The specification.
    pub spec: Field<'a>,
    /// It is a pod itself, no template.
    pub is_pod: bool,
    /// The claims of a StatefulSet, which become volumes of its pods.
    pub claims: Option<Field<'a>>,
}

/// What the checks of a pod's containers need to know of the pod.
pub(super) struct Pod<'a> {
    /// The specification.
    pub spec: Field<'a>,
    /// The volumes that are fine.
    pub volumes: BTreeMap<&'a str, volumes::Volume<'a>>,
    /// Names of the claims for resources.
    pub claims: BTreeSet<&'a str>,
    /// Seconds that its containers have to end.
    pub grace: i64,
    /// It is a pod itself, no template.
    pub is_pod: bool,
}

impl<'a> Pod<'a> {
    /// Whether processes have the host's users.
    pub fn has_host_users(&self) -> bool {
        // Before 1.33 the server drops the field.
        self.spec.at("hostUsers").flag() != Some(false) || !self.spec.since(33)
    }

    /// When containers are started again.
    pub fn restart_policy(&self) -> &'a str {
        self.spec.at("restartPolicy").text_or("Always")
    }
}

/// `v1/Pod`
pub(super) fn pod(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    let (meta, spec) = (object.at("metadata"), object.at("spec"));
    pod_annotations(meta.at("annotations"), spec);
    pod_spec(PodPlace { meta, spec, is_pod: true, claims: None });
    for list in ["containers", "initContainers"] {
        for container in spec.at(list).items() {
            let image = container.at("image");
            if image.text() != image.text().trim() {
                image.invalid("must not have leading or trailing whitespace");
            }
        }
    }
    if spec.at("ephemeralContainers").len() > 0 {
        spec.at("ephemeralContainers").forbidden("cannot be set on create");
    }
    if !spec.at("nodeName").text().is_empty() && spec.at("schedulingGates").len() > 0 {
        spec.at("nodeName").forbidden("cannot be set until all schedulingGates have been cleared");
    }
    security::annotations_match_fields(meta.at("annotations"), spec);
    admission(spec);
}

/// What built-in admission refuses of pods whatever the cluster holds.
fn admission(spec: Field<'_>) {
    let priority = spec.at("priority");
    if spec.at("priorityClassName").text().is_empty() && priority.int().is_some_and(|p| p != 0) {
        priority.forbidden(&format!(
            "the integer value of priority ({}) must not be provided in pod spec; priority admission controller \
             computed 0 from the given PriorityClass name",
            priority.int().unwrap_or(0)
        ));
    }
    let preemption = spec.at("preemptionPolicy");
    if spec.at("priorityClassName").text().is_empty() && preemption.text() == "Never" {
        preemption.forbidden(
            "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission \
             controller computed PreemptLowerPriority from the given PriorityClass name",
        );
    }
}

/// `v1/PodTemplate`
pub(super) fn pod_template(object: Field<'_>) {
    object_meta(object, Scope::Namespaced, SUBDOMAIN);
    template(object.at("template"), None);
}

/// The template of a StatefulSet, whose pods get volumes from claims. The server looks at its metadata twice.
pub(super) fn stateful_template<'a>(own: Field<'a>, claims: Field<'a>) {
    template(own, Some(claims));
    let (meta, spec) = (own.at("metadata"), own.at("spec"));
    labels(meta.at("labels").named(own.at("labels")));
    annotations(meta.at("annotations").named(own.at("annotations")));
    pod_annotations(meta.at("annotations").named(own.at("annotations")), spec);
}

/// A template of pods; `claims` are those of a StatefulSet.
pub(super) fn template<'a>(template: Field<'a>, claims: Option<Field<'a>>) {
    let (meta, spec) = (template.at("metadata"), template.at("spec"));
    // The server leaves `metadata` out of these paths.
    labels(meta.at("labels").named(template.at("labels")));
    let own = meta.at("annotations").named(template.at("annotations"));
    annotations(own);
    pod_annotations(own, spec);
    pod_spec(PodPlace { meta, spec, is_pod: false, claims });
    security::annotations_match_fields(meta.at("annotations"), spec);
    if spec.at("ephemeralContainers").len() > 0 {
        spec.at("ephemeralContainers").forbidden("ephemeral containers not allowed in pod template");
    }
}

/// Annotations that mean something for pods.
pub(super) fn pod_annotations(annotations: Field<'_>, spec: Field<'_>) {
    let mirror = annotations.key("kubernetes.io/config.mirror");
    if annotations.node().is_some_and(|n| n.get("kubernetes.io/config.mirror").is_some())
        && spec.at("nodeName").text().is_empty()
    {
        mirror.invalid("must set spec.nodeName if mirror pod annotation is set");
    }
    let cost = annotations.key("controller.kubernetes.io/pod-deletion-cost");
    if cost.is_set() && !is_deletion_cost(cost.text()) {
        cost.invalid("must be a 32bit integer");
    }
    security::profile_annotations(annotations, spec);
}

fn is_deletion_cost(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let first = text == "0" || digits.starts_with(|c: char| ('1'..='9').contains(&c)) || text.starts_with('-');
    first && text.parse::<i32>().is_ok()
}

/// The specification of a pod.
pub(super) fn pod_spec(place: PodPlace<'_>) {
    let spec = place.spec;
    let volumes = volumes::volumes(&place);
    let claims = spec.at("resourceClaims").items().map(|c| c.at("name").text()).filter(|n| !n.is_empty()).collect();
    let grace = spec.at("terminationGracePeriodSeconds").int().unwrap_or(30);
    let pod = Pod { spec, volumes, claims, grace, is_pod: place.is_pod };
    resource_claims(spec.at("resourceClaims"));
    containers::containers(&pod);
    containers::init_containers(&pod);
    containers::ephemeral_containers(&pod);
    pod_resources(&pod);
    host_network(&pod);
    spec.at("restartPolicy").one_of_or_default(RESTART);
    spec.at("dnsPolicy").one_of_or_default(DNS_POLICIES);
    labels(spec.at("nodeSelector"));
    security::pod_security_context(spec);
    scheduling::affinity(spec.at("affinity"));
    dns_config(spec);
    for gate in spec.at("readinessGates").items() {
        gate.at("conditionType").check(qualified_name);
    }
    scheduling_gates(spec.at("schedulingGates"));
    scheduling::topology_spread(spec.at("topologySpreadConstraints"));
    windows::host_process(spec);
    host_users(&pod);
    host_name(spec);
    names(spec);
    // Pods of StatefulSets get these names from it.
    if place.claims.is_none() {
        for name in ["hostname", "subdomain"] {
            spec.at(name).check_if_any(dns_label);
        }
    }
    scheduling::tolerations(spec.at("tolerations"));
    for alias in spec.at("hostAliases").items() {
        legacy_ip(alias.at("ip"));
        alias.at("hostnames").items().for_each(|h| h.check(dns_subdomain));
    }
    spec.at("preemptionPolicy").one_of_not_empty(&["PreemptLowerPriority", "Never"]);
    resources::limits_only(spec.at("overhead"), spec.at("overhead"));
    windows::operating_system(spec);
    file_keys(spec);
}

fn names(spec: Field<'_>) {
    let account = spec.at("serviceAccountName");
    if account.text().is_empty() {
        spec.at("serviceAccount").named(account).check_if_any(dns_subdomain);
    }
    for name in ["serviceAccountName", "nodeName", "priorityClassName"] {
        spec.at(name).check_if_any(dns_subdomain);
    }
    if spec.at("runtimeClassName").is_set() {
        spec.at("runtimeClassName").check(dns_subdomain);
    }
    let deadline = spec.at("activeDeadlineSeconds");
    if deadline.int().is_some_and(|d| !(1..=i64::from(i32::MAX)).contains(&d)) {
        deadline.invalid(&range_message(1, i64::from(i32::MAX)));
    }
}

fn resource_claims(claims: Field<'_>) {
    let mut seen = BTreeSet::new();
    for claim in claims.items() {
        let (name, direct, template) =
            (claim.at("name"), claim.at("resourceClaimName"), claim.at("resourceClaimTemplateName"));
        if name.has_text("") {
            if seen.insert(name.text()) { name.check(dns_label) } else { name.duplicate() }
        }
        match (direct.is_set(), template.is_set()) {
            (true, true) => {
                claim.invalid("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
            }
            (false, false) => {
                claim.invalid("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
            }
            _ => {}
        }
        for source in [direct, template] {
            if source.is_set() {
                source.check(dns_subdomain);
            }
        }
    }
}

fn scheduling_gates(gates: Field<'_>) {
    let mut seen = BTreeSet::new();
    for gate in gates.items() {
        let name = gate.at("name").named(gate);
        for message in qualified_name(name.text()) {
            name.invalid_as(quote(name.text()), &message);
        }
        if !seen.insert(name.text()) {
            name.duplicate_as(quote(name.text()));
        }
    }
}

fn dns_config(spec: Field<'_>) {
    let config = spec.at("dnsConfig");
    let (servers, searches) = (config.at("nameservers"), config.at("searches"));
    if spec.at("dnsPolicy").text() == "None" {
        if !config.is_set() {
            return config.required("must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.len() == 0 {
            return servers.required("must provide at least one DNS nameserver when `dnsPolicy` is None");
        }
    }
    if servers.len() > 3 {
        servers.invalid("must not have more than 3 nameservers");
    }
    servers.items().for_each(legacy_ip);
    if searches.len() > 32 {
        searches.invalid("must not have more than 32 search paths");
    }
    let length = searches.items().map(|s| s.text().len() + 1).sum::<usize>().saturating_sub(1);
    if length > 2048 {
        searches.invalid("must not have more than 2048 characters (including spaces) in the search list");
    }
    for search in searches.items().filter(|s| s.text() != "." || !s.since(33)) {
        let format = if search.since(33) { dns_subdomain_with_underscore } else { dns_subdomain };
        search.check(|s| format(s.strip_suffix('.').unwrap_or(s)));
    }
    for option in config.at("options").items().filter(|o| o.at("name").text().is_empty()) {
        option.required("must not be empty");
    }
}

fn host_network(pod: &Pod<'_>) {
    if !pod.spec.at("hostNetwork").is_true() {
        return;
    }
    for container in pod.spec.at("containers").items() {
        for port in container.at("ports").items() {
            let (host, own) = (port.at("hostPort"), port.at("containerPort"));
            let given = host.int().unwrap_or(0);
            if given != 0 && given != own.int().unwrap_or(0) {
                host.invalid("must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}

fn host_users(pod: &Pod<'_>) {
    if pod.has_host_users() {
        return;
    }
    let detail = "when `hostUsers` is false";
    if pod.spec.at("hostNetwork").is_true() {
        pod.spec.at("hostNetwork").forbidden(detail);
    }
    for (name, named) in [("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if pod.spec.at(name).is_true() {
            pod.spec.at(named).forbidden(detail);
        }
    }
    for container in visit(pod.spec).filter(|c| c.at("volumeDevices").len() > 0) {
        container.at("volumeDevices").forbidden(detail);
    }
}

fn host_name(spec: Field<'_>) {
    let name = spec.at("hostnameOverride");
    if !name.is_set() {
        return;
    }
    for other in ["setHostnameAsFQDN", "hostNetwork"] {
        if spec.at(other).is_true() {
            name.forbidden(&format!("may not be specified when {other} is true"));
        }
    }
    if name.text().len() > 64 {
        name.too_long(64);
    }
    name.check(dns_subdomain);
}

/// Environment variables from files name volumes that are empty directories.
fn file_keys(spec: Field<'_>) {
    let volumes: BTreeMap<&str, Field<'_>> = spec.at("volumes").items().map(|v| (v.at("name").text(), v)).collect();
    for container in visit(spec) {
        for env in container.at("env").items() {
            let name = env.below(&["valueFrom", "fileKeyRef", "volumeName"]);
            if !env.below(&["valueFrom", "fileKeyRef"]).is_set() {
                continue;
            }
            match volumes.get(name.text()) {
                None => name.not_found(""),
                Some(volume) if volumes::is_empty_dir(*volume) => {}
                Some(_) => name.invalid("referenced volume must be of type emptyDir"),
            }
        }
    }
}

/// Resources of the pod as a whole, and that its containers keep within them.
fn pod_resources(pod: &Pod<'_>) {
    let resources = pod.spec.at("resources").if_since(34);
    if !resources.is_set() {
        return;
    }
    if pod.spec.below(&["os", "name"]).text() == "windows" {
        return resources.forbidden("may not be set for a windows pod");
    }
    if resources.at("claims").is_set() {
        resources.at("claims").forbidden("claims may not be set for Resources at pod-level");
    }
    let requests_at = resources.at("requests");
    requirements(resources, Of::Pod, &pod.claims, Requests::Given);
    let summed = |name: &str| ["cpu", "memory"].contains(&name) || resources::is_huge_page(name);
    for (name, at, request) in amounts(requests_at).into_iter().filter(|a| summed(a.0)).take(MAX_SUMMED) {
        let total = total_requests(pod, name);
        if total > request {
            let detail = format!("must be greater than or equal to aggregate container requests of {total}");
            at.invalid_as(quote(&request.to_string()), &detail);
        }
    }
    for (name, _, limit) in amounts(resources.at("limits")).into_iter().take(MAX_SUMMED) {
        for (i, container) in pod.spec.at("containers").items().enumerate() {
            let own = container.below(&["resources", "limits"]).key(name);
            if own.quantity().is_some_and(|q| q > limit) {
                let at = resources.at("containers").index(i).key(name).at("limits");
                let shown = own.quantity().map(|q| quote(&q.to_string())).unwrap_or_default();
                at.invalid_as(shown, &format!("must be less than or equal to pod limits of {limit}"));
            }
        }
    }
}

/// What the containers of a pod ask for at the same time, at most.
fn total_requests<'a>(pod: &Pod<'a>, name: &'a str) -> Quantity {
    let request = |container: Field<'a>| {
        let of = |kind: &'static str| container.below(&["resources", kind]).at(name).quantity();
        let limit = if pod.is_pod { of("limits") } else { None };
        of("requests").or(limit).unwrap_or_else(|| Quantity::from_int(0))
    };
    let sum = |total: Quantity, container: Field<'a>| total.plus(&request(container));
    let running = pod.spec.at("containers").items().fold(Quantity::from_int(0), sum);
    let (mut sidecars, mut highest) = (Quantity::from_int(0), Quantity::from_int(0));
    for init in pod.spec.at("initContainers").items() {
        if init.at("restartPolicy").text() == "Always" {
            sidecars = sum(sidecars, init);
            highest = highest.max(sidecars.clone());
        } else {
            highest = highest.max(sum(sidecars.clone(), init));
        }
    }
    running.plus(&sidecars).max(highest)
}
