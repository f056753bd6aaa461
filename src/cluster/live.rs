//! Objects as the cluster has them, for the objects of a manifest: by lists where those are fewer requests, otherwise
//! one by one; and what a server-side apply would make of them, without storing it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::discovery::{Discovery, Resource, api_path};
use super::release::or_default;
use super::transport::{Answer, Request, Verb, path_segment, query_value};
use super::{Cluster, ClusterError};

/// Which object. Those of one kind and namespace sort together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// `apps/v1`
    pub api_version: String,
    /// `Deployment`
    pub kind: String,
    /// The namespace it is in, or would be if its kind has any.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What the cluster has of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The object.
    Object(Box<Value>),
    /// Its kind is served, it isn't there.
    Missing,
    /// Its kind isn't served: the definition is missing, or the API version is too new or too old.
    NoKind,
}

/// What a server-side apply would come to.
#[derive(Clone, Debug, PartialEq)]
pub enum DryRun {
    /// The object as it would be stored.
    Applied(Box<Value>),
    /// It would be refused.
    Refused {
        /// HTTP status: 409 is a conflict with other managers, 422 an invalid object.
        status: u16,
        /// In one word: `Invalid`, `Conflict`, `Forbidden`.
        reason: String,
        /// In the server's words; for Secrets without the values.
        message: String,
        /// Fields with what is wrong with each.
        causes: Vec<(String, String)>,
    },
    /// Its kind isn't served.
    NoKind,
}

/// Answers in the order asked for, and objects that nobody asked for.
pub type LiveObjects = (Vec<Result<Found, ClusterError>>, Vec<Value>);

/// From how many objects of a kind and namespace on a list is asked for. Two answers come beside each other anyhow.
const WORTH_A_LIST: usize = 3;

/// How many objects one page of a list has.
const PAGE: usize = 500;

/// Helm labels what it installs, hooks aside, so that lists hold little else; above all no releases.
const OF_HELM: &str = "app.kubernetes.io/managed-by=Helm";

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(default, deserialize_with = "or_default")]
    items: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListMeta {
    r#continue: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    reason: String,
    message: String,
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "or_default")]
    causes: Vec<Cause>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cause {
    reason: String,
    message: String,
    field: String,
}

/// Objects of one kind and namespace, which one list would hold.
struct Shelf<'a> {
    path: String,
    first: &'a ObjectRef,
    names: BTreeSet<&'a str>,
}

impl Cluster {
    /// The live objects, in the order asked for; those of all releases at once cost the fewest requests.
    ///
    /// # Errors
    /// Where the server can't be asked at all. What it says of single objects is in the answers.
    pub fn live_objects(&self, wanted: &[ObjectRef]) -> Result<Vec<Result<Found, ClusterError>>, ClusterError> {
        Ok(self.listed_objects(wanted, WORTH_A_LIST)?.0)
    }

    /// The same by lists wherever there are any, with what those hold besides: objects that Helm's label says are a
    /// release's, of the kinds and namespaces asked for.
    ///
    /// # Errors
    /// As [`Cluster::live_objects`].
    pub fn live_objects_and_others(&self, wanted: &[ObjectRef]) -> Result<LiveObjects, ClusterError> {
        self.listed_objects(wanted, 1)
    }

    fn listed_objects(&self, wanted: &[ObjectRef], least: usize) -> Result<LiveObjects, ClusterError> {
        let discovery = self.discovery()?;
        let mut known: BTreeMap<&ObjectRef, Result<Found, ClusterError>> = BTreeMap::new();
        let mut shelves: BTreeMap<String, Shelf> = BTreeMap::new();
        for object in wanted {
            match discovery.resource(&object.api_version, &object.kind) {
                None => drop(known.insert(object, Ok(Found::NoKind))),
                Some(resource) => {
                    let path = collection(object, resource);
                    let shelf = shelves.entry(path.clone());
                    let shelf = shelf.or_insert_with(|| Shelf { path, first: object, names: BTreeSet::new() });
                    shelf.names.insert(&object.name);
                }
            }
        }
        let mut others = Vec::new();
        let listed = self.listed(shelves.values().filter(|s| s.names.len() >= least), &mut others);
        self.one_by_one(wanted, &discovery, listed, &mut known);
        let answer = |o: &ObjectRef| known.get(o).cloned().unwrap_or(Ok(Found::Missing));
        Ok((wanted.iter().map(answer).collect(), others))
    }

    /// What lists hold, by path and name; what nobody asked for goes to `others`. A list that isn't allowed, or fails,
    /// holds nothing.
    fn listed<'a>(
        &self,
        shelves: impl Iterator<Item = &'a Shelf<'a>>,
        others: &mut Vec<Value>,
    ) -> BTreeMap<(String, String), Value> {
        let mut pages: Vec<(&Shelf, String)> = shelves.map(|s| (s, String::new())).collect();
        let mut found = BTreeMap::new();
        while !pages.is_empty() {
            let requests: Vec<Request> = pages.iter().map(|(shelf, from)| page(shelf, from)).collect();
            let mut further = Vec::new();
            for ((shelf, _), answer) in pages.iter().zip(self.server.ask(&requests)) {
                let Some(list) = answer.ok().filter(|a| a.status == 200).and_then(|a| as_list(&a, shelf)) else {
                    continue;
                };
                for item in list.items {
                    let name = item["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                    if shelf.names.contains(&*name) {
                        found.insert((shelf.path.clone(), name), item);
                    } else {
                        others.push(item);
                    }
                }
                if !list.metadata.r#continue.is_empty() {
                    further.push((*shelf, list.metadata.r#continue));
                }
            }
            pages = further;
        }
        found
    }

    /// Fills in what lists had, and asks for the others.
    fn one_by_one<'a>(
        &self,
        wanted: &'a [ObjectRef],
        discovery: &Discovery,
        mut listed: BTreeMap<(String, String), Value>,
        known: &mut BTreeMap<&'a ObjectRef, Result<Found, ClusterError>>,
    ) {
        let mut asked = Vec::new();
        let mut requests = Vec::new();
        for object in wanted {
            let Some(resource) = discovery.resource(&object.api_version, &object.kind) else { continue };
            if known.contains_key(object) {
                continue;
            }
            let path = collection(object, resource);
            match listed.remove(&(path.clone(), object.name.clone())) {
                Some(found) => drop(known.insert(object, Ok(Found::Object(Box::new(found))))),
                None => {
                    requests.push(Request::get(format!("{path}/{}", path_segment(&object.name)), object.to_string()));
                    asked.push(object);
                    // Once is enough, also for a manifest that has it twice.
                    known.insert(object, Ok(Found::Missing));
                }
            }
        }
        for ((object, request), answer) in asked.iter().zip(&requests).zip(self.server.ask(&requests)) {
            let found = answer.and_then(|answer| match answer.status {
                404 => Ok(Found::Missing),
                _ => {
                    let body = self.server.checked(request, answer)?;
                    Ok(Found::Object(Box::new(self.server.read(request, &body)?)))
                }
            });
            known.insert(object, found);
        }
    }

    /// What a server-side apply of each object would come to; nothing is stored (`dryRun=All`). `force` takes fields
    /// over from other managers, otherwise those are conflicts.
    ///
    /// # Errors
    /// Where the server can't be asked at all.
    pub fn dry_run_apply(
        &self,
        objects: &[(ObjectRef, Value)],
        force: bool,
    ) -> Result<Vec<Result<DryRun, ClusterError>>, ClusterError> {
        let discovery = self.discovery()?;
        let mut places = Vec::new();
        let mut requests = Vec::new();
        for (place, (object, content)) in objects.iter().enumerate() {
            if let Some(resource) = discovery.resource(&object.api_version, &object.kind) {
                requests.push(apply_request(object, content, resource, force));
                places.push(place);
            }
        }
        let mut found: Vec<Result<DryRun, ClusterError>> = objects.iter().map(|_| Ok(DryRun::NoKind)).collect();
        for ((place, request), answer) in places.into_iter().zip(&requests).zip(self.server.ask(&requests)) {
            let secret = objects[place].0.kind == "Secret";
            found[place] = answer.and_then(|answer| self.dry_run(request, &answer, secret));
        }
        Ok(found)
    }

    fn dry_run(&self, request: &Request, answer: &Answer, secret: bool) -> Result<DryRun, ClusterError> {
        match answer.status {
            200 | 201 => Ok(DryRun::Applied(Box::new(self.server.read(request, &answer.body)?))),
            401 | 429 => Err(super::transport::refusal(request, answer, self.address())),
            status => Ok(refused(status, &answer.body, secret)),
        }
    }
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.namespace {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

/// `/apis/apps/v1/namespaces/shop/deployments`
pub(super) fn collection(object: &ObjectRef, resource: &Resource) -> String {
    let root = api_path(&object.api_version);
    match resource.namespaced {
        true => format!("{root}/namespaces/{}/{}", path_segment(&object.namespace), resource.name),
        false => format!("{root}/{}", resource.name),
    }
}

fn page(shelf: &Shelf, from: &str) -> Request {
    let mut path = format!("{}?labelSelector={}&limit={PAGE}", shelf.path, query_value(OF_HELM));
    if !from.is_empty() {
        path.push_str(&format!("&continue={}", query_value(from)));
    }
    Request::get(path, format!("objects of kind {} in namespace {}", shelf.first.kind, shelf.first.namespace))
}

/// A list; its items have no kind of their own.
fn as_list(answer: &Answer, shelf: &Shelf) -> Option<List> {
    let mut list: List = serde_json::from_slice(&answer.body).ok()?;
    for item in list.items.iter_mut().filter_map(Value::as_object_mut) {
        item.insert("apiVersion".into(), shelf.first.api_version.clone().into());
        item.insert("kind".into(), shelf.first.kind.clone().into());
    }
    Some(list)
}

fn apply_request(object: &ObjectRef, content: &Value, resource: &Resource, force: bool) -> Request {
    let path = format!(
        "{}/{}?dryRun=All&fieldManager=helm&fieldValidation=Ignore&force={force}",
        collection(object, resource),
        path_segment(&object.name)
    );
    // JSON is YAML.
    let verb = Verb::DryRunApply(content.to_string().into_bytes());
    Request { verb, ..Request::get(path, format!("a dry run of {object}")) }
}

/// What the server says against an object. Its words may quote values, which of a Secret nobody should see.
fn refused(status: u16, body: &[u8], secret: bool) -> DryRun {
    let said: Status = serde_json::from_slice(body).unwrap_or_default();
    let causes = said.details.unwrap_or_default().causes.into_iter();
    let causes = causes.map(|c| (c.field, if secret { c.reason } else { c.message })).collect();
    let message = match secret {
        true => format!("the server's words are withheld, they may quote the Secret (status {status})"),
        false => said.message,
    };
    DryRun::Refused { status, reason: said.reason, message, causes }
}
