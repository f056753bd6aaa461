//! Ingresses, with the annotations of ingress-nginx (its `internal/ingress/annotations`) and Kong.

use super::read::{Object, items, port, text};
use super::{PathKind, Redirect, Rewrite, Route, Router, Tls};
use crate::yaml::node::Node;

/// Annotations of ingress-nginx that a reader of routes should know of, besides those that have fields.
const NOTED: [&str; 14] = [
    "affinity",
    "auth-tls-secret",
    "auth-type",
    "auth-url",
    "configuration-snippet",
    "custom-http-errors",
    "default-backend",
    "denylist-source-range",
    "enable-cors",
    "limit-rps",
    "mirror-target",
    "server-snippet",
    "upstream-vhost",
    "whitelist-source-range",
];

pub(super) fn read(one: &Object<'_>, found: &mut Vec<Route>) {
    let spec = one.object.root().get("spec");
    let class = match text(spec, "ingressClassName") {
        "" => one.annotation("kubernetes.io/ingress.class").unwrap_or_default(),
        class => class,
    };
    let router = router(one, class);
    let start = found.len();
    for (r, rule) in items(spec, "rules").iter().enumerate() {
        let host = text(Some(rule), "host");
        let mut hosts = vec![host];
        let aliases = nginx(one, router, "server-alias").unwrap_or_default();
        hosts.extend(aliases.split(',').map(str::trim).filter(|a| !a.is_empty()));
        for (p, path) in items(rule.get("http"), "paths").iter().enumerate() {
            for host in &hosts {
                let mut route = one.route(router, host, format!("spec.rules[{r}].http.paths[{p}]"));
                route.path = match text(Some(path), "path") {
                    "" => "/".into(),
                    path => path.to_owned(),
                };
                route.path_kind = kind(router, text(Some(path), "pathType"), &mut route.path);
                backend(one, path.get("backend"), &mut route);
                found.push(route);
            }
        }
        app_root(one, router, host, r, found);
    }
    if let Some(default) = spec.and_then(|s| s.get("defaultBackend")) {
        let mut route = one.route(router, "", "spec.defaultBackend".into());
        backend(one, Some(default), &mut route);
        found.push(route);
    }
    for route in &mut found[start..] {
        route.class = class.to_owned();
        tls(spec, route);
        match router {
            Router::IngressNginx => annotate_nginx(one, route),
            Router::Kong => annotate_kong(one, route),
            _ => {}
        }
    }
}

fn router(one: &Object<'_>, class: &str) -> Router {
    let annotations = one.object.root().at(&["metadata", "annotations"]).map(Node::entries).unwrap_or_default();
    let has = |prefix: &str| annotations.iter().any(|e| e.key.starts_with(prefix));
    match class {
        c if c.contains("kong") => Router::Kong,
        c if c.contains("nginx") => Router::IngressNginx,
        "" if has("konghq.com/") => Router::Kong,
        "" => Router::IngressNginx,
        _ if has("nginx.ingress.kubernetes.io/") => Router::IngressNginx,
        _ if has("konghq.com/") => Router::Kong,
        _ => Router::Other,
    }
}

/// An annotation of ingress-nginx.
fn nginx<'a>(one: &Object<'a>, router: Router, name: &str) -> Option<&'a str> {
    let key = format!("nginx.ingress.kubernetes.io/{name}");
    one.annotation(&key).filter(|v| router == Router::IngressNginx && !v.is_empty())
}

fn kind(router: Router, path_type: &str, path: &mut String) -> PathKind {
    match path_type {
        "Exact" => PathKind::Exact,
        "Prefix" => PathKind::Prefix,
        // Kong: a path behind a tilde is an expression.
        _ if router == Router::Kong => match path.strip_prefix("/~").map(str::to_owned) {
            Some(regex) => {
                *path = regex;
                PathKind::Regex
            }
            None => PathKind::Start,
        },
        _ if router == Router::IngressNginx => PathKind::Start,
        _ => PathKind::Prefix,
    }
}

fn backend(one: &Object<'_>, node: Option<&Node>, route: &mut Route) {
    // networking.k8s.io/v1, and v1beta1's serviceName and servicePort.
    if let Some(service) = node.and_then(|n| n.get("service")) {
        let wanted = service.get("port");
        let number = wanted.and_then(|p| p.get("name").or_else(|| p.get("number")));
        route.backends.push(one.backend(text(Some(service), "name"), port(number)));
    } else if let Some(name) = node.and_then(|n| n.get("serviceName")).and_then(Node::as_str) {
        route.backends.push(one.backend(name, port(node.and_then(|n| n.get("servicePort")))));
    } else if let Some(resource) = node.and_then(|n| n.get("resource")) {
        let name = format!("{}/{}", text(Some(resource), "kind"), text(Some(resource), "name"));
        route.backends.push(one.backend(&name, String::new()));
    }
}

/// The certificate for a host: that of the first entry of `tls` that names it.
fn tls(spec: Option<&Node>, route: &mut Route) {
    for entry in items(spec, "tls") {
        let hosts: Vec<&str> = items(Some(entry), "hosts").iter().filter_map(Node::as_str).collect();
        if hosts.is_empty() || hosts.iter().any(|h| super::model::covers(h, &route.host)) {
            route.tls = Some(match text(Some(entry), "secretName") {
                "" => Tls::Default,
                name => Tls::Secret(name.to_owned()),
            });
            return;
        }
    }
}

/// `app-root`: `/` itself is sent elsewhere.
fn app_root(one: &Object<'_>, router: Router, host: &str, rule: usize, found: &mut Vec<Route>) {
    let Some(to) = nginx(one, router, "app-root") else { return };
    let mut route = one.route(router, host, format!("spec.rules[{rule}]"));
    route.path_kind = PathKind::Exact;
    route.redirect = Some(Redirect { code: 302, to: format!("$scheme://$http_host{to}") });
    found.push(route);
}

fn annotate_nginx(one: &Object<'_>, route: &mut Route) {
    // Where `app-root` sends a client, no other annotation matters.
    if route.redirect.is_some() {
        return;
    }
    let get = |name: &str| nginx(one, Router::IngressNginx, name);
    let is = |name: &str| get(name) == Some("true");
    if let Some(target) = get("rewrite-target") {
        // With the path itself as target, nothing is rewritten.
        route.rewrite = (target != route.path).then(|| Rewrite::Regex(target.to_owned()));
    }
    if is("use-regex") || route.rewrite.is_some() {
        route.path_kind = PathKind::Regex;
    }
    let wants = |name: &str, otherwise: bool| get(name).map_or(otherwise, |v| v == "true");
    if (wants("ssl-redirect", true) && route.tls.is_some()) || is("force-ssl-redirect") {
        route.tls_redirect = Some(308);
    }
    if is("ssl-passthrough") {
        route.tls = Some(Tls::Passthrough);
    }
    let code = |name: &str, usual: u16| get(name).and_then(|c| c.parse().ok()).unwrap_or(usual);
    if let Some(to) = get("temporal-redirect") {
        route.redirect = Some(Redirect { code: code("temporal-redirect-code", 302), to: to.to_owned() });
    } else if let Some(to) = get("permanent-redirect") {
        route.redirect = Some(Redirect { code: code("permanent-redirect-code", 301), to: to.to_owned() });
    }
    if is("canary") {
        route.canary = Some(canary(&get));
    }
    for backend in &mut route.backends {
        let protocol = get("backend-protocol").unwrap_or_default().to_uppercase();
        backend.protocol = if protocol == "HTTP" { String::new() } else { protocol };
    }
    if is("from-to-www-redirect") {
        route.notes.push("from-to-www-redirect".into());
    }
    route.notes.extend(NOTED.iter().filter_map(|name| Some(format!("{name}: {}", one_line(get(name)?)))));
}

fn canary<'a>(get: &dyn Fn(&str) -> Option<&'a str>) -> String {
    let mut parts = Vec::new();
    if let Some(header) = get("canary-by-header") {
        let value = get("canary-by-header-value").or_else(|| get("canary-by-header-pattern")).unwrap_or("always");
        parts.push(format!("header {header}: {value}"));
    }
    if let Some(cookie) = get("canary-by-cookie") {
        parts.push(format!("cookie {cookie}=always"));
    }
    if let Some(weight) = get("canary-weight") {
        let total = get("canary-weight-total").map(|t| format!(" of {t}")).unwrap_or_else(|| " %".into());
        parts.push(format!("{weight}{total}"));
    }
    if parts.is_empty() { "nothing, by no rule".into() } else { parts.join(", else ") }
}

fn annotate_kong(one: &Object<'_>, route: &mut Route) {
    let get = |name: &str| one.annotation(&format!("konghq.com/{name}")).filter(|v| !v.is_empty());
    match (get("strip-path") == Some("true"), get("path")) {
        (true, before) => route.rewrite = Some(Rewrite::Prefix(before.unwrap_or("/").to_owned())),
        (false, Some(before)) => route.rewrite = Some(Rewrite::Before(before.to_owned())),
        (false, None) => {}
    }
    if get("protocols").is_some_and(|p| !p.split(',').any(|p| matches!(p.trim(), "http" | "grpc"))) {
        // Without a status of its own Kong answers 426.
        route.tls_redirect = Some(get("https-redirect-status-code").and_then(|c| c.parse().ok()).unwrap_or(426));
    }
    if let Some(methods) = get("methods") {
        route.conditions.push(format!("method {}", methods.replace(',', " or ")));
    }
    for backend in &mut route.backends {
        backend.protocol = get("protocol").filter(|p| *p != "http").unwrap_or_default().to_uppercase();
    }
    route.notes.extend(
        ["plugins", "host-aliases", "headers", "regex-priority", "preserve-host", "override"]
            .iter()
            .filter_map(|name| Some(format!("{name}: {}", one_line(get(name)?)))),
    );
}

/// The first line of a text, marked where there are more.
fn one_line(text: &str) -> String {
    let first = text.trim().lines().next().unwrap_or_default();
    if text.trim().lines().count() > 1 { format!("{first} …") } else { first.to_owned() }
}
