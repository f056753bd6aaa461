//! Access that widens: rules and bindings that let somebody do more than before.

use super::{Risk, RiskKind};
use crate::diff::secrets::{Text, Value};
use crate::diff::{Change, ObjectChange};

const REMEDY: &str = "Check that it is needed, and give no more than that.";
/// So many of what is new are named.
const NAMED: usize = 5;

/// What a change of a role or binding lets others do.
pub(super) fn risks(change: &ObjectChange) -> Vec<Risk> {
    if change.id.group() != "rbac.authorization.k8s.io" {
        return Vec::new();
    }
    let Some(new) = change.new.as_ref().filter(|_| change.change != Change::Unchanged) else { return Vec::new() };
    let found = match change.id.kind.as_str() {
        "Role" | "ClusterRole" => new_rules(change.old.as_ref(), new),
        "RoleBinding" | "ClusterRoleBinding" => new_subjects(change.old.as_ref(), new),
        _ => Vec::new(),
    };
    if found.is_empty() {
        return Vec::new();
    }
    let mut parts: Vec<Text> = Vec::new();
    for (i, one) in found.iter().take(NAMED).enumerate() {
        parts.push(if i == 0 { "now also: ".into() } else { "; ".into() });
        parts.push(one.clone());
    }
    if found.len() > NAMED {
        parts.extend(["; and ".into(), (found.len() - NAMED).into(), " more".into()]);
    }
    let message = Text::concat(&parts.iter().collect::<Vec<_>>());
    vec![Risk { kind: RiskKind::Access, object: change.id.clone(), message, remedy: REMEDY.into() }]
}

/// What a rule allows: verb, group and resource, or verb and URL; the names it is limited to.
struct Grant<'v> {
    verb: &'v Text,
    group: Option<&'v Text>,
    resource: &'v Text,
    names: Vec<&'v Text>,
}

fn texts<'v>(rule: &'v Value, key: &str) -> Vec<&'v Text> {
    rule.get(key).map(Value::items).unwrap_or_default().iter().filter_map(Value::as_text).collect()
}

/// More combinations than this are not looked at one by one.
const MAX_GRANTS: usize = 10_000;

fn grants(role: &Value) -> Vec<Grant<'_>> {
    let mut found = Vec::new();
    for rule in role.get("rules").map(Value::items).unwrap_or_default() {
        let (verbs, groups) = (texts(rule, "verbs"), texts(rule, "apiGroups"));
        let (resources, urls) = (texts(rule, "resources"), texts(rule, "nonResourceURLs"));
        let names = texts(rule, "resourceNames");
        for verb in &verbs {
            for resource in &resources {
                for group in &groups {
                    found.push(Grant { verb, group: Some(group), resource, names: names.clone() });
                }
            }
            found.extend(urls.iter().map(|url| Grant { verb, group: None, resource: url, names: Vec::new() }));
            if found.len() > MAX_GRANTS {
                return found;
            }
        }
    }
    found
}

impl Grant<'_> {
    fn covers(&self, other: &Grant<'_>) -> bool {
        let fits = |own: &str, other: &str| own == "*" || own == other;
        let url = |own: &str, other: &str| own.strip_suffix('*').is_some_and(|start| other.starts_with(start));
        let place = match (self.group, other.group) {
            (Some(a), Some(b)) => {
                let sub = self.resource.strip_prefix("*/").is_some_and(|s| other.resource.ends_with(&format!("/{s}")));
                fits(a, b) && (fits(self.resource, other.resource) || sub)
            }
            (None, None) => fits(self.resource, other.resource) || url(self.resource, other.resource),
            _ => false,
        };
        let names =
            self.names.is_empty() || !other.names.is_empty() && other.names.iter().all(|n| self.names.contains(n));
        place && fits(self.verb, other.verb) && names
    }

    /// `delete secrets`, `get pods.metrics.k8s.io`.
    fn text(&self) -> Text {
        let (space, dot) = (Text::from(" "), Text::from("."));
        match self.group.filter(|g| !g.is_empty()) {
            Some(group) => Text::concat(&[self.verb, &space, self.resource, &dot, group]),
            None => Text::concat(&[self.verb, &space, self.resource]),
        }
    }
}

/// What the new rules allow and the old ones don't.
fn new_rules(old: Option<&Value>, new: &Value) -> Vec<Text> {
    let before = old.map(grants).unwrap_or_default();
    let mut found: Vec<Text> = Vec::new();
    for grant in grants(new).iter().filter(|g| !before.iter().any(|b| b.covers(g))) {
        let text = grant.text();
        if !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

/// The subjects that get a role and did not have it.
fn new_subjects(old: Option<&Value>, new: &Value) -> Vec<Text> {
    let role = |side: &Value| side.at(&["roleRef", "name"]).map(Value::inline).unwrap_or_default();
    let subjects = |side: &Value| -> Vec<Text> {
        let all = side.get("subjects").map(Value::items).unwrap_or_default().iter();
        let part = |s: &Value, key: &str| s.get(key).map(Value::inline).unwrap_or_default();
        let slash = Text::from("/");
        all.map(|s| match part(s, "namespace") {
            namespace if namespace.is_empty() => Text::concat(&[&part(s, "kind"), &" ".into(), &part(s, "name")]),
            namespace => Text::concat(&[&part(s, "kind"), &" ".into(), &namespace, &slash, &part(s, "name")]),
        })
        .collect()
    };
    let before = old.map(subjects).unwrap_or_default();
    let same_role = old.is_some_and(|o| role(o) == role(new));
    let fresh = subjects(new).into_iter().filter(|s| !same_role || !before.contains(s));
    fresh.map(|s| Text::concat(&[&s, &" has the role ".into(), &role(new)])).collect()
}
