//! What nginx refuses of servers and locations, in its words.

use std::collections::HashMap;

use super::Fault;
use super::model::{Config, Matcher};
use super::tree::Directive;

/// The block around a directive.
pub(super) enum Around<'a> {
    /// `server`
    Server,
    /// `location`
    Location(&'a Matcher),
    /// `if`
    If,
}

/// How many arguments a directive takes, and whether it has a block.
const SHAPES: [(&str, std::ops::RangeInclusive<usize>, bool); 19] = [
    ("server", 0..=0, true),
    ("location", 1..=2, true),
    ("upstream", 1..=1, true),
    ("map", 2..=2, true),
    ("listen", 1..=99, false),
    ("server_name", 1..=usize::MAX, false),
    ("rewrite", 2..=3, false),
    ("return", 1..=2, false),
    ("set", 2..=2, false),
    ("break", 0..=0, false),
    ("if", 1..=99, true),
    ("try_files", 2..=usize::MAX, false),
    ("root", 1..=1, false),
    ("alias", 1..=1, false),
    ("proxy_pass", 1..=1, false),
    ("grpc_pass", 1..=1, false),
    ("fastcgi_pass", 1..=1, false),
    ("internal", 0..=0, false),
    ("error_page", 2..=usize::MAX, false),
];

/// Whether a directive has the arguments and the block that it needs.
pub(super) fn shape(d: &Directive) -> Result<(), String> {
    let Some((name, args, has_block)) = SHAPES.iter().find(|(name, ..)| *name == d.name) else { return Ok(()) };
    match (has_block, d.block.is_some()) {
        (true, false) => return Err(format!("directive \"{name}\" has no opening \"{{\"")),
        (false, true) => return Err(format!("directive \"{name}\" is not terminated by \";\"")),
        _ => {}
    }
    match args.contains(&d.args.len()) {
        true => Ok(()),
        false => Err(format!("invalid number of arguments in \"{name}\" directive")),
    }
}

/// Whether a location may stand where it does.
pub(super) fn place(matcher: &Matcher, around: &Around<'_>) -> Result<(), String> {
    let Around::Location(outer) = around else { return Ok(()) };
    let (inside, text) = (outer.text(), matcher.text());
    match (outer, matcher) {
        (Matcher::Exact(_), _) => Err(format!("location \"{text}\" cannot be inside the exact location \"{inside}\"")),
        (Matcher::Named(_), _) => Err(format!("location \"{text}\" cannot be inside the named location \"{inside}\"")),
        (_, Matcher::Named(_)) => Err(format!("named location \"{text}\" can be on the server level only")),
        (_, Matcher::Regex(_)) => Ok(()),
        _ if text.starts_with(inside) => Ok(()),
        _ => Err(format!("location \"{text}\" is outside location \"{inside}\"")),
    }
}

/// Whether a `…_pass` may say what it does.
pub(super) fn pass(kind: &str, to: &str, around: &Around<'_>) -> Result<(), String> {
    if kind != "http" || to.contains('$') {
        return Ok(());
    }
    let Some(rest) = to.strip_prefix("http://").or_else(|| to.strip_prefix("https://")) else {
        return Err("invalid URL prefix".into());
    };
    let plain = matches!(around, Around::Location(Matcher::Exact(_) | Matcher::Prefix(_) | Matcher::Priority(_)));
    if !plain && !rest.starts_with("unix:") && rest.contains('/') {
        return Err("\"proxy_pass\" cannot have URI part in location given by regular expression, or inside named \
                    location, or inside \"if\" statement, or inside \"limit_except\" block"
            .into());
    }
    Ok(())
}

/// Whether two locations of one block are one too many; expressions are tried in order and may be repeated.
pub(super) fn is_same(a: &Matcher, b: &Matcher) -> bool {
    match (a, b) {
        (Matcher::Exact(a), Matcher::Exact(b)) | (Matcher::Named(a), Matcher::Named(b)) => a == b,
        (Matcher::Prefix(a) | Matcher::Priority(a), Matcher::Prefix(b) | Matcher::Priority(b)) => a == b,
        _ => false,
    }
}

/// An address has one default server.
pub(super) fn defaults(config: &Config, files: &[String]) -> Result<(), Fault> {
    let mut seen = HashMap::new();
    for (n, server) in config.servers.iter().enumerate() {
        for listen in server.listens.iter().filter(|l| l.is_default) {
            let first = *seen.entry((&listen.address, listen.port)).or_insert(n);
            if first != n {
                let file = files.get(listen.at.file).cloned().unwrap_or_default();
                let message = format!("a duplicate default server for {}:{}", listen.address, listen.port);
                return Err(Fault { file, line: listen.at.line, message });
            }
        }
    }
    Ok(())
}
