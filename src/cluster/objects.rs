//! Helm's drivers that keep releases in Secrets and ConfigMaps (helm v4.3.1 `pkg/storage/driver/{secrets,cfgmaps}.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use serde::Deserialize;

use super::release::{Limits, StoredRelease, decode_release, or_default};
use super::storage::{KEY_PREFIX, ReleaseHead, Storage, TYPE, key, named};
use super::transport::{Form, Request, Server, path_segment, query_value};
use super::{ClusterError, Fault};

/// Which objects hold releases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Secrets, Helm's default.
    #[default]
    Secrets,
    /// ConfigMaps
    ConfigMaps,
}

/// Releases in objects of an API server.
pub(super) struct Objects {
    server: Arc<dyn Server>,
    kind: Kind,
}

#[derive(Deserialize)]
struct Items {
    #[serde(default, deserialize_with = "or_default")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    r#type: String,
    #[serde(default, deserialize_with = "or_default")]
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    namespace: String,
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    release: String,
}

/// How many releases one list asks for: enough to save requests, few enough that answers come beside each other.
const BATCH: usize = 8;

impl Objects {
    pub(super) fn new(server: Arc<dyn Server>, kind: Kind) -> Objects {
        Objects { server, kind }
    }

    fn path(&self, namespace: Option<&str>) -> String {
        let resource = match self.kind {
            Kind::Secrets => "secrets",
            Kind::ConfigMaps => "configmaps",
        };
        match namespace {
            Some(namespace) => format!("/api/v1/namespaces/{}/{resource}", path_segment(namespace)),
            None => format!("/api/v1/{resource}"),
        }
    }

    fn list(&self, namespace: Option<&str>, selector: &str, what: String) -> Request {
        Request::get(format!("{}?labelSelector={}", self.path(namespace), query_value(selector)), what)
    }

    /// The release that an object holds.
    fn decoded(&self, item: &Item) -> Result<StoredRelease, ClusterError> {
        let name = &item.metadata.name;
        if !name.starts_with(KEY_PREFIX) || self.kind == Kind::Secrets && item.r#type != TYPE {
            let of = if item.r#type.is_empty() { String::new() } else { format!(" of type {:?}", item.r#type) };
            let text = format!("{name}{of} is a release of an unknown version; known is {TYPE}");
            return Err(ClusterError::new(Fault::NotARelease, text));
        }
        let stored = item.data.release.as_bytes();
        match self.kind {
            Kind::ConfigMaps => decode_release(name, stored, Limits::default()),
            Kind::Secrets => {
                let text = STANDARD.decode(stored).map_err(|_| {
                    ClusterError::new(
                        Fault::NotARelease,
                        format!("{name} is no release of Helm's: the data is not base64"),
                    )
                })?;
                decode_release(name, &text, Limits::default())
            }
        }
    }
}

/// The names of one namespace, as one request asks for them: their places in the question.
struct Batch<'a> {
    namespace: &'a str,
    places: Vec<usize>,
}

/// One request for up to [`BATCH`] names of a namespace.
fn batches<'a>(wanted: &[(&'a str, &str)]) -> Vec<Batch<'a>> {
    let mut by_namespace: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, (namespace, _)) in wanted.iter().enumerate() {
        by_namespace.entry(namespace).or_default().push(place);
    }
    let split = by_namespace.into_iter().flat_map(|(namespace, places)| {
        let chunks: Vec<Batch> = places.chunks(BATCH).map(|c| Batch { namespace, places: c.to_vec() }).collect();
        chunks
    });
    split.collect()
}

impl Storage for Objects {
    fn standing(&self, wanted: &[(&str, &str)]) -> Vec<Result<Vec<StoredRelease>, ClusterError>> {
        let batches = batches(wanted);
        let requests: Vec<Request> = batches
            .iter()
            .map(|batch| {
                let names: Vec<&str> = batch.places.iter().map(|p| wanted[*p].1).collect();
                let (by_name, what) = match names[..] {
                    [one] => (format!("name={one}"), named(batch.namespace, one)),
                    _ => (
                        format!("name in ({})", names.join(",")),
                        format!("releases {} in namespace {}", names.join(", "), batch.namespace),
                    ),
                };
                self.list(Some(batch.namespace), &format!("owner=helm,{by_name},status!=superseded"), what)
            })
            .collect();
        let answers = self.server.ask(&requests);
        let mut found: Vec<Result<Vec<StoredRelease>, ClusterError>> = wanted.iter().map(|_| Ok(Vec::new())).collect();
        for ((batch, request), answer) in batches.iter().zip(&requests).zip(answers) {
            let items = answer
                .and_then(|a| self.server.checked(request, a))
                .and_then(|body| self.server.read::<Items>(request, &body));
            match items {
                Err(e) => batch.places.iter().for_each(|p| found[*p] = Err(e.clone())),
                Ok(list) => self.share_out(&list.items, batch, wanted, &mut found),
            }
        }
        found
    }

    fn one(&self, namespace: &str, name: &str, revision: u64) -> Result<Option<StoredRelease>, ClusterError> {
        let path = format!("{}/{}", self.path(Some(namespace)), path_segment(&key(name, revision)));
        let request = Request::get(path, format!("revision {revision} of {}", named(namespace, name)));
        let answer = self.server.ask_one(&request)?;
        if answer.status == 404 {
            return Ok(None);
        }
        let body = self.server.checked(&request, answer)?;
        let item: Item = self.server.read(&request, &body)?;
        self.decoded(&item).map(Some)
    }

    fn heads(&self, namespace: Option<&str>, name: Option<&str>) -> Result<Vec<ReleaseHead>, ClusterError> {
        let what = match (namespace, name) {
            (Some(namespace), Some(name)) => format!("the history of {}", named(namespace, name)),
            (Some(namespace), None) => format!("the releases of namespace {namespace}"),
            _ => "the releases of all namespaces".into(),
        };
        let selector = match name {
            Some(name) => format!("owner=helm,name={name}"),
            None => "owner=helm".into(),
        };
        let request = self.list(namespace, &selector, what).form(Form::Metadata);
        let body = self.server.body(&request)?;
        Ok(self.server.read::<Items>(&request, &body)?.items.iter().filter_map(head).collect())
    }
}

impl Objects {
    /// Gives each name of a batch the releases that the list has of it.
    fn share_out(
        &self,
        items: &[Item],
        batch: &Batch,
        wanted: &[(&str, &str)],
        found: &mut [Result<Vec<StoredRelease>, ClusterError>],
    ) {
        let decoded: Vec<_> = items.par_iter().map(|item| self.decoded(item)).collect();
        for (item, release) in items.iter().zip(decoded) {
            let name = item.metadata.labels.get("name").map_or("", String::as_str);
            let Some(place) = batch.places.iter().find(|p| wanted[**p].1 == name) else { continue };
            match (&mut found[*place], release) {
                (Ok(releases), Ok(release)) => releases.push(release),
                (slot @ Ok(_), Err(e)) => *slot = Err(e),
                (Err(_), _) => {}
            }
        }
    }
}

fn head(item: &Item) -> Option<ReleaseHead> {
    let label = |key: &str| item.metadata.labels.get(key);
    let time = label("modifiedAt").or_else(|| label("createdAt"));
    Some(ReleaseHead {
        name: label("name")?.clone(),
        namespace: item.metadata.namespace.clone(),
        revision: label("version")?.parse().ok()?,
        status: label("status").cloned().unwrap_or_default(),
        written: time.and_then(|t| t.parse().ok()),
    })
}
