//! Requests that tell two sides apart: made of the hosts, paths and expressions that either of them has.

use std::collections::BTreeSet;

use super::model::Model;
use super::nginx::find_server;
use super::nginx::model::{Config, Location, Matcher, NameKind, Scope, Server, Step};
use super::nginx::pattern::Pattern;
use super::{PathKind, Request, Route};

/// How many requests are made at most.
pub(super) const MOST: usize = 100_000;
/// How many paths of expressions are put behind each prefix.
const MOST_TAILS: usize = 24;

/// The requests, sorted; whether there would have been more.
pub(super) fn requests(config: &Config, routes: &[Route], model: &Model<'_>) -> (Vec<Request>, bool) {
    let mut found = BTreeSet::new();
    for host in hosts(config, routes) {
        let doors = doors(config, routes, model, &host);
        let mut paths = Paths::default();
        for server in doors.iter().filter_map(|(_, port)| find_server(config, *port, &host)) {
            paths.server(config, server);
        }
        for n in model.for_host(&host) {
            paths.route(&routes[*n]);
        }
        for uri in paths.all() {
            for (has_tls, port) in &doors {
                if found.len() >= MOST {
                    return (found.into_iter().collect(), true);
                }
                found.insert(Request { has_tls: *has_tls, port: *port, host: host.clone(), uri: uri.clone() });
            }
        }
    }
    (found.into_iter().collect(), false)
}

fn hosts(config: &Config, routes: &[Route]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in config.servers.iter().flat_map(|s| &s.names) {
        match &name.kind {
            // `_` and "" are nobody's name.
            NameKind::Exact(name) if name.contains(['.']) || name == "localhost" => _ = found.insert(name.clone()),
            NameKind::Exact(_) => {}
            NameKind::Ends { suffix, bare } => {
                found.insert(format!("x{suffix}"));
                if *bare {
                    found.insert(suffix[1..].to_owned());
                }
            }
            NameKind::Begins(prefix) => _ = found.insert(format!("{prefix}test")),
            NameKind::Regex(pattern) => found.extend(pattern.examples()),
        }
    }
    for route in routes.iter().filter(|r| !r.host.is_empty()) {
        found.insert(match route.host.strip_prefix('*') {
            Some(suffix) => format!("x{suffix}"),
            None => route.host.clone(),
        });
    }
    if found.is_empty() || routes.iter().any(|r| r.host.is_empty()) {
        found.insert("other.invalid".into());
    }
    found
}

/// Where a host can be asked: with TLS or without, on which port.
fn doors(config: &Config, routes: &[Route], model: &Model<'_>, host: &str) -> BTreeSet<(bool, u16)> {
    let ports: BTreeSet<(bool, u16)> = {
        let listens = config.servers.iter().flat_map(|s| &s.listens);
        listens.filter(|l| l.port != 0).map(|l| (l.has_tls, l.port)).collect()
    };
    // Where a server has the host by its name; where none has, the default ones do.
    let named = |(_, port): &&(bool, u16)| find_server(config, *port, host).is_some_and(|s| s.is_named(host));
    let mut found: BTreeSet<(bool, u16)> = ports.iter().filter(named).copied().collect();
    if found.is_empty() {
        found = ports;
    }
    let mine = model.for_host(host).iter().map(|n| &routes[*n]);
    for route in mine {
        if route.tls.is_some() {
            found.insert((true, 443));
        }
        if route.only_tls != Some(true) && found.is_empty() {
            found.insert((false, 80));
        }
    }
    found
}

#[derive(Default)]
struct Paths {
    plain: BTreeSet<String>,
    /// Prefixes that something else may stand behind.
    prefixes: BTreeSet<String>,
    /// What expressions want at the end.
    tails: BTreeSet<String>,
}

impl Paths {
    fn server(&mut self, config: &Config, server: &Server) {
        self.scope(&server.scope);
        self.locations(&server.locations);
        for (text, _) in config.maps.iter().flat_map(|m| &m.texts) {
            if text.starts_with('/') {
                self.plain.insert(text.clone());
            }
        }
        for (pattern, _) in config.maps.iter().flat_map(|m| &m.patterns) {
            self.pattern(pattern);
        }
    }

    fn locations(&mut self, locations: &[Location]) {
        for l in locations {
            match &l.matcher {
                Matcher::Exact(text) => self.exact(text),
                Matcher::Prefix(text) | Matcher::Priority(text) => self.prefix(text),
                Matcher::Regex(pattern) => self.pattern(pattern),
                Matcher::Named(_) => {}
            }
            self.scope(&l.scope);
            self.locations(&l.inner);
        }
    }

    fn scope(&mut self, scope: &Scope) {
        for step in &scope.steps {
            match step {
                Step::Rewrite { pattern, .. } => self.pattern(pattern),
                Step::If { scope, .. } => self.scope(scope),
                _ => {}
            }
        }
    }

    fn route(&mut self, route: &Route) {
        match route.path_kind {
            PathKind::Exact => self.exact(&route.path),
            PathKind::Prefix | PathKind::Start => self.prefix(&route.path),
            PathKind::Regex => {
                if let Ok(pattern) = Pattern::new(&format!("^{}", route.path), true) {
                    self.pattern(&pattern);
                }
            }
        }
    }

    fn exact(&mut self, text: &str) {
        self.plain.extend([text.to_owned(), format!("{text}/"), format!("{text}x")]);
    }

    fn prefix(&mut self, text: &str) {
        let bare = text.trim_end_matches('/');
        self.plain.extend([text.to_owned(), format!("{bare}/"), format!("{bare}/x"), format!("{bare}x")]);
        if !bare.is_empty() {
            self.plain.insert(bare.to_owned());
        }
        self.prefixes.insert(format!("{bare}/"));
    }

    fn pattern(&mut self, pattern: &Pattern) {
        for example in pattern.examples() {
            match example.strip_prefix('/') {
                Some(_) => _ = self.plain.insert(example.clone()),
                None => _ = self.tails.insert(example.clone()),
            }
            if let Some((_, last)) = example.rsplit_once('/').filter(|(_, last)| last.contains('.')) {
                self.tails.insert(last.to_owned());
            }
        }
    }

    fn all(mut self) -> BTreeSet<String> {
        self.plain.extend(["/".to_owned(), "/x".to_owned(), "/x?q=1".to_owned()]);
        self.prefixes.insert("/".to_owned());
        for prefix in &self.prefixes {
            for tail in self.tails.iter().take(MOST_TAILS) {
                self.plain.insert(format!("{prefix}x{tail}"));
            }
        }
        // What can't stand in a request line is no request.
        self.plain.retain(|p| p.starts_with('/') && !p.contains([' ', '#', '\n', '\r', '\0']));
        self.plain
    }
}
