//! From directives to the model. Directives that don't decide where a request goes are left aside.

use super::Fault;
use super::check::{self, Around};
use super::model::{
    At, Condition, Config, Flag, Handler, Listen, Location, Matcher, NameKind, Root, Scope, Server, ServerName, Step,
    TryFiles, Upstream, VarMap,
};
use super::pattern::Pattern;
use super::tree::{Directive, Tree};

/// Directives that answer with what something else says.
const PASSES: [(&str, &str); 6] = [
    ("proxy_pass", "http"),
    ("grpc_pass", "grpc"),
    ("fastcgi_pass", "fastcgi"),
    ("uwsgi_pass", "uwsgi"),
    ("scgi_pass", "scgi"),
    ("memcached_pass", "memcached"),
];
/// Directives that answer by themselves.
const CONTENT: [&str; 6] = ["stub_status", "empty_gif", "dav_methods", "mp4", "flv", "content_by_lua_block"];

/// Builds the model.
///
/// # Errors
/// What nginx refuses.
pub(super) fn config(tree: Tree) -> Result<Config, Fault> {
    let mut builder = Builder { files: &tree.files };
    let mut config = Config::default();
    let https: Vec<&Directive> = tree.directives.iter().filter(|d| d.name == "http").collect();
    if https.is_empty() {
        // A file of conf.d or sites-available on its own is what stands within `http`.
        builder.http(&tree.directives, &mut config)?;
    }
    for http in https {
        builder.http(http.inner(), &mut config)?;
    }
    check::defaults(&config, &tree.files)?;
    config.files = tree.files;
    Ok(config)
}

/// What a block hands down to those in it.
#[derive(Clone, Default)]
struct Handed {
    root: Option<Root>,
    error_pages: Vec<(Vec<u16>, bool, String)>,
}

struct Builder<'t> {
    files: &'t [String],
}

impl Builder<'_> {
    fn fault(&self, d: &Directive, message: impl Into<String>) -> Fault {
        let file = self.files.get(d.file).cloned().unwrap_or_default();
        Fault { file, line: d.line, message: message.into() }
    }

    fn pattern(&self, d: &Directive, source: &str, ignores_case: bool) -> Result<Pattern, Fault> {
        Pattern::new(source, ignores_case).map_err(|e| self.fault(d, e))
    }

    fn http(&mut self, directives: &[Directive], config: &mut Config) -> Result<(), Fault> {
        let mut handed = Handed::default();
        inherit(&mut handed, directives, false);
        let certificate = find(directives, "ssl_certificate");
        let merges_slashes = find(directives, "merge_slashes").is_none_or(|v| v != "off");
        for d in directives {
            check::shape(d).map_err(|m| self.fault(d, m))?;
            match d.name.as_str() {
                "server" => {
                    let mut server = self.server(d, &handed)?;
                    server.certificate = server.certificate.or_else(|| certificate.clone());
                    server.merges_slashes = find(d.inner(), "merge_slashes").map_or(merges_slashes, |v| v != "off");
                    config.servers.push(server);
                }
                "upstream" => config.upstreams.push(self.upstream(d)?),
                "map" => config.maps.push(self.map(d)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn upstream(&self, d: &Directive) -> Result<Upstream, Fault> {
        let servers: Vec<String> = d.inner().iter().filter(|s| s.name == "server").map(|s| s.args.join(" ")).collect();
        if servers.is_empty() {
            return Err(self.fault(d, "no servers are inside upstream"));
        }
        Ok(Upstream { name: d.arg(0).to_owned(), servers })
    }

    fn map(&self, d: &Directive) -> Result<VarMap, Fault> {
        let name = self.variable(d, d.arg(1))?;
        let mut map = VarMap {
            from: d.arg(0).to_owned(),
            name,
            has_masks: false,
            default: String::new(),
            texts: Vec::new(),
            patterns: Vec::new(),
        };
        for entry in d.inner() {
            let value = entry.arg(0).to_owned();
            match (entry.name.as_str(), entry.args.is_empty()) {
                ("hostnames", true) => map.has_masks = true,
                ("volatile", true) => {}
                ("default", false) => map.default = value,
                (key, _) => match key.strip_prefix('~') {
                    Some(source) => {
                        let insensitive = source.strip_prefix('*');
                        let pattern = self.pattern(entry, insensitive.unwrap_or(source), insensitive.is_some())?;
                        map.patterns.push((pattern, value));
                    }
                    None => {
                        let key = key.strip_prefix('\\').unwrap_or(key);
                        map.texts.push((key.to_lowercase(), value));
                    }
                },
            }
        }
        Ok(map)
    }

    fn server(&mut self, d: &Directive, handed: &Handed) -> Result<Server, Fault> {
        let inner = d.inner();
        let mut listens = Vec::new();
        for l in inner.iter().filter(|l| l.name == "listen") {
            check::shape(l).map_err(|m| self.fault(l, m))?;
            listens.push(listen(l).map_err(|m| self.fault(l, m))?);
        }
        if listens.is_empty() {
            listens.push(Listen { address: "0.0.0.0".into(), port: 80, has_tls: false, is_default: false, at: at(d) });
        }
        if find(inner, "ssl").is_some_and(|v| v == "on") {
            listens.iter_mut().for_each(|l| l.has_tls = true);
        }
        let mut names = Vec::new();
        for n in inner.iter().filter(|n| n.name == "server_name") {
            check::shape(n).map_err(|m| self.fault(n, m))?;
            for text in &n.args {
                names.push(self.server_name(n, text)?);
            }
        }
        let (scope, locations) = self.block(d, handed, &Around::Server)?;
        let certificate = find(inner, "ssl_certificate");
        Ok(Server { listens, names, scope, locations, certificate, merges_slashes: true })
    }

    fn server_name(&self, d: &Directive, text: &str) -> Result<ServerName, Fault> {
        let lower = text.to_lowercase();
        let invalid = || self.fault(d, format!("invalid server name or wildcard \"{text}\" on 0.0.0.0:80"));
        let kind = if let Some(source) = text.strip_prefix('~') {
            if source.is_empty() {
                return Err(self.fault(d, format!("empty regex in server name \"{text}\"")));
            }
            // nginx compares in lower case where an expression has capital letters.
            NameKind::Regex(self.pattern(d, source, source.chars().any(char::is_uppercase))?)
        } else if let Some(rest) = lower.strip_prefix("*.") {
            NameKind::Ends { suffix: format!(".{rest}"), bare: false }
        } else if lower.len() > 1 && lower.starts_with('.') {
            NameKind::Ends { suffix: lower, bare: true }
        } else if let Some(rest) = lower.strip_suffix(".*") {
            NameKind::Begins(format!("{rest}."))
        } else {
            NameKind::Exact(lower)
        };
        let part = match &kind {
            NameKind::Exact(s) | NameKind::Begins(s) | NameKind::Ends { suffix: s, .. } => s.contains('*'),
            NameKind::Regex(_) => false,
        };
        if part { Err(invalid()) } else { Ok(ServerName { text: text.to_owned(), kind }) }
    }

    /// What a server or location does, and the locations in it.
    fn block(&mut self, d: &Directive, handed: &Handed, around: &Around<'_>) -> Result<(Scope, Vec<Location>), Fault> {
        let mut handed = handed.clone();
        inherit(&mut handed, d.inner(), true);
        let scope = self.scope(d, &handed, around)?;
        let mut locations: Vec<Location> = Vec::new();
        for l in d.inner().iter().filter(|l| l.name == "location") {
            check::shape(l).map_err(|m| self.fault(l, m))?;
            let location = self.location(l, &handed, around)?;
            let same = |other: &&Location| check::is_same(&other.matcher, &location.matcher);
            if locations.iter().find(same).is_some() {
                return Err(self.fault(l, format!("duplicate location \"{}\"", location.matcher.text())));
            }
            locations.push(location);
        }
        Ok((scope, locations))
    }

    fn location(&mut self, d: &Directive, handed: &Handed, around: &Around<'_>) -> Result<Location, Fault> {
        let matcher = self.matcher(d)?;
        check::place(&matcher, around).map_err(|m| self.fault(d, m))?;
        let (scope, inner) = self.block(d, handed, &Around::Location(&matcher))?;
        Ok(Location { matcher, scope, inner })
    }

    fn matcher(&self, d: &Directive) -> Result<Matcher, Fault> {
        let regex = |source: &str, ignores_case| Ok(Matcher::Regex(self.pattern(d, source, ignores_case)?));
        let (modifier, text) = match &d.args[..] {
            [modifier, text] => (modifier.as_str(), text.as_str()),
            // Written together: `~*\.php$`, `=/x`.
            _ => match d.arg(0) {
                a if a.starts_with("^~") => a.split_at(2),
                a if a.starts_with("~*") => a.split_at(2),
                a if a.starts_with(['=', '~']) => a.split_at(1),
                a => ("", a),
            },
        };
        match modifier {
            "" if text.starts_with('@') => Ok(Matcher::Named(text.into())),
            "" => Ok(Matcher::Prefix(text.into())),
            "=" => Ok(Matcher::Exact(text.into())),
            "^~" => Ok(Matcher::Priority(text.into())),
            "~" => regex(text, false),
            "~*" => regex(text, true),
            other => Err(self.fault(d, format!("invalid location modifier \"{other}\""))),
        }
    }

    fn scope(&mut self, d: &Directive, handed: &Handed, around: &Around<'_>) -> Result<Scope, Fault> {
        let mut scope =
            Scope { at: at(d), root: handed.root.clone(), error_pages: handed.error_pages.clone(), ..Scope::default() };
        for inner in d.inner() {
            check::shape(inner).map_err(|m| self.fault(inner, m))?;
            let name = inner.name.as_str();
            if let Some((_, kind)) = PASSES.iter().find(|(n, _)| *n == name) {
                if scope.handler.as_ref().is_some_and(|h| h.kind == *kind) {
                    return Err(self.fault(inner, format!("\"{name}\" directive is duplicate")));
                }
                check::pass(kind, inner.arg(0), around).map_err(|m| self.fault(inner, m))?;
                scope.handler = Some(Handler { kind, to: inner.arg(0).to_owned(), at: at(inner) });
            } else if CONTENT.contains(&name) {
                scope.handler = Some(Handler { kind: "content", to: name.to_owned(), at: at(inner) });
            } else if name == "internal" {
                scope.is_internal = true;
            } else if name == "try_files" {
                let (fallback, files) = inner.args.split_last().map(|(f, rest)| (f.clone(), rest)).unwrap_or_default();
                scope.try_files = Some(TryFiles { files: files.to_vec(), fallback });
            } else if let Some(step) = self.step(inner, handed)? {
                scope.steps.push(step);
            }
        }
        Ok(scope)
    }

    fn variable(&self, d: &Directive, text: &str) -> Result<String, Fault> {
        match text.strip_prefix('$').filter(|n| !n.is_empty()) {
            Some(name) => Ok(name.trim_start_matches('{').trim_end_matches('}').to_owned()),
            None => Err(self.fault(d, format!("invalid variable name \"{text}\""))),
        }
    }

    fn step(&mut self, d: &Directive, handed: &Handed) -> Result<Option<Step>, Fault> {
        Ok(Some(match d.name.as_str() {
            "rewrite" => self.rewrite(d)?,
            "return" => self.returns(d)?,
            "set" => Step::Set { name: self.variable(d, d.arg(0))?, value: d.arg(1).to_owned() },
            "break" => Step::Break,
            "if" => {
                let condition = self.condition(d)?;
                let mut handed = handed.clone();
                inherit(&mut handed, d.inner(), true);
                let scope = Box::new(self.scope(d, &handed, &Around::If)?);
                Step::If { condition, scope }
            }
            _ => return Ok(None),
        }))
    }

    fn rewrite(&self, d: &Directive) -> Result<Step, Fault> {
        let to = d.arg(1);
        let elsewhere = ["http://", "https://", "$scheme"].iter().any(|s| to.starts_with(s));
        let flag = match d.args.get(2).map(String::as_str) {
            Some("last") => Flag::Last,
            Some("break") => Flag::Break,
            Some("redirect") => Flag::Redirect(302),
            Some("permanent") => Flag::Redirect(301),
            None if elsewhere => Flag::Redirect(302),
            None => Flag::None,
            Some(other) => return Err(self.fault(d, format!("invalid parameter \"{other}\""))),
        };
        let flag = if elsewhere && flag != Flag::Redirect(301) { Flag::Redirect(302) } else { flag };
        Ok(Step::Rewrite { pattern: self.pattern(d, d.arg(0), false)?, to: to.to_owned(), flag })
    }

    fn returns(&self, d: &Directive) -> Result<Step, Fault> {
        let first = d.arg(0);
        let is_address = ["http://", "https://", "$scheme"].iter().any(|s| first.starts_with(s));
        let (code, text) = match first.parse::<u16>() {
            Ok(code) if code <= 999 => (code, d.arg(1)),
            _ if d.args.len() == 1 && is_address => (302, first),
            _ => return Err(self.fault(d, format!("invalid return code \"{first}\""))),
        };
        Ok(Step::Return { code, text: text.to_owned() })
    }

    fn condition(&self, d: &Directive) -> Result<Condition, Fault> {
        let text = d.args.join(" ");
        let invalid = |what: &str| self.fault(d, format!("invalid condition \"{what}\""));
        let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).map(str::trim);
        let inner = inner.filter(|t| !t.is_empty()).ok_or_else(|| invalid(&text))?;
        let mut words: Vec<&str> = d.args.iter().map(String::as_str).collect();
        // The brackets stand alone, or at the first and last word.
        words[0] = words[0].strip_prefix('(').unwrap_or(words[0]);
        if let Some(last) = words.last_mut() {
            *last = last.strip_suffix(')').unwrap_or(last);
        }
        if words.first() == Some(&"") {
            words.remove(0);
        }
        if d.args.last().is_some_and(|a| a == ")") {
            words.pop();
        }
        let first = words.first().copied().unwrap_or(inner);
        if let Some(name) = first.strip_prefix('$') {
            let name = name.trim_start_matches('{').trim_end_matches('}').to_owned();
            return match &words[1..] {
                [] => Ok(Condition::Set(name)),
                [_] => Err(invalid(first)),
                [op @ ("=" | "!="), value] => {
                    Ok(Condition::Equals { name, value: (*value).to_owned(), negated: *op == "!=" })
                }
                [op @ ("~" | "~*" | "!~" | "!~*"), source] => {
                    let pattern = self.pattern(d, source, op.ends_with('*'))?;
                    Ok(Condition::Fits { name, pattern, negated: op.starts_with('!') })
                }
                [_, _] => Err(self.fault(d, format!("unexpected \"{}\" in condition", words[1]))),
                _ => Err(invalid(first)),
            };
        }
        let test = first.trim_start_matches('!');
        match (test, words.len()) {
            ("-f" | "-d" | "-e" | "-x", 2) => {
                Ok(Condition::Exists { test: words.join(" "), negated: first.starts_with('!') })
            }
            _ => Err(invalid(first)),
        }
    }
}

fn at(d: &Directive) -> At {
    At { file: d.file, line: d.line }
}

fn find(directives: &[Directive], name: &str) -> Option<String> {
    directives.iter().rfind(|d| d.name == name).map(|d| d.arg(0).to_owned())
}

/// What a block says itself replaces what it was handed.
fn inherit(handed: &mut Handed, directives: &[Directive], may_alias: bool) {
    let mut pages = Vec::new();
    for d in directives {
        match d.name.as_str() {
            "root" => handed.root = Some(Root { path: d.arg(0).to_owned(), is_alias: false }),
            "alias" if may_alias => handed.root = Some(Root { path: d.arg(0).to_owned(), is_alias: true }),
            "error_page" => pages.extend(error_page(d)),
            _ => {}
        }
    }
    if !pages.is_empty() {
        handed.error_pages = pages;
    }
}

fn error_page(d: &Directive) -> Option<(Vec<u16>, bool, String)> {
    let (uri, codes) = d.args.split_last()?;
    let replaced = codes.iter().any(|c| c.starts_with('='));
    Some((codes.iter().filter_map(|c| c.parse().ok()).collect(), replaced, uri.clone()))
}

/// `[ADDRESS:]PORT`, `ADDRESS`, `unix:PATH`, then parameters.
fn listen(d: &Directive) -> Result<Listen, String> {
    let text = d.arg(0);
    let has = |word: &str| d.args[1..].iter().any(|a| a == word);
    let mut listen = Listen {
        address: "0.0.0.0".into(),
        port: 80,
        has_tls: has("ssl") || has("quic"),
        is_default: has("default_server") || has("default"),
        at: at(d),
    };
    if text.starts_with("unix:") {
        (listen.address, listen.port) = (text.to_owned(), 0);
        return Ok(listen);
    }
    let (address, port) = match text.rsplit_once(':') {
        Some((address, port)) if !port.ends_with(']') => (address, Some(port)),
        _ if text.bytes().all(|b| b.is_ascii_digit()) => ("", Some(text)),
        _ => (text, None),
    };
    if let Some(port) = port {
        let number = port.parse::<u16>().ok().filter(|p| *p > 0);
        listen.port = number.ok_or_else(|| format!("invalid port in \"{text}\" of the \"listen\" directive"))?;
    }
    if !matches!(address, "" | "*") {
        listen.address = address.to_owned();
    }
    Ok(listen)
}
