//! Custom resources: their definitions, wherever they come from, and the check of an object against its own. A
//! definition is looked for, parsed and compiled when the first object of its kind is checked. Start reading at
//! [`Crds`].

mod cel;
mod contents;
mod defaults;
mod formats;
mod rules;
mod same;
mod schema;
mod structural;
mod unknown;
mod validate;

pub use contents::{default_problem, rule_problem};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use memchr::memmem;

use super::bundle::Builtin;
use super::path::Path;
use super::problems::{error, required};
use crate::blob::Blob;
use crate::finding::{KubeObject, Problem, Severity, Text};
use crate::yaml::node::{Data, Document, Node};
use schema::CrdSchema;
use structural::Level;
use validate::Validator;

/// CustomResourceDefinitions by the kinds that they define. Can be shared between threads once filled.
#[derive(Default)]
pub struct Crds {
    files: Vec<File>,
    /// What has been looked for, by API version and kind.
    looked: Mutex<HashMap<(String, String), Looked>>,
}

/// What looking for a kind gives, once.
type Looked = Arc<OnceLock<Arc<Found>>>;

/// Documents that may define kinds; of a file there are none until it names a kind that is looked for.
struct File {
    later: Option<(Blob, Split)>,
    documents: OnceLock<Vec<Source>>,
}

/// Splits a file into documents.
pub type Split = Box<dyn Fn(&Blob) -> Vec<Arc<Text>> + Send + Sync>;

/// A document that may define kinds.
struct Source {
    text: Arc<Text>,
    /// Nothing if it isn't YAML.
    document: OnceLock<Option<Arc<Document>>>,
}

/// What is known of a kind.
pub(super) enum Found {
    /// Nothing.
    Unknown,
    /// Its definition hasn't the version, only these.
    OtherVersions(Vec<String>),
    /// Its definition can't be used: where and why.
    Broken(String),
    Resource(Box<Resource>),
}

/// A version of a custom resource.
pub(super) struct Resource {
    schema: CrdSchema,
    pub namespaced: bool,
    /// The warning about its use.
    deprecated: Option<String>,
}

impl Crds {
    /// No definitions.
    pub fn new() -> Crds {
        Crds::default()
    }

    /// Adds a document that may hold definitions; it is parsed only if an object may need it.
    pub fn add(&mut self, text: Arc<Text>) {
        self.push(Source { text, document: OnceLock::new() });
    }

    /// Adds a file that may hold definitions; it is read and split only if an object may need it.
    pub fn add_file(&mut self, data: Blob, split: Split) {
        self.files.push(File { later: Some((data, split)), documents: OnceLock::new() });
    }

    fn push(&mut self, source: Source) {
        self.files.push(File { later: None, documents: OnceLock::from(vec![source]) });
    }

    /// Adds an object, if it is a definition.
    pub fn add_object(&mut self, object: &KubeObject) {
        if object.kind == "CustomResourceDefinition" {
            let document = OnceLock::from(Some(Arc::clone(&object.document)));
            self.push(Source { text: Arc::clone(&object.source), document });
        }
    }

    /// What is known of a kind. The last definition that was added wins.
    pub(super) fn find(&self, api_version: &str, kind: &str) -> Arc<Found> {
        let key = (api_version.to_owned(), kind.to_owned());
        let slot = {
            // Nothing panics while it holds the lock; and if, what it holds is still right.
            let mut looked = self.looked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            Arc::clone(looked.entry(key).or_default())
        };
        // Other kinds are looked for meanwhile.
        Arc::clone(slot.get_or_init(|| Arc::new(self.look(api_version, kind))))
    }

    /// Parses only the documents that name the kind as one does, and if none of these defines it, those that have the
    /// word at all.
    fn look(&self, api_version: &str, kind: &str) -> Found {
        let Some((group, version)) = api_version.split_once('/') else { return Found::Unknown };
        let sources = || self.files.iter().rev().flat_map(|f| f.naming(group, kind).iter().rev());
        let sources = || sources().filter(|s| s.has(group));
        let likely = sources().filter(|s| s.names_kind(kind));
        let unlikely = sources().filter(|s| !s.names_kind(kind) && s.has(kind));
        let found = likely.chain(unlikely).find_map(|s| s.definition(group, kind).map(|crd| s.resource(crd, version)));
        found.unwrap_or(Found::Unknown)
    }
}

fn has(text: &[u8], word: &str) -> bool {
    memmem::find(text, word.as_bytes()).is_some()
}

impl File {
    /// The documents, if any may be about a kind.
    fn naming(&self, group: &str, kind: &str) -> &[Source] {
        match &self.later {
            Some((data, _)) if !has(data, kind) || !has(data, group) => &[],
            Some((data, split)) => self.documents.get_or_init(|| {
                let documents = split(data).into_iter();
                documents.map(|text| Source { text, document: OnceLock::new() }).collect()
            }),
            None => self.documents.get().map(Vec::as_slice).unwrap_or_default(),
        }
    }
}

impl Source {
    fn has(&self, word: &str) -> bool {
        has(self.text.text.as_bytes(), word)
    }

    /// Whether the text has `kind: KIND`, in YAML or JSON.
    fn names_kind(&self, kind: &str) -> bool {
        let text = self.text.text.as_bytes();
        memmem::find_iter(text, kind.as_bytes()).any(|at| {
            let before = text[..at].trim_ascii_end();
            let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before).trim_ascii_end();
            let ends = text.get(at + kind.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
            ends && (before.ends_with(b"kind:") || before.ends_with(b"kind\":"))
        })
    }

    /// The definition of a kind, if this document has it.
    fn definition(&self, group: &str, kind: &str) -> Option<&Node> {
        let root = &self.document()?.root;
        let items = root.items_at(&["items"]);
        std::iter::once(root).chain(items).find(|n| defines(n, group, kind))
    }

    fn document(&self) -> Option<&Document> {
        let parse = || Document::parse(self.text.text.as_bytes()).ok().map(Arc::new);
        self.document.get_or_init(parse).as_deref()
    }

    fn resource(&self, crd: &Node, version: &str) -> Found {
        let versions = crd.items_at(&["spec", "versions"]);
        let name = |n: &Node| n.str_at(&["name"]).unwrap_or_default().to_owned();
        let served = |n: &&Node| n.get("served").and_then(Node::as_bool) != Some(false);
        let Some(found) = versions.iter().filter(served).find(|n| name(n) == version) else {
            return Found::OtherVersions(versions.iter().filter(served).map(name).collect());
        };
        let mut problems = Vec::new();
        check_version(found, &Path::Root, &mut problems);
        let schema = found.at(&["schema", "openAPIV3Schema"]).and_then(CrdSchema::read);
        match (problems.first(), schema) {
            (None, Some(schema)) => Found::Resource(Box::new(Resource {
                schema,
                namespaced: crd.str_at(&["spec", "scope"]) == Some("Namespaced"),
                deprecated: deprecation(crd, found, version),
            })),
            (first, _) => {
                let place =
                    KubeObject::new(Arc::clone(&self.text), Document { root: found.clone(), duplicates: Vec::new() });
                let (line, _) = place.place(first.map_or("", |p| &p.path));
                let why = first.map_or("it has no schema", |p| &p.message);
                Found::Broken(format!("{}:{line}: {why}", self.text.name))
            }
        }
    }
}

fn defines(node: &Node, group: &str, kind: &str) -> bool {
    let is = |keys: &[&str], text: &str| node.at(keys).and_then(Node::as_str) == Some(text);
    is(&["kind"], "CustomResourceDefinition") && is(&["spec", "group"], group) && is(&["spec", "names", "kind"], kind)
}

/// The warning that the server gives for a version, if it is deprecated.
fn deprecation(crd: &Node, found: &Node, version: &str) -> Option<String> {
    if found.get("deprecated").and_then(Node::as_bool) != Some(true) {
        return None;
    }
    let text = |keys: &[&str]| crd.at(keys).and_then(Node::as_str).unwrap_or_default();
    let given = found.str_at(&["deprecationWarning"]).map(str::to_owned);
    Some(given.unwrap_or_else(|| {
        format!("{}/{version} {} is deprecated", text(&["spec", "group"]), text(&["spec", "names", "kind"]))
    }))
}

impl Resource {
    /// Checks an object of this kind.
    pub fn check(&self, builtin: &Builtin, node: &Node, path: &Path<'_>, found: &mut Vec<Problem>) {
        if let Some(warning) = &self.deprecated {
            let path = path.key("apiVersion").text();
            found.push(Problem::new("schema/deprecated-api", Severity::Warning, path, warning.clone()));
        }
        let before = found.len();
        unknown::check(builtin, node, &self.schema, path, found);
        let filled = defaults::filled(node, &self.schema);
        let mut validator = Validator { minor: builtin.minor(), found: Vec::new() };
        validator.value(&filled, &self.schema, path);
        found.append(&mut validator.found);
        // The server evaluates no rules on a value whose structure may deceive them.
        if found.len() == before {
            rules::apply(builtin.minor(), &filled, &self.schema, path, found);
        }
    }
}

/// What keeps the schemas of a CustomResourceDefinition from being used, for definitions that are given to check others
/// with; nothing for other objects.
pub fn check_definition(object: &KubeObject) -> Vec<Problem> {
    let mut found = Vec::new();
    if object.kind != "CustomResourceDefinition" {
        return found;
    }
    let spec = Path::Root.key("spec");
    let path = spec.key("versions");
    let versions = object.root().items_at(&["spec", "versions"]);
    for (i, version) in versions.iter().enumerate() {
        check_version(version, &path.index(i), &mut found);
    }
    found
}

fn check_version(version: &Node, path: &Path<'_>, found: &mut Vec<Problem>) {
    let schema_path = path.key("schema");
    let path = schema_path.key("openAPIV3Schema");
    match version.at(&["schema", "openAPIV3Schema"]) {
        Some(schema) if matches!(schema.data, Data::Map(_)) => structural::check(schema, Level::Root, &path, found),
        Some(schema) if !schema.is_null() => {
            found.push(error("schema/broken-crd", &path, format!("{}: must be an object", path.text())));
        }
        _ => found.push(required(&path)),
    }
}
