//! Which server and which location a request gets (`ngx_http_core_find_location`, `ngx_http_find_virtual_server`).

use super::model::{Config, Location, Matcher, NameKind, Server};
use super::pattern::Groups;

/// A location that was found.
pub(super) enum Found<'c> {
    /// This one, with the groups of its expression, if it is one.
    Location(&'c Location, Option<Groups>),
    /// The path lacks the slash that this one ends in: nginx redirects.
    Redirect(&'c Location),
    /// None.
    Nothing,
}

/// The server for a port and a host in lower case without a port; nothing where nobody listens.
pub(super) fn server<'c>(config: &'c Config, port: u16, host: &str) -> Option<(&'c Server, Option<Groups>)> {
    let listening = || config.servers.iter().filter(move |s| s.listens.iter().any(|l| l.port == port));
    let named = |fits: &dyn Fn(&NameKind) -> Option<usize>| {
        let all = listening().flat_map(|s| s.names.iter().map(move |n| (s, &n.kind)));
        let all = all.filter_map(|(s, kind)| Some((fits(kind)?, s)));
        // The longest; of equally long ones the first.
        all.fold(None, |best: Option<(usize, &Server)>, new| match best {
            Some(best) if best.0 >= new.0 => Some(best),
            _ => Some(new),
        })
    };
    let exact = |kind: &NameKind| match kind {
        NameKind::Exact(name) if name == host => Some(0),
        NameKind::Ends { suffix, bare: true } if suffix[1..] == *host => Some(0),
        _ => None,
    };
    let ends = |kind: &NameKind| match kind {
        NameKind::Ends { suffix, .. } if host.len() > suffix.len() && host.ends_with(suffix.as_str()) => {
            Some(suffix.len())
        }
        _ => None,
    };
    let begins = |kind: &NameKind| match kind {
        NameKind::Begins(prefix) if host.len() > prefix.len() && host.starts_with(prefix.as_str()) => {
            Some(prefix.len())
        }
        _ => None,
    };
    if let Some((_, server)) = named(&exact).or_else(|| named(&ends)).or_else(|| named(&begins)) {
        return Some((server, None));
    }
    for server in listening() {
        for name in &server.names {
            if let NameKind::Regex(pattern) = &name.kind
                && let Some(groups) = pattern.find(host)
            {
                return Some((server, Some(groups)));
            }
        }
    }
    let is_default = |s: &&Server| s.listens.iter().any(|l| l.port == port && l.is_default);
    let default = listening().find(is_default).or_else(|| listening().next());
    default.map(|s| (s, None))
}

/// The location for a path among those of a block.
pub(super) fn location<'c>(locations: &'c [Location], path: &str) -> Found<'c> {
    let mut found = Found::Nothing;
    let mut no_regex = false;
    match plain(locations, path) {
        Plain::Exact(l) => return Found::Location(l, None),
        Plain::Redirect(l) => return Found::Redirect(l),
        Plain::Prefix(l) => {
            no_regex = matches!(l.matcher, Matcher::Priority(_));
            match location(&l.inner, path) {
                Found::Nothing => found = Found::Location(l, None),
                // What is found within by a mere prefix gives way to an expression out here, even behind `^~`.
                Found::Location(inner, None) if !is_final(inner) => found = Found::Location(inner, None),
                inner => return inner,
            }
        }
        Plain::Nothing => {}
    }
    if no_regex {
        return found;
    }
    for l in locations {
        if let Matcher::Regex(pattern) = &l.matcher
            && let Some(groups) = pattern.find(path)
        {
            return match location(&l.inner, path) {
                Found::Nothing => Found::Location(l, Some(groups)),
                Found::Location(inner, None) => Found::Location(inner, Some(groups)),
                inner => inner,
            };
        }
    }
    found
}

fn is_final(l: &Location) -> bool {
    matches!(l.matcher, Matcher::Exact(_) | Matcher::Regex(_))
}

enum Plain<'c> {
    Exact(&'c Location),
    Prefix(&'c Location),
    Redirect(&'c Location),
    Nothing,
}

/// The location by texts alone.
fn plain<'c>(locations: &'c [Location], path: &str) -> Plain<'c> {
    let mut longest: Option<(usize, &Location)> = None;
    let mut redirect = None;
    for l in locations {
        match &l.matcher {
            Matcher::Exact(text) if text == path => return Plain::Exact(l),
            Matcher::Prefix(text) | Matcher::Priority(text) if path.starts_with(text.as_str()) => {
                if longest.is_none_or(|(len, _)| len <= text.len()) {
                    longest = Some((text.len(), l));
                }
            }
            Matcher::Exact(text) | Matcher::Prefix(text) | Matcher::Priority(text) => {
                // `auto_redirect`: what hands its requests to somebody else, and ends in a slash.
                let passes = l.scope.handler.as_ref().is_some_and(|h| h.kind != "content");
                if passes && text.strip_suffix('/') == Some(path) && !path.is_empty() {
                    redirect = Some(l);
                }
            }
            Matcher::Regex(_) | Matcher::Named(_) => {}
        }
    }
    match (longest, redirect) {
        (Some((len, l)), _) if len == path.len() => Plain::Prefix(l),
        (_, Some(l)) => Plain::Redirect(l),
        (Some((_, l)), None) => Plain::Prefix(l),
        (None, None) => Plain::Nothing,
    }
}
