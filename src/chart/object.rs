//! `.Chart` as templates see it: a struct in Helm 3, a map with Go's field names in Helm 4 (helm v4.3.1
//! `pkg/chart/common.go` structToMap, helm v3.22.0 `pkg/engine/engine.go` recAllTpls).

use std::any::Any;
use std::rc::Rc;

use super::node::Node;
use super::{Dependency, Maintainer, Metadata};
use crate::grammar::gojson;
use crate::span::Pos;
use crate::value::compare::{deep_equal, truth};
use crate::value::{Encoded, Field, HelmVersion, ListKind, Map, MapKind, Object, Slot, Value};

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
    Encoded::Record(view.json()).into_value()
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

/// The fields of a maintainer.
fn maintainer(m: &Maintainer) -> Vec<(&'static str, Value)> {
    vec![
        ("Name", Value::string(m.name.as_str())),
        ("Email", Value::string(m.email.as_str())),
        ("URL", Value::string(m.url.as_str())),
    ]
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

/// The fields of a dependency.
fn dependency(d: &Dependency, helm: HelmVersion) -> Vec<(&'static str, Value)> {
    vec![
        ("Name", Value::string(d.name.as_str())),
        ("Version", Value::string(d.version.as_str())),
        ("Repository", Value::string(d.repository.as_str())),
        ("Condition", Value::string(d.condition.as_str())),
        ("Tags", strings(d.tags.as_deref(), helm)),
        ("Enabled", Value::Bool(d.enabled)),
        ("ImportValues", import_values(d)),
        ("Alias", Value::string(d.alias.as_str())),
    ]
}

/// A list of structs as each Helm has it: maps, or pointers to the structs.
fn records(
    helm: HelmVersion,
    kind: ListKind,
    absent: bool,
    items: impl Iterator<Item = (Vec<(&'static str, Value)>, Vec<(String, Value)>)>,
) -> Value {
    match helm {
        HelmVersion::V4 => Value::list(items.map(|(fields, _)| Slot::from(map_of(fields))).collect()),
        HelmVersion::V3 if absent => Value::nil_list(kind),
        HelmVersion::V3 => {
            let type_name = if kind == ListKind::Maintainers { "*chart.Maintainer" } else { "*chart.Dependency" };
            let pointer = |(fields, json)| Value::Object(Rc::new(Pointer { type_name, fields, json }));
            Value::list_of(kind, items.map(|item| Slot::from(pointer(item))).collect())
        }
    }
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
                let items = m.maintainers.iter().flatten().flatten().map(|x| (maintainer(x), maintainer_json(x)));
                Some(records(helm, ListKind::Maintainers, m.maintainers.is_none(), items))
            }
            "Icon" => text(&m.icon),
            "APIVersion" => text(&m.api_version),
            "Condition" => text(&m.condition),
            "Tags" => text(&m.tags),
            "AppVersion" => text(&m.app_version),
            "Deprecated" => Some(Value::Bool(m.deprecated)),
            "Annotations" => Some(match &m.annotations {
                Some(a) => string_map(a),
                None => Value::Map(Map::nil(MapKind::Strings)),
            }),
            "KubeVersion" => text(&m.kube_version),
            "Dependencies" => {
                let items = self.dependencies.iter().flatten().map(|d| (dependency(d, helm), dependency_fields(d)));
                Some(records(helm, ListKind::Dependencies, self.dependencies.is_none(), items))
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

    /// The fields of the struct Metadata.
    fn struct_fields(&self) -> Vec<Field> {
        let names = FIELDS[..FIELDS.len() - 1].iter();
        names.filter_map(|name| Some(Field::new(name, self.field(name, HelmVersion::V3)?))).collect()
    }

    /// What encoding/json writes of the struct Metadata: JSON's keys, empty ones left out.
    fn json(&self) -> Vec<(String, Value)> {
        let shown = self.struct_fields().into_iter().zip(JSON_KEYS);
        shown.filter(|(f, _)| truth(&f.value)).map(|(f, key)| ((*key).to_owned(), f.value)).collect()
    }
}

/// Those of the fields that are set, under JSON's keys.
fn maintainer_json(m: &Maintainer) -> Vec<(String, Value)> {
    let fields = maintainer(m).into_iter().filter(|f| truth(&f.1));
    fields.map(|(name, value)| (name.to_lowercase(), value)).collect()
}

/// A dependency as encoding/json writes it.
pub(super) fn dependency_json(d: &Dependency) -> Value {
    Encoded::Record(dependency_fields(d)).into_value()
}

fn dependency_fields(d: &Dependency) -> Vec<(String, Value)> {
    let shown = dependency(d, HelmVersion::V3).into_iter();
    let key = |name: &str| if name == "ImportValues" { "import-values".to_owned() } else { name.to_lowercase() };
    shown
        .filter(|(name, value)| matches!(*name, "Name" | "Repository") || truth(value))
        .map(|(name, value)| (key(name), value))
        .collect()
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

/// JSON's keys for them, but the last.
const JSON_KEYS: &[&str] = &[
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];

/// A `*chart.Maintainer` or `*chart.Dependency` of Helm 3.
#[derive(Debug)]
struct Pointer {
    type_name: &'static str,
    fields: Vec<(&'static str, Value)>,
    json: Vec<(String, Value)>,
}

impl Object for Pointer {
    fn type_name(&self) -> String {
        self.type_name.into()
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn fields(&self) -> Vec<Field> {
        self.fields.iter().map(|(name, value)| Field::new(name, value.clone())).collect()
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Record(self.json.clone()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let Some(other) = other.as_any().downcast_ref::<Pointer>() else { return false };
        let pairs = self.fields.iter().zip(&other.fields);
        self.type_name == other.type_name && pairs.into_iter().all(|(a, b)| deep_equal(&a.1, &b.1))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Helm 3's `struct { chart.Metadata; IsRoot bool }`.
#[derive(Debug)]
struct ChartStruct {
    view: Rc<View>,
}

impl Object for ChartStruct {
    fn type_name(&self) -> String {
        "struct { chart.Metadata; IsRoot bool }".into()
    }

    fn fields(&self) -> Vec<Field> {
        let metadata = MetadataStruct { view: self.view.clone() };
        vec![
            Field::embedded("Metadata", Value::Object(Rc::new(metadata))),
            Field::new("IsRoot", Value::Bool(self.view.root)),
        ]
    }

    fn field(&self, name: &str) -> Option<Slot> {
        match name {
            "Metadata" => Some(Value::Object(Rc::new(MetadataStruct { view: self.view.clone() })).into()),
            _ => self.view.field(name, HelmVersion::V3).map(Slot::from),
        }
    }

    fn json(&self) -> Result<Encoded, String> {
        let mut fields = self.view.json();
        fields.push(("IsRoot".into(), Value::Bool(self.view.root)));
        Ok(Encoded::Record(fields))
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

    fn fields(&self) -> Vec<Field> {
        self.view.struct_fields()
    }

    fn json(&self) -> Result<Encoded, String> {
        Ok(Encoded::Record(self.view.json()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<MetadataStruct>().is_some_and(|o| Rc::ptr_eq(&o.view, &self.view))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
