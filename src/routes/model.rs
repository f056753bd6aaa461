//! Where a request goes in the cluster: by host, then by path, by the rules of whoever serves the route.
//!
//! ingress-nginx: `buildLocation` and `updateServerLocations` of its `internal/ingress/controller`. The others:
//! <https://kubernetes.io/docs/concepts/services-networking/ingress/#path-types> and the Gateway API's specification.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::nginx::pattern::Pattern;
use super::{PathKind, Redirect, Request, Rewrite, Route, Router};

/// What the cluster does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A backend has it.
    Backend {
        /// Of the route's backends.
        service: String,
        /// What it sees.
        uri: String,
    },
    /// A redirect.
    Redirect {
        /// Its status.
        code: u16,
        /// Where to.
        to: String,
    },
    /// No route fits, or the one that does has no backend.
    Nothing,
}

/// Routes, ready to be asked.
pub struct Model<'r> {
    routes: &'r [Route],
    /// Numbers of the routes by host.
    hosts: HashMap<&'r str, Vec<usize>>,
    patterns: RefCell<HashMap<String, Option<Rc<Pattern>>>>,
}

/// Whether a host of a route or certificate stands for another one.
pub fn covers(host: &str, asked: &str) -> bool {
    host.eq_ignore_ascii_case(asked)
        || host.strip_prefix('*').is_some_and(|suffix| {
            let rest = asked.len().checked_sub(suffix.len()).filter(|n| asked.is_char_boundary(*n));
            rest.is_some_and(|n| n > 0 && asked[n..].eq_ignore_ascii_case(suffix) && !asked[..n].contains('.'))
        })
}

/// Whether a path is below another one, element by element.
pub fn is_prefix(prefix: &str, path: &str) -> bool {
    let trimmed = prefix.trim_end_matches('/');
    path.strip_prefix(trimmed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl<'r> Model<'r> {
    /// A model of these routes.
    pub fn new(routes: &'r [Route]) -> Model<'r> {
        let mut hosts: HashMap<&str, Vec<usize>> = HashMap::new();
        for (n, route) in routes.iter().enumerate() {
            hosts.entry(&route.host).or_default().push(n);
        }
        Model { routes, hosts, patterns: RefCell::default() }
    }

    /// The routes that are looked at for a host: those of the most specific one.
    pub fn for_host(&self, host: &str) -> &[usize] {
        if let Some(exact) = self.hosts.get(host) {
            return exact;
        }
        let masks = self.hosts.iter().filter(|(h, routes)| {
            let deep = routes.iter().any(|n| self.routes[*n].router == Router::Gateway);
            covers(h, host) || (deep && h.strip_prefix('*').is_some_and(|s| host.ends_with(s) && host.len() > s.len()))
        });
        let longest = masks.max_by_key(|(h, _)| (h.len(), **h)).map(|(_, routes)| routes.as_slice());
        longest.or_else(|| self.hosts.get("").map(Vec::as_slice)).unwrap_or_default()
    }

    /// The route for a request, and what it does.
    pub fn answer(&self, request: &Request) -> (Option<usize>, Answer) {
        let (path, args) = request.uri.split_once('?').unwrap_or((&request.uri, ""));
        let Some(n) = self.find(request, path) else { return (None, Answer::Nothing) };
        let route = &self.routes[n];
        if let Some(code) = route.tls_redirect.filter(|_| !request.has_tls) {
            return (Some(n), Answer::Redirect { code, to: format!("https://{}{}", request.host, request.uri) });
        }
        let rewritten = self.rewritten(route, path);
        if let Some(redirect) = &route.redirect {
            return (Some(n), redirected(redirect, request, &rewritten));
        }
        let Some(backend) = route.backends.first() else { return (Some(n), Answer::Nothing) };
        let args = if args.is_empty() { String::new() } else { format!("?{args}") };
        let service = backend.text(&route.object.namespace);
        (Some(n), Answer::Backend { service, uri: format!("{rewritten}{args}") })
    }

    /// The routes that fit a request, whichever of them wins.
    pub fn fitting(&self, request: &Request) -> Vec<usize> {
        let path = request.uri.split('?').next().unwrap_or_default();
        let by_regex = self.is_by_regex(&request.host);
        let all = self.for_host(&request.host).iter().copied();
        all.filter(|n| self.takes(*n, request) && self.fits(&self.routes[*n], path, by_regex)).collect()
    }

    fn find(&self, request: &Request, path: &str) -> Option<usize> {
        let by_regex = self.is_by_regex(&request.host);
        let fitting = self.fitting(request);
        fitting.into_iter().max_by(|a, b| {
            let rank = |n: usize| self.rank(&self.routes[n], path, by_regex);
            // Of equals the first wins.
            rank(*a).cmp(&rank(*b)).then(b.cmp(a))
        })
    }

    /// Whether ingress-nginx makes expressions of all paths of a host, which it does if one of them is one.
    fn is_by_regex(&self, host: &str) -> bool {
        let of_nginx = |n: &&usize| self.routes[**n].router == Router::IngressNginx;
        self.for_host(host).iter().filter(of_nginx).any(|n| self.routes[*n].path_kind == PathKind::Regex)
    }

    /// Whether a route is there for such requests at all.
    fn takes(&self, n: usize, request: &Request) -> bool {
        let route = &self.routes[n];
        route.canary.is_none()
            && route.only_tls.is_none_or(|tls| tls == request.has_tls)
            && route.conditions.iter().all(|c| {
                c.strip_prefix("method ").is_some_and(|methods| methods.split(" or ").any(|m| m.trim() == "GET"))
            })
    }

    /// How a route compares with others that fit, the higher the better.
    fn rank(&self, route: &Route, path: &str, by_regex: bool) -> (u8, usize, usize) {
        let len = route.path.len();
        match (route.router, route.path_kind) {
            // Expressions are tried from the longest to the shortest.
            (Router::IngressNginx, _) if by_regex && !is_app_root(route) => (1, len, route.conditions.len()),
            (_, PathKind::Exact) => (3, len, route.conditions.len()),
            // ingress-nginx adds an exact location for a prefix, if there is no exact one.
            (Router::IngressNginx, PathKind::Prefix) if route.path.trim_end_matches('/') == path => (2, len, 0),
            (_, PathKind::Regex) => (2, len, route.conditions.len()),
            (_, PathKind::Prefix) => (1, route.path.trim_end_matches('/').len() + 1, route.conditions.len()),
            (_, PathKind::Start) => (1, len, route.conditions.len()),
        }
    }

    fn fits(&self, route: &Route, path: &str, by_regex: bool) -> bool {
        if route.router == Router::IngressNginx && by_regex && !is_app_root(route) {
            return self.pattern(&format!("(?i)^{}", route.path)).is_some_and(|p| p.fits(path));
        }
        match route.path_kind {
            PathKind::Exact => route.path == path,
            PathKind::Prefix => is_prefix(&route.path, path),
            PathKind::Start => path.starts_with(&route.path),
            PathKind::Regex => self.pattern(&format!("^(?:{})", route.path)).is_some_and(|p| p.fits(path)),
        }
    }

    fn pattern(&self, source: &str) -> Option<Rc<Pattern>> {
        if let Some(found) = self.patterns.borrow().get(source) {
            return found.clone();
        }
        let compiled = Pattern::new(source, false).ok().map(Rc::new);
        self.patterns.borrow_mut().insert(source.to_owned(), compiled.clone());
        compiled
    }

    fn rewritten(&self, route: &Route, path: &str) -> String {
        match &route.rewrite {
            None => path.to_owned(),
            Some(Rewrite::Full(to)) => to.clone(),
            Some(Rewrite::Before(before)) => format!("{}{path}", before.trim_end_matches('/')),
            Some(Rewrite::Prefix(to)) => {
                // Kong cuts what an expression fits.
                let expression = (route.path_kind == PathKind::Regex).then(|| format!("^(?:{})", route.path));
                let fitted = expression.and_then(|e| self.pattern(&e)).and_then(|p| p.matched(path));
                let cut = fitted.unwrap_or(&route.path).trim_end_matches('/');
                let rest = path.strip_prefix(cut).unwrap_or(path);
                let joined = format!("{}/{}", to.trim_end_matches('/'), rest.trim_start_matches('/'));
                if rest.is_empty() && !to.is_empty() && to != "/" { to.clone() } else { joined }
            }
            Some(Rewrite::Regex(to)) => {
                let found = self.pattern(&format!("(?i){}", route.path)).and_then(|p| p.find(path));
                found.map_or_else(|| path.to_owned(), |groups| with_groups(to, &groups.numbered))
            }
        }
    }
}

/// `app-root` compares the whole path, whatever the locations around it do.
fn is_app_root(route: &Route) -> bool {
    route.path_kind == PathKind::Exact && route.redirect.is_some() && route.backends.is_empty()
}

/// `$1` and `${1}` by groups.
fn with_groups(text: &str, groups: &[String]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let inner = &rest[at + 1..];
        let braced = inner.strip_prefix('{').and_then(|i| i.split_once('}'));
        let (number, behind) = match braced {
            Some((number, behind)) => (number, behind),
            None => inner.split_at(usize::from(inner.starts_with(|c: char| c.is_ascii_digit()))),
        };
        match number.parse::<usize>() {
            Ok(n) => out.push_str(groups.get(n).map_or("", String::as_str)),
            Err(_) => out.push_str(&rest[at..rest.len() - behind.len()]),
        }
        rest = behind;
    }
    out + rest
}

fn redirected(redirect: &Redirect, request: &Request, rewritten: &str) -> Answer {
    let scheme = if request.has_tls { "https" } else { "http" };
    let path = request.uri.split('?').next().unwrap_or_default();
    let known = [
        ("$request_uri", request.uri.as_str()),
        ("$rewritten", rewritten),
        ("$http_host", &request.host),
        ("$best_http_host", &request.host),
        ("$host", &request.host),
        ("$scheme", scheme),
        ("$uri", path),
    ];
    let to = known.iter().fold(redirect.to.clone(), |text, (name, value)| text.replace(name, value));
    let to = if to.starts_with('/') { format!("{scheme}://{}{to}", request.host) } else { to };
    Answer::Redirect { code: redirect.code, to }
}

#[cfg(test)]
mod tests {
    use super::{covers, is_prefix};

    /// <https://kubernetes.io/docs/concepts/services-networking/ingress/#examples>, the table of paths.
    #[test]
    fn paths_are_prefixes_by_elements() {
        for (prefix, path, fits) in [
            ("/", "/anything", true),
            ("/foo", "/foo", true),
            ("/foo", "/foo/", true),
            ("/foo/", "/foo", true),
            ("/foo/", "/foo/", true),
            ("/aaa/bb", "/aaa/bbb", false),
            ("/aaa/bbb", "/aaa/bbb", true),
            ("/aaa/bbb/", "/aaa/bbb", true),
            ("/aaa/bbb", "/aaa/bbb/", true),
            ("/aaa/bbb", "/aaa/bbb/ccc", true),
            ("/aaa/bbb", "/aaa/bbbxyz", false),
            ("/aaa", "/aaa/ccc", true),
            ("/aaa", "/ccc", false),
        ] {
            assert_eq!(is_prefix(prefix, path), fits, "{prefix} {path}");
        }
    }

    /// The same page's table of hosts.
    #[test]
    fn masks_are_for_one_label() {
        for (mask, host, fits) in [
            ("*.foo.com", "bar.foo.com", true),
            ("*.foo.com", "baz.bar.foo.com", false),
            ("*.foo.com", "foo.com", false),
            ("foo.com", "FOO.com", true),
        ] {
            assert_eq!(covers(mask, host), fits, "{mask} {host}");
        }
    }
}
