//! What templates see: the top-level objects of each chart (helm v4.3.1 `pkg/engine/engine.go` recAllTpls), and which
//! files are executed in which order.

use std::collections::BTreeMap;

use super::Options;
use super::capabilities::{api_versions, capabilities};
use crate::blob::Blob;
use crate::chart::is_partial;
use crate::chart::node::Node;
use crate::chart::object::chart_object;
use crate::value::{Map, MapKind, Slot, Value, shared};

/// A template with the objects of its chart.
pub struct TemplateFile {
    /// `chart/templates/x.yaml`
    pub path: String,
    /// `chart/templates`
    pub base_path: String,
    /// The text.
    pub text: Blob,
    /// The chart's objects, shared by all its templates.
    pub context: Map,
}

impl TemplateFile {
    /// Whether the file is only there for others.
    pub fn is_partial(&self) -> bool {
        is_partial(&self.path)
    }
}

/// All templates, in the order in which they are parsed and executed.
pub struct Context {
    /// The files.
    pub files: Vec<TemplateFile>,
}

/// Builds the objects of all charts. `values` are the root's merged values.
pub fn build(root: &Node<'_>, values: Map, options: &Options) -> Context {
    let upgrade = options.is_upgrade;
    build_for(root, values, options, release(options, !upgrade, upgrade, options.revision))
}

/// `.Release`
pub fn release(options: &Options, is_install: bool, is_upgrade: bool, revision: i64) -> Map {
    let release = Map::default();
    release.insert("Name", Slot::from(Value::string(options.name.as_str())));
    release.insert("Namespace", Slot::from(Value::string(options.namespace.as_str())));
    release.insert("IsUpgrade", Slot::from(Value::Bool(is_upgrade)));
    release.insert("IsInstall", Slot::from(Value::Bool(is_install)));
    release.insert("Revision", Slot::from(Value::int(revision)));
    release.insert("Service", Slot::from(Value::string("Helm")));
    release
}

/// As [`build`], for another release than an installation's or an upgrade's.
pub fn build_for(root: &Node<'_>, values: Map, options: &Options, release: Map) -> Context {
    let versions = match &options.served {
        Some(served) => served.to_vec(),
        None => api_versions(&options.api_versions),
    };
    let capabilities = capabilities(&options.kube_version, versions, options.helm);
    let mut builder = Builder { release: Value::Map(release), capabilities, options, files: BTreeMap::new() };
    builder.chart(root, values.as_kind(MapKind::Values));
    let mut files: Vec<TemplateFile> = builder.files.into_values().collect();
    // Deeper paths first, then in descending order: parents override what subcharts define.
    files.sort_by(|a, b| {
        let depth = |f: &TemplateFile| f.path.matches('/').count();
        depth(b).cmp(&depth(a)).then_with(|| b.path.cmp(&a.path))
    });
    Context { files }
}

struct Builder<'o> {
    release: Value,
    capabilities: Value,
    options: &'o Options,
    /// By path, because charts of the same name replace each other's files.
    files: BTreeMap<String, TemplateFile>,
}

impl Builder<'_> {
    fn chart(&mut self, node: &Node<'_>, values: Map) -> Map {
        let context = Map::default();
        let subcharts = Map::default();
        let put = |key: &str, value: Value| context.insert(key, Slot::from(value));
        put("Chart", chart_object(node, self.options.helm));
        put("Files", files_of(node));
        put("Release", self.release.clone());
        put("Capabilities", self.capabilities.clone());
        put("Values", Value::Map(values.clone()));
        put("Subcharts", Value::Map(subcharts.clone()));
        for child in node.children.borrow().iter() {
            let name = child.name();
            let inner = self.chart(child, child_values(&values, &name));
            subcharts.insert(name, Slot::from(Value::Map(inner)));
        }
        let path = node.full_path();
        let library = node.chart.is_library();
        for t in &node.chart.templates {
            if library && !t.is_partial() {
                continue;
            }
            let file = TemplateFile {
                path: format!("{path}/{}", t.name),
                base_path: format!("{path}/templates"),
                text: t.data.clone(),
                context: context.as_kind(MapKind::Values),
            };
            self.files.insert(file.path.clone(), file);
        }
        context
    }
}

/// A subchart's values: found by its name, split at dots as Helm does it.
fn child_values(values: &Map, name: &str) -> Map {
    let mut at = values.clone();
    for key in name.split('.') {
        match at.get(key.as_bytes()) {
            Some(Value::Map(m)) if matches!(m.kind(), MapKind::Any | MapKind::Values) => at = m,
            _ => return Map::new(MapKind::Values),
        }
    }
    at.as_kind(MapKind::Values)
}

fn files_of(node: &Node<'_>) -> Value {
    let entries =
        node.chart.files.iter().map(|f| (f.name.as_str().into(), Value::Bytes(f.data.clone()).into())).collect();
    Value::Map(Map::from_entries(MapKind::Files, entries))
}

/// Sets `.Template` just before its file is executed, on the objects that the chart's templates share. Every file does
/// it, so that it is no change that a template made.
pub fn set_template(file: &TemplateFile) {
    shared::set_executing(false);
    let template = Map::new(MapKind::Values);
    template.insert("Name", Slot::from(Value::string(file.path.as_str())));
    template.insert("BasePath", Slot::from(Value::string(file.base_path.as_str())));
    file.context.insert("Template", Slot::from(Value::Map(template)));
    shared::take_changed();
    shared::set_executing(true);
}

/// Takes `.Template` away again: the state before the chart's first file is executed.
pub fn forget_template(file: &TemplateFile) {
    file.context.remove(b"Template");
    shared::take_changed();
}
