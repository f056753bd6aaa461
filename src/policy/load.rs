//! From YAML to compiled policies.

use super::matching::{Rules, Selector};
use super::{Binding, Page, Param, ParamRef, Policy, PolicyError, Set, Validation};
use crate::cel::{Env, LATEST, Program, Type};
use crate::finding::{Severity, Text};
use crate::span::line_column;
use crate::stack;
use crate::yaml::node::{Document, Node};

const GROUP: &str = "admissionregistration.k8s.io/";

/// One document on its way, and what is wrong with the set so far.
pub struct Reader<'t> {
    text: &'t Text,
    errors: &'t mut Vec<PolicyError>,
}

impl Reader<'_> {
    /// Notes an error at a node.
    pub fn error(&mut self, node: Option<&Node>, message: impl Into<String>) {
        self.error_at(node.map_or(0, |n| n.offset) as usize, message);
    }

    fn error_at(&mut self, offset: usize, message: impl Into<String>) {
        let (line, column) = line_column(self.text.text.as_bytes(), offset);
        self.errors.push(PolicyError {
            file: self.text.name.clone(),
            line: self.text.line + line - 1,
            column,
            message: message.into(),
        });
    }

    /// Byte offset in the document of an offset in a scalar's value.
    fn within(&self, node: &Node, inner: u32) -> usize {
        let (start, text) = (node.offset as usize, &self.text.text);
        let rest = text.get(start..).unwrap_or_default();
        let value = node.as_str().unwrap_or_default();
        if !rest.starts_with(['|', '>']) {
            let quote = usize::from(rest.starts_with(['"', '\'']));
            return start + quote + inner as usize;
        }
        let before = value.get(..inner as usize).unwrap_or_default();
        let (line, column) = (before.matches('\n').count(), before.rsplit('\n').next().map_or(0, str::len));
        let mut offset = start;
        for (i, l) in rest.split_inclusive('\n').enumerate() {
            if i == line + 1 {
                return offset + (l.len() - l.trim_start().len()) + column;
            }
            offset += l.len();
        }
        start
    }

    fn compile(&mut self, env: &Env, node: &Node, wants: &[Type]) -> Option<Program> {
        let Some(text) = node.as_str() else {
            self.error(Some(node), "an expression must be a string");
            return None;
        };
        match env.compile(text) {
            Ok(program) if wants.is_empty() || wants.contains(&program.output) => Some(program),
            Ok(program) => {
                let message = format!("must evaluate to {} but got {}", wants[0], program.output);
                self.error_at(self.within(node, 0), message);
                None
            }
            Err(e) => {
                self.error_at(self.within(node, e.offset), format!("compilation failed: {}", e.message));
                None
            }
        }
    }
}

/// See [`Set::load`].
pub fn load(texts: &[Text], minor: u32) -> Result<Set, Vec<PolicyError>> {
    let mut errors = Vec::new();
    let mut set = Set::default();
    if minor > LATEST {
        let message = format!("Kubernetes 1.{minor} is not known, only versions up to 1.{LATEST}");
        return Err(vec![PolicyError { file: String::new(), line: 1, column: 1, message }]);
    }
    for read in read_all(texts, minor, &mut errors) {
        set.add(read);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    set.policies.sort_by(|a, b| a.page.id.cmp(&b.page.id));
    Ok(set)
}

fn string(node: Option<&Node>) -> String {
    node.and_then(Node::as_str).unwrap_or_default().to_owned()
}

/// What one document holds.
enum Read {
    Policy(Box<Policy>),
    Binding(Binding),
    Param(Param),
}

impl Set {
    fn add(&mut self, read: Read) {
        match read {
            Read::Policy(policy) => {
                self.policies.retain(|p| p.page.id != policy.page.id);
                self.policies.push(*policy);
            }
            Read::Binding(binding) => self.bindings.push(binding),
            Read::Param(param) => {
                self.params
                    .retain(|p| (&p.kind, &p.name, &p.namespace) != (&param.kind, &param.name, &param.namespace));
                self.params.push(param);
            }
        }
    }
}

/// Reads documents, half of them on another thread where there are many.
fn read_all(texts: &[Text], minor: u32, errors: &mut Vec<PolicyError>) -> Vec<Read> {
    const MANY: usize = 16;
    let read = |texts: &[Text]| {
        let mut errors = Vec::new();
        let found: Vec<Read> = texts.iter().filter_map(|text| read(text, minor, &mut errors)).collect();
        (found, errors)
    };
    let (first, second) = texts.split_at(if texts.len() < MANY { texts.len() } else { texts.len() / 2 });
    let halves = std::thread::scope(|scope| {
        let other = (!second.is_empty()).then(|| stack::spawn(scope, || read(second))).flatten();
        [read(first), other.and_then(|o| o.join().ok()).unwrap_or_else(|| read(second))]
    });
    let mut all = Vec::new();
    for (mut found, mut wrong) in halves {
        all.append(&mut found);
        errors.append(&mut wrong);
    }
    all
}

fn read(text: &Text, minor: u32, errors: &mut Vec<PolicyError>) -> Option<Read> {
    let mut reader = Reader { text, errors };
    match Document::parse(text.text.as_bytes()) {
        Err(e) => {
            reader.error_at(0, e.to_string());
            None
        }
        Ok(document) => document_in(document, &mut reader, minor),
    }
}

fn document_in(document: Document, reader: &mut Reader<'_>, minor: u32) -> Option<Read> {
    let root = &document.root;
    if root.is_null() {
        return None;
    }
    let (api_version, kind) = (string(root.get("apiVersion")), string(root.get("kind")));
    let name = string(root.at(&["metadata", "name"]));
    if api_version.is_empty() || kind.is_empty() || name.is_empty() {
        reader.error(Some(root), "a policy file holds Kubernetes objects: apiVersion, kind and metadata.name");
        return None;
    }
    if let Some(twice) = document.duplicates.first() {
        reader.error_at(twice.offset as usize, format!("{} is given twice", twice.path));
        return None;
    }
    match &*kind {
        "ValidatingAdmissionPolicy" if api_version.starts_with(GROUP) => {
            policy(root, name, reader, minor).map(|p| Read::Policy(Box::new(p)))
        }
        "ValidatingAdmissionPolicyBinding" if api_version.starts_with(GROUP) => {
            binding(root, reader).map(Read::Binding)
        }
        _ => {
            let namespace = string(root.at(&["metadata", "namespace"]));
            Some(Read::Param(Param { api_version, kind, name, namespace, root: document.root }))
        }
    }
}

fn known(node: &Node, allowed: &[&str], reader: &mut Reader<'_>) {
    for entry in node.entries() {
        if !allowed.contains(&&*entry.key) {
            reader.error_at(entry.key_offset as usize, format!("unknown field {:?}", entry.key));
        }
    }
}

/// The environment of a policy: k8s.io/apiserver `pkg/admission/plugin/cel/compile.go`.
fn environment(minor: u32, has_params: bool) -> Env {
    let strings = || Type::list(Type::String);
    let labels = || Type::map(Type::String, Type::String);
    let gvk = Type::object(
        "kubernetes.GroupVersionKind",
        &[("group", Type::String), ("version", Type::String), ("kind", Type::String)],
    );
    let gvr = Type::object(
        "kubernetes.GroupVersionResource",
        &[("group", Type::String), ("version", Type::String), ("resource", Type::String)],
    );
    let user = Type::object(
        "kubernetes.UserInfo",
        &[
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", strings()),
            ("extra", Type::map(Type::String, strings())),
        ],
    );
    let request = Type::object(
        "kubernetes.AdmissionRequest",
        &[
            ("kind", gvk.clone()),
            ("resource", gvr.clone()),
            ("subResource", Type::String),
            ("requestKind", gvk),
            ("requestResource", gvr),
            ("requestSubResource", Type::String),
            ("name", Type::String),
            ("namespace", Type::String),
            ("operation", Type::String),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    );
    let metadata = Type::object(
        "kubernetes.NamespaceMetadata",
        &[
            ("name", Type::String),
            ("generateName", Type::String),
            ("namespace", Type::String),
            ("labels", labels()),
            ("annotations", labels()),
            ("UID", Type::String),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::String),
            ("finalizers", strings()),
        ],
    );
    let spec = Type::object("kubernetes.NamespaceSpec", &[("finalizers", strings())]);
    let status = Type::object("kubernetes.NamespaceStatus", &[("phase", Type::String)]);
    let namespace = Type::object("kubernetes.Namespace", &[("metadata", metadata), ("spec", spec), ("status", status)]);
    let mut globals = vec![
        ("object".to_owned(), Type::Dyn),
        ("oldObject".to_owned(), Type::Dyn),
        ("namespaceObject".to_owned(), namespace),
        ("request".to_owned(), request),
    ];
    if has_params {
        globals.push(("params".to_owned(), Type::Dyn));
    }
    Env { minor, globals, variables: Vec::new(), has_variables: true }
}

const POLICY_FIELDS: &[&str] = &[
    "paramKind",
    "matchConstraints",
    "validations",
    "failurePolicy",
    "auditAnnotations",
    "matchConditions",
    "variables",
];

fn policy(root: &Node, name: String, reader: &mut Reader<'_>, minor: u32) -> Option<Policy> {
    let Some(spec) = root.get("spec") else {
        reader.error(Some(root), "spec: Required value");
        return None;
    };
    let before = reader.errors.len();
    known(spec, POLICY_FIELDS, reader);
    let param_kind = spec.get("paramKind").filter(|n| !n.is_null());
    let mut env = environment(minor, param_kind.is_some());
    let (page, severity) = page(root, &name, reader);
    let constraints = Rules::read(spec.get("matchConstraints"), true, reader);
    let mut conditions = Vec::new();
    // As the server has it, conditions see no variables.
    env.has_variables = false;
    for node in items(spec, "matchConditions") {
        if let Some(program) = expression(node, "expression", &env, &[Type::Bool], reader) {
            conditions.push((string(node.get("name")), program));
        }
    }
    env.has_variables = true;
    let mut variables = Vec::new();
    for node in items(spec, "variables") {
        if let Some(program) = expression(node, "expression", &env, &[], reader) {
            env.variables.push((string(node.get("name")), program.output.clone()));
            variables.push(program);
        }
    }
    let validations = validations(root, spec, &env, reader);
    let fails_closed = match spec.str_at(&["failurePolicy"]) {
        None | Some("Fail") => true,
        Some("Ignore") => false,
        Some(other) => {
            reader.error(spec.get("failurePolicy"), format!("failurePolicy: Unsupported value: {other:?}"));
            true
        }
    };
    let param_kind = param_kind.map(|n| (string(n.get("apiVersion")), string(n.get("kind"))));
    (reader.errors.len() == before).then_some(Policy {
        page,
        severity,
        name,
        fails_closed,
        param_kind,
        constraints,
        conditions,
        variables,
        validations,
    })
}

fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.items_at(&[key])
}

fn expression(node: &Node, key: &str, env: &Env, wants: &[Type], reader: &mut Reader<'_>) -> Option<Program> {
    match node.get(key) {
        Some(text) => reader.compile(env, text, wants),
        None => {
            reader.error(Some(node), format!("{key}: Required value"));
            None
        }
    }
}

fn validations(root: &Node, spec: &Node, env: &Env, reader: &mut Reader<'_>) -> Vec<Validation> {
    let mut found = Vec::new();
    let nodes = items(spec, "validations");
    if nodes.is_empty() && items(spec, "auditAnnotations").is_empty() {
        reader.error(Some(spec), "validations or auditAnnotations must contain at least one item");
    }
    let annotation = |key: &str| root.at(&["metadata", "annotations"]).and_then(|a| a.get(key));
    for (i, node) in nodes.iter().enumerate() {
        known(node, &["expression", "message", "messageExpression", "reason"], reader);
        let program = expression(node, "expression", env, &[Type::Bool], reader);
        let optional =
            |n: Option<&Node>, wants: &[Type], reader: &mut Reader<'_>| n.and_then(|n| reader.compile(env, n, wants));
        let message_expression = optional(node.get("messageExpression"), &[Type::String], reader);
        let own = annotation(&format!("plimsoll.dev/path-{}", i + 1));
        let paths = [Type::String, Type::list(Type::String), Type::Dyn, Type::list(Type::Dyn)];
        // No cluster reads paths, so they may use all that there is.
        let newest = Env { minor: LATEST, ..env.clone() };
        let wanted = own.or_else(|| annotation("plimsoll.dev/path"));
        let path = wanted.and_then(|n| reader.compile(&newest, n, &paths));
        if let Some(program) = program {
            let message = string(node.get("message"));
            let text = string(node.get("expression"));
            found.push(Validation { text, program, message, message_expression, path });
        }
    }
    found
}

fn page(root: &Node, name: &str, reader: &mut Reader<'_>) -> (Page, Severity) {
    let annotations = root.at(&["metadata", "annotations"]);
    let get = |key: &str| string(annotations.and_then(|a| a.get(&format!("plimsoll.dev/{key}"))));
    let severity = match &*get("severity") {
        "" | "error" => Severity::Error,
        "warning" => Severity::Warning,
        "info" => Severity::Info,
        other => {
            let node = annotations.and_then(|a| a.get("plimsoll.dev/severity"));
            reader.error(node, format!("plimsoll.dev/severity: {other:?} is none of error, warning, info"));
            Severity::Error
        }
    };
    // The folder is the set: policies/fintech/x.yaml is fintech/x.
    let set = reader.text.name.rsplit('/').nth(1).filter(|s| !s.is_empty()).unwrap_or("policy");
    let references = get("references");
    let page = Page {
        id: format!("{set}/{name}"),
        title: get("title"),
        why: get("why"),
        remedy: get("remedy"),
        references: references
            .lines()
            .flat_map(|l| l.split("; "))
            .filter(|l| !l.is_empty())
            .map(str::to_owned)
            .collect(),
        url: get("url"),
        bad: get("bad"),
        good: get("good"),
    };
    (page, severity)
}

fn binding(root: &Node, reader: &mut Reader<'_>) -> Option<Binding> {
    let Some(spec) = root.get("spec") else {
        reader.error(Some(root), "spec: Required value");
        return None;
    };
    known(spec, &["policyName", "paramRef", "matchResources", "validationActions"], reader);
    let actions: Vec<&str> = items(spec, "validationActions").iter().filter_map(Node::as_str).collect();
    let severity = match () {
        () if actions.contains(&"Deny") => None,
        () if actions.contains(&"Warn") => Some(Severity::Warning),
        () => Some(Severity::Info),
    };
    let param = spec.get("paramRef").filter(|n| !n.is_null()).map(|n| ParamRef {
        name: n.str_at(&["name"]).map(str::to_owned),
        namespace: n.str_at(&["namespace"]).map(str::to_owned),
        selector: n.get("selector").map(|s| Selector::read(Some(s))),
        missing_denies: n.str_at(&["parameterNotFoundAction"]) != Some("Allow"),
    });
    let resources = spec.get("matchResources").filter(|n| !n.is_null());
    let resources = resources.map(|n| Rules::read(Some(n), false, reader));
    Some(Binding { policy: string(spec.get("policyName")), resources, severity, param })
}
