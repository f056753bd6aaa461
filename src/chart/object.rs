//! `.Chart` as templates see it: a struct in Helm 3, a map with Go's field names in Helm 4 (helm v4.3.1
//! `pkg/chart/common.go` structToMap, helm v3.22.0 `pkg/engine/engine.go` recAllTpls).

use std::any::Any;
use std::rc::Rc;

use super::node::Node;
use super::{Dependency, Maintainer, Metadata};
use crate::grammar::gojson;
use crate::span::Pos;
use crate::value::fmt::to_bytes;
use crate::value::{HelmVersion, ListKind, Map, MapKind, Object, Slot, Value};

/// `.Chart` of a node.
pub fn chart_object(node: &Node<'_>, helm: HelmVersion) -> Value {
    let dependencies: Option<Vec<Dependency>> =
        node.meta.dependencies.borrow().as_ref().map(|all| all.iter().map(|d| d.borrow().clone()).collect());
    let view = View { metadata: node.chart.metadata.clone(), name: node.name(), dependencies, root: node.is_root() };
    match helm {
        HelmVersion::V3 => Value::Object(Rc::new(ChartStruct { view: Rc::new(view) })),
        HelmVersion::V4 => view.fields(helm, true),
    }
}

/// Chart.yaml as encoding/json writes it, for a chart that is packed again.
pub(super) fn metadata_json(metadata: &Metadata) -> Value {
    let dependencies = metadata.dependencies.as_ref().map(|all| all.iter().flatten().cloned().collect());
    let view = View { metadata: metadata.clone(), name: metadata.name.clone(), dependencies, root: false };
    let Value::Map(map) = view.json() else { return Value::Nil };
    map.remove(b"IsRoot");
    Value::Map(map)
}

#[derive(Debug)]
struct View {
    metadata: Metadata,
    name: String,
    dependencies: Option<Vec<Dependency>>,
    root: bool,
}

fn string_map(pairs: &[(String, String)]) -> Value {
    let map = Map::new(MapKind::Strings);
    for (k, v) in pairs {
        map.insert(k.as_str(), Slot::from(Value::string(v.as_str())));
    }
    Value::Map(map)
}

fn strings(list: Option<&[String]>, helm: HelmVersion) -> Value {
    let items: Vec<Slot> = list.unwrap_or_default().iter().map(|s| Slot::from(Value::string(s.as_str()))).collect();
    match helm {
        HelmVersion::V4 => Value::list(items),
        HelmVersion::V3 if list.is_none() => Value::nil_list(ListKind::Strings),
        HelmVersion::V3 => Value::list_of(ListKind::Strings, items),
    }
}

fn map_of(fields: Vec<(&str, Value)>) -> Value {
    Value::Map(fields.into_iter().map(|(k, v)| (k.into(), Slot::from(v))).collect())
}

fn maintainer(m: &Maintainer) -> Value {
    map_of(vec![
        ("Name", Value::string(m.name.as_str())),
        ("Email", Value::string(m.email.as_str())),
        ("URL", Value::string(m.url.as_str())),
    ])
}

fn import_values(d: &Dependency) -> Value {
    let items = d.import_values.iter().flatten().map(|v| {
        let parsed = gojson::parse(v.to_string().as_bytes(), Pos::NONE).unwrap_or_default();
        // After processing these are Go's map[string]string.
        let value = match parsed {
            Value::Map(m) => Value::Map(m.as_kind(MapKind::Strings)),
            other => other,
        };
        Slot::from(value)
    });
    Value::list(items.collect())
}

fn dependency(d: &Dependency, helm: HelmVersion) -> Value {
    map_of(vec![
        ("Name", Value::string(d.name.as_str())),
        ("Version", Value::string(d.version.as_str())),
        ("Repository", Value::string(d.repository.as_str())),
        ("Condition", Value::string(d.condition.as_str())),
        ("Tags", strings(d.tags.as_deref(), helm)),
        ("Enabled", Value::Bool(d.enabled)),
        ("ImportValues", import_values(d)),
        ("Alias", Value::string(d.alias.as_str())),
    ])
}

impl View {
    fn field(&self, name: &str, helm: HelmVersion) -> Option<Value> {
        let m = &self.metadata;
        let text = |s: &str| Some(Value::string(s));
        match name {
            "Name" => text(&self.name),
            "Home" => text(&m.home),
            "Sources" => Some(strings(m.sources.as_deref(), helm)),
            "Version" => text(&m.version),
            "Description" => text(&m.description),
            "Keywords" => Some(strings(m.keywords.as_deref(), helm)),
            "Maintainers" => {
                let items = m.maintainers.iter().flatten().flatten().map(|x| Slot::from(maintainer(x)));
                Some(Value::list(items.collect()))
            }
            "Icon" => text(&m.icon),
            "APIVersion" => text(&m.api_version),
            "Condition" => text(&m.condition),
            "Tags" => text(&m.tags),
            "AppVersion" => text(&m.app_version),
            "Deprecated" => Some(Value::Bool(m.deprecated)),
            "Annotations" => Some(match &m.annotations {
                Some(a) => string_map(a),
                None => string_map(&[]),
            }),
            "KubeVersion" => text(&m.kube_version),
            "Dependencies" => {
                let items = self.dependencies.iter().flatten().map(|d| Slot::from(dependency(d, helm)));
                Some(Value::list(items.collect()))
            }
            "Type" => text(&m.chart_type),
            "IsRoot" => Some(Value::Bool(self.root)),
            _ => None,
        }
    }

    fn fields(&self, helm: HelmVersion, with_root: bool) -> Value {
        let map = Map::default();
        for name in FIELDS.iter().filter(|n| with_root || **n != "IsRoot") {
            if let Some(v) = self.field(name, helm) {
                map.insert(*name, Slot::from(v));
            }
        }
        Value::Map(map)
    }

    /// The struct without field names, as `%v` prints it.
    fn print(&self) -> Vec<u8> {
        let mut out = b"{".to_vec();
        for (i, name) in FIELDS[..FIELDS.len() - 1].iter().enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            let value = self.field(name, HelmVersion::V3).unwrap_or_default();
            out.extend_from_slice(&to_bytes(&value, HelmVersion::V3));
        }
        out.push(b'}');
        out
    }

    /// What encoding/json sees: JSON's keys, empty ones left out.
    fn json(&self) -> Value {
        let m = &self.metadata;
        let map = Map::default();
        let put = |key: &str, value: Value| map.insert(key, Slot::from(value));
        let texts = [
            ("name", &self.name),
            ("home", &m.home),
            ("version", &m.version),
            ("description", &m.description),
            ("icon", &m.icon),
            ("apiVersion", &m.api_version),
            ("condition", &m.condition),
            ("tags", &m.tags),
            ("appVersion", &m.app_version),
            ("kubeVersion", &m.kube_version),
            ("type", &m.chart_type),
        ];
        for (key, text) in texts {
            if !text.is_empty() {
                put(key, Value::string(text.as_str()));
            }
        }
        for (key, list) in [("sources", &m.sources), ("keywords", &m.keywords)] {
            if let Some(list) = list.as_ref().filter(|l| !l.is_empty()) {
                put(key, strings(Some(list), HelmVersion::V3));
            }
        }
        if m.deprecated {
            put("deprecated", Value::Bool(true));
        }
        if let Some(a) = m.annotations.as_ref().filter(|a| !a.is_empty()) {
            put("annotations", string_map(a));
        }
        let people: Vec<Slot> =
            m.maintainers.iter().flatten().flatten().map(|x| Slot::from(maintainer_json(x))).collect();
        if !people.is_empty() {
            put("maintainers", Value::list(people));
        }
        let needs: Vec<Slot> = self.dependencies.iter().flatten().map(|d| Slot::from(dependency_json(d))).collect();
        if !needs.is_empty() {
            put("dependencies", Value::list(needs));
        }
        put("IsRoot", Value::Bool(self.root));
        Value::Map(map)
    }
}

fn maintainer_json(m: &Maintainer) -> Value {
    let fields = [("name", &m.name), ("email", &m.email), ("url", &m.url)];
    map_of(fields.into_iter().filter(|f| !f.1.is_empty()).map(|(k, v)| (k, Value::string(v.as_str()))).collect())
}

/// A dependency as encoding/json writes it.
pub(super) fn dependency_json(d: &Dependency) -> Value {
    let mut fields =
        vec![("name", Value::string(d.name.as_str())), ("repository", Value::string(d.repository.as_str()))];
    for (key, text) in [("version", &d.version), ("condition", &d.condition), ("alias", &d.alias)] {
        if !text.is_empty() {
            fields.push((key, Value::string(text.as_str())));
        }
    }
    if let Some(tags) = d.tags.as_ref().filter(|t| !t.is_empty()) {
        fields.push(("tags", strings(Some(tags), HelmVersion::V3)));
    }
    if d.enabled {
        fields.push(("enabled", Value::Bool(true)));
    }
    if d.import_values.as_ref().is_some_and(|i| !i.is_empty()) {
        fields.push(("import-values", import_values(d)));
    }
    map_of(fields)
}

/// Go's fields in order; the last belongs to the outer struct.
const FIELDS: &[&str] = &[
    "Name",
    "Home",
    "Sources",
    "Version",
    "Description",
    "Keywords",
    "Maintainers",
    "Icon",
    "APIVersion",
    "Condition",
    "Tags",
    "AppVersion",
    "Deprecated",
    "Annotations",
    "KubeVersion",
    "Dependencies",
    "Type",
    "IsRoot",
];

/// Helm 3's `struct { chart.Metadata; IsRoot bool }`.
#[derive(Debug)]
struct ChartStruct {
    view: Rc<View>,
}

impl Object for ChartStruct {
    fn type_name(&self) -> String {
        "struct { chart.Metadata; IsRoot bool }".into()
    }

    fn field(&self, name: &str) -> Option<Slot> {
        if name == "Metadata" {
            return Some(Value::Object(Rc::new(MetadataStruct { view: self.view.clone() })).into());
        }
        self.view.field(name, HelmVersion::V3).map(Slot::from)
    }

    fn display(&self) -> Vec<u8> {
        let root: &[u8] = if self.view.root { b" true}" } else { b" false}" };
        [b"{", &self.view.print()[..], root].concat()
    }

    fn json(&self) -> Result<Value, String> {
        Ok(self.view.json())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<ChartStruct>().is_some_and(|o| Rc::ptr_eq(&o.view, &self.view))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The `chart.Metadata` within it.
#[derive(Debug)]
struct MetadataStruct {
    view: Rc<View>,
}

impl Object for MetadataStruct {
    fn type_name(&self) -> String {
        "chart.Metadata".into()
    }

    fn field(&self, name: &str) -> Option<Slot> {
        if name == "IsRoot" {
            return None;
        }
        self.view.field(name, HelmVersion::V3).map(Slot::from)
    }

    fn display(&self) -> Vec<u8> {
        self.view.print()
    }

    fn json(&self) -> Result<Value, String> {
        let Value::Map(map) = self.view.json() else { return Ok(Value::Nil) };
        map.remove(b"IsRoot");
        Ok(Value::Map(map))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<MetadataStruct>().is_some_and(|o| Rc::ptr_eq(&o.view, &self.view))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
