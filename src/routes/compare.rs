//! An existing nginx against the routes of charts: both are asked the same requests, and where they say different
//! things is said by location and route. Start at [`compare`].
//!
//! Addresses and Services have different names, so it is found out which Service stands for which address: the one of
//! its name, or the one that gets most of its requests. What goes elsewhere than the others is a difference.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Answer, Model};
use super::nginx::Config;
use super::nginx::eval::{self, Outcome, Served};
use super::requests;
use super::{Request, Route};
use crate::finding::Spot;

/// How many requests a difference shows.
const EXAMPLES: usize = 3;

/// In which way the sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// nginx answers, the cluster doesn't.
    Missing,
    /// Another Service has it.
    Target,
    /// Another Service has it, though there is a route to the right one: that one loses.
    Priority,
    /// One is there by TLS, or insists on it, and the other isn't.
    Tls,
    /// The backend sees another path.
    Rewrite,
    /// Clients are sent elsewhere, or only by one of them.
    Redirect,
    /// nginx answers by itself, the cluster asks a Service.
    Answer,
    /// The cluster answers, nginx doesn't.
    Extra,
}

/// A request with what both say.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// Its URL.
    pub url: String,
    /// What nginx does.
    pub nginx: String,
    /// What the cluster does.
    pub cluster: String,
}

/// A difference between a location and a route.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// In which way.
    pub kind: Kind,
    /// The server of nginx, by its first name.
    pub server: String,
    /// The location, as it is written; `server` for what a server does by itself; empty where nginx has nothing.
    pub location: String,
    /// Where that stands.
    pub spot: Option<Spot>,
    /// The route, by its number.
    pub route: Option<usize>,
    /// Requests that show it.
    pub examples: Vec<Example>,
    /// How many of the requests that were asked show it.
    pub requests: usize,
    /// What nginx was taken not to know or have: files, headers.
    pub assumed: Vec<String>,
}

/// Which Service stands for what in nginx.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// `http ledger`, `fastcgi unix:/run/php.sock`, `files`
    pub nginx: String,
    /// `service:port`
    pub service: String,
    /// How that is known: `given`, `name` or `requests`.
    pub by: &'static str,
    /// How many requests say so, of how many.
    pub requests: (usize, usize),
}

/// The comparison.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// How many requests both were asked.
    pub requests: usize,
    /// How many of them they agreed on.
    pub same: usize,
    /// Whether there would have been more.
    pub cut: bool,
    /// Which Service stands for what.
    pub pairs: Vec<Pair>,
    /// The differences.
    pub differences: Vec<Difference>,
}

/// Compares; `given` says which Service stands for an upstream or address, as the user knows it.
pub fn compare(config: &Config, routes: &[Route], given: &[(String, String)]) -> Comparison {
    let model = Model::new(routes);
    let (requests, cut) = requests::requests(config, routes, &model);
    let asked: Vec<Asked<'_>> = requests
        .iter()
        .map(|request| {
            let (route, answer) = model.answer(request);
            Asked { request, outcome: eval::answer(config, request), route, answer }
        })
        .collect();
    let pairs = pairs(&asked, given);
    let mut found: BTreeMap<_, Difference> = BTreeMap::new();
    let mut same = 0;
    for one in &asked {
        let Some(kind) = judge(one, &model, routes, &pairs) else {
            same += 1;
            continue;
        };
        let (server, location, spot) = side(config, one);
        let key = (kind, spot.clone(), location.clone(), one.route, server.clone());
        let difference = found.entry(key).or_insert_with(|| Difference {
            kind,
            server,
            location,
            spot,
            route: one.route,
            examples: Vec::new(),
            requests: 0,
            assumed: one.outcome.assumed.iter().cloned().collect(),
        });
        difference.requests += 1;
        if difference.examples.len() < EXAMPLES {
            let (nginx, cluster) = (said(&one.outcome.served), answered(&one.answer));
            difference.examples.push(Example { url: one.request.to_string(), nginx, cluster });
        }
    }
    Comparison { requests: requests.len(), same, cut, pairs, differences: found.into_values().collect() }
}

/// A request and what both say.
struct Asked<'a> {
    request: &'a Request,
    outcome: Outcome<'a>,
    route: Option<usize>,
    answer: Answer,
}

/// What stands behind nginx, by a name; nothing where it answers by itself.
fn behind(served: &Served) -> Option<String> {
    match served {
        Served::Passed { kind, to, .. } => Some(format!("{kind} {to}")),
        Served::Files(_) => Some("files".into()),
        Served::Content(name) => Some(name.clone()),
        _ => None,
    }
}

fn pairs(asked: &[Asked<'_>], given: &[(String, String)]) -> Vec<Pair> {
    let mut votes: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for one in asked {
        if let (Some(name), Answer::Backend { service, .. }) = (behind(&one.outcome.served), &one.answer) {
            *votes.entry(name).or_default().entry(service).or_default() += 1;
        }
    }
    let mut found: Vec<Pair> = votes.into_iter().map(|(nginx, votes)| pair(nginx, &votes, given)).collect();
    alone(&mut found);
    found
}

fn pair(nginx: String, votes: &BTreeMap<&str, usize>, given: &[(String, String)]) -> Pair {
    let address = nginx.split_once(' ').map_or(nginx.as_str(), |(_, a)| a);
    let plain = |text: &str| text.split([':', '.']).next().unwrap_or_default().replace('_', "-");
    let told = given.iter().find(|(from, _)| *from == address || *from == nginx);
    let named = votes.keys().find(|service| plain(service) == plain(address));
    let most = votes.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(s, _)| s);
    let (service, by) = match (told, named, most) {
        (Some((_, to)), ..) => (full(to, votes), "given"),
        (_, Some(service), _) => ((*service).to_owned(), "name"),
        (_, _, most) => (most.map(|s| (*s).to_owned()).unwrap_or_default(), "requests"),
    };
    let own = votes.get(service.as_str()).copied().unwrap_or_default();
    Pair { nginx, service, by, requests: (own, votes.values().sum()) }
}

/// What runs on the machine itself (files, php-fpm) becomes one Service; another machine has a Service of its own. Of
/// two that would share one, the second has none: its requests end up there only because no route says otherwise.
fn alone(pairs: &mut [Pair]) {
    let is_remote = |p: &Pair| p.nginx.starts_with("http ") || p.nginx.starts_with("grpc ");
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    // What is sure comes first, then the machine itself, then who gets most.
    order.sort_by_key(|n| {
        let p = &pairs[*n];
        (p.by == "requests", is_remote(p), std::cmp::Reverse(p.requests.0), *n)
    });
    let mut taken: Vec<String> = Vec::new();
    for n in order {
        let pair = &mut pairs[n];
        if is_remote(pair) && pair.by == "requests" && taken.contains(&pair.service) {
            pair.service.clear();
        }
        taken.push(pair.service.clone());
    }
}

/// A Service's name with its port, where it was told without.
fn full(to: &str, votes: &BTreeMap<&str, usize>) -> String {
    let port_of = |service: &&&str| service.rsplit_once(':').is_some_and(|(name, _)| name == to);
    votes.keys().find(port_of).map_or_else(|| to.to_owned(), |s| (*s).to_owned())
}

/// In which way the sides differ, if they do.
fn judge(one: &Asked<'_>, model: &Model<'_>, routes: &[Route], pairs: &[Pair]) -> Option<Kind> {
    let nobody = matches!(&one.outcome.served, Served::Nobody | Served::Status { code: 404 | 444, .. });
    match (&one.outcome.served, &one.answer) {
        (_, Answer::Nothing) if nobody => None,
        (_, Answer::Nothing) => Some(Kind::Missing),
        (_, _) if nobody => Some(Kind::Extra),
        (Served::Redirect { code, to }, Answer::Redirect { code: other, to: there }) => {
            (is_permanent(*code) != is_permanent(*other) || to != there).then_some(Kind::Redirect)
        }
        (Served::Redirect { to, .. }, Answer::Backend { .. }) => {
            Some(if is_upgrade(one.request, to) { Kind::Tls } else { Kind::Redirect })
        }
        (_, Answer::Redirect { to, .. }) => Some(if is_upgrade(one.request, to) { Kind::Tls } else { Kind::Redirect }),
        (Served::Status { .. }, Answer::Backend { .. }) => Some(Kind::Answer),
        (served, Answer::Backend { service, uri }) => {
            let name = behind(served)?;
            let wanted = pairs.iter().find(|p| p.nginx == name).map(|p| p.service.as_str())?;
            if wanted != service {
                let right = |n: &usize| {
                    let home = &routes[*n].object.namespace;
                    routes[*n].backends.iter().any(|b| b.text(home) == wanted)
                };
                let there = model.fitting(one.request).iter().any(right);
                return Some(if there { Kind::Priority } else { Kind::Target });
            }
            let has_tls = one.route.is_some_and(|n| routes[n].tls.is_some());
            if one.request.has_tls && !has_tls {
                return Some(Kind::Tls);
            }
            let same = match served {
                Served::Passed { kind: "http" | "grpc", uri: theirs, .. } => is_same_uri(theirs, uri),
                // What has the files or runs the scripts now sees the client's path, or the one nginx made of it.
                Served::Passed { uri: theirs, .. } => theirs == uri || is_same_uri(&one.request.uri, uri),
                _ => is_same_uri(&one.request.uri, uri),
            };
            (!same).then_some(Kind::Rewrite)
        }
    }
}

fn is_same_uri(a: &str, b: &str) -> bool {
    a == b || a == b.replace("//", "/")
}

/// 301 and 308 say the same of a GET, as 302, 303 and 307 do.
fn is_permanent(code: u16) -> bool {
    matches!(code, 301 | 308)
}

/// Whether a redirect leads to the same URL by TLS.
fn is_upgrade(request: &Request, to: &str) -> bool {
    !request.has_tls
        && to.strip_prefix("https://").is_some_and(|rest| rest == format!("{}{}", request.host, request.uri))
}

fn said(served: &Served) -> String {
    match served {
        Served::Passed { kind, to, uri, .. } => format!("{kind} {to} {uri}"),
        Served::Files(root) => format!("files below {root}"),
        Served::Redirect { code, to } => format!("{code} to {to}"),
        Served::Status { code, text } => format!("{code} {text}").trim().to_owned(),
        Served::Content(name) => name.clone(),
        Served::Nobody => "nobody listens".into(),
    }
}

fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Backend { service, uri } => format!("{service} {uri}"),
        Answer::Redirect { code, to } => format!("{code} to {to}"),
        Answer::Nothing => "no route".into(),
    }
}

/// The server's name, the location and its place.
fn side(config: &Config, one: &Asked<'_>) -> (String, String, Option<Spot>) {
    let Some(server) = one.outcome.server else { return (String::new(), String::new(), None) };
    let (at, text) = match one.outcome.first {
        Some(l) => (l.scope.at, l.matcher.to_string()),
        None => (server.at(), "server".into()),
    };
    let (file, line) = config.place(at);
    (server.name().to_owned(), text, Some(Spot { file: file.to_owned(), line, column: 1 }))
}
