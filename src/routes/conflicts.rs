//! What is wrong with routes taken together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::index::{Behind, Index};
use super::model::is_prefix;
use super::{PathKind, Route, Router, Tls};
use crate::finding::Severity;

/// Something to look at.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// `claimed-twice`, `shadowed`, `no-certificate`, `no-service`, `no-port`, `canary-alone`
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// The routes it is about, by their numbers; the first is the one to mend.
    pub routes: Vec<usize>,
}

/// All conflicts, in the order of the routes.
pub fn conflicts(routes: &[Route], index: &Index) -> Vec<Conflict> {
    let mut found = Vec::new();
    claimed(routes, &mut found);
    shadowed(routes, &mut found);
    certificates(routes, index, &mut found);
    backends(routes, index, &mut found);
    found.sort_by(|a, b| (&a.routes, a.rule).cmp(&(&b.routes, b.rule)));
    found
}

fn place(route: &Route) -> String {
    let host = if route.host.is_empty() { "any host" } else { &route.host };
    format!("{host}{}", if route.host.is_empty() { format!(" {}", route.path) } else { route.path.clone() })
}

/// Who is asked for which requests, canaries aside.
fn claim(route: &Route) -> impl Ord + use<> {
    // A prefix is the same with and without its slash.
    let path = match route.path_kind {
        PathKind::Prefix => route.path.trim_end_matches('/').to_owned(),
        _ => route.path.clone(),
    };
    let class = match route.router {
        Router::Gateway => String::new(),
        _ => route.class.clone(),
    };
    (route.router, class, route.host.clone(), route.path_kind, path, route.conditions.clone(), route.only_tls)
}

fn claimed(routes: &[Route], found: &mut Vec<Conflict>) {
    let mut claims: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (n, route) in routes.iter().enumerate() {
        claims.entry(claim(route)).or_default().push(n);
    }
    for all in claims.into_values() {
        let (canaries, plain): (Vec<usize>, Vec<usize>) = all.iter().partition(|n| routes[**n].canary.is_some());
        if let [first, second, ..] = plain[..] {
            let [one, other] = [&routes[second], &routes[first]];
            let whose = if one.chart == other.chart { String::new() } else { format!(" of chart {}", other.chart) };
            let message = format!("{} is claimed by {}{whose}, too", place(one), other.object);
            let mut routes = vec![second, first];
            routes.extend(&plain[2..]);
            found.push(Conflict { rule: "claimed-twice", severity: Severity::Error, message, routes });
        }
        for n in canaries.iter().filter(|_| plain.is_empty()) {
            let message = format!("the canary for {} has no route that it is a canary of", place(&routes[*n]));
            found.push(Conflict { rule: "canary-alone", severity: Severity::Error, message, routes: vec![*n] });
        }
    }
}

/// Routes of one host, in different charts, of which one takes a part of the other's requests; and expressions that no
/// request reaches.
fn shadowed(routes: &[Route], found: &mut Vec<Conflict>) {
    let mut hosts: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (n, route) in routes.iter().enumerate().filter(|(_, r)| r.canary.is_none() && r.redirect.is_none()) {
        hosts.entry((&route.class, &route.host)).or_default().push(n);
    }
    for all in hosts.values() {
        for n in all {
            let route = &routes[*n];
            if route.path_kind == PathKind::Regex || route.path == "/" {
                continue;
            }
            // The closest prefix of another chart around it; the root is everybody's.
            let around = all.iter().filter(|o| {
                let other = &routes[**o];
                other.chart != route.chart
                    && matches!(other.path_kind, PathKind::Prefix | PathKind::Start)
                    && other.path != "/"
                    && other.path.trim_end_matches('/').len() < route.path.trim_end_matches('/').len()
                    && is_prefix(&other.path, &route.path)
            });
            if let Some(o) = around.max_by_key(|o| routes[**o].path.len()) {
                let other = &routes[*o];
                let message =
                    format!("{} takes requests below {} away from chart {}", place(route), other.path, other.chart);
                let routes = vec![*n, *o];
                found.push(Conflict { rule: "shadowed", severity: Severity::Warning, message, routes });
            }
        }
    }
}

fn certificates(routes: &[Route], index: &Index, found: &mut Vec<Conflict>) {
    let mut push = |message, routes| {
        found.push(Conflict { rule: "no-certificate", severity: Severity::Warning, message, routes });
    };
    // Gateways are left out: they take Secrets of other namespaces, by grants.
    let mut missing: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    // Objects that have a certificate for one of their hosts.
    let mut with_tls = BTreeSet::new();
    for (n, route) in routes.iter().enumerate().filter(|(_, r)| r.router != Router::Gateway && r.tls.is_some()) {
        let namespace = &route.object.namespace;
        if let Some(Tls::Secret(name)) = &route.tls
            && !index.has_secret(namespace, name)
        {
            missing.entry((namespace, name)).or_default().push(n);
        }
        with_tls.insert(&route.object);
    }
    for ((_, name), all) in missing {
        let hosts: BTreeSet<&str> = all.iter().map(|n| routes[*n].host.as_str()).collect();
        let hosts = hosts.into_iter().collect::<Vec<_>>().join(", ");
        push(format!("nothing rendered makes the Secret {name} with the certificate for {hosts}"), all);
    }
    let mut seen = BTreeSet::new();
    for (n, route) in routes.iter().enumerate() {
        let bare = route.tls.is_none() && route.router == Router::IngressNginx && !route.host.is_empty();
        if bare && with_tls.contains(&route.object) && seen.insert((&route.object, &route.host)) {
            let message = format!("{} has no certificate, which other hosts of {} have", route.host, route.object);
            push(message, vec![n]);
        }
    }
}

fn backends(routes: &[Route], index: &Index, found: &mut Vec<Conflict>) {
    for (n, route) in routes.iter().enumerate() {
        for backend in &route.backends {
            let text = backend.text(&route.object.namespace);
            let (rule, severity, message) = match index.behind(backend) {
                Behind::Rendered => continue,
                Behind::NoService => ("no-service", Severity::Warning, "no Service of that name is rendered"),
                Behind::NoPort => ("no-port", Severity::Error, "the Service has no such port"),
            };
            let message = format!("{} goes to {text}, but {message}", place(route));
            found.push(Conflict { rule, severity, message, routes: vec![n] });
        }
    }
}
