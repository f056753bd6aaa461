//! What a configuration says of requests: servers, locations, what they do.

use super::pattern::Pattern;

/// Where a directive stands: the file by its number in [`Config::files`], the line from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The file.
    pub file: usize,
    /// The line.
    pub line: usize,
}

/// A configuration.
#[derive(Debug, Default)]
pub struct Config {
    /// Names of the files.
    pub files: Vec<String>,
    /// The virtual servers, in order.
    pub servers: Vec<Server>,
    /// Groups of addresses by name.
    pub upstreams: Vec<Upstream>,
    /// Variables that `map` makes.
    pub maps: Vec<VarMap>,
}

impl Config {
    /// File and line of a directive.
    pub fn place(&self, at: At) -> (&str, usize) {
        (self.files.get(at.file).map_or("", String::as_str), at.line)
    }

    /// A group of addresses.
    pub fn upstream(&self, name: &str) -> Option<&Upstream> {
        self.upstreams.iter().find(|u| u.name == name)
    }
}

/// `upstream NAME { server ADDRESS; … }`
#[derive(Debug)]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// The addresses, with their parameters.
    pub servers: Vec<String>,
}

/// `map $from $to { … }`
#[derive(Debug)]
pub struct VarMap {
    /// What is looked up, a text with variables.
    pub from: String,
    /// The variable it makes, without the dollar.
    pub name: String,
    /// Whether `*.example.com` are masks.
    pub has_masks: bool,
    /// The value where nothing fits.
    pub default: String,
    /// Texts in lower case with values.
    pub texts: Vec<(String, String)>,
    /// Expressions with values, in order.
    pub patterns: Vec<(Pattern, String)>,
}

/// `server { … }`
#[derive(Debug)]
pub struct Server {
    /// Where it listens; one address where it says nothing.
    pub listens: Vec<Listen>,
    /// Its names.
    pub names: Vec<ServerName>,
    /// What it does besides its locations.
    pub scope: Scope,
    /// The locations, in order.
    pub locations: Vec<Location>,
    /// `ssl_certificate`, where it has one, or `http` does.
    pub certificate: Option<String>,
    /// Whether several slashes are one.
    pub merges_slashes: bool,
}

impl Server {
    /// Where it stands.
    pub fn at(&self) -> At {
        self.scope.at
    }

    /// Whether one of its names fits a host in lower case.
    pub fn is_named(&self, host: &str) -> bool {
        self.names.iter().any(|n| match &n.kind {
            NameKind::Exact(name) => name == host,
            NameKind::Ends { suffix, bare } => host.ends_with(suffix.as_str()) || (*bare && suffix[1..] == *host),
            NameKind::Begins(prefix) => host.starts_with(prefix.as_str()),
            NameKind::Regex(pattern) => pattern.fits(host),
        })
    }

    /// Its first name, as it is written; empty where it has none.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", |n| &n.text)
    }
}

/// `listen …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address, `0.0.0.0` where it names none.
    pub address: String,
    /// The port; 0 for a UNIX socket.
    pub port: u16,
    /// Whether it speaks TLS.
    pub has_tls: bool,
    /// `default_server`
    pub is_default: bool,
    /// Where it stands.
    pub at: At,
}

/// One of the names of a server.
#[derive(Debug)]
pub struct ServerName {
    /// As it is written.
    pub text: String,
    /// What it fits.
    pub kind: NameKind,
}

/// What a server's name fits; texts are in lower case.
#[derive(Debug)]
pub enum NameKind {
    /// This host.
    Exact(String),
    /// `*.example.com`: hosts that end in this (`.example.com`), and the rest of it alone if `bare`.
    Ends {
        /// With its leading dot.
        suffix: String,
        /// `.example.com`: without anything in front, too.
        bare: bool,
    },
    /// `mail.*`: hosts that begin with this (`mail.`).
    Begins(String),
    /// An expression.
    Regex(Pattern),
}

/// What a server, location or `if` does.
#[derive(Debug, Default)]
pub struct Scope {
    /// Where it begins.
    pub at: At,
    /// Directives of the rewrite module, in order.
    pub steps: Vec<Step>,
    /// Who answers, if it isn't files.
    pub handler: Option<Handler>,
    /// `try_files`
    pub try_files: Option<TryFiles>,
    /// `root` or `alias`, its own or of what is around it.
    pub root: Option<Root>,
    /// `error_page CODES [=[CODE]] URI`: the codes, whether the answer's code is replaced, the URI.
    pub error_pages: Vec<(Vec<u16>, bool, String)>,
    /// Whether clients can't ask for it.
    pub is_internal: bool,
}

/// Where files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The folder.
    pub path: String,
    /// `alias`: the location's own prefix is no part of the path.
    pub is_alias: bool,
}

/// `location … { … }`
#[derive(Debug)]
pub struct Location {
    /// What it fits.
    pub matcher: Matcher,
    /// What it does.
    pub scope: Scope,
    /// Locations in it.
    pub inner: Vec<Location>,
}

/// What a location fits.
#[derive(Debug)]
pub enum Matcher {
    /// `= /x`
    Exact(String),
    /// `/x`
    Prefix(String),
    /// `^~ /x`
    Priority(String),
    /// `~ x`, `~* x`
    Regex(Pattern),
    /// `@x`
    Named(String),
}

impl Matcher {
    /// The path, expression or name.
    pub fn text(&self) -> &str {
        match self {
            Matcher::Exact(s) | Matcher::Prefix(s) | Matcher::Priority(s) | Matcher::Named(s) => s,
            Matcher::Regex(p) => &p.source,
        }
    }
}

impl std::fmt::Display for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Matcher::Exact(s) => write!(f, "= {s}"),
            Matcher::Prefix(s) | Matcher::Named(s) => f.write_str(s),
            Matcher::Priority(s) => write!(f, "^~ {s}"),
            Matcher::Regex(p) if p.ignores_case => write!(f, "~* {}", p.source),
            Matcher::Regex(p) => write!(f, "~ {}", p.source),
        }
    }
}

/// Who answers instead of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handler {
    /// `http`, `grpc`, `fastcgi`, `uwsgi`, `scgi`, `memcached`; `content` for what answers by itself (`stub_status`).
    pub kind: &'static str,
    /// The directive's argument.
    pub to: String,
    /// Where it stands.
    pub at: At,
}

/// `try_files FILE… FALLBACK`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryFiles {
    /// What is looked for.
    pub files: Vec<String>,
    /// What is done where none is there: `=CODE`, `@NAME` or a URI.
    pub fallback: String,
}

/// A directive of the rewrite module.
#[derive(Debug)]
pub enum Step {
    /// `rewrite REGEX REPLACEMENT [FLAG]`
    Rewrite {
        /// What has to fit.
        pattern: Pattern,
        /// What it becomes.
        to: String,
        /// What happens then.
        flag: Flag,
    },
    /// `return CODE [TEXT]`, `return URL`
    Return {
        /// The status.
        code: u16,
        /// The body, or the address of a redirect.
        text: String,
    },
    /// `set $NAME VALUE`
    Set {
        /// Without the dollar.
        name: String,
        /// A text with variables.
        value: String,
    },
    /// `break`
    Break,
    /// `if (CONDITION) { … }`
    If {
        /// The condition.
        condition: Condition,
        /// What is done.
        scope: Box<Scope>,
    },
}

/// The last argument of `rewrite`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Nothing: go on with the next directive.
    None,
    /// Look for a location again.
    Last,
    /// Stay.
    Break,
    /// Send the client elsewhere, with 301 or 302.
    Redirect(u16),
}

/// The condition of `if`.
#[derive(Debug)]
pub enum Condition {
    /// `$name`: neither empty nor `0`.
    Set(String),
    /// `$name = value`, or `!=`.
    Equals {
        /// Without the dollar.
        name: String,
        /// A text with variables.
        value: String,
        /// `!=`
        negated: bool,
    },
    /// `$name ~ regex` and its kin.
    Fits {
        /// Without the dollar.
        name: String,
        /// The expression.
        pattern: Pattern,
        /// `!~`
        negated: bool,
    },
    /// `-f file` and its kin: nothing exists.
    Exists {
        /// As it is written.
        test: String,
        /// `!-f`
        negated: bool,
    },
}
