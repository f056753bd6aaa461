//! Updates that the API server refuses: fields that never change once an object is there. Verdicts and words are those of
//! `pkg/apis/*/validation` of Kubernetes 1.36, recorded in testdata/update; an update is what Helm 4 makes of it, a
//! server-side apply. Start reading at [`check`].

use crate::diff::fields::says_the_same;
use crate::finding::KubeObject;
use crate::policy::complete;
use crate::yaml::node::{Data, Entry, Node};

/// What the server refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The field that it names.
    pub field: &'static str,
    /// What it says of it.
    pub message: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const IMMUTABLE: &str = "field is immutable";
const REPLACE: &str =
    "Give the new object another name, or delete the old one first (kubectl delete) so that it is made anew.";
const SELECTOR: &str = "Keep the selector as it is; or delete the workload first with --cascade=orphan, so that its pods \
                        run on, and let the upgrade make it anew.";
const STATEFUL: &str = "Keep the field as it is; or delete the StatefulSet first with --cascade=orphan, so that pods and \
                        claims stay, and let the upgrade make it anew. Existing claims grow with kubectl patch pvc.";
const JOB: &str = "Give the Job a name that changes with its content, make it a hook that is deleted before it is made, \
                   or delete it first.";

/// What the server refuses of replacing one object with another of the same name; sorted by field.
pub fn check(old: &KubeObject, new: &KubeObject) -> Vec<Refused> {
    let (a, b) = (complete(old, ""), complete(new, ""));
    let update = Update { old: &a, new: &b };
    let mut found = match (new.group(), &*new.kind) {
        ("apps", "Deployment") => [selector(&update), strategy(&update, "strategy", "Recreate", old)].concat(),
        ("apps", "DaemonSet" | "ReplicaSet") => selector(&update),
        ("apps", "StatefulSet") => stateful_set(&update, old),
        ("batch", "Job") => job(&update, old, new),
        ("", "Pod") => pod(&update),
        ("", "Service") => service(&update, old, new),
        ("", "PersistentVolumeClaim") => claim(&update),
        ("", "PersistentVolume") => volume(&update),
        ("", "ConfigMap") => frozen(&update),
        ("", "Secret") => [frozen(&update), fixed(&update, &[("type", &["type"])])].concat(),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(&update),
        (group, kind) => simple(group, kind, &update),
    };
    found.sort_by_key(|r| r.field);
    found
}

/// Kinds with nothing but a few fields that stay: the field that the server names, where it is, its default.
fn simple(group: &str, kind: &str, update: &Update<'_>) -> Vec<Refused> {
    const STAY: &[(&str, &str, &[Fixed])] = &[
        (
            "storage.k8s.io",
            "StorageClass",
            &[
                ("provisioner", &["provisioner"]),
                ("parameters", &["parameters"]),
                ("reclaimPolicy", &["reclaimPolicy"]),
                ("volumeBindingMode", &["volumeBindingMode"]),
            ],
        ),
        ("node.k8s.io", "RuntimeClass", &[("handler", &["handler"])]),
        ("networking.k8s.io", "IngressClass", &[("spec.controller", &["spec", "controller"])]),
        ("discovery.k8s.io", "EndpointSlice", &[("addressType", &["addressType"])]),
        ("", "ResourceQuota", &[("spec.scopes", &["spec", "scopes"])]),
    ];
    if let Some((.., fields)) = STAY.iter().find(|s| s.0 == group && s.1 == kind) {
        return fixed(update, fields);
    }
    let refused = |field, message, remedy| vec![Refused { field, message, remedy }];
    match (group, kind) {
        ("storage.k8s.io", "CSIDriver") => csi_driver(update),
        ("storage.k8s.io", "VolumeAttributesClass") => {
            let mut found = Vec::new();
            if update.differs(&["driverName"]) {
                found.extend(refused("driverName", "updates to driverName are forbidden.", REPLACE));
            }
            if update.differs(&["parameters"]) {
                found.extend(refused("parameters", "updates to parameters are forbidden.", REPLACE));
            }
            found
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") if update.differs(&["roleRef"]) => {
            let remedy = "Give the binding to the new role another name; a binding keeps its role.";
            refused("roleRef", "cannot change roleRef", remedy)
        }
        ("scheduling.k8s.io", "PriorityClass") => {
            let mut found = Vec::new();
            if update.differs(&["value"]) {
                found.extend(refused("value", "may not be changed in an update.", REPLACE));
            }
            if update.differs_from(&["preemptionPolicy"], "PreemptLowerPriority") {
                found.extend(refused("preemptionPolicy", IMMUTABLE, REPLACE));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Both sides with their defaults.
struct Update<'n> {
    old: &'n Node,
    new: &'n Node,
}

/// The field that the server names, and where it is.
type Fixed = (&'static str, &'static [&'static str]);

impl Update<'_> {
    /// Whether what is below some keys differs.
    fn differs(&self, keys: &[&str]) -> bool {
        !same(given(self.old, keys), given(self.new, keys))
    }

    /// The same for a text that has a default.
    fn differs_from(&self, keys: &[&str], default: &str) -> bool {
        let text = |side: &Node| given(side, keys).and_then(Node::as_str).unwrap_or(default).to_owned();
        text(self.old) != text(self.new)
    }

    fn text(&self, keys: &[&str]) -> (&str, &str) {
        let text = |side| given(side, keys).and_then(Node::as_str).unwrap_or_default();
        (text(self.old), text(self.new))
    }
}

fn given<'n>(side: &'n Node, keys: &[&str]) -> Option<&'n Node> {
    side.at(keys).filter(|n| !n.is_null())
}

fn same(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => says_the_same(a, b),
        (None, None) => true,
        // Empty maps and lists are left out where the server keeps objects.
        (Some(one), None) | (None, Some(one)) => {
            matches!(&one.data, Data::Map(e) if e.is_empty()) || matches!(&one.data, Data::List(i) if i.is_empty())
        }
    }
}

fn fixed(update: &Update<'_>, fields: &[Fixed]) -> Vec<Refused> {
    let changed = fields.iter().filter(|(_, keys)| update.differs(keys));
    changed.map(|(field, _)| Refused { field, message: IMMUTABLE, remedy: REPLACE }).collect()
}

fn selector(update: &Update<'_>) -> Vec<Refused> {
    let refused = Refused { field: "spec.selector", message: IMMUTABLE, remedy: SELECTOR };
    Vec::from_iter(update.differs(&["spec", "selector"]).then_some(refused))
}

/// Away from rolling updates: what the server filled in under `rollingUpdate` belongs to nobody, and stays.
fn strategy(update: &Update<'_>, key: &'static str, to: &str, old: &KubeObject) -> Vec<Refused> {
    let (before, after) = update.text(&["spec", key, "type"]);
    let own = old.root().at(&["spec", key, "rollingUpdate"]).is_some_and(|n| !n.entries().is_empty());
    let given = given(update.new, &["spec", key, "rollingUpdate"]).is_some();
    if before != "RollingUpdate" || after != to || own || given {
        return Vec::new();
    }
    let (field, message) = match key {
        "strategy" => ("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"),
        _ => ("spec.updateStrategy.rollingUpdate", "only allowed for updateStrategy 'RollingUpdate'"),
    };
    let remedy = "Helm 4 applies on the server, where the default rollingUpdate stays: take it away once with \
                  kubectl patch (\"rollingUpdate\": null together with the type), then upgrade.";
    vec![Refused { field, message, remedy }]
}

fn stateful_set(update: &Update<'_>, old: &KubeObject) -> Vec<Refused> {
    const FREE: &[&str] = &[
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let rest = |side: &Node| -> Node {
        let mut spec = given(side, &["spec"]).cloned().unwrap_or(Node { data: Data::Map(Vec::new()), offset: 0 });
        if let Data::Map(entries) = &mut spec.data {
            entries.retain(|e| !FREE.contains(&&*e.key));
            entries.iter_mut().filter(|e| &*e.key == "volumeClaimTemplates").for_each(claim_templates);
        }
        spec
    };
    let mut found = strategy(update, "updateStrategy", "OnDelete", old);
    if !says_the_same(&rest(update.old), &rest(update.new)) {
        let message = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                       'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
                       'minReadySeconds' are forbidden";
        found.push(Refused { field: "spec", message, remedy: STATEFUL });
    }
    found
}

/// What the server fills in of claims in a StatefulSet.
fn claim_templates(templates: &mut Entry) {
    let Data::List(items) = &mut templates.value.data else { return };
    for Node { data, .. } in items {
        let Data::Map(entries) = data else { continue };
        entries.retain(|e| !matches!(&*e.key, "apiVersion" | "kind" | "status"));
        for spec in entries.iter_mut().filter(|e| &*e.key == "spec") {
            if let Data::Map(fields) = &mut spec.value.data
                && !fields.iter().any(|f| &*f.key == "volumeMode")
            {
                let value = Node { data: Data::Str("Filesystem".into()), offset: 0 };
                fields.push(Entry { key: "volumeMode".into(), key_offset: 0, value });
            }
        }
    }
}

fn job(update: &Update<'_>, old: &KubeObject, new: &KubeObject) -> Vec<Refused> {
    let mut found = Vec::new();
    let mut refuse = |field, message| found.push(Refused { field, message, remedy: JOB });
    let stay: &[Fixed] = &[
        ("spec.completionMode", &["spec", "completionMode"]),
        ("spec.selector", &["spec", "selector"]),
        ("spec.podFailurePolicy", &["spec", "podFailurePolicy"]),
        ("spec.backoffLimitPerIndex", &["spec", "backoffLimitPerIndex"]),
        ("spec.successPolicy", &["spec", "successPolicy"]),
        ("spec.managedBy", &["spec", "managedBy"]),
    ];
    stay.iter().filter(|(_, keys)| update.differs(keys)).for_each(|(field, _)| refuse(*field, IMMUTABLE));
    // What the policy asks for is not what the server filled in before there was one.
    let given_alone = |o: &KubeObject, key: &str| o.root().at(&["spec", key]).is_some_and(|n| !n.is_null());
    if given_alone(new, "podFailurePolicy")
        && !given_alone(old, "podFailurePolicy")
        && !given_alone(new, "podReplacementPolicy")
    {
        refuse("spec.podReplacementPolicy", "Unsupported value");
    }
    let number = |side, key: &str| given(side, &["spec", key]).and_then(Node::as_i64);
    let (before, after) = (number(update.old, "completions"), number(update.new, "completions"));
    if before != after && (given_alone(old, "completions") || given_alone(new, "completions")) {
        let indexed = update.text(&["spec", "completionMode"]).1 == "Indexed";
        match (indexed, after == number(update.new, "parallelism")) {
            (false, _) => refuse("spec.completions", IMMUTABLE),
            (true, false) => {
                refuse("spec.completions", "can only be modified in tandem with spec.parallelism");
            }
            (true, true) => {}
        }
    }
    let suspended = given(update.old, &["spec", "suspend"]).and_then(Node::as_bool) == Some(true);
    let template = |side: &Node| given(side, &["spec", "template"]).cloned();
    let (mut a, mut b) = (template(update.old), template(update.new));
    if suspended {
        [&mut a, &mut b].into_iter().flatten().for_each(not_started);
    }
    if !same(a.as_ref(), b.as_ref()) {
        let field = if suspended { "spec.template.spec" } else { "spec.template" };
        refuse(field, IMMUTABLE);
    }
    found
}

/// Takes out of a template what may change as long as a Job is suspended.
fn not_started(template: &mut Node) {
    let Data::Map(parts) = &mut template.data else { return };
    parts.retain(|e| &*e.key != "metadata");
    let spec = parts.iter_mut().find(|e| &*e.key == "spec").map(|e| &mut e.value.data);
    if let Some(Data::Map(fields)) = spec {
        fields.retain(|f| !matches!(&*f.key, "nodeSelector" | "tolerations" | "affinity" | "schedulingGates"));
        for containers in fields.iter_mut().filter(|f| matches!(&*f.key, "containers" | "initContainers")) {
            without(&mut containers.value, &["resources"]);
        }
    }
}

/// Takes keys out of the items of a list.
fn without(list: &mut Node, keys: &[&str]) {
    let Data::List(items) = &mut list.data else { return };
    for item in items {
        if let Data::Map(fields) = &mut item.data {
            fields.retain(|f| !keys.contains(&&*f.key));
        }
    }
}

fn pod(update: &Update<'_>) -> Vec<Refused> {
    let rest = |side: &Node| {
        let mut spec = given(side, &["spec"]).cloned().unwrap_or(Node { data: Data::Map(Vec::new()), offset: 0 });
        if let Data::Map(fields) = &mut spec.data {
            fields.retain(|f| !matches!(&*f.key, "activeDeadlineSeconds" | "tolerations"));
            for containers in fields.iter_mut().filter(|f| matches!(&*f.key, "containers" | "initContainers")) {
                without(&mut containers.value, &["image", "imagePullPolicy"]);
            }
        }
        spec
    };
    if says_the_same(&rest(update.old), &rest(update.new)) && !loses_tolerations(update) {
        return Vec::new();
    }
    let message = "pod updates may not change fields other than `spec.containers[*].image`,\
                   `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`";
    vec![Refused { field: "spec", message, remedy: REPLACE }]
}

/// Tolerations may only be added.
fn loses_tolerations(update: &Update<'_>) -> bool {
    let all = |side| given(side, &["spec", "tolerations"]).map(Node::items).unwrap_or_default();
    let stays = |t: &Node| all(update.new).iter().any(|n| says_the_same(t, n));
    !all(update.old).iter().all(stays)
}

fn service(update: &Update<'_>, old: &KubeObject, new: &KubeObject) -> Vec<Refused> {
    let (was, will) = update.text(&["spec", "type"]);
    let address =
        |o: &'_ KubeObject| o.root().at(&["spec", "clusterIP"]).and_then(Node::as_str).unwrap_or_default().to_owned();
    let (before, after) = (address(old), address(new));
    let mut found = Vec::new();
    let mut refuse = |field, message, remedy| found.push(Refused { field, message, remedy });
    let recreate = "A Service keeps its address: give the new one another name, or delete the old one first, which \
                    interrupts its clients.";
    let outside = was == "ExternalName" || will == "ExternalName";
    let ports = matches!(will, "NodePort" | "LoadBalancer");
    if !outside && !after.is_empty() && before != after {
        refuse("spec.clusterIPs[0]", "may not change once set", recreate);
    } else if ports && before == "None" && after.is_empty() {
        refuse("spec.clusterIPs[0]", "may not be set to 'None'", recreate);
    }
    if was == "LoadBalancer" && will == "LoadBalancer" && update.differs(&["spec", "loadBalancerClass"]) {
        refuse("spec.loadBalancerClass", "may not change once set", recreate);
    }
    found
}

/// Claims are taken for bound ones, which may ask for more.
fn claim(update: &Update<'_>) -> Vec<Refused> {
    // Which volume and class it is may be said once.
    let chosen = |key: &str| given(update.old, &["spec", key]).is_some();
    let rest = |side: &Node| {
        let mut spec = given(side, &["spec"]).cloned().unwrap_or(Node { data: Data::Map(Vec::new()), offset: 0 });
        if let Data::Map(fields) = &mut spec.data {
            fields.retain(|f| match &*f.key {
                "volumeAttributesClassName" => false,
                key @ ("volumeName" | "storageClassName") => chosen(key),
                _ => true,
            });
            for resources in fields.iter_mut().filter(|f| &*f.key == "resources") {
                if let Data::Map(parts) = &mut resources.value.data {
                    parts.retain(|p| &*p.key != "requests");
                }
            }
        }
        spec
    };
    let mut found = Vec::new();
    let remedy = "Make a claim with another name and copy the data (a Job, or a snapshot), then let the pods use it.";
    if !says_the_same(&rest(update.old), &rest(update.new)) {
        let message = "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
                       bound claims";
        found.push(Refused { field: "spec", message, remedy });
    }
    if update.differs(&["spec", "volumeMode"]) {
        found.push(Refused { field: "volumeMode", message: IMMUTABLE, remedy });
    }
    let storage = |side| {
        let amount = given(side, &["spec", "resources", "requests", "storage"])?;
        crate::kube::quantity::Quantity::parse(
            &amount.as_str().map_or_else(|| amount.to_json().to_string(), str::to_owned),
        )
    };
    if let (Some(before), Some(after)) = (storage(update.old), storage(update.new))
        && after < before
    {
        let message = "field can not be less than status.capacity";
        found.push(Refused { field: "spec.resources.requests.storage", message, remedy });
    }
    found
}

fn volume(update: &Update<'_>) -> Vec<Refused> {
    const OTHER: &[&str] = &[
        "capacity",
        "accessModes",
        "claimRef",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "mountOptions",
        "volumeMode",
        "nodeAffinity",
        "volumeAttributesClassName",
    ];
    let source = |side: &Node| {
        let mut spec = given(side, &["spec"]).cloned().unwrap_or(Node { data: Data::Map(Vec::new()), offset: 0 });
        if let Data::Map(fields) = &mut spec.data {
            fields.retain(|f| !OTHER.contains(&&*f.key));
        }
        spec
    };
    let mut found = Vec::new();
    if !says_the_same(&source(update.old), &source(update.new)) {
        let message = "spec.persistentvolumesource is immutable after creation";
        found.push(Refused { field: "spec.persistentvolumesource", message, remedy: REPLACE });
    }
    if update.differs_from(&["spec", "volumeMode"], "Filesystem") {
        found.push(Refused { field: "volumeMode", message: IMMUTABLE, remedy: REPLACE });
    }
    found
}

fn csi_driver(update: &Update<'_>) -> Vec<Refused> {
    let attach = |side| given(side, &["spec", "attachRequired"]).and_then(Node::as_bool).unwrap_or(true);
    let modes = |side| -> Vec<String> {
        let all = given(side, &["spec", "volumeLifecycleModes"]).map(Node::items).unwrap_or_default();
        let names: Vec<String> = all.iter().filter_map(Node::as_str).map(str::to_owned).collect();
        if names.is_empty() { vec!["Persistent".into()] } else { names }
    };
    let mut found = Vec::new();
    if attach(update.old) != attach(update.new) {
        // The server spells it so.
        found.push(Refused { field: "spec.attachedRequired", message: IMMUTABLE, remedy: REPLACE });
    }
    if modes(update.old) != modes(update.new) {
        found.push(Refused { field: "spec.volumeLifecycleModes", message: IMMUTABLE, remedy: REPLACE });
    }
    found
}

/// ConfigMaps and Secrets that say they are immutable.
fn frozen(update: &Update<'_>) -> Vec<Refused> {
    let shut = |side| given(side, &["immutable"]).and_then(Node::as_bool) == Some(true);
    if !shut(update.old) {
        return Vec::new();
    }
    let message = "field is immutable when `immutable` is set";
    let remedy =
        "Give each content a name of its own (with a hash in it) and refer to that; or delete the object first.";
    let mut fields = Vec::new();
    if !shut(update.new) {
        fields.push("immutable");
    }
    fields.extend(["binaryData", "data"].into_iter().filter(|key| update.differs(&[key])));
    fields.into_iter().map(|field| Refused { field, message, remedy }).collect()
}

fn definition(update: &Update<'_>) -> Vec<Refused> {
    let mut found = fixed(
        update,
        &[
            ("spec.group", &["spec", "group"]),
            ("spec.names.plural", &["spec", "names", "plural"]),
            ("spec.names.kind", &["spec", "names", "kind"]),
            ("spec.scope", &["spec", "scope"]),
        ],
    );
    let versions = |side| given(side, &["spec", "versions"]).map(Node::items).unwrap_or_default();
    let name = |v: &Node| v.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
    let stored = versions(update.old).iter().filter(|v| v.get("storage").and_then(Node::as_bool) == Some(true));
    let kept: Vec<String> = versions(update.new).iter().map(name).collect();
    if stored.map(name).any(|v| !kept.contains(&v)) {
        found.push(Refused {
            field: "status.storedVersions[0]",
            message: "missing from spec.versions",
            remedy: "Keep the version (served: false is fine) until all objects are stored in the new one and \
                     status.storedVersions no longer names it.",
        });
    }
    found
}
