//! Runs policies over one object, as the server's plugin does on CREATE
//! (k8s.io/apiserver `pkg/admission/plugin/policy/validating`).

use std::borrow::Cow;

use super::matching::{Rules, Subject};
use super::{Binding, Context, Param, Policy, Set, Validation, defaults, kinds};
use crate::cel::value::{Table, Text};
use crate::cel::{Fail, Scope, Value};
use crate::finding::{KubeObject, Problem, Severity};
use crate::yaml::node::{Data, Entry, Node};

/// One use of a policy.
struct Use<'a> {
    policy: &'a Policy,
    severity: Severity,
    param: Option<&'a Node>,
}

/// See [`Set::check`].
pub fn check(set: &Set, object: &KubeObject, context: &Context<'_>) -> Vec<Problem> {
    let resource = kinds::resource(&object.kind);
    let namespaced = kinds::is_namespaced(&object.kind);
    let namespace = match (namespaced, &*object.namespace) {
        (false, _) => "",
        (true, "") => context.namespace,
        (true, own) => own,
    };
    let known = namespaced.then(|| context.namespaces.get(namespace)).flatten();
    let namespace_node = namespaced.then(|| namespace_object(namespace, known.map(|o| o.root())));
    let subject = Subject {
        group: object.group(),
        version: object.version(),
        resource: &resource,
        name: &object.name,
        labels: object.root().at(&["metadata", "labels"]),
        namespaced,
        namespace_labels: namespace_node.as_ref().and_then(|n| n.at(&["metadata", "labels"])),
    };
    let mut problems = Vec::new();
    let mut uses = Vec::new();
    for policy in set.policies.iter().filter(|p| p.constraints.fits(&subject)) {
        collect(set, policy, &subject, namespace, &mut uses, &mut problems);
    }
    if uses.is_empty() {
        return problems;
    }
    let full = defaults::complete(object, namespace);
    let request = request(object, &resource, namespace);
    let namespace_value = namespace_node.as_ref().map_or(Value::Null, Value::of);
    for one in uses {
        let mut globals =
            vec![Some(Value::of(&full)), Some(Value::Null), Some(namespace_value.clone()), Some(request.clone())];
        if one.policy.param_kind.is_some() {
            globals.push(Some(one.param.map_or(Value::Null, Value::of)));
        }
        apply(&one, &Scope::new(globals, &one.policy.variables), &mut problems);
    }
    problems
}

/// The bindings of a policy that are about the object, with their parameters. Without any binding in the set a policy is
/// bound to everything, with the parameters that have its name.
fn collect<'a>(
    set: &'a Set,
    policy: &'a Policy,
    subject: &Subject<'_>,
    namespace: &str,
    uses: &mut Vec<Use<'a>>,
    problems: &mut Vec<Problem>,
) {
    let mut bindings = set.bindings.iter().filter(|b| b.policy == policy.name).peekable();
    if bindings.peek().is_none() {
        let param = params(set, policy).find(|p| p.name == policy.name).map(|p| &p.root);
        uses.push(Use { policy, severity: policy.severity, param });
        return;
    }
    let all = Rules::default();
    for binding in bindings.filter(|b| b.resources.as_ref().unwrap_or(&all).fits(subject)) {
        bound(set, policy, binding, namespace, uses, problems);
    }
}

fn params<'a>(set: &'a Set, policy: &'a Policy) -> impl Iterator<Item = &'a Param> {
    let kind = policy.param_kind.as_ref();
    set.params.iter().filter(move |p| kind.is_some_and(|k| k.0 == p.api_version && k.1 == p.kind))
}

fn bound<'a>(
    set: &'a Set,
    policy: &'a Policy,
    binding: &Binding,
    namespace: &str,
    uses: &mut Vec<Use<'a>>,
    problems: &mut Vec<Problem>,
) {
    let severity = binding.severity.unwrap_or(policy.severity);
    let Some(wanted) = binding.param.as_ref().filter(|_| policy.param_kind.is_some()) else {
        return uses.push(Use { policy, severity, param: None });
    };
    let home = wanted.namespace.as_deref().unwrap_or(namespace);
    let fits = |p: &&Param| {
        wanted.name.as_ref().is_none_or(|n| *n == p.name)
            && (p.namespace.is_empty() || p.namespace == home)
            && wanted.selector.as_ref().is_none_or(|s| s.fits(p.root.at(&["metadata", "labels"])))
    };
    let before = uses.len();
    for param in params(set, policy).filter(fits) {
        uses.push(Use { policy, severity, param: Some(&param.root) });
    }
    if uses.len() == before && wanted.missing_denies && policy.fails_closed {
        let message = "no params found for policy binding with `Deny` parameterNotFoundAction";
        problems.push(problem(policy, severity, String::new(), message.into()));
    }
}

fn problem(policy: &Policy, severity: Severity, path: String, message: String) -> Problem {
    let text = |s: &String| (!s.is_empty()).then(|| Cow::Owned(s.clone()));
    let mut problem = Problem::new(policy.page.id.clone(), severity, path, message);
    problem.remedy = text(&policy.page.remedy);
    problem.url = text(&policy.page.url);
    problem
}

fn apply<'a>(one: &Use<'a>, scope: &Scope<'a>, problems: &mut Vec<Problem>) {
    let policy = one.policy;
    let mut failed = None;
    for (name, program) in &policy.conditions {
        match program.eval(scope) {
            Ok(Value::Bool(true)) => {}
            Ok(_) => return,
            Err(e) => failed = failed.or(Some((name, e))),
        }
    }
    if let Some((name, Fail(why))) = failed {
        if policy.fails_closed {
            let message = format!("match condition {name:?} failed: {why}");
            problems.push(problem(policy, one.severity, String::new(), message));
        }
        return;
    }
    for validation in &policy.validations {
        let message = match validation.program.eval(scope) {
            Ok(Value::Bool(true)) => continue,
            Ok(_) => message(validation, scope),
            Err(_) if !policy.fails_closed => continue,
            Err(Fail(why)) => format!("expression '{}' resulted in error: {why}", validation.text.trim()),
        };
        for path in paths(validation, scope) {
            problems.push(problem(policy, one.severity, path, message.clone()));
        }
    }
}

fn message<'a>(validation: &'a Validation, scope: &Scope<'a>) -> String {
    let made = validation.message_expression.as_ref().and_then(|m| m.eval(scope).ok());
    let made = made.as_ref().and_then(Value::as_str).map(str::trim);
    // The server drops a message that is empty, too long or has several lines.
    match made.filter(|m| !m.is_empty() && m.len() <= 5 << 10 && !m.contains('\n')) {
        Some(made) => made.to_owned(),
        None if !validation.message.is_empty() => validation.message.trim().to_owned(),
        None => format!("failed expression: {}", validation.text.trim()),
    }
}

/// Where the problem is; one problem for each path.
fn paths<'a>(validation: &'a Validation, scope: &Scope<'a>) -> Vec<String> {
    let found = validation.path.as_ref().and_then(|p| p.eval(scope).ok());
    let found: Vec<String> = match found {
        Some(Value::Str(s)) => vec![s.to_string()],
        Some(Value::List(l)) => l.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    if found.is_empty() { vec![String::new()] } else { found }
}

fn table<'a>(pairs: Vec<(&'static str, Value<'a>)>) -> Value<'a> {
    let mut table = Table::default();
    for (key, value) in pairs {
        // Keys are strings, and each stands here once.
        let _ = table.insert(Value::Str(Text::Borrowed(key)), value);
    }
    Value::table(table)
}

fn request<'a>(object: &'a KubeObject, resource: &str, namespace: &str) -> Value<'a> {
    let text = |s: &str| Value::text(s);
    let kind = || {
        table(vec![("group", text(object.group())), ("version", text(object.version())), ("kind", text(&object.kind))])
    };
    let of = || {
        table(vec![("group", text(object.group())), ("version", text(object.version())), ("resource", text(resource))])
    };
    let user = table(vec![("username", text("")), ("groups", Value::list(Vec::new()))]);
    table(vec![
        ("kind", kind()),
        ("resource", of()),
        ("requestKind", kind()),
        ("requestResource", of()),
        ("name", text(&object.name)),
        ("namespace", text(namespace)),
        ("operation", text("CREATE")),
        ("userInfo", user),
        ("dryRun", Value::Bool(false)),
        ("options", Value::Null),
    ])
}

/// The Namespace as far as it is known: every server labels it with its name.
fn namespace_object(name: &str, known: Option<&Node>) -> Node {
    const LABEL: &str = "kubernetes.io/metadata.name";
    let text = |s: &str| Node { data: Data::Str(s.into()), offset: 0 };
    let entry = |key: &str, value: Node| Entry { key: key.into(), key_offset: 0, value };
    let map = |entries: Vec<Entry>| Node { data: Data::Map(entries), offset: 0 };
    let metadata = known.and_then(|k| k.get("metadata"));
    let mut labels: Vec<Entry> = metadata.and_then(|m| m.get("labels")).map(Node::entries).unwrap_or_default().to_vec();
    if !labels.iter().any(|l| &*l.key == LABEL) {
        labels.push(entry(LABEL, text(name)));
    }
    let mut fields = vec![entry("name", text(name)), entry("labels", map(labels))];
    fields.extend(metadata.and_then(|m| m.entry("annotations")).cloned());
    map(vec![entry("metadata", map(fields))])
}
