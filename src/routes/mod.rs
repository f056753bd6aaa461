//! Which request goes where: the hosts and paths of all charts, and how an existing nginx compares with them.
//!
//! [`read::routes`] takes routes out of one release's objects, [`index::Index`] knows the Services behind them over all
//! releases, [`conflicts`] judges them together, [`model::Model`] says where a request goes, and [`compare`] asks that
//! model and the one in [`nginx`] the same requests. Pure over objects and texts: who renders charts and reads files is
//! further up.

pub mod compare;
pub mod conflicts;
mod gateway;
pub mod index;
mod ingress;
pub mod model;
pub mod nginx;
mod openshift;
pub mod read;
mod requests;
mod traefik;

use serde::Serialize;

use crate::finding::{KubeObject, Resource, Spot, ValuesSpot};

/// The objects of one release.
#[derive(Clone, Copy, Debug)]
pub struct Release<'a> {
    /// The chart.
    pub chart: &'a str,
    /// The namespace of objects that name none.
    pub namespace: &'a str,
    /// What is rendered.
    pub objects: &'a [KubeObject],
}

impl Release<'_> {
    /// The namespace of one of its objects.
    pub fn namespace_of(&self, object: &KubeObject) -> String {
        let own = if object.namespace.is_empty() { self.namespace } else { &object.namespace };
        own.to_owned()
    }
}

/// Whose rules decide between routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Router {
    /// ingress-nginx, which is also taken for an Ingress whose class says nothing else.
    IngressNginx,
    /// Kong
    Kong,
    /// The Gateway API, whoever implements it.
    Gateway,
    /// Traefik
    Traefik,
    /// OpenShift's router
    OpenShift,
    /// Another controller of Ingresses; it is taken to do what Kubernetes' documentation says.
    Other,
}

/// How a path is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathKind {
    /// The whole path.
    Exact,
    /// Its first elements, between slashes.
    Prefix,
    /// Its first characters, as nginx does it.
    Start,
    /// An expression, from the path's beginning on.
    Regex,
}

/// One host and path, and where its requests go.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The chart.
    pub chart: String,
    /// The object.
    pub object: Resource,
    /// Place of the object among those of its release.
    #[serde(skip)]
    pub index: usize,
    /// The field of the object that says it.
    pub field: String,
    /// Whose rules hold.
    pub router: Router,
    /// The class of an Ingress, the Gateways of a route; may be empty.
    pub class: String,
    /// The host: `*.example.com` for all below one, empty for any.
    pub host: String,
    /// How the path is compared.
    pub path_kind: PathKind,
    /// The path.
    pub path: String,
    /// What else a request needs: `method POST`, `header x-tenant=np`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Who answers.
    pub backends: Vec<Backend>,
    /// The certificate, if it is there by TLS.
    pub tls: Option<Tls>,
    /// Whether requests without TLS are sent to TLS, with this status.
    pub tls_redirect: Option<u16>,
    /// Which requests it is there for: with TLS only, or without only.
    pub only_tls: Option<bool>,
    /// How the path is changed for the backend.
    pub rewrite: Option<Rewrite>,
    /// Where clients are sent instead.
    pub redirect: Option<Redirect>,
    /// Which part of the requests a canary gets.
    pub canary: Option<String>,
    /// What else annotations and filters do to its requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The template's line that wrote it, or the manifest's.
    pub spot: Spot,
    /// The line of values behind the host.
    pub values: Option<ValuesSpot>,
}

/// A Service behind a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    /// The Service's namespace.
    pub namespace: String,
    /// Its name; for what is no Service, with the kind: `Resource/static`.
    pub service: String,
    /// Its port, by number or name; empty where the route says none.
    pub port: String,
    /// Its share, where several have one.
    pub weight: Option<i64>,
    /// `HTTPS`, `GRPC`, `FCGI`, … where it isn't plain HTTP.
    pub protocol: String,
    /// The port of the containers behind it, with the workload: `8080 of Deployment/web`; empty where that isn't
    /// rendered.
    pub target: String,
}

impl Backend {
    /// `service:port`, with the namespace where it isn't the route's own.
    pub fn text(&self, home: &str) -> String {
        let away = if self.namespace == home { String::new() } else { format!("{}/", self.namespace) };
        let port = if self.port.is_empty() { String::new() } else { format!(":{}", self.port) };
        format!("{away}{}{port}", self.service)
    }
}

/// How a route is there by TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// With the certificate of this Secret.
    Secret(String),
    /// With whatever certificate the controller has.
    Default,
    /// The backend does it.
    Passthrough,
}

/// How a path is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rewrite {
    /// The route's expression is replaced by this; `$1` is a group.
    Regex(String),
    /// The route's path is replaced by this.
    Prefix(String),
    /// All of it is.
    Full(String),
    /// This is put in front.
    Before(String),
}

impl std::fmt::Display for Rewrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rewrite::Regex(to) | Rewrite::Full(to) => f.write_str(to),
            Rewrite::Prefix(to) if to == "/" => f.write_str("without its prefix"),
            Rewrite::Prefix(to) => write!(f, "{to}…"),
            Rewrite::Before(to) => write!(f, "{to} in front"),
        }
    }
}

/// A redirect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redirect {
    /// Its status.
    pub code: u16,
    /// Where to; `$request_uri` and its like stay as they are written.
    pub to: String,
}

/// A request that both sides are asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// Whether it comes by TLS.
    pub has_tls: bool,
    /// The port it comes to.
    pub port: u16,
    /// The host it asks for.
    pub host: String,
    /// Path and arguments.
    pub uri: String,
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scheme, usual) = if self.has_tls { ("https", 443) } else { ("http", 80) };
        let port = if self.port == usual { String::new() } else { format!(":{}", self.port) };
        write!(f, "{scheme}://{}{port}{}", self.host, self.uri)
    }
}
