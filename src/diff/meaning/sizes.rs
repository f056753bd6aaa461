//! Replicas and resources that grow or shrink: what each workload asks for times its pods, and all of it together.

use std::collections::BTreeMap;

use super::workload::template_path;
use super::{SizeChange, Total};
use crate::diff::secrets::Text;
use crate::diff::{ObjectChange, Side};
use crate::finding::KubeObject;
use crate::kube::quantity::Quantity;
use crate::yaml::node::Node;

/// Amounts by what they are: `requests.cpu`.
type Amounts = BTreeMap<String, Quantity>;

/// A workload's pods and what they ask for together.
#[derive(Default, PartialEq)]
struct Size {
    replicas: Option<i64>,
    amounts: Amounts,
}

/// What is shown of all that can be asked for.
const SHOWN: &[&str] = &["requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "storage"];

/// Workloads that grow or shrink, and the totals of both sides.
pub(super) fn sizes(changes: &[ObjectChange], old: &Side, new: &Side) -> (Vec<SizeChange>, Vec<Total>) {
    let (before, after) = (Runners::of(old), Runners::of(new));
    let mut found = Vec::new();
    let mut sums: (Amounts, Amounts) = Default::default();
    let mut pods = (0i64, 0i64);
    for change in changes {
        let size = |side: &Side, runners: &Runners<'_>, index: Option<usize>| {
            let object = &side.objects[index?];
            if object.hooks.is_empty() { size(&object.object, runners) } else { None }
        };
        let (a, b) = (size(old, &before, change.index.0), size(new, &after, change.index.1));
        for (size, sum, pods) in [(&a, &mut sums.0, &mut pods.0), (&b, &mut sums.1, &mut pods.1)] {
            let Some(size) = size else { continue };
            *pods = pods.saturating_add(size.replicas.unwrap_or(0));
            size.amounts.iter().for_each(|(what, amount)| add(sum, what, amount));
        }
        if a != b && change.ignored.is_none() {
            found.push(size_change(change, a.unwrap_or_default(), b.unwrap_or_default()));
        }
    }
    (found, totals(&sums, pods))
}

fn size_change(change: &ObjectChange, a: Size, b: Size) -> SizeChange {
    let amount = |size: &Size, what: &str| size.amounts.get(what).cloned().unwrap_or_else(|| Quantity::from_int(0));
    let mut amounts = Vec::new();
    for what in SHOWN {
        let (x, y) = (amount(&a, what), amount(&b, what));
        if x != y {
            amounts.push(((*what).into(), Text::from(&x), Text::from(&y)));
        }
    }
    SizeChange { object: change.id.clone(), replicas: (a.replicas, b.replicas), amounts }
}

fn totals(sums: &(Amounts, Amounts), pods: (i64, i64)) -> Vec<Total> {
    let mut found = Vec::new();
    let mut total = |what: &'static str, old: Quantity, new: Quantity| {
        if old.is_zero() && new.is_zero() {
            return;
        }
        let difference = new.minus(&old);
        let sign: Text = if difference.is_positive() { "+".into() } else { "".into() };
        let difference =
            if difference.is_zero() { Text::default() } else { Text::concat(&[&sign, &Text::from(&difference)]) };
        found.push(Total { what: what.into(), old: (&old).into(), new: (&new).into(), difference });
    };
    total("replicas", Quantity::from_int(pods.0), Quantity::from_int(pods.1));
    for what in SHOWN {
        let amount = |sum: &Amounts| sum.get(*what).cloned().unwrap_or_else(|| Quantity::from_int(0));
        total(what, amount(&sums.0), amount(&sums.1));
    }
    found
}

fn add(sum: &mut Amounts, what: &str, amount: &Quantity) {
    let so_far = sum.remove(what).unwrap_or_else(|| Quantity::from_int(0));
    sum.insert(what.to_owned(), so_far.plus(amount));
}

/// What else decides how many pods a workload has.
struct Runners<'s> {
    /// How many pods autoscalers keep at least, by the kind and name of what they scale.
    least: BTreeMap<(String, String), i64>,
    /// The workloads of which Argo Rollouts run the pods, by kind and name, each with whether it is scaled down itself.
    taken_over: BTreeMap<(&'s str, &'s str), bool>,
    side: &'s Side,
}

impl<'s> Runners<'s> {
    fn of(side: &'s Side) -> Runners<'s> {
        let mut found = Runners { least: BTreeMap::new(), taken_over: BTreeMap::new(), side };
        for o in side.objects.iter().map(|o| &o.object) {
            let (target, least) = match (o.group(), &*o.kind) {
                ("autoscaling", "HorizontalPodAutoscaler") => ("scaleTargetRef", "minReplicas"),
                ("keda.sh", "ScaledObject") => ("scaleTargetRef", "minReplicaCount"),
                _ => {
                    found.taken_over.extend(workload_of(o));
                    continue;
                }
            };
            let text = |key: &str| o.root().at(&["spec", target, key]).and_then(Node::as_str);
            let kind = text("kind").unwrap_or("Deployment").to_owned();
            let least = o.root().at(&["spec", least]).and_then(Node::as_i64).unwrap_or(1);
            found.least.extend(text("name").map(|name| ((kind, name.to_owned()), least)));
        }
        found
    }

    /// The pods' template: a workload's own, or that of the one that a Rollout runs.
    fn template<'o>(&'o self, object: &'o KubeObject) -> Option<&'o Node> {
        let own = object.root().at(template_path(object.group(), &object.kind)?);
        own.or_else(|| {
            let ((kind, name), _) = workload_of(object)?;
            let mut all = self.side.objects.iter().map(|o| &o.object);
            let there = all.find(|o| o.kind == kind && o.name == name && o.namespace == object.namespace)?;
            there.root().at(template_path(there.group(), &there.kind)?)
        })
    }
}

/// The workload that a Rollout runs, with whether it is scaled down for that (Argo's default is that it is not).
fn workload_of(object: &KubeObject) -> Option<((&str, &str), bool)> {
    let rollout = (object.group(), &*object.kind) == ("argoproj.io", "Rollout");
    let text = |key: &str| object.root().at(&["spec", "workloadRef", key]).and_then(Node::as_str);
    let scaled_down = matches!(text("scaleDown"), Some("onsuccess" | "progressively"));
    rollout.then(|| Some(((text("kind")?, text("name")?), scaled_down))).flatten()
}

/// What a workload runs all the time; nothing for what runs now and then, and for other objects.
fn size(object: &KubeObject, runners: &Runners<'_>) -> Option<Size> {
    let root = object.root();
    if object.group().is_empty() && object.kind == "PersistentVolumeClaim" {
        let amount = quantity(root.at(&["spec", "resources", "requests", "storage"])?)?;
        return Some(Size { replicas: None, amounts: BTreeMap::from([("storage".to_owned(), amount)]) });
    }
    if matches!(&*object.kind, "Job" | "CronJob") {
        return None;
    }
    let pod = runners.template(object)?.get("spec")?;
    let said = root.at(&["spec", "replicas"]).and_then(Node::as_i64).unwrap_or(1);
    let replicas = match &*object.kind {
        // One for each node, however many there are.
        "DaemonSet" | "Pod" => 1,
        kind if runners.taken_over.get(&(kind, &object.name)) == Some(&true) => 0,
        kind => runners.least.get(&(kind.to_owned(), object.name.clone())).copied().unwrap_or(said),
    };
    let mut amounts = pod_amounts(pod);
    for claim in root.at(&["spec", "volumeClaimTemplates"]).map(Node::items).unwrap_or_default() {
        if let Some(amount) = claim.at(&["spec", "resources", "requests", "storage"]).and_then(quantity) {
            add(&mut amounts, "storage", &amount);
        }
    }
    let times = |(what, amount): (String, Quantity)| (what, amount.times(replicas.max(0)));
    Some(Size { replicas: Some(replicas), amounts: amounts.into_iter().map(times).collect() })
}

/// What the scheduler reserves for a pod: the sum over its containers, or what an init container needs before them.
fn pod_amounts(pod: &Node) -> Amounts {
    let containers = |key: &str| pod.get(key).map(Node::items).unwrap_or_default();
    let mut running = Amounts::new();
    for container in containers("containers") {
        asked(container, &mut running);
    }
    let mut starting = Amounts::new();
    for container in containers("initContainers") {
        if container.get("restartPolicy").and_then(Node::as_str) == Some("Always") {
            asked(container, &mut running);
            continue;
        }
        let mut own = Amounts::new();
        asked(container, &mut own);
        for (what, amount) in own {
            if starting.get(&what).is_none_or(|most| *most < amount) {
                starting.insert(what, amount);
            }
        }
    }
    for (what, amount) in starting {
        if running.get(&what).is_none_or(|sum| *sum < amount) {
            running.insert(what, amount);
        }
    }
    running
}

/// Adds what a container asks for. Without a request the limit is one.
fn asked(container: &Node, sum: &mut Amounts) {
    let resources = |key: &str| container.at(&["resources", key]).map(Node::entries).unwrap_or_default();
    let mut own = Amounts::new();
    for (key, entries) in [("limits", resources("limits")), ("requests", resources("requests"))] {
        for entry in entries {
            let Some(amount) = quantity(&entry.value) else { continue };
            if key == "limits" {
                own.insert(format!("requests.{}", entry.key), amount.clone());
            }
            own.insert(format!("{key}.{}", entry.key), amount);
        }
    }
    own.iter().for_each(|(what, amount)| add(sum, what, amount));
}

fn quantity(node: &Node) -> Option<Quantity> {
    match node.as_str() {
        Some(text) => Quantity::parse(text),
        None => Quantity::parse(&node.to_json().to_string()),
    }
}
