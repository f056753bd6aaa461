//! What is behind routes, over all releases: Services, the Pods they select, certificates, Gateways.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{items, port, text};
use super::{Backend, Release, Route, Router, Tls};
use crate::yaml::node::Node;

type Name = (String, String);

/// The objects behind routes; names are with their namespaces.
#[derive(Debug, Default)]
pub struct Index {
    services: BTreeMap<Name, Service>,
    pods: Vec<Pods>,
    secrets: BTreeSet<Name>,
    gateways: BTreeMap<Name, Vec<Listener>>,
}

#[derive(Debug)]
struct Service {
    /// Name, port, target port.
    ports: Vec<(String, String, String)>,
    selector: Vec<(String, String)>,
    /// Whether it stands for another host.
    is_external: bool,
}

#[derive(Debug)]
struct Pods {
    namespace: String,
    workload: String,
    labels: Vec<(String, String)>,
    /// Name and number.
    ports: Vec<(String, String)>,
}

#[derive(Debug)]
struct Listener {
    name: String,
    has_tls: bool,
    secret: Option<String>,
    passes_tls: bool,
}

/// What is known of a backend's Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// It is there.
    Rendered,
    /// It isn't among the objects.
    NoService,
    /// It has no such port.
    NoPort,
}

impl Index {
    /// Takes in the objects of a release.
    pub fn add(&mut self, release: Release<'_>) {
        for object in release.objects {
            let namespace = release.namespace_of(object);
            let name = (namespace.clone(), object.name.clone());
            let spec = object.root().get("spec");
            match object.kind.as_str() {
                "Service" => _ = self.services.insert(name, service(spec)),
                "Secret" | "SealedSecret" => _ = self.secrets.insert(name),
                "Certificate" => _ = self.secrets.insert((namespace, text(spec, "secretName").to_owned())),
                "ExternalSecret" => {
                    let target = text(spec.and_then(|s| s.get("target")), "name");
                    let target = if target.is_empty() { &object.name } else { target };
                    self.secrets.insert((namespace, target.to_owned()));
                }
                "Gateway" => _ = self.gateways.insert(name, listeners(spec)),
                // cert-manager makes the Secrets that an Ingress with its annotation names.
                "Ingress" if is_managed(object.root()) => {
                    let named = items(spec, "tls").iter().map(|t| text(Some(t), "secretName").to_owned());
                    self.secrets.extend(named.map(|s| (namespace.clone(), s)));
                }
                kind => self.pods.extend(pods(kind, &object.name, &namespace, object.root())),
            }
        }
    }

    /// Fills in what other objects say of a route.
    pub fn settle(&self, route: &mut Route) {
        for backend in &mut route.backends {
            backend.target = self.target(backend).unwrap_or_default();
        }
        if route.router == Router::Gateway {
            self.listen(route);
        }
    }

    /// What is known of a backend.
    pub fn behind(&self, backend: &Backend) -> Behind {
        // What is no Service has its kind in front.
        if backend.service.contains('/') {
            return Behind::Rendered;
        }
        let name = (backend.namespace.clone(), backend.service.clone());
        let Some(service) = self.services.get(&name) else { return Behind::NoService };
        let fits = |p: &(String, String, String)| [&p.0, &p.1, &p.2].contains(&&backend.port);
        match backend.port.is_empty() || service.is_external || service.ports.iter().any(fits) {
            true => Behind::Rendered,
            false => Behind::NoPort,
        }
    }

    /// Whether a Secret is rendered, or something that makes it.
    pub fn has_secret(&self, namespace: &str, name: &str) -> bool {
        self.secrets.contains(&(namespace.to_owned(), name.to_owned()))
    }

    fn target(&self, backend: &Backend) -> Option<String> {
        let service = self.services.get(&(backend.namespace.clone(), backend.service.clone()))?;
        let fits = |p: &&(String, String, String)| {
            (backend.port.is_empty() && service.ports.len() == 1) || [&p.0, &p.1].contains(&&backend.port)
        };
        let (_, number, target) = service.ports.iter().find(fits)?;
        let target = if target.is_empty() { number } else { target };
        let selected = |p: &&Pods| {
            p.namespace == backend.namespace
                && !service.selector.is_empty()
                && service.selector.iter().all(|pair| p.labels.contains(pair))
        };
        let pods = self.pods.iter().find(selected)?;
        let named = pods.ports.iter().find(|(name, number)| name == target || number == target);
        let number = named.map_or(target, |(_, number)| number);
        Some(format!("{number} of {}", pods.workload))
    }

    /// Which listeners a route of the Gateway API is attached to, and with which certificate.
    fn listen(&self, route: &mut Route) {
        let mut attached: Vec<&Listener> = Vec::new();
        for parent in route.class.split(", ") {
            let (gateway, section) = parent.split_once('#').unwrap_or((parent, ""));
            let (namespace, name) = gateway.split_once('/').unwrap_or((&route.object.namespace, gateway));
            let listeners = self.gateways.get(&(namespace.to_owned(), name.to_owned())).map(Vec::as_slice);
            let fits = |l: &&Listener| section.is_empty() || l.name == section;
            attached.extend(listeners.unwrap_or_default().iter().filter(fits));
        }
        if attached.is_empty() {
            return;
        }
        let with_tls = attached.iter().filter(|l| l.has_tls).count();
        if let Some(l) = attached.iter().find(|l| l.has_tls) {
            route.tls = Some(match (&l.secret, l.passes_tls) {
                (_, true) => Tls::Passthrough,
                (Some(secret), _) => Tls::Secret(secret.clone()),
                (None, _) => Tls::Default,
            });
        }
        route.only_tls = match with_tls {
            0 => Some(false),
            n if n == attached.len() => Some(true),
            _ => None,
        };
    }
}

fn pairs(node: Option<&Node>) -> Vec<(String, String)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|e| Some((e.key.to_string(), e.value.as_str()?.to_owned()))).collect()
}

fn service(spec: Option<&Node>) -> Service {
    let ports = items(spec, "ports")
        .iter()
        .map(|p| (text(Some(p), "name").to_owned(), port(p.get("port")), port(p.get("targetPort"))));
    Service {
        ports: ports.collect(),
        selector: pairs(spec.and_then(|s| s.get("selector"))),
        is_external: text(spec, "type") == "ExternalName",
    }
}

fn listeners(spec: Option<&Node>) -> Vec<Listener> {
    let all = items(spec, "listeners").iter().map(|l| {
        let certificates = items(l.get("tls"), "certificateRefs");
        Listener {
            name: text(Some(l), "name").to_owned(),
            has_tls: matches!(text(Some(l), "protocol"), "HTTPS" | "TLS"),
            secret: certificates.first().map(|c| text(Some(c), "name").to_owned()),
            passes_tls: text(l.get("tls"), "mode") == "Passthrough",
        }
    });
    all.collect()
}

/// Whether cert-manager makes the Secrets that an Ingress names.
pub fn is_managed(root: &Node) -> bool {
    let annotations = root.at(&["metadata", "annotations"]).map(Node::entries).unwrap_or_default();
    annotations.iter().any(|e| e.key.starts_with("cert-manager.io/") || &*e.key == "kubernetes.io/tls-acme")
}

fn pods(kind: &str, name: &str, namespace: &str, root: &Node) -> Option<Pods> {
    let template = match kind {
        "Pod" => root,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Rollout" | "DeploymentConfig" => {
            root.at(&["spec", "template"])?
        }
        _ => return None,
    };
    let containers = items(template.get("spec"), "containers");
    let ports = containers.iter().flat_map(|c| items(Some(c), "ports"));
    let ports = ports.map(|p| (text(Some(p), "name").to_owned(), port(p.get("containerPort")))).collect();
    let labels = pairs(template.at(&["metadata", "labels"]));
    Some(Pods { namespace: namespace.to_owned(), workload: format!("{kind}/{name}"), labels, ports })
}
