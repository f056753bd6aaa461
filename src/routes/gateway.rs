//! Routes of the Gateway API: HTTPRoute and GRPCRoute.

use super::read::{Object, items, port, text};
use super::{PathKind, Redirect, Rewrite, Route, Router};
use crate::yaml::node::Node;

pub(super) fn read(one: &Object<'_>, found: &mut Vec<Route>) {
    let spec = one.object.root().get("spec");
    let hostnames: Vec<&str> = items(spec, "hostnames").iter().filter_map(Node::as_str).collect();
    let hosts = if hostnames.is_empty() { vec![""] } else { hostnames };
    let class = parents(spec);
    for (r, rule) in items(spec, "rules").iter().enumerate() {
        let matches = items(Some(rule), "matches");
        // Without matches a rule takes every path.
        for m in 0..matches.len().max(1) {
            let field = match matches.is_empty() {
                true => format!("spec.rules[{r}]"),
                false => format!("spec.rules[{r}].matches[{m}]"),
            };
            for host in &hosts {
                let mut route = one.route(Router::Gateway, host, field.clone());
                route.class.clone_from(&class);
                if let Some(found) = matches.get(m) {
                    read_match(found, &mut route);
                }
                backends(one, rule, &mut route);
                for filter in items(Some(rule), "filters") {
                    read_filter(filter, &mut route);
                }
                found.push(route);
            }
        }
    }
}

/// The Gateways with their listeners: `payments/public#https`.
fn parents(spec: Option<&Node>) -> String {
    let all = items(spec, "parentRefs").iter().map(|p| {
        let namespace = match text(Some(p), "namespace") {
            "" => String::new(),
            ns => format!("{ns}/"),
        };
        let section = match text(Some(p), "sectionName") {
            "" => String::new(),
            section => format!("#{section}"),
        };
        format!("{namespace}{}{section}", text(Some(p), "name"))
    });
    all.collect::<Vec<_>>().join(", ")
}

fn read_match(found: &Node, route: &mut Route) {
    if let Some(path) = found.get("path") {
        route.path = match text(Some(path), "value") {
            "" => "/".into(),
            value => value.to_owned(),
        };
        route.path_kind = match text(Some(path), "type") {
            "Exact" => PathKind::Exact,
            "RegularExpression" => PathKind::Regex,
            _ => PathKind::Prefix,
        };
    }
    match found.get("method") {
        // A GRPCRoute's method is a path.
        Some(m) if !m.entries().is_empty() => {
            let (service, method) = (text(Some(m), "service"), text(Some(m), "method"));
            let exact = !service.is_empty() && !method.is_empty();
            route.path = if exact { format!("/{service}/{method}") } else { format!("/{service}") };
            route.path_kind = if exact { PathKind::Exact } else { PathKind::Prefix };
            if service.is_empty() {
                (route.path, route.path_kind) = ("/".into(), PathKind::Prefix);
                route.conditions.push(format!("gRPC method {method}"));
            }
        }
        Some(m) => route.conditions.extend(m.as_str().map(|m| format!("method {m}"))),
        None => {}
    }
    for (list, word) in [("headers", "header"), ("queryParams", "query")] {
        for one in items(Some(found), list) {
            let sign = if text(Some(one), "type") == "RegularExpression" { "~" } else { "=" };
            let (name, value) = (text(Some(one), "name"), text(Some(one), "value"));
            route.conditions.push(format!("{word} {name}{sign}{value}"));
        }
    }
}

fn backends(one: &Object<'_>, rule: &Node, route: &mut Route) {
    let refs = items(Some(rule), "backendRefs");
    for reference in refs {
        let kind = text(Some(reference), "kind");
        let name = text(Some(reference), "name");
        let service = if matches!(kind, "" | "Service") { name.to_owned() } else { format!("{kind}/{name}") };
        let mut backend = one.backend(&service, port(reference.get("port")));
        match text(Some(reference), "namespace") {
            "" => {}
            namespace => backend.namespace = namespace.to_owned(),
        }
        let weight = reference.get("weight").and_then(Node::as_i64);
        backend.weight = if refs.len() > 1 { Some(weight.unwrap_or(1)) } else { weight };
        if one.object.kind == "GRPCRoute" {
            backend.protocol = "GRPC".into();
        }
        route.backends.push(backend);
    }
}

fn read_filter(filter: &Node, route: &mut Route) {
    let path_of = |part: Option<&Node>| {
        let path = part.and_then(|p| p.get("path"))?;
        match text(Some(path), "type") {
            "ReplaceFullPath" => Some(Rewrite::Full(text(Some(path), "replaceFullPath").to_owned())),
            "ReplacePrefixMatch" => Some(Rewrite::Prefix(text(Some(path), "replacePrefixMatch").to_owned())),
            _ => None,
        }
    };
    match text(Some(filter), "type") {
        "URLRewrite" => {
            let part = filter.get("urlRewrite");
            route.rewrite = path_of(part);
            let host = text(part, "hostname");
            if !host.is_empty() {
                route.notes.push(format!("host {host}"));
            }
        }
        "RequestRedirect" => {
            let part = filter.get("requestRedirect");
            let code = part.and_then(|p| p.get("statusCode")).and_then(Node::as_i64).unwrap_or(302);
            let or = |key: &str, otherwise: &str| match text(part, key) {
                "" => otherwise.to_owned(),
                text => text.to_owned(),
            };
            let path = match path_of(part) {
                Some(Rewrite::Full(path)) => path,
                Some(Rewrite::Prefix(path)) => {
                    route.rewrite = Some(Rewrite::Prefix(path));
                    "$rewritten".into()
                }
                _ => "$request_uri".into(),
            };
            let to = format!("{}://{}{path}", or("scheme", "$scheme"), or("hostname", "$host"));
            route.redirect = Some(Redirect { code: u16::try_from(code).unwrap_or(302), to });
        }
        "" => {}
        other => route.notes.push(other.to_owned()),
    }
}
