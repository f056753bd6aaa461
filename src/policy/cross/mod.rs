//! Rules that need more than one object, one file each, in the table [`RULES`]. Start at [`check`].
//!
//! They judge objects that are applied together: what a rule says is missing may be part of another release, so such
//! rules warn, and say what they looked for.

mod config_entropy;
mod config_reference;
mod default_deny;
mod hook_order;
mod hpa_replicas;
mod hpa_target;
mod ingress_backend;
mod ingress_collision;
mod missing_service_account;
mod network_policy_missing;
mod network_policy_peer;
mod network_policy_target;
mod payment_path_rollout;
mod pci_namespace;
mod pdb_drain;
mod pdb_missing;
mod pdb_target;
mod rbac_create_pods;
mod rbac_secrets;
mod service_monitor_target;
mod service_ports;
mod service_target;
mod single_replica;

use std::borrow::Cow;

use super::Page;
use super::matching::Selector;
use crate::finding::{KubeObject, Problem, Severity};
use crate::yaml::node::Node;

/// A rule with its page.
pub struct Rule {
    /// The rule of its findings, `cross/service-target`.
    pub id: &'static str,
    /// How bad its findings are.
    pub severity: Severity,
    /// One line: what it demands.
    pub title: &'static str,
    /// Why.
    pub why: &'static str,
    /// How to mend a finding.
    pub remedy: &'static str,
    /// Requirements it answers.
    pub references: &'static [&'static str],
    /// Manifests that it refuses.
    pub bad: &'static str,
    /// Manifests that it accepts.
    pub good: &'static str,
    check: fn(&Scene<'_>, &mut Found<'_>),
}

impl Rule {
    /// Its page.
    pub fn page(&self) -> Page {
        Page {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            why: self.why.to_owned(),
            remedy: self.remedy.to_owned(),
            references: self.references.iter().map(|s| (*s).to_owned()).collect(),
            url: String::new(),
            bad: self.bad.to_owned(),
            good: self.good.to_owned(),
        }
    }
}

/// All rules, by id.
pub const RULES: &[&Rule] = &[
    &config_entropy::RULE,
    &config_reference::RULE,
    &default_deny::RULE,
    &hook_order::RULE,
    &hpa_replicas::RULE,
    &hpa_target::RULE,
    &ingress_backend::RULE,
    &ingress_collision::RULE,
    &missing_service_account::RULE,
    &network_policy_missing::RULE,
    &network_policy_peer::RULE,
    &network_policy_target::RULE,
    &payment_path_rollout::RULE,
    &pci_namespace::RULE,
    &pdb_drain::RULE,
    &pdb_missing::RULE,
    &pdb_target::RULE,
    &rbac_create_pods::RULE,
    &rbac_secrets::RULE,
    &service_monitor_target::RULE,
    &service_ports::RULE,
    &service_target::RULE,
    &single_replica::RULE,
];

/// What the rules say of objects that are applied together; the number is the object's place.
pub fn check(objects: &[KubeObject]) -> Vec<(usize, Problem)> {
    let scene = Scene::new(objects);
    let mut problems = Vec::new();
    for rule in RULES {
        (rule.check)(&scene, &mut Found { rule, problems: &mut problems });
    }
    problems
}

/// Where a rule puts what it finds.
struct Found<'p> {
    rule: &'static Rule,
    problems: &'p mut Vec<(usize, Problem)>,
}

impl Found<'_> {
    fn add(&mut self, index: usize, path: impl Into<String>, message: impl Into<String>) {
        let mut problem = Problem::new(self.rule.id, self.rule.severity, path, message);
        problem.remedy = Some(Cow::Borrowed(self.rule.remedy));
        self.problems.push((index, problem));
    }
}

/// An object that makes Pods.
struct Workload<'a> {
    index: usize,
    object: &'a KubeObject,
    /// Where the Pod's `metadata` and `spec` are: empty for a Pod, else `spec.template.`.
    at: String,
    labels: Option<&'a Node>,
    spec: &'a Node,
}

impl Workload<'_> {
    /// Whether its Pods are meant to stay.
    fn is_lasting(&self) -> bool {
        matches!(
            &*self.object.kind,
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Rollout" | "DeploymentConfig"
        )
    }

    fn replicas(&self) -> Option<i64> {
        self.object.root().at(&["spec", "replicas"]).and_then(Node::as_i64)
    }
}

/// The objects, with those that make Pods at hand.
struct Scene<'a> {
    objects: &'a [KubeObject],
    workloads: Vec<Workload<'a>>,
}

impl<'a> Scene<'a> {
    fn new(objects: &'a [KubeObject]) -> Scene<'a> {
        let workloads = objects.iter().enumerate().filter_map(|(i, o)| workload(i, o)).collect();
        Scene { objects, workloads }
    }

    /// Objects of a kind, with their places.
    fn of(&self, kind: &'static str) -> impl Iterator<Item = (usize, &'a KubeObject)> + '_ {
        self.objects.iter().enumerate().filter(move |(_, o)| o.kind == kind)
    }

    fn named(&self, kind: &str, name: &str, namespace: &str) -> Option<&'a KubeObject> {
        self.objects.iter().find(|o| o.kind == kind && o.name == name && o.namespace == namespace)
    }

    /// The workloads of a namespace whose Pods a selector fits.
    fn selected(&self, namespace: &str, selector: &Selector) -> impl Iterator<Item = &Workload<'a>> {
        self.workloads.iter().filter(move |w| w.object.namespace == namespace && selector.fits(w.labels))
    }

    /// The workloads that a Service sends to; nothing for one without a selector, which somebody else gives endpoints.
    fn behind(&self, service: &KubeObject) -> Option<Vec<&Workload<'a>>> {
        let labels = service.root().at(&["spec", "selector"]).filter(|n| !n.entries().is_empty())?;
        Some(self.selected(&service.namespace, &Selector::of_labels(labels)).collect())
    }

    /// What runs a workload's Pods: the Rollout that a Deployment is the `workloadRef` of, else the workload itself.
    fn runner(&self, object: &'a KubeObject) -> &'a KubeObject {
        let refers = |o: &KubeObject| {
            let text = |key: &str| o.root().str_at(&["spec", "workloadRef", key]);
            o.namespace == object.namespace && text("kind") == Some(&object.kind) && text("name") == Some(&object.name)
        };
        self.of("Rollout").map(|(_, o)| o).find(|o| refers(o)).unwrap_or(object)
    }

    /// What scales an object, or the Rollout that runs it: HorizontalPodAutoscalers and ScaledObjects.
    fn scalers(&self, object: &'a KubeObject) -> Vec<(usize, &'a KubeObject)> {
        let target = self.runner(object);
        let all = self.of("HorizontalPodAutoscaler").chain(self.of("ScaledObject"));
        all.filter(|(_, o)| {
            let scaled = o.root().at(&["spec", "scaleTargetRef"]);
            let text = |key: &str| scaled.and_then(|s| s.get(key)).and_then(Node::as_str);
            o.namespace == target.namespace
                && text("name") == Some(&target.name)
                && text("kind").unwrap_or("Deployment") == target.kind
        })
        .collect()
    }
}

fn workload(index: usize, object: &KubeObject) -> Option<Workload<'_>> {
    let pod = object.template()?;
    let at = object.template_keys()?.iter().map(|key| format!("{key}.")).collect();
    Some(Workload { index, object, at, labels: pod.at(&["metadata", "labels"]), spec: pod.get("spec")? })
}

/// What a scaler keeps at least.
fn least_replicas(scaler: &KubeObject) -> Option<i64> {
    let spec = scaler.root().get("spec")?;
    spec.get("minReplicas").or_else(|| spec.get("minReplicaCount")).and_then(Node::as_i64)
}

/// The containers of a Pod's spec that every version has, with their paths below it.
fn containers(spec: &Node) -> impl Iterator<Item = (String, &Node)> {
    let lists = ["containers", "initContainers"].into_iter();
    lists.flat_map(|list| spec.items_at(&[list]).iter().enumerate().map(move |(i, c)| (format!("{list}[{i}]"), c)))
}

/// The HTTP paths of an Ingress, each with its rule and where it stands.
fn http_paths(ingress: &KubeObject) -> impl Iterator<Item = (String, &Node, &Node)> {
    let rules = ingress.root().items_at(&["spec", "rules"]).iter().enumerate();
    rules.flat_map(|(r, rule)| {
        let paths = rule.items_at(&["http", "paths"]).iter().enumerate();
        paths.map(move |(p, path)| (format!("spec.rules[{r}].http.paths[{p}]"), rule, path))
    })
}

/// The bindings whose role is at hand: place, binding, role.
fn bound_roles<'a>(scene: &Scene<'a>) -> Vec<(usize, &'a KubeObject, &'a KubeObject)> {
    let bindings = scene.of("RoleBinding").chain(scene.of("ClusterRoleBinding"));
    let with_role = bindings.filter_map(|(index, binding)| {
        let text = |key: &str| binding.root().str_at(&["roleRef", key]).unwrap_or_default();
        let (kind, name) = (text("kind"), text("name"));
        let near = |o: &&KubeObject| kind == "ClusterRole" || o.namespace == binding.namespace;
        let role = scene.objects.iter().filter(|o| o.kind == kind && o.name == name).find(near)?;
        Some((index, binding, role))
    });
    with_role.collect()
}

/// Whether a list of a role's rule has one of some values.
fn grants(rule: &Node, list: &str, wanted: &[&str]) -> bool {
    let items = rule.items_at(&[list]);
    items.iter().filter_map(Node::as_str).any(|i| wanted.contains(&i))
}

/// A label or annotation.
fn meta<'a>(object: &'a KubeObject, kind: &str, key: &str) -> Option<&'a str> {
    object.root().str_at(&["metadata", kind, key])
}

fn is_payment_path(object: &KubeObject) -> bool {
    meta(object, "labels", "plimsoll.dev/payment-path") == Some("true")
}
