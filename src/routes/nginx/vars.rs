//! Texts with variables. What no request of ours knows stays as it is written, and is noted.

use std::collections::{BTreeSet, HashMap};

use super::model::{Config, Root, VarMap};
use super::pattern::Groups;
use super::uri::escape_args;

/// How deep a `map` may look up another one.
const MAX_DEPTH: usize = 8;

/// What variables stand for while a request is answered.
pub(super) struct Vars<'c> {
    pub config: &'c Config,
    pub has_tls: bool,
    pub port: u16,
    /// As the client writes it, without a port.
    pub host: String,
    /// The client's URI, as it is written.
    pub request_uri: String,
    /// The path as it is now.
    pub path: String,
    /// The arguments as they are now.
    pub args: String,
    pub was_quoted: bool,
    pub server_name: String,
    pub root: Option<&'c Root>,
    /// The groups of the last expression that fitted.
    pub groups: Groups,
    /// Variables that were set.
    pub set: HashMap<String, String>,
    /// Variables that a decision needed and that are taken to be empty.
    pub assumed: BTreeSet<String>,
}

impl Vars<'_> {
    /// Keeps the groups of a match.
    pub fn keep(&mut self, groups: Groups) {
        for (name, text) in &groups.named {
            self.set.insert(name.clone(), text.clone());
        }
        self.groups = groups;
    }

    /// The text with all variables that are known in their places.
    pub fn expand(&mut self, text: &str) -> String {
        self.expand_with(text, false, 0)
    }

    /// The same for a redirect: groups are quoted where the client's URI was.
    pub fn expand_quoted(&mut self, text: &str) -> String {
        self.expand_with(text, true, 0)
    }

    /// What a variable of a condition holds: empty if that isn't known, which is noted.
    pub fn decide(&mut self, name: &str) -> String {
        match self.value(name, 0) {
            Some(value) => value,
            None => {
                self.assumed.insert(format!("${name}"));
                String::new()
            }
        }
    }

    fn expand_with(&mut self, text: &str, quotes: bool, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let (name, written, behind) = variable(&rest[at..]);
            let is_group = name.bytes().all(|b| b.is_ascii_digit());
            match self.value(name, depth).filter(|_| !name.is_empty()) {
                Some(value) if quotes && is_group && self.was_quoted => out.push_str(&escape_args(&value)),
                Some(value) => out.push_str(&value),
                None => out.push_str(written),
            }
            rest = behind;
        }
        out + rest
    }

    fn value(&mut self, name: &str, depth: usize) -> Option<String> {
        if let Ok(n) = name.parse::<usize>() {
            return Some(self.groups.numbered.get(n).cloned().unwrap_or_default());
        }
        if let Some(value) = self.set.get(name) {
            return Some(value.clone());
        }
        if depth < MAX_DEPTH
            && let Some(map) = self.config.maps.iter().rfind(|m| m.name == name)
        {
            return Some(self.look_up(map, depth));
        }
        let root = || self.root.map(|r| r.path.trim_end_matches('/').to_owned());
        Some(match name {
            "host" => self.host.to_lowercase(),
            "http_host" => self.host.clone(),
            "scheme" => if self.has_tls { "https" } else { "http" }.into(),
            "https" => if self.has_tls { "on" } else { "" }.into(),
            "request_uri" => self.request_uri.clone(),
            "uri" | "document_uri" => self.path.clone(),
            "args" | "query_string" => self.args.clone(),
            "is_args" => if self.args.is_empty() { "" } else { "?" }.into(),
            "request_method" => "GET".into(),
            "server_name" => self.server_name.clone(),
            "server_port" => self.port.to_string(),
            "document_root" => root()?,
            "request_filename" => format!("{}{}", root()?, self.path),
            _ => match name.strip_prefix("arg_") {
                Some(arg) => argument(&self.args, arg),
                None => return None,
            },
        })
    }

    fn look_up(&mut self, map: &VarMap, depth: usize) -> String {
        let from = self.expand_with(&map.from, false, depth + 1);
        if from.contains('$') {
            self.assumed.insert(map.from.clone());
        }
        let lower = from.to_lowercase();
        let exact = map.texts.iter().find(|(k, _)| *k == lower);
        let masked = || {
            let all = map.texts.iter().filter(|(k, _)| map.has_masks && fits_mask(k, &lower));
            all.max_by_key(|(k, _)| (k.starts_with(['*', '.']), k.len()))
        };
        if let Some((_, value)) = exact.or_else(masked) {
            return self.expand_with(value, false, depth + 1);
        }
        for (pattern, value) in &map.patterns {
            if let Some(groups) = pattern.find(&from) {
                self.keep(groups);
                return self.expand_with(value, false, depth + 1);
            }
        }
        self.expand_with(&map.default, false, depth + 1)
    }
}

fn fits_mask(mask: &str, host: &str) -> bool {
    if let Some(suffix) = mask.strip_prefix('*') {
        return host.len() > suffix.len() && host.ends_with(suffix);
    }
    if let Some(bare) = mask.strip_prefix('.') {
        return host == bare || host.ends_with(mask);
    }
    mask.strip_suffix('*').is_some_and(|prefix| host.len() > prefix.len() && host.starts_with(prefix))
}

fn argument(args: &str, name: &str) -> String {
    let pairs = args.split('&').filter_map(|a| a.split_once('='));
    pairs.into_iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.to_owned()).unwrap_or_default()
}

/// The variable that a text begins with: its name, as it is written, and what is behind.
fn variable(text: &str) -> (&str, &str, &str) {
    let inner = &text[1..];
    if let Some((name, behind)) = inner.strip_prefix('{').and_then(|i| i.split_once('}')) {
        return (name, &text[..name.len() + 3], behind);
    }
    let is_group = inner.starts_with(|c: char| c.is_ascii_digit());
    let end = match is_group {
        true => 1,
        false => inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len()),
    };
    (&inner[..end], &text[..end + 1], &inner[end..])
}
