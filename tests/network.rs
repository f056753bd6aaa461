//! What the Pods of a production cluster are told to call, and whether Services and NetworkPolicies let them: over all
//! charts of the fleet together, because each end of a connection is another chart's.

use std::collections::BTreeMap;
use std::process::Command;

use regex::Regex;
use serde_yaml::Value;

/// Everything in a cluster, each object with its namespace.
fn cluster(name: &str) -> Vec<(String, Value)> {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["render", "--cluster", name])
        .output()
        .expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut chart = String::new();
    let mut all = Vec::new();
    for document in text.split("---\n# Source: ").skip(1) {
        chart = document.split('/').next().unwrap_or(&chart).to_owned();
        let object: Value = serde_yaml::from_str(document.split_once('\n').expect("a line").1).expect("YAML");
        if !object.is_null() {
            let own = at(&object, &["metadata", "namespace"]).as_str().map(str::to_owned);
            all.push((own.unwrap_or_else(|| chart.clone()), object));
        }
    }
    all
}

fn at<'v>(value: &'v Value, keys: &[&str]) -> &'v Value {
    keys.iter().try_fold(value, |v, key| v.get(key)).unwrap_or(&Value::Null)
}

fn items<'v>(value: &'v Value, keys: &[&str]) -> &'v [Value] {
    at(value, keys).as_sequence().map(Vec::as_slice).unwrap_or_default()
}

/// The template of a workload's Pods.
fn template(object: &Value) -> Option<&Value> {
    let path: &[&str] = match at(object, &["kind"]).as_str()? {
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "Rollout" => &["spec", "template"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    Some(at(object, path)).filter(|t| !t.is_null())
}

/// Whether labels are what a selector asks for, by `matchLabels` or a Service's plain map.
fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.as_mapping().into_iter().flatten();
    wanted.into_iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Whether an item of `from` or `to` is a Pod with these labels in this namespace.
fn is_peer(peer: &Value, own: &str, namespace: &str, labels: &Value) -> bool {
    let wanted = at(peer, &["namespaceSelector"]);
    let name = at(wanted, &["matchLabels", "kubernetes.io/metadata.name"]).as_str();
    let fits = if wanted.is_null() { own == namespace } else { name.is_none_or(|n| n == namespace) };
    peer.get("ipBlock").is_none() && fits && selects(at(peer, &["podSelector", "matchLabels"]), labels)
}

/// A Pod: its namespace, labels and ports by name.
struct Pod<'v> {
    namespace: &'v str,
    labels: &'v Value,
    ports: BTreeMap<&'v str, u64>,
}

impl Pod<'_> {
    fn number(&self, port: &Value) -> Option<u64> {
        port.as_u64().or_else(|| self.ports.get(port.as_str()?).copied())
    }
}

/// Whether the policies let a Pod out to, or in from, another one; `owner` has the port.
fn lets(all: &[(String, Value)], pod: &Pod<'_>, other: &Pod<'_>, out: bool, port: u64) -> bool {
    let owner = if out { other } else { pod };
    let (rules, peers) = if out { ("egress", "to") } else { ("ingress", "from") };
    let policies = all.iter().filter(|(ns, o)| ns == pod.namespace && at(o, &["kind"]) == "NetworkPolicy");
    let mine = policies.filter(|(_, o)| selects(at(o, &["spec", "podSelector", "matchLabels"]), pod.labels));
    mine.flat_map(|(_, o)| items(o, &["spec", rules])).any(|rule| {
        let (peers, ports) = (items(rule, &[peers]), items(rule, &["ports"]));
        (peers.is_empty() || peers.iter().any(|p| is_peer(p, pod.namespace, other.namespace, other.labels)))
            && (ports.is_empty() || ports.iter().any(|p| owner.number(at(p, &["port"])) == Some(port)))
    })
}

#[test]
fn what_pods_are_told_to_call_lets_them_in() {
    let all = cluster("np-aws");
    let pods: Vec<(String, Pod<'_>, &Value)> = all
        .iter()
        .filter_map(|(namespace, object)| {
            let template = template(object)?;
            let ports = items(template, &["spec", "containers"]).iter().flat_map(|c| items(c, &["ports"]));
            let ports = ports.filter_map(|p| Some((at(p, &["name"]).as_str()?, at(p, &["containerPort"]).as_u64()?)));
            let name = format!("{namespace}/{}", at(object, &["metadata", "name"]).as_str()?);
            Some((
                name,
                Pod { namespace, labels: at(template, &["metadata", "labels"]), ports: ports.collect() },
                template,
            ))
        })
        .collect();
    let address = Regex::new(r"\bhttps?://([a-z0-9-]+)(?:\.([a-z0-9-]+)(?:\.svc\S*?)?)?(?::(\d+))?(?:[/\s]|$)")
        .expect("a pattern");
    let (mut wrong, mut calls) = (Vec::new(), 0);
    for (name, pod, template) in &pods {
        for text in told(&all, pod.namespace, template) {
            for found in address.captures_iter(text) {
                let namespace = found.get(2).map_or(pod.namespace, |n| n.as_str());
                let port: u64 = found.get(3).map_or(80, |p| p.as_str().parse().expect("a port"));
                let is_called = |(ns, o): &&(String, Value)| {
                    ns == namespace && at(o, &["kind"]) == "Service" && at(o, &["metadata", "name"]) == &found[1]
                };
                let Some((_, service)) = all.iter().find(is_called) else { continue };
                calls += 1;
                let Some(offered) = items(service, &["spec", "ports"]).iter().find(|p| at(p, &["port"]) == port) else {
                    wrong.push(format!("{name}: {} offers no port {port}: {text}", &found[0]));
                    continue;
                };
                let behind = pods.iter().filter(|(_, p, _)| {
                    p.namespace == namespace && selects(at(service, &["spec", "selector"]), p.labels)
                });
                for (callee, target, _) in behind {
                    let number = target.number(at(offered, &["targetPort"])).unwrap_or(port);
                    if !lets(&all, pod, target, true, number) || !lets(&all, target, pod, false, number) {
                        wrong.push(format!("{name} may not call {callee} at {number}: {text}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(calls >= 10, "only {calls} calls were seen");
}

/// The texts that containers get: variables, arguments, and ConfigMaps as variables.
fn told<'v>(all: &'v [(String, Value)], namespace: &str, template: &'v Value) -> Vec<&'v str> {
    let mut texts = Vec::new();
    for container in items(template, &["spec", "containers"]).iter().chain(items(template, &["spec", "initContainers"]))
    {
        texts.extend(items(container, &["env"]).iter().filter_map(|e| at(e, &["value"]).as_str()));
        texts.extend(items(container, &["args"]).iter().filter_map(Value::as_str));
        for source in items(container, &["envFrom"]) {
            let name = at(source, &["configMapRef", "name"]);
            let maps = all.iter().filter(|(ns, o)| {
                ns == namespace
                    && at(o, &["kind"]) == "ConfigMap"
                    && !name.is_null()
                    && at(o, &["metadata", "name"]) == name
            });
            let data = maps.filter_map(|(_, o)| at(o, &["data"]).as_mapping());
            texts.extend(data.flat_map(|d| d.values()).filter_map(Value::as_str));
        }
    }
    texts
}
