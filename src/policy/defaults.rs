//! An object as an admission policy sees it on the server: decoded into its type and with the defaults of its kind
//! (`pkg/apis/*/v1/defaults.go` of Kubernetes), so that a policy judges the same thing here and there. Custom resources
//! stay as they are.

use data_encoding::BASE64;

use crate::cel::canonical_quantity;
use crate::finding::KubeObject;
use crate::stack;
use crate::yaml::node::{Data, Entry, Node};

/// A copy with what the server would add, drop and rewrite.
pub fn complete(object: &KubeObject, namespace: &str) -> Node {
    let mut root = object.root().clone();
    if !namespace.is_empty()
        && let Some(metadata) = child(&mut root, "metadata")
    {
        default(metadata, "namespace", text(namespace));
    }
    if !is_builtin(object.group()) {
        return root;
    }
    prune(&mut root, false);
    if has_spec(object.group(), &object.kind) {
        default(&mut root, "spec", Data::Map(Vec::new()));
    }
    match (object.group(), &*object.kind) {
        ("", "Pod") => {
            if let Some(spec) = child(&mut root, "spec") {
                pod(spec, true);
            }
        }
        ("apps", kind) => apps(&mut root, kind),
        ("batch", kind) => batch(&mut root, kind),
        ("", "Service") => service(&mut root),
        ("", "Secret") => secret(&mut root),
        ("", "Namespace") => namespace_label(&mut root, &object.name),
        ("", "PersistentVolumeClaim") => volume_claim(&mut root),
        ("autoscaling", "HorizontalPodAutoscaler") => at_spec(&mut root, &[("minReplicas", Data::Int(1))]),
        ("networking.k8s.io", "NetworkPolicy") => network_policy(&mut root),
        ("storage.k8s.io", "StorageClass") => {
            default(&mut root, "reclaimPolicy", text("Delete"));
            default(&mut root, "volumeBindingMode", text("Immediate"));
        }
        ("rbac.authorization.k8s.io", kind) => rbac(&mut root, kind),
        _ => {}
    }
    root
}

fn is_builtin(group: &str) -> bool {
    matches!(group, "" | "apps" | "batch" | "autoscaling" | "policy")
        || (group.ends_with(".k8s.io")
            && !matches!(group, "gateway.networking.k8s.io" | "snapshot.storage.k8s.io" | "metrics.k8s.io"))
}

/// Kinds whose `spec` is a structure and therefore always there.
fn has_spec(group: &str, kind: &str) -> bool {
    matches!(group, "apps" | "batch" | "autoscaling" | "policy")
        || matches!(
            kind,
            "Pod"
                | "Service"
                | "PersistentVolumeClaim"
                | "PersistentVolume"
                | "Namespace"
                | "Node"
                | "Ingress"
                | "NetworkPolicy"
                | "ResourceQuota"
                | "LimitRange"
                | "ReplicationController"
        )
}

fn text(s: &str) -> Data {
    Data::Str(s.into())
}

fn map(entries: Vec<(&str, Data)>) -> Data {
    let entry = |(key, data): (&str, Data)| Entry { key: key.into(), key_offset: 0, value: Node { data, offset: 0 } };
    Data::Map(entries.into_iter().map(entry).collect())
}

fn child<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match &mut node.data {
        Data::Map(entries) => entries.iter_mut().find(|e| &*e.key == key).map(|e| &mut e.value),
        _ => None,
    }
}

fn below<'n>(node: &'n mut Node, keys: &[&str]) -> Option<&'n mut Node> {
    keys.iter().try_fold(node, |n, key| child(n, key))
}

fn each(node: &mut Node, key: &str, mut work: impl FnMut(&mut Node)) {
    if let Some(Node { data: Data::List(items), .. }) = child(node, key) {
        items.iter_mut().for_each(&mut work);
    }
}

/// Adds a field that is absent; an empty text is as good as none.
fn default(node: &mut Node, key: &str, data: Data) {
    let offset = node.offset;
    let Data::Map(entries) = &mut node.data else { return };
    match entries.iter_mut().find(|e| &*e.key == key) {
        Some(entry) if entry.value.as_str() == Some("") => entry.value.data = data,
        Some(_) => {}
        None => entries.push(Entry { key: key.into(), key_offset: offset, value: Node { data, offset } }),
    }
}

fn defaults(node: &mut Node, fields: &[(&str, Data)]) {
    for (key, data) in fields {
        default(node, key, data.clone());
    }
}

fn at_spec(root: &mut Node, fields: &[(&str, Data)]) {
    if let Some(spec) = child(root, "spec") {
        defaults(spec, fields);
    }
}

/// Fields that Go leaves out when they hold the zero value of their type; others are pointers and stay.
const ZERO_IS_ABSENT: &[&str] = &[
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostPort",
    "stdin",
    "stdinOnce",
    "tty",
    "readOnly",
    "minReadySeconds",
    "initialDelaySeconds",
    "nodePort",
    "publishNotReadyAddresses",
    "paused",
    "host",
    "serviceAccountName",
    "serviceAccount",
    "nodeName",
    "hostname",
    "subdomain",
    "schedulerName",
    "subPath",
    "workingDir",
    "priorityClassName",
    "clusterIP",
    "loadBalancerIP",
    "healthCheckNodePort",
];
/// Maps that are absent when they are empty; other empty maps are structures.
const MAPS: &[&str] = &["labels", "annotations", "nodeSelector", "matchLabels", "limits", "requests", "data"];
const MORE_MAPS: &[&str] = &["binaryData", "stringData", "selector", "parameters"];

/// Drops nulls and zero values, writes quantities as the server does. What users name (labels, data) is left alone.
fn prune(node: &mut Node, free: bool) {
    if stack::is_low() {
        return;
    }
    match &mut node.data {
        Data::List(items) => items.iter_mut().for_each(|i| prune(i, false)),
        Data::Map(entries) => {
            if !free {
                entries.retain(|e| !is_absent(e));
            }
            for entry in entries.iter_mut() {
                match &*entry.key {
                    "limits" | "requests" | "capacity" | "hard" => quantities(&mut entry.value),
                    key => {
                        let free = MAPS.contains(&key) || MORE_MAPS.contains(&key);
                        prune(&mut entry.value, free);
                    }
                }
            }
        }
        _ => {}
    }
}

fn is_absent(entry: &Entry) -> bool {
    match &entry.value.data {
        Data::Null => true,
        Data::List(items) => items.is_empty() && &*entry.key != "rules",
        Data::Map(entries) => entries.is_empty() && MAPS.contains(&&*entry.key),
        Data::Bool(false) | Data::Int(0) => ZERO_IS_ABSENT.contains(&&*entry.key),
        Data::Str(s) => s.is_empty() && ZERO_IS_ABSENT.contains(&&*entry.key),
        _ => false,
    }
}

fn quantities(node: &mut Node) {
    let Data::Map(entries) = &mut node.data else { return };
    for entry in entries {
        let written = match &entry.value.data {
            Data::Str(s) => s.to_string(),
            Data::Int(i) => i.to_string(),
            Data::Float(f) => f.to_string(),
            _ => continue,
        };
        if let Some(canonical) = canonical_quantity(&written) {
            entry.value.data = text(&canonical);
        }
    }
}

fn pod(spec: &mut Node, own: bool) {
    defaults(
        spec,
        &[
            ("restartPolicy", text("Always")),
            ("dnsPolicy", text("ClusterFirst")),
            ("schedulerName", text("default-scheduler")),
            ("terminationGracePeriodSeconds", Data::Int(30)),
            ("securityContext", Data::Map(Vec::new())),
        ],
    );
    let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")).map(|n| n.data.clone());
    if let Some(account) = account {
        default(spec, "serviceAccountName", account.clone());
        default(spec, "serviceAccount", account);
    } else if own {
        // The ServiceAccount admission plugin, which runs before policies do.
        defaults(spec, &[("serviceAccountName", text("default")), ("serviceAccount", text("default"))]);
    }
    if own {
        default(spec, "enableServiceLinks", Data::Bool(true));
        host_ports(spec);
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        each(spec, list, |c| container(c, own));
    }
    each(spec, "volumes", volume);
}

/// What a Pod in the host's network listens on are ports of the host.
fn host_ports(spec: &mut Node) {
    if spec.get("hostNetwork").and_then(Node::as_bool) != Some(true) {
        return;
    }
    for list in ["containers", "initContainers"] {
        each(spec, list, |c| {
            each(c, "ports", |port| {
                if let Some(number) = port.get("containerPort").map(|p| p.data.clone()) {
                    default(port, "hostPort", number);
                }
            });
        });
    }
}

fn container(c: &mut Node, own: bool) {
    let image = c.str_at(&["image"]).unwrap_or_default();
    let pull = if floats(image) { "Always" } else { "IfNotPresent" };
    defaults(
        c,
        &[
            ("terminationMessagePath", text("/dev/termination-log")),
            ("terminationMessagePolicy", text("File")),
            ("imagePullPolicy", text(pull)),
            ("resources", Data::Map(Vec::new())),
        ],
    );
    each(c, "ports", |p| default(p, "protocol", text("TCP")));
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = child(c, probe) {
            for (key, value) in
                [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
            {
                default(probe, key, Data::Int(value));
            }
            http_get(probe);
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(hook) = below(c, &["lifecycle", hook]) {
            http_get(hook);
        }
    }
    each(c, "env", |e| {
        if let Some(field) = below(e, &["valueFrom", "fieldRef"]) {
            default(field, "apiVersion", text("v1"));
        }
    });
    if own && let Some(limits) = c.at(&["resources", "limits"]).map(|n| n.data.clone()) {
        requests_from(c, &limits);
    }
}

/// What a Pod, but no template, requests by default is what it is limited to.
fn requests_from(c: &mut Node, limits: &Data) {
    let Some(resources) = child(c, "resources") else { return };
    default(resources, "requests", Data::Map(Vec::new()));
    let (Some(requests), Data::Map(limits)) = (child(resources, "requests"), limits) else { return };
    for limit in limits {
        default(requests, &limit.key, limit.value.data.clone());
    }
}

fn http_get(handler: &mut Node) {
    if let Some(get) = child(handler, "httpGet") {
        default(get, "path", text("/"));
        default(get, "scheme", text("HTTP"));
    }
}

/// Whether an image has the tag `latest`, written or not, and no digest.
fn floats(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    !image.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn volume(v: &mut Node) {
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = child(v, source) {
            default(source, "defaultMode", Data::Int(420));
        }
    }
    if let Some(path) = child(v, "hostPath") {
        default(path, "type", text(""));
    }
    if v.entries().len() == 1 {
        default(v, "emptyDir", Data::Map(Vec::new()));
    }
}

fn apps(root: &mut Node, kind: &str) {
    let Some(spec) = child(root, "spec") else { return };
    let int = Data::Int;
    match kind {
        "Deployment" => {
            defaults(
                spec,
                &[
                    ("replicas", int(1)),
                    ("revisionHistoryLimit", int(10)),
                    ("progressDeadlineSeconds", int(600)),
                    ("strategy", Data::Map(Vec::new())),
                ],
            );
            let part = map(vec![("maxUnavailable", text("25%")), ("maxSurge", text("25%"))]);
            rolling(spec, "strategy", &part);
        }
        "StatefulSet" => {
            let kept = map(vec![("whenDeleted", text("Retain")), ("whenScaled", text("Retain"))]);
            defaults(
                spec,
                &[
                    ("replicas", int(1)),
                    ("revisionHistoryLimit", int(10)),
                    ("podManagementPolicy", text("OrderedReady")),
                    ("updateStrategy", Data::Map(Vec::new())),
                    ("persistentVolumeClaimRetentionPolicy", kept),
                ],
            );
            rolling(spec, "updateStrategy", &map(vec![("partition", int(0))]));
        }
        "DaemonSet" => {
            defaults(spec, &[("revisionHistoryLimit", int(10)), ("updateStrategy", Data::Map(Vec::new()))]);
            rolling(spec, "updateStrategy", &map(vec![("maxUnavailable", int(1)), ("maxSurge", int(0))]));
        }
        "ReplicaSet" => default(spec, "replicas", int(1)),
        _ => {}
    }
    if let Some(template) = below(spec, &["template", "spec"]) {
        pod(template, false);
    }
}

fn rolling(spec: &mut Node, field: &str, part: &Data) {
    let Some(strategy) = child(spec, field) else { return };
    default(strategy, "type", text("RollingUpdate"));
    if strategy.str_at(&["type"]) != Some("RollingUpdate") {
        return;
    }
    default(strategy, "rollingUpdate", Data::Map(Vec::new()));
    if let (Some(rolling), Data::Map(fields)) = (child(strategy, "rollingUpdate"), part) {
        for field in fields {
            default(rolling, &field.key, field.value.data.clone());
        }
    }
}

fn batch(root: &mut Node, kind: &str) {
    let Some(spec) = child(root, "spec") else { return };
    let job = match kind {
        "CronJob" => {
            defaults(
                spec,
                &[
                    ("concurrencyPolicy", text("Allow")),
                    ("suspend", Data::Bool(false)),
                    ("successfulJobsHistoryLimit", Data::Int(3)),
                    ("failedJobsHistoryLimit", Data::Int(1)),
                ],
            );
            below(spec, &["jobTemplate", "spec"])
        }
        _ => {
            let parallel = spec.get("parallelism").is_some();
            if !parallel {
                default(spec, "completions", Data::Int(1));
            }
            defaults(
                spec,
                &[
                    ("parallelism", Data::Int(1)),
                    ("backoffLimit", Data::Int(6)),
                    ("completionMode", text("NonIndexed")),
                    ("suspend", Data::Bool(false)),
                    ("manualSelector", Data::Bool(false)),
                    ("podReplacementPolicy", text("TerminatingOrFailed")),
                ],
            );
            Some(spec)
        }
    };
    if let Some(template) = job.and_then(|j| below(j, &["template", "spec"])) {
        pod(template, false);
    }
}

fn service(root: &mut Node) {
    let Some(spec) = child(root, "spec") else { return };
    defaults(spec, &[("sessionAffinity", text("None")), ("type", text("ClusterIP"))]);
    each(spec, "ports", |port| {
        default(port, "protocol", text("TCP"));
        if let Some(number) = port.get("port").map(|p| p.data.clone()) {
            default(port, "targetPort", number);
        }
    });
    let kind = spec.str_at(&["type"]).unwrap_or_default().to_owned();
    if kind != "ExternalName" {
        default(spec, "internalTrafficPolicy", text("Cluster"));
    }
    if matches!(&*kind, "NodePort" | "LoadBalancer") {
        default(spec, "externalTrafficPolicy", text("Cluster"));
    }
    if kind == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", Data::Bool(true));
    }
}

/// `stringData` becomes part of `data` when it is read.
fn secret(root: &mut Node) {
    default(root, "type", text("Opaque"));
    let plain: Vec<Entry> = root.get("stringData").map(Node::entries).unwrap_or_default().to_vec();
    if plain.is_empty() {
        return;
    }
    default(root, "data", Data::Map(Vec::new()));
    if let Some(Node { data: Data::Map(entries), .. }) = child(root, "data") {
        for mut entry in plain {
            let encoded = entry.value.as_str().map(|s| BASE64.encode(s.as_bytes()));
            entry.value.data = text(&encoded.unwrap_or_default());
            entries.retain(|e| e.key != entry.key);
            entries.push(entry);
        }
    }
    if let Data::Map(entries) = &mut root.data {
        entries.retain(|e| &*e.key != "stringData");
    }
}

fn namespace_label(root: &mut Node, name: &str) {
    let Some(metadata) = child(root, "metadata") else { return };
    default(metadata, "labels", Data::Map(Vec::new()));
    if let Some(labels) = child(metadata, "labels") {
        default(labels, "kubernetes.io/metadata.name", text(name));
    }
}

fn volume_claim(root: &mut Node) {
    at_spec(root, &[("volumeMode", text("Filesystem"))]);
}

fn network_policy(root: &mut Node) {
    let Some(spec) = child(root, "spec") else { return };
    let mut types = vec![Node { data: text("Ingress"), offset: 0 }];
    if spec.get("egress").is_some() {
        types.push(Node { data: text("Egress"), offset: 0 });
    }
    default(spec, "policyTypes", Data::List(types));
    default(spec, "podSelector", Data::Map(Vec::new()));
    for list in ["ingress", "egress"] {
        each(spec, list, |rule| each(rule, "ports", |p| default(p, "protocol", text("TCP"))));
    }
}

fn rbac(root: &mut Node, kind: &str) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    if matches!(kind, "Role" | "ClusterRole") {
        default(root, "rules", Data::Null);
    }
    if let Some(role) = child(root, "roleRef") {
        default(role, "apiGroup", text(GROUP));
    }
    each(root, "subjects", |subject| {
        if matches!(subject.str_at(&["kind"]), Some("User" | "Group")) {
            default(subject, "apiGroup", text(GROUP));
        }
    });
}
