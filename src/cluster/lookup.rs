//! Helm's `lookup` from a live cluster (helm v4.3.1 `pkg/engine/lookup_func.go`). A template that looks the same object
//! up again gets the same answer without another request.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::discovery::api_path;
use super::transport::{Request, Status, path_segment};
use super::{Cluster, ClusterError};
use crate::value::{Map, Slot, Value};
use crate::world::LiveObjects;

/// What `lookup` is served from.
pub struct Lookup {
    cluster: Arc<Cluster>,
    known: RefCell<BTreeMap<[String; 4], serde_json::Value>>,
}

impl Lookup {
    /// Serves `lookup` from a cluster.
    pub fn new(cluster: Arc<Cluster>) -> Lookup {
        Lookup { cluster, known: RefCell::default() }
    }

    /// The object or list, `{}` where there is none.
    fn ask(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<serde_json::Value, String> {
        let discovery = self.cluster.discovery().map_err(|e| e.to_string())?;
        let none = || Ok(serde_json::Value::Object(serde_json::Map::new()));
        if !discovery.serves(api_version) {
            let group = if api_version.contains('/') { String::new() } else { "/".to_owned() };
            return Err(format!(
                "unable to get apiresource from unstructured: {group}{api_version}, Kind={kind}: \
the server could not find the requested resource"
            ));
        }
        let mut path = match discovery.resource(api_version, kind) {
            Some(resource) if resource.namespaced && !namespace.is_empty() => {
                format!("{}/namespaces/{}/{}", api_path(api_version), path_segment(namespace), resource.name)
            }
            Some(resource) => format!("{}/{}", api_path(api_version), resource.name),
            // Of a kind that a served version doesn't have Helm asks for nothing's root, which lists versions.
            None => "/api".into(),
        };
        if !name.is_empty() {
            path.push_str(&format!("/{}", path_segment(name)));
        }
        let request = Request::get(path, format!("{kind} {name}"));
        let answer = self.cluster.server.ask_one(&request).map_err(|e: ClusterError| e.to_string())?;
        match answer.status {
            404 => none(),
            200 => {
                let mut found = self.cluster.server.read(&request, &answer.body).map_err(|e| e.to_string())?;
                if name.is_empty() {
                    name_items(&mut found);
                }
                Ok(found)
            }
            status => {
                let said: Status = serde_json::from_slice(&answer.body).unwrap_or_default();
                Err(if said.message.is_empty() { format!("the server answers {status}") } else { said.message })
            }
        }
    }
}

impl LiveObjects for Lookup {
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String> {
        let key = [api_version, kind, namespace, name].map(str::to_owned);
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(as_value(known));
        }
        let found = self.ask(api_version, kind, namespace, name)?;
        let value = as_value(&found);
        self.known.borrow_mut().insert(key, found);
        Ok(value)
    }
}

/// Items of a list say no kind of their own; Kubernetes' client adds it, and the items where there are none
/// (k8s.io/apimachinery `unstructured/{helpers,unstructured_list}.go`).
fn name_items(list: &mut serde_json::Value) {
    let kind = list["kind"].as_str().and_then(|k| k.strip_suffix("List")).map(str::to_owned);
    let api_version = list["apiVersion"].clone();
    let Some(fields) = list.as_object_mut() else { return };
    let items = fields.entry("items").or_insert_with(|| serde_json::Value::Array(Vec::new()));
    if items.is_null() {
        *items = serde_json::Value::Array(Vec::new());
    }
    let (Some(kind), Some(items)) = (kind, items.as_array_mut()) else { return };
    for item in items.iter_mut().filter_map(serde_json::Value::as_object_mut) {
        if !item.contains_key("kind") {
            item.insert("kind".into(), kind.clone().into());
            item.insert("apiVersion".into(), api_version.clone());
        }
    }
}

/// JSON as Kubernetes' unstructured objects have it: whole numbers are int64, others float64.
fn as_value(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(n) => Value::int64(n),
            None => Value::Float(n.as_f64().unwrap_or_default()),
        },
        Json::String(s) => Value::string(s.as_str()),
        Json::Array(items) => Value::list(items.iter().map(|i| Slot::from(as_value(i))).collect()),
        Json::Object(fields) => {
            let map = Map::default();
            for (key, value) in fields {
                map.insert(key.as_str(), Slot::from(as_value(value)));
            }
            Value::Map(map)
        }
    }
}
