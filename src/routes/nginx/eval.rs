//! What nginx does with a request: its phases, in order. Start at [`answer`].

use std::collections::{BTreeSet, HashMap};

use super::find::{self, Found};
use super::model::{Condition, Config, Flag, Handler, Location, Matcher, Root, Scope, Server, Step};
use super::pattern::Groups;
use super::uri::{self, Uri};
use super::vars::Vars;
use crate::routes::Request;

/// How often a URI may change before nginx answers 500 (`NGX_HTTP_MAX_URI_CHANGES`).
const MAX_CHANGES: usize = 10;

/// What happens to a request.
#[derive(Debug)]
pub struct Outcome<'c> {
    /// The server that has it.
    pub server: Option<&'c Server>,
    /// The location that answers, or sent it on.
    pub location: Option<&'c Location>,
    /// The first location that it had, before rewrites and fallbacks.
    pub first: Option<&'c Location>,
    /// The answer.
    pub served: Served,
    /// Variables and files that were decided upon without knowing them.
    pub assumed: BTreeSet<String>,
}

/// Who answers, or with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// Somebody else.
    Passed {
        /// `http`, `grpc`, `fastcgi`, …
        kind: &'static str,
        /// The name of an upstream, or an address.
        to: String,
        /// The URI that it sees; the request's own path for what isn't asked by URI.
        uri: String,
        /// Whether it is asked by TLS.
        has_tls: bool,
    },
    /// Files below this folder, `alias`ed or not.
    Files(String),
    /// A redirect.
    Redirect {
        /// Its status.
        code: u16,
        /// Where to.
        to: String,
    },
    /// A status, with a body or without.
    Status {
        /// The status; 444 closes the connection.
        code: u16,
        /// What `return` says.
        text: String,
    },
    /// A module of nginx, such as `stub_status`.
    Content(String),
    /// Nobody listens.
    Nobody,
}

/// Answers a request.
pub fn answer<'c>(config: &'c Config, request: &Request) -> Outcome<'c> {
    let host = request.host.split(':').next().unwrap_or_default().trim_end_matches('.').to_owned();
    let Some((server, groups)) = find::server(config, request.port, &host.to_lowercase()) else {
        return Outcome::of(Served::Nobody);
    };
    let Some(Uri { path, args, was_quoted }) = uri::parse(&request.uri, server.merges_slashes) else {
        return Outcome { server: Some(server), ..Outcome::of(status(400)) };
    };
    let vars = Vars {
        config,
        has_tls: request.has_tls,
        port: request.port,
        host,
        request_uri: request.uri.clone(),
        path,
        args,
        was_quoted,
        server_name: server.name().to_owned(),
        root: server.scope.root.as_ref(),
        groups: Groups::default(),
        set: HashMap::new(),
        assumed: BTreeSet::new(),
    };
    let mut run = Run { server, vars, first: None, last: None, unchanged: true, in_place: true, internal: false };
    if let Some(groups) = groups {
        run.vars.keep(groups);
    }
    let served = run.serve();
    Outcome { server: Some(server), location: run.last, first: run.first, served, assumed: run.vars.assumed }
}

impl Outcome<'_> {
    fn of(served: Served) -> Self {
        Outcome { server: None, location: None, first: None, served, assumed: BTreeSet::new() }
    }
}

fn status(code: u16) -> Served {
    Served::Status { code, text: String::new() }
}

struct Run<'c> {
    server: &'c Server,
    vars: Vars<'c>,
    first: Option<&'c Location>,
    last: Option<&'c Location>,
    /// Whether the client's URI can be handed on as it is written (`valid_unparsed_uri`).
    unchanged: bool,
    /// Whether the location's prefix is still that of the path (`valid_location`).
    in_place: bool,
    internal: bool,
}

/// Where the directives of the rewrite module lead.
enum Flow<'c> {
    /// On to the content, as the scope of an `if` that fitted has it.
    On(Option<&'c Scope>),
    /// To another location.
    Search,
    /// It is answered.
    Done(Served),
}

/// Where a request goes next.
enum Next<'c> {
    /// Through the server's directives, then to a location.
    Server,
    /// To a location.
    Search,
    /// To this location.
    Named(&'c Location),
}

impl<'c> Run<'c> {
    fn serve(&mut self) -> Served {
        let mut next = Next::Server;
        for _ in 0..=MAX_CHANGES {
            let done = match next {
                Next::Server => match self.steps(&self.server.scope.steps) {
                    Flow::Done(served) => Err(served),
                    Flow::On(_) | Flow::Search => self.search(),
                },
                Next::Search => self.search(),
                Next::Named(l) => self.enter(l),
            };
            match done {
                Ok(n) => next = n,
                Err(served) => return served,
            }
        }
        status(500)
    }

    /// Looks for a location; the error is the answer.
    fn search(&mut self) -> Result<Next<'c>, Served> {
        let server = self.server;
        match find::location(&server.locations, &self.vars.path) {
            Found::Nothing => self.content(&server.scope, None),
            Found::Redirect(l) => {
                self.meet(l);
                let path = uri::escape(l.matcher.text());
                let args = if self.vars.args.is_empty() { String::new() } else { format!("?{}", self.vars.args) };
                Err(Served::Redirect { code: 301, to: self.absolute(&format!("{path}{args}")) })
            }
            Found::Location(l, groups) => {
                if let Some(groups) = groups {
                    self.vars.keep(groups);
                }
                self.enter(l)
            }
        }
    }

    fn meet(&mut self, l: &'c Location) {
        self.first.get_or_insert(l);
        self.last = Some(l);
        self.vars.root = l.scope.root.as_ref();
    }

    fn enter(&mut self, l: &'c Location) -> Result<Next<'c>, Served> {
        self.meet(l);
        if l.scope.is_internal && !self.internal {
            return Err(status(404));
        }
        match self.steps(&l.scope.steps) {
            Flow::Done(served) => self.page(&l.scope, served),
            Flow::Search => Ok(Next::Search),
            Flow::On(None) => self.content(&l.scope, Some(l)),
            Flow::On(Some(inner)) if inner.handler.is_none() && l.scope.handler.is_some() => {
                // `if` takes the handler of the location that it is in.
                self.hand_over(&l.scope, Some(l))
            }
            Flow::On(Some(inner)) => self.content(inner, Some(l)),
        }
    }

    /// Runs directives of the rewrite module.
    fn steps(&mut self, steps: &'c [Step]) -> Flow<'c> {
        let mut changed = false;
        let mut scope = None;
        match self.walk(steps, &mut changed, &mut scope) {
            Some(flow) => flow,
            None if changed => Flow::Search,
            None => Flow::On(scope),
        }
    }

    /// The same within one block; an answer ends all.
    fn walk(&mut self, steps: &'c [Step], changed: &mut bool, scope: &mut Option<&'c Scope>) -> Option<Flow<'c>> {
        for step in steps {
            match step {
                // It also forgets that the URI was changed.
                Step::Break => return Some(Flow::On(*scope)),
                Step::Set { name, value } => {
                    let value = self.vars.expand(value);
                    self.vars.set.insert(name.clone(), value);
                }
                Step::Return { code, text } => return Some(Flow::Done(self.returned(*code, text))),
                Step::If { condition, scope: inner } => {
                    if self.holds(condition) {
                        *scope = Some(inner);
                        if let Some(flow) = self.walk(&inner.steps, changed, scope) {
                            return Some(flow);
                        }
                    }
                }
                Step::Rewrite { pattern, to, flag } => {
                    let Some(groups) = pattern.find(&self.vars.path) else { continue };
                    self.vars.keep(groups);
                    if let Flag::Redirect(code) = flag {
                        return Some(Flow::Done(self.redirected(*code, to)));
                    }
                    if !self.rewritten(to) {
                        return Some(Flow::Done(status(500)));
                    }
                    *changed = *flag != Flag::Break;
                    match flag {
                        Flag::Last => return Some(Flow::Search),
                        Flag::Break => {
                            self.in_place = false;
                            return Some(Flow::On(*scope));
                        }
                        Flag::None | Flag::Redirect(_) => {}
                    }
                }
            }
        }
        None
    }

    fn holds(&mut self, condition: &Condition) -> bool {
        match condition {
            Condition::Set(name) => !matches!(self.vars.decide(name).as_str(), "" | "0"),
            Condition::Equals { name, value, negated } => {
                let value = self.vars.expand(value);
                (self.vars.decide(name) == value) != *negated
            }
            Condition::Fits { name, pattern, negated } => {
                let text = self.vars.decide(name);
                let groups = pattern.find(&text);
                let fits = groups.is_some();
                if let Some(groups) = groups.filter(|_| !negated) {
                    self.vars.keep(groups);
                }
                fits != *negated
            }
            Condition::Exists { test, negated } => {
                self.vars.assumed.insert(test.clone());
                *negated
            }
        }
    }

    fn returned(&mut self, code: u16, text: &str) -> Served {
        let text = self.vars.expand(text);
        match code {
            301 | 302 | 303 | 307 | 308 => Served::Redirect { code, to: self.absolute(&text) },
            _ => Served::Status { code, text },
        }
    }

    fn redirected(&mut self, code: u16, to: &str) -> Served {
        let (to, keeps_args) = kept(to);
        let mut text = self.vars.expand_quoted(to);
        if keeps_args && !self.vars.args.is_empty() {
            text.push(if to.contains('?') { '&' } else { '?' });
            text.push_str(&self.vars.args);
        }
        Served::Redirect { code, to: self.absolute(&text) }
    }

    /// Changes the URI; false if nothing is left of it.
    fn rewritten(&mut self, to: &str) -> bool {
        let (to, keeps_args) = kept(to);
        let (path, args) = to.split_once('?').map_or((to, None), |(p, a)| (p, Some(a)));
        let path = self.vars.expand(path);
        let mut new_args = args.map(|a| self.vars.expand(a)).unwrap_or_default();
        if keeps_args && !self.vars.args.is_empty() {
            if args.is_some() {
                new_args.push('&');
            }
            new_args.push_str(&self.vars.args);
        }
        (self.vars.path, self.vars.args) = (path, new_args);
        (self.unchanged, self.internal) = (false, true);
        !self.vars.path.is_empty()
    }

    /// A redirect's address with scheme and host, as `absolute_redirect` makes it.
    fn absolute(&self, to: &str) -> String {
        if !to.starts_with('/') {
            return to.to_owned();
        }
        let (scheme, usual) = if self.vars.has_tls { ("https", 443) } else { ("http", 80) };
        let port = if self.vars.port == usual { String::new() } else { format!(":{}", self.vars.port) };
        format!("{scheme}://{}{port}{to}", self.vars.host)
    }

    fn content(&mut self, scope: &'c Scope, l: Option<&'c Location>) -> Result<Next<'c>, Served> {
        if let Some(files) = &scope.try_files
            && let Some(next) = self.fallback(&files.fallback)
        {
            self.vars.assumed.extend(files.files.iter().map(|f| format!("the file {f}")));
            return next;
        }
        self.hand_over(scope, l)
    }

    /// What `try_files` or `error_page` goes on to; nothing for a mere status.
    fn fallback(&mut self, to: &str) -> Option<Result<Next<'c>, Served>> {
        if to.starts_with('=') {
            return None;
        }
        (self.internal, self.unchanged) = (true, false);
        if to.starts_with('@') {
            let named = |l: &&Location| matches!(&l.matcher, Matcher::Named(n) if n == to);
            return Some(self.server.locations.iter().find(named).map(Next::Named).ok_or(status(500)));
        }
        let (path, args) = to.split_once('?').map_or((to, None), |(p, a)| (p, Some(a)));
        self.vars.path = self.vars.expand(path);
        if let Some(args) = args {
            self.vars.args = self.vars.expand(args);
        } else if let Some((path, args)) = self.vars.path.clone().split_once('?') {
            // `$uri$is_args$args`
            (self.vars.path, self.vars.args) = (path.to_owned(), args.to_owned());
        }
        self.in_place = true;
        Some(Ok(Next::Server))
    }

    fn hand_over(&mut self, scope: &'c Scope, l: Option<&'c Location>) -> Result<Next<'c>, Served> {
        let Some(handler) = &scope.handler else {
            let files = Served::Files(self.folder(scope.root.as_ref()));
            return self.page(scope, files);
        };
        if handler.kind == "content" {
            return Err(Served::Content(handler.to.clone()));
        }
        Err(self.passed(handler, l))
    }

    fn folder(&mut self, root: Option<&Root>) -> String {
        match root {
            Some(root) => self.vars.expand(&root.path),
            None => "html".into(),
        }
    }

    /// What `error_page` makes of an answer, where that decides who answers.
    fn page(&mut self, scope: &'c Scope, served: Served) -> Result<Next<'c>, Served> {
        let code = match &served {
            Served::Status { code, text } if text.is_empty() => *code,
            Served::Files(_) => 404,
            _ => return Err(served),
        };
        let page = scope.error_pages.iter().find(|(codes, ..)| codes.contains(&code));
        // A page that is a file doesn't change who answers.
        let Some((_, _, to)) = page.filter(|(_, replaced, to)| to.starts_with('@') || *replaced) else {
            return Err(served);
        };
        if matches!(served, Served::Files(_)) {
            self.vars.assumed.insert("the file".into());
        }
        self.fallback(to).unwrap_or(Err(served))
    }

    fn passed(&mut self, handler: &'c Handler, l: Option<&'c Location>) -> Served {
        let to = self.vars.expand(&handler.to);
        let (has_tls, address) = match to.split_once("://") {
            Some((scheme, rest)) => (scheme.ends_with('s'), rest.to_owned()),
            None => (false, to),
        };
        let args = if self.vars.args.is_empty() { String::new() } else { format!("?{}", self.vars.args) };
        if handler.kind != "http" {
            let uri = format!("{}{args}", self.vars.path);
            return Served::Passed { kind: handler.kind, to: address, uri, has_tls };
        }
        let split =
            if address.starts_with("unix:") { address.rfind(':').filter(|i| *i > 4) } else { address.find('/') };
        let (address, part) = match split {
            Some(i) => (address[..i].to_owned(), Some(address[i..].trim_start_matches(':').to_owned())),
            None => (address, None),
        };
        let uri = match part {
            // A URI with variables is taken as it is.
            Some(part) if handler.to.contains('$') => part,
            None if self.unchanged => self.vars.request_uri.clone(),
            part => {
                let prefix = l.map_or("", |l| l.matcher.text());
                let rest = match part {
                    Some(_) if self.in_place => self.vars.path.strip_prefix(prefix).unwrap_or(&self.vars.path),
                    _ => &self.vars.path,
                };
                let escapes = self.vars.was_quoted || self.internal;
                let rest = if escapes { uri::escape(rest) } else { rest.to_owned() };
                let part = part.filter(|_| self.in_place).unwrap_or_default();
                format!("{part}{rest}{args}")
            }
        };
        Served::Passed { kind: "http", to: address, uri, has_tls }
    }
}

/// A replacement without the question mark at its end that drops the arguments, and whether they are kept.
fn kept(to: &str) -> (&str, bool) {
    to.strip_suffix('?').map_or((to, true), |to| (to, false))
}
