//! Traefik's IngressRoutes, as far as their rules are conjunctions of hosts, paths, methods and headers.

use super::read::{Object, items, port, text};
use super::{PathKind, Redirect, Rewrite, Route, Router, Tls};
use crate::yaml::node::Node;

/// Routes that one rule may stand for.
const MOST: usize = 100;

pub(super) fn read(one: &Object<'_>, found: &mut Vec<Route>) {
    let spec = one.object.root().get("spec");
    let points: Vec<&str> = items(spec, "entryPoints").iter().filter_map(Node::as_str).collect();
    for (r, rule) in items(spec, "routes").iter().enumerate() {
        for claim in claims(text(Some(rule), "match")) {
            let mut route = one.route(Router::Traefik, &claim.host, format!("spec.routes[{r}]"));
            route.class = points.join(", ");
            (route.path_kind, route.path) = claim.path.clone().unwrap_or((PathKind::Start, "/".into()));
            route.conditions = claim.conditions.clone();
            if let Some(tls) = spec.and_then(|s| s.get("tls")) {
                route.tls = Some(match text(Some(tls), "secretName") {
                    "" => Tls::Default,
                    name => Tls::Secret(name.to_owned()),
                });
                route.only_tls = Some(true);
            }
            let services = items(Some(rule), "services");
            for service in services {
                let mut backend = one.backend(text(Some(service), "name"), port(service.get("port")));
                let weight = service.get("weight").and_then(Node::as_i64);
                backend.weight = if services.len() > 1 { Some(weight.unwrap_or(1)) } else { weight };
                backend.protocol = match text(Some(service), "scheme") {
                    "" | "http" => String::new(),
                    scheme => scheme.to_uppercase(),
                };
                route.backends.push(backend);
            }
            for name in items(Some(rule), "middlewares") {
                middleware(one, text(Some(name), "name"), &mut route);
            }
            found.push(route);
        }
    }
}

/// What one alternative of a rule asks for.
#[derive(Clone, Default)]
struct Claim {
    host: String,
    path: Option<(PathKind, String)>,
    conditions: Vec<String>,
}

/// ``Host(`a`) && (PathPrefix(`/x`) || PathPrefix(`/y`))``: one for each host and path.
fn claims(rule: &str) -> Vec<Claim> {
    let mut all = vec![Claim::default()];
    for part in split(rule, "&&") {
        let part = part.trim();
        let inner = part.strip_prefix('(').and_then(|p| p.strip_suffix(')')).unwrap_or(part);
        let options: Vec<(String, String)> = split(inner, "||").into_iter().flat_map(calls).collect();
        let mut next = Vec::new();
        for claim in &all {
            for (name, argument) in &options {
                let mut new = claim.clone();
                match name.as_str() {
                    "Host" => new.host.clone_from(argument),
                    "Path" => new.path = Some((PathKind::Exact, argument.clone())),
                    "PathPrefix" => new.path = Some((PathKind::Start, argument.clone())),
                    "PathRegexp" => new.path = Some((PathKind::Regex, argument.clone())),
                    "Method" => new.conditions.push(format!("method {argument}")),
                    other => new.conditions.push(format!("{other} {argument}")),
                }
                next.push(new);
            }
        }
        if !options.is_empty() {
            all = next;
        }
        all.truncate(MOST);
    }
    all
}

/// Splits outside brackets and backquotes.
fn split<'t>(text: &'t str, at: &str) -> Vec<&'t str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i64, false);
    for (i, c) in text.char_indices() {
        match c {
            '`' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ if !quoted && depth == 0 && i >= start && text[i..].starts_with(at) => {
                parts.push(&text[start..i]);
                start = i + at.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// ``Host(`a`, `b`)`` as two of one argument; what is no call stays one.
fn calls(text: &str) -> Vec<(String, String)> {
    let text = text.trim();
    let Some((name, rest)) = text.split_once('(').filter(|_| text.ends_with(')')) else {
        return Vec::new();
    };
    let quoted: Vec<&str> = rest.split(['`', '"']).skip(1).step_by(2).collect();
    match name {
        "Host" | "Path" | "PathPrefix" | "Method" => {
            quoted.into_iter().map(|q| (name.to_owned(), q.to_owned())).collect()
        }
        _ => vec![(name.to_owned(), quoted.join("="))],
    }
}

/// What a Middleware of the same release does.
fn middleware(one: &Object<'_>, name: &str, route: &mut Route) {
    let mut all = one.release.objects.iter().filter(|o| o.kind == "Middleware");
    let spec = all.find(|o| o.name == name).and_then(|o| o.root().get("spec"));
    let Some(spec) = spec else {
        route.notes.push(format!("middleware {name}"));
        return;
    };
    for entry in spec.entries() {
        let part = Some(&entry.value);
        match &*entry.key {
            "stripPrefix" => route.rewrite = Some(Rewrite::Prefix("/".into())),
            "replacePath" => route.rewrite = Some(Rewrite::Full(text(part, "path").to_owned())),
            "addPrefix" => route.rewrite = Some(Rewrite::Before(text(part, "prefix").to_owned())),
            "redirectScheme" if text(part, "scheme") == "https" => {
                let is_permanent = entry.value.get("permanent").and_then(Node::as_bool) == Some(true);
                let code = if is_permanent { 301 } else { 302 };
                route.redirect = Some(Redirect { code, to: "https://$host$request_uri".into() });
            }
            other => route.notes.push(format!("{other} by middleware {name}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::claims;

    #[test]
    fn rules_are_taken_apart() {
        let all = claims("Host(`a.test`, `b.test`) && (PathPrefix(`/x`) || Path(`/y(&&)`)) && Method(`GET`)");
        let shown: Vec<String> = all
            .iter()
            .map(|c| format!("{}{} {}", c.host, c.path.as_ref().map_or("", |p| &p.1), c.conditions.join(",")))
            .collect();
        assert_eq!(
            shown,
            ["a.test/x method GET", "a.test/y(&&) method GET", "b.test/x method GET", "b.test/y(&&) method GET"]
        );
    }
}
