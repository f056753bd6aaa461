//! What an API server serves, asked once: its version, its API versions, the path of each kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use super::release::or_default;
use super::transport::{Form, Request};
use super::{Cluster, ClusterError};

/// The answer of `/version`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServerVersion {
    /// `1`
    pub major: String,
    /// `36`, or `36+`
    pub minor: String,
    /// `v1.36.3`, or `v1.36.3-eks-1234567`
    pub git_version: String,
}

/// Where objects of a kind are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `deployments`
    pub name: String,
    /// Whether they are in namespaces.
    pub namespaced: bool,
}

/// All that is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// `v1`, `apps/v1`, … with the kinds of each.
    versions: BTreeMap<String, BTreeMap<String, Resource>>,
    /// Kinds of subresources, as `apps/v1/Scale`: they have no path of their own.
    below: BTreeSet<String>,
}

impl Discovery {
    /// The resource of a kind.
    pub fn resource(&self, api_version: &str, kind: &str) -> Option<&Resource> {
        self.versions.get(api_version)?.get(kind)
    }

    /// Whether any kind of this API version is served.
    pub fn serves(&self, api_version: &str) -> bool {
        self.versions.contains_key(api_version)
    }

    /// `.Capabilities.APIVersions` of a live cluster (helm v4.3.1 `pkg/action/action.go`, `GetVersionSet`): versions and
    /// version/kind pairs, sorted; Helm's own order is random.
    pub fn version_set(&self) -> Vec<String> {
        let mut all: Vec<String> = self.versions.keys().cloned().collect();
        all.extend(self.versions.iter().flat_map(|(v, kinds)| kinds.keys().map(move |kind| format!("{v}/{kind}"))));
        all.extend(self.below.iter().cloned());
        all.sort();
        all.dedup();
        all
    }

    fn insert(&mut self, api_version: &str, kind: &str, resource: Resource) {
        // A kind that is served as several resources is meant by its first.
        self.versions.entry(api_version.to_owned()).or_default().entry(kind.to_owned()).or_insert(resource);
    }
}

/// `/api` and `/apis` of a server from 1.26 on.
#[derive(Deserialize)]
struct Aggregated {
    #[serde(default, deserialize_with = "or_default")]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Named,
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<Version>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    #[serde(default, deserialize_with = "or_default")]
    resources: Vec<Served>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Served {
    resource: String,
    #[serde(default)]
    response_kind: Option<ServedKind>,
    #[serde(default)]
    scope: String,
    #[serde(default, deserialize_with = "or_default")]
    subresources: Vec<Subresource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subresource {
    #[serde(default)]
    response_kind: Option<ServedKind>,
}

#[derive(Deserialize)]
struct ServedKind {
    #[serde(default)]
    kind: String,
}

/// `/api` and `/apis` of an older server.
#[derive(Deserialize)]
struct Plain {
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    groups: Vec<PlainGroup>,
}

#[derive(Deserialize)]
struct PlainGroup {
    #[serde(default, deserialize_with = "or_default")]
    versions: Vec<PlainVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlainVersion {
    group_version: String,
}

/// `/apis/apps/v1`
#[derive(Deserialize)]
struct PlainList {
    #[serde(default, deserialize_with = "or_default")]
    resources: Vec<PlainResource>,
}

#[derive(Deserialize)]
struct PlainResource {
    name: String,
    kind: String,
    #[serde(default)]
    namespaced: bool,
}

impl Cluster {
    /// The server's version, as it says it.
    ///
    /// # Errors
    /// For what the server refuses.
    pub fn server_version(&self) -> Result<ServerVersion, ClusterError> {
        let request = Request::get("/version", "its version");
        self.server.read(&request, &self.server.body(&request)?)
    }

    /// What is served; asked once per cluster.
    ///
    /// # Errors
    /// For what the server refuses.
    pub fn discovery(&self) -> Result<Arc<Discovery>, ClusterError> {
        if let Some(known) = self.discovery.get() {
            return Ok(known.clone());
        }
        let asked = Arc::new(self.discover()?);
        Ok(self.discovery.get_or_init(|| asked).clone())
    }

    fn discover(&self) -> Result<Discovery, ClusterError> {
        let requests = ["/api", "/apis"].map(|path| Request::get(path, "the kinds it serves").form(Form::Discovery));
        let mut found = Discovery::default();
        let mut older = Vec::new();
        for (request, answer) in requests.iter().zip(self.server.ask(&requests)) {
            let body = self.server.checked(request, answer?)?;
            let kind: KindOnly = self.server.read(request, &body)?;
            if kind.kind == "APIGroupDiscoveryList" {
                aggregated(self.server.read(request, &body)?, &mut found);
            } else {
                older.extend(group_versions(self.server.read(request, &body)?));
            }
        }
        self.discover_older(&older, &mut found)?;
        Ok(found)
    }

    /// A list for each API version. One that can't be had is of an aggregated server that is down: its kinds are
    /// unknown, the others are not.
    fn discover_older(&self, versions: &[String], found: &mut Discovery) -> Result<(), ClusterError> {
        let requests: Vec<Request> =
            versions.iter().map(|v| Request::get(api_path(v), format!("the kinds of {v}"))).collect();
        for ((version, request), answer) in versions.iter().zip(&requests).zip(self.server.ask(&requests)) {
            found.versions.entry(version.clone()).or_default();
            let answer = answer?;
            if answer.status != 200 {
                continue;
            }
            let list: PlainList = self.server.read(request, &answer.body)?;
            for r in list.resources {
                if r.name.contains('/') {
                    found.below.insert(format!("{version}/{}", r.kind));
                } else {
                    found.insert(version, &r.kind, Resource { name: r.name, namespaced: r.namespaced });
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct KindOnly {
    #[serde(default)]
    kind: String,
}

fn aggregated(list: Aggregated, found: &mut Discovery) {
    for group in list.items {
        for version in group.versions {
            let api_version = match &*group.metadata.name {
                "" => version.version,
                group => format!("{group}/{}", version.version),
            };
            found.versions.entry(api_version.clone()).or_default();
            for served in version.resources {
                let kinds = served.subresources.into_iter().filter_map(|s| s.response_kind);
                found.below.extend(kinds.map(|k| format!("{api_version}/{}", k.kind)));
                let Some(kind) = served.response_kind.filter(|k| !k.kind.is_empty()) else { continue };
                let namespaced = served.scope == "Namespaced";
                found.insert(&api_version, &kind.kind, Resource { name: served.resource, namespaced });
            }
        }
    }
}

fn group_versions(plain: Plain) -> Vec<String> {
    let of_groups = plain.groups.into_iter().flat_map(|g| g.versions).map(|v| v.group_version);
    plain.versions.into_iter().chain(of_groups).collect()
}

/// The root of an API version: `/api/v1`, `/apis/apps/v1`.
pub fn api_path(api_version: &str) -> String {
    let segments: Vec<String> = api_version.split('/').map(super::transport::path_segment).collect();
    let root = if api_version.contains('/') { "/apis" } else { "/api" };
    format!("{root}/{}", segments.join("/"))
}
