//! Routes out of objects, kind by kind.

use super::{Backend, Release, Route, Router, gateway, ingress, openshift, traefik};
use crate::finding::{KubeObject, Resource, Spot};
use crate::yaml::node::Node;

use super::PathKind;

/// The routes of a release, in the order of its objects. Containers' ports and certificates that other objects make are
/// filled in by [`super::index::Index::settle`].
pub fn routes(release: Release<'_>) -> Vec<Route> {
    let mut found = Vec::new();
    for (index, object) in release.objects.iter().enumerate() {
        let one = Object { release, object, index };
        match (object.kind.as_str(), object.group()) {
            ("Ingress", _) => ingress::read(&one, &mut found),
            ("HTTPRoute" | "GRPCRoute", "gateway.networking.k8s.io") => gateway::read(&one, &mut found),
            ("IngressRoute", _) => traefik::read(&one, &mut found),
            ("Route", "route.openshift.io") => openshift::read(&one, &mut found),
            _ => {}
        }
    }
    found
}

/// An object in its release.
pub(super) struct Object<'a> {
    pub release: Release<'a>,
    pub object: &'a KubeObject,
    pub index: usize,
}

impl<'a> Object<'a> {
    /// A route that says nothing yet.
    pub fn route(&self, router: Router, host: &str, field: String) -> Route {
        let object = self.object;
        let (line, column) = object.place(&field);
        Route {
            chart: self.release.chart.to_owned(),
            object: Resource {
                api_version: object.api_version.clone(),
                kind: object.kind.clone(),
                namespace: self.namespace(),
                name: object.name.clone(),
            },
            index: self.index,
            spot: Spot { file: object.source.name.clone(), line, column },
            field,
            router,
            class: String::new(),
            host: host.to_lowercase(),
            path_kind: PathKind::Prefix,
            path: "/".into(),
            conditions: Vec::new(),
            backends: Vec::new(),
            tls: None,
            tls_redirect: None,
            only_tls: None,
            rewrite: None,
            redirect: None,
            canary: None,
            notes: Vec::new(),
            values: None,
        }
    }

    pub fn namespace(&self) -> String {
        self.release.namespace_of(self.object)
    }

    pub fn annotation(&self, key: &str) -> Option<&'a str> {
        self.object.root().str_at(&["metadata", "annotations", key])
    }

    /// A backend in the object's own namespace.
    pub fn backend(&self, service: &str, port: String) -> Backend {
        Backend {
            namespace: self.namespace(),
            service: service.to_owned(),
            port,
            weight: None,
            protocol: String::new(),
            target: String::new(),
        }
    }
}

/// A string, or nothing.
pub(super) fn text<'n>(node: Option<&'n Node>, key: &str) -> &'n str {
    node.and_then(|n| n.get(key)).and_then(Node::as_str).unwrap_or_default()
}

/// A port: a number or a name.
pub(super) fn port(node: Option<&Node>) -> String {
    match node {
        Some(n) => n.as_str().map(str::to_owned).or_else(|| n.as_i64().map(|p| p.to_string())).unwrap_or_default(),
        None => String::new(),
    }
}

/// The items below a key.
pub(super) fn items<'n>(node: Option<&'n Node>, key: &str) -> &'n [Node] {
    node.and_then(|n| n.get(key)).map(Node::items).unwrap_or_default()
}
