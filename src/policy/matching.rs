//! Which objects a policy is about: `matchConstraints` and `matchResources`
//! (k8s.io/apiserver `pkg/admission/plugin/policy/matching`).

use super::load::Reader;
use crate::yaml::node::Node;

/// A label selector.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    labels: Vec<(String, String)>,
    expressions: Vec<(String, String, Vec<String>)>,
}

impl Selector {
    /// From `matchLabels` and `matchExpressions`.
    pub fn read(node: Option<&Node>) -> Selector {
        let Some(node) = node else { return Selector::default() };
        let text = |n: Option<&Node>| n.and_then(Node::as_str).unwrap_or_default().to_owned();
        let labels = node.get("matchLabels").map(Node::entries).unwrap_or_default();
        let expressions = node.items_at(&["matchExpressions"]);
        Selector {
            labels: labels.iter().map(|e| (e.key.to_string(), text(Some(&e.value)))).collect(),
            expressions: expressions
                .iter()
                .map(|e| {
                    let values = e.items_at(&["values"]);
                    (text(e.get("key")), text(e.get("operator")), values.iter().map(|v| text(Some(v))).collect())
                })
                .collect(),
        }
    }

    /// From a plain map of labels, as Services have it.
    pub fn of_labels(node: &Node) -> Selector {
        let text = |n: &Node| n.as_str().unwrap_or_default().to_owned();
        let labels = node.entries().iter().map(|e| (e.key.to_string(), text(&e.value))).collect();
        Selector { labels, expressions: Vec::new() }
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Whether labels fit.
    pub fn fits(&self, labels: Option<&Node>) -> bool {
        let label = |key: &str| labels.and_then(|l| l.get(key)).and_then(Node::as_str);
        self.labels.iter().all(|(key, value)| label(key) == Some(value))
            && self.expressions.iter().all(|(key, operator, values)| {
                let found = label(key);
                let among = found.is_some_and(|f| values.iter().any(|v| v == f));
                match &**operator {
                    "In" => among,
                    "NotIn" => !among,
                    "Exists" => found.is_some(),
                    "DoesNotExist" => found.is_none(),
                    _ => false,
                }
            })
    }
}

/// What of an object is matched.
pub struct Subject<'a> {
    /// Its group.
    pub group: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Its resource, in plural.
    pub resource: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its labels.
    pub labels: Option<&'a Node>,
    /// Whether it belongs to a namespace.
    pub namespaced: bool,
    /// The labels of its namespace.
    pub namespace_labels: Option<&'a Node>,
}

#[derive(Clone, Debug)]
struct Rule {
    groups: Vec<String>,
    versions: Vec<String>,
    resources: Vec<String>,
    names: Vec<String>,
    creates: bool,
    scope: String,
}

impl Rule {
    fn read(node: &Node) -> Rule {
        let list = |key: &str| -> Vec<String> {
            let items = node.items_at(&[key]);
            items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
        };
        let operations = list("operations");
        Rule {
            groups: list("apiGroups"),
            versions: list("apiVersions"),
            resources: list("resources"),
            names: list("resourceNames"),
            creates: operations.iter().any(|o| o == "CREATE" || o == "*"),
            scope: node.str_at(&["scope"]).unwrap_or("*").to_owned(),
        }
    }

    fn fits(&self, s: &Subject<'_>, any_version: bool) -> bool {
        let has = |list: &[String], value: &str| list.iter().any(|l| l == "*" || l == value);
        let resource = self.resources.iter().any(|r| r == "*" || r == "*/*" || r == s.resource);
        let scope = match &*self.scope {
            "Namespaced" => s.namespaced,
            "Cluster" => !s.namespaced,
            _ => true,
        };
        self.creates
            && scope
            && resource
            && has(&self.groups, s.group)
            && (any_version || has(&self.versions, s.version))
            && (self.names.is_empty() || self.names.iter().any(|n| n == s.name))
    }
}

/// `matchConstraints` of a policy, `matchResources` of a binding.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    include: Vec<Rule>,
    exclude: Vec<Rule>,
    objects: Selector,
    namespaces: Selector,
    exact: bool,
}

impl Rules {
    /// Reads them; `required` says that there must be rules.
    pub fn read(node: Option<&Node>, required: bool, reader: &mut Reader<'_>) -> Rules {
        let list = |key: &str| -> Vec<Rule> {
            node.and_then(|n| n.get(key)).map(Node::items).unwrap_or_default().iter().map(Rule::read).collect()
        };
        let include = list("resourceRules");
        if required && include.is_empty() {
            reader.error(node, "spec.matchConstraints.resourceRules: Required value");
        }
        Rules {
            include,
            exclude: list("excludeResourceRules"),
            objects: Selector::read(node.and_then(|n| n.get("objectSelector"))),
            namespaces: Selector::read(node.and_then(|n| n.get("namespaceSelector"))),
            exact: node.and_then(|n| n.get("matchPolicy")).and_then(Node::as_str) == Some("Exact"),
        }
    }

    /// Whether an object is meant. With `matchPolicy: Equivalent` the versions of one group count as one.
    pub fn fits(&self, s: &Subject<'_>) -> bool {
        let included = self.include.is_empty() || self.include.iter().any(|r| r.fits(s, !self.exact));
        included
            && !self.exclude.iter().any(|r| r.fits(s, !self.exact))
            && (self.objects.is_empty() || self.objects.fits(s.labels))
            && (self.namespaces.is_empty() || self.namespace_fits(s))
    }

    /// Objects outside namespaces are never left out by a namespace selector, but for Namespaces themselves.
    fn namespace_fits(&self, s: &Subject<'_>) -> bool {
        match (s.namespaced, s.resource) {
            (true, _) => self.namespaces.fits(s.namespace_labels),
            (false, "namespaces") => self.namespaces.fits(s.labels),
            (false, _) => true,
        }
    }
}
