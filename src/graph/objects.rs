//! What rendered objects say of each other, over all releases. Start at [`add`].

use super::pods::uses;
use super::{Graph, Node as Thing};
use crate::finding::KubeObject;
use crate::policy::Selector;
use crate::routes::Release;
use crate::routes::index::is_managed;
use crate::routes::read::routes;
use crate::routes::{Route, Tls};
use crate::yaml::node::Node;

/// Kinds that belong to no namespace, as far as anything here names them.
const CLUSTER_WIDE: [&str; 6] =
    ["PriorityClass", "ClusterRole", "ClusterSecretStore", "ClusterIssuer", "StorageClass", "GatewayClass"];

/// Adds the objects of releases that are applied to one cluster, and what they use.
pub fn add(graph: &mut Graph, releases: &[Release<'_>]) {
    let scene: Vec<One<'_>> = releases
        .iter()
        .flat_map(|r| r.objects.iter().map(|object| One { release: *r, object, namespace: r.namespace_of(object) }))
        .collect();
    for one in &scene {
        graph.add(one.key(), thing(&one.object.kind, &one.object.name, &one.namespace, one.release.chart, false));
    }
    for one in &scene {
        made(graph, one);
    }
    for one in &scene {
        let mut add = Adder { graph, scene: &scene, one };
        add.pod();
        add.named();
        add.selected();
    }
    for release in releases {
        for route in routes(*release) {
            routed(graph, &route);
        }
    }
}

/// An object in its place.
struct One<'a> {
    release: Release<'a>,
    object: &'a KubeObject,
    namespace: String,
}

impl One<'_> {
    fn key(&self) -> String {
        key(&self.object.kind, &self.object.name, &self.namespace)
    }

    fn text(&self, keys: &[&str]) -> &str {
        self.object.root().at(keys).and_then(Node::as_str).unwrap_or_default()
    }
}

fn key(kind: &str, name: &str, namespace: &str) -> String {
    if CLUSTER_WIDE.contains(&kind) { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

fn thing(kind: &str, name: &str, namespace: &str, chart: &str, is_missing: bool) -> Thing {
    let namespace = if CLUSTER_WIDE.contains(&kind) { "" } else { namespace };
    Thing { kind: kind.into(), name: name.into(), namespace: namespace.into(), chart: chart.into(), is_missing }
}

/// Objects that controllers make of others: Secrets of ExternalSecrets, Certificates and annotated Ingresses, claims of
/// StatefulSets.
fn made(graph: &mut Graph, one: &One<'_>) {
    let secrets = match one.object.kind.as_str() {
        "ExternalSecret" => vec![match one.text(&["spec", "target", "name"]) {
            "" => &one.object.name,
            name => name,
        }],
        "SealedSecret" => vec![one.object.name.as_str()],
        "Certificate" => vec![one.text(&["spec", "secretName"])],
        "Ingress" if is_managed(one.object.root()) => {
            let entries = one.object.root().items_at(&["spec", "tls"]);
            entries.iter().filter_map(|t| t.str_at(&["secretName"])).collect()
        }
        _ => return,
    };
    for secret in secrets {
        let to = key("Secret", secret, &one.namespace);
        graph.add(to.clone(), thing("Secret", secret, &one.namespace, one.release.chart, false));
        graph.link(&one.key(), &to, "makes");
    }
}

/// Adds what one object uses.
struct Adder<'g, 'a> {
    graph: &'g mut Graph,
    scene: &'g [One<'a>],
    one: &'g One<'a>,
}

impl Adder<'_, '_> {
    /// Something that is named, in the object's own namespace.
    fn use_of(&mut self, kind: &str, name: &str, how: &str) {
        if name.is_empty() || kind.is_empty() {
            return;
        }
        let to = key(kind, name, &self.one.namespace);
        self.graph.add(to.clone(), thing(kind, name, &self.one.namespace, "", true));
        self.graph.link(&self.one.key(), &to, how);
    }

    fn pod(&mut self) {
        let Some(pod) = self.one.object.template() else { return };
        for used in uses(pod) {
            let there = self.graph.nodes.contains_key(&key(used.kind, used.name, &self.one.namespace));
            if there || !used.is_optional {
                self.use_of(used.kind, used.name, used.how);
            }
        }
    }

    /// References by name.
    fn named(&mut self) {
        let one = self.one;
        let root = one.object.root();
        match one.object.kind.as_str() {
            "HorizontalPodAutoscaler" | "ScaledObject" | "VerticalPodAutoscaler" => {
                let target = if one.object.kind == "VerticalPodAutoscaler" { "targetRef" } else { "scaleTargetRef" };
                let kind = match one.text(&["spec", target, "kind"]) {
                    "" => "Deployment",
                    kind => kind,
                };
                self.use_of(kind, one.text(&["spec", target, "name"]), "scales");
            }
            "StatefulSet" => self.use_of("Service", one.text(&["spec", "serviceName"]), "is named by"),
            "Rollout" => {
                let reference = ["spec", "workloadRef"];
                let text = |part| one.text(&[reference[0], reference[1], part]);
                self.use_of(text("kind"), text("name"), "takes over");
                for service in ["canaryService", "stableService"] {
                    self.use_of("Service", one.text(&["spec", "strategy", "canary", service]), "splits");
                }
            }
            "RoleBinding" | "ClusterRoleBinding" => {
                self.use_of(one.text(&["roleRef", "kind"]), one.text(&["roleRef", "name"]), "grants");
                for subject in root.items_at(&["subjects"]) {
                    let text = |k: &str| subject.str_at(&[k]).unwrap_or_default();
                    let near = matches!(text("namespace"), "") || text("namespace") == one.namespace;
                    if text("kind") == "ServiceAccount" && near && text("name") != "default" {
                        self.use_of("ServiceAccount", text("name"), "grants to");
                    }
                }
            }
            "ExternalSecret" => {
                let kind = match one.text(&["spec", "secretStoreRef", "kind"]) {
                    "" => "SecretStore",
                    kind => kind,
                };
                self.use_of(kind, one.text(&["spec", "secretStoreRef", "name"]), "reads from");
            }
            _ => {}
        }
    }

    /// Objects that select others by labels.
    fn selected(&mut self) {
        let one = self.one;
        let spec = one.object.root().get("spec");
        let part = |key: &str| spec.and_then(|s| s.get(key));
        match one.object.kind.as_str() {
            "Service" => {
                let labels = part("selector").filter(|s| !s.entries().is_empty());
                if let Some(labels) = labels {
                    self.pods_that_fit(&Selector::of_labels(labels), "selects");
                }
            }
            "PodDisruptionBudget" => self.pods_that_fit(&Selector::read(part("selector")), "keeps up"),
            "NetworkPolicy" => {
                self.pods_that_fit(&Selector::read(part("podSelector")), "isolates");
                for (rules, peers, how) in [("ingress", "from", "allows from"), ("egress", "to", "allows to")] {
                    for rule in part(rules).map(Node::items).unwrap_or_default() {
                        for peer in rule.items_at(&[peers]) {
                            self.peer(peer, how);
                        }
                    }
                }
            }
            "ServiceMonitor" | "PodMonitor" => {
                let selector = Selector::read(part("selector"));
                let kind = if one.object.kind == "ServiceMonitor" { "Service" } else { "" };
                let fits = |o: &&One<'_>| {
                    let labels = match kind {
                        "Service" => o.object.root().at(&["metadata", "labels"]),
                        _ => o.object.template().and_then(|p| p.at(&["metadata", "labels"])),
                    };
                    let is_kind = if kind.is_empty() { o.object.template().is_some() } else { o.object.kind == kind };
                    is_kind && o.namespace == one.namespace && selector.fits(labels)
                };
                let keys: Vec<String> = self.scene.iter().filter(fits).map(One::key).collect();
                keys.iter().for_each(|to| self.graph.link(&one.key(), to, "scrapes"));
            }
            _ => {}
        }
    }

    fn pods_that_fit(&mut self, selector: &Selector, how: &str) {
        let one = self.one;
        let fits = |o: &&One<'_>| {
            let pod = o.object.template().filter(|_| o.namespace == one.namespace);
            pod.is_some_and(|p| selector.fits(p.at(&["metadata", "labels"])))
        };
        let keys: Vec<String> = self.scene.iter().filter(fits).map(One::key).collect();
        keys.iter().for_each(|to| self.graph.link(&one.key(), to, how));
    }

    /// A peer of a NetworkPolicy: Pods by labels, in this namespace or in those that are named by their label.
    fn peer(&mut self, peer: &Node, how: &str) {
        let Some(pods) = peer.get("podSelector").filter(|p| !p.entries().is_empty()) else { return };
        let selector = Selector::read(Some(pods));
        let one = self.one;
        let namespace = match peer.at(&["namespaceSelector", "matchLabels", "kubernetes.io/metadata.name"]) {
            Some(name) => name.as_str().unwrap_or_default(),
            None if peer.get("namespaceSelector").is_some() => return,
            None => &one.namespace,
        };
        let fits = |o: &&One<'_>| {
            let pod = o.object.template().filter(|_| o.namespace == namespace);
            pod.is_some_and(|p| selector.fits(p.at(&["metadata", "labels"])))
        };
        let keys: Vec<String> = self.scene.iter().filter(fits).map(One::key).collect();
        keys.iter().for_each(|to| self.graph.link(&one.key(), to, how));
    }
}

/// A route to its Services and its certificate.
fn routed(graph: &mut Graph, route: &Route) {
    let own = key(&route.object.kind, &route.object.name, &route.object.namespace);
    for backend in route.backends.iter().filter(|b| !b.service.contains('/')) {
        let to = key("Service", &backend.service, &backend.namespace);
        graph.add(to.clone(), thing("Service", &backend.service, &backend.namespace, "", true));
        graph.link(&own, &to, "routes to");
    }
    if let (Some(Tls::Secret(name)), true) = (&route.tls, route.object.kind == "Ingress") {
        let to = key("Secret", name, &route.object.namespace);
        graph.add(to.clone(), thing("Secret", name, &route.object.namespace, "", true));
        graph.link(&own, &to, "has the certificate of");
    }
}
