//! Routes, and how an existing nginx compares with them: as text, as JSON, as Markdown.

mod markdown;
mod text;

use serde::Serialize;

use crate::finding::Severity;
use crate::routes::compare::{Comparison, Difference, Kind};
use crate::routes::conflicts::Conflict;
use crate::routes::{PathKind, Route, Tls};

pub use markdown::markdown;
pub use text::text;

/// The routes of one environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// The environment, and the cluster.
    pub environment: Option<String>,
    /// The routes, by host and path.
    pub routes: Vec<Route>,
    /// What is wrong with them together.
    pub conflicts: Vec<Conflict>,
    /// How the nginx that was named compares.
    pub against: Option<Against>,
}

/// A comparison with the file it is with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Against {
    /// The main file.
    pub file: String,
    /// How many servers it has, and locations in them.
    pub servers: usize,
    /// The comparison.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// For programs.
///
/// # Errors
/// When it can't be written as JSON.
pub fn json(tables: &[Table]) -> Result<String, String> {
    serde_json::to_string_pretty(tables).map(|t| t + "\n").map_err(|e| e.to_string())
}

/// How bad a difference is.
pub fn severity(difference: &Difference) -> Severity {
    match difference.kind {
        Kind::Extra => Severity::Warning,
        _ => Severity::Error,
    }
}

/// A kind of difference in one word, and what it means.
fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Missing => ("missing", "nginx answers, the charts have no route"),
        Kind::Target => ("target", "another Service has it"),
        Kind::Priority => ("priority", "another route wins over the one to the right Service"),
        Kind::Tls => ("tls", "only one side has or wants TLS"),
        Kind::Rewrite => ("rewrite", "the backend sees another path"),
        Kind::Redirect => ("redirect", "clients are sent elsewhere, or by one side only"),
        Kind::Answer => ("answer", "nginx answers by itself, the charts ask a Service"),
        Kind::Extra => ("extra", "the charts have a route, nginx has no answer"),
    }
}

fn host(route: &Route) -> &str {
    if route.host.is_empty() { "*" } else { &route.host }
}

/// A path with how it is compared, where that isn't by elements.
fn path(route: &Route) -> String {
    match route.path_kind {
        PathKind::Exact => format!("= {}", route.path),
        PathKind::Prefix => route.path.clone(),
        PathKind::Start => format!("{}*", route.path),
        PathKind::Regex => format!("~ {}", route.path),
    }
}

/// Where its requests go: a redirect, or Services with the containers' ports.
fn target(route: &Route) -> String {
    if let Some(redirect) = &route.redirect {
        return format!("{} to {}", redirect.code, redirect.to);
    }
    let all = route.backends.iter().map(|b| {
        let weight = b.weight.filter(|_| route.backends.len() > 1).map(|w| format!(" ×{w}")).unwrap_or_default();
        let protocol = if b.protocol.is_empty() { String::new() } else { format!(" ({})", b.protocol) };
        let behind = b.target.split(' ').next().filter(|p| !p.is_empty() && *p != b.port);
        let behind = behind.map(|p| format!(" → {p}")).unwrap_or_default();
        format!("{}{behind}{protocol}{weight}", b.text(&route.object.namespace))
    });
    all.collect::<Vec<_>>().join(", ")
}

fn tls(route: &Route) -> String {
    let name = match &route.tls {
        None => "-",
        Some(Tls::Secret(name)) => name,
        Some(Tls::Default) => "default",
        Some(Tls::Passthrough) => "passthrough",
    };
    let forced = route.tls_redirect.map(|code| format!(" ({code})")).unwrap_or_default();
    format!("{name}{forced}")
}

/// Conditions, rewrite, canary, what else there is.
fn more(route: &Route) -> String {
    let mut parts = route.conditions.clone();
    parts.extend(route.canary.as_ref().map(|c| format!("canary {c}")));
    parts.extend(route.rewrite.as_ref().map(|r| format!("rewrite {r}")));
    parts.extend(route.notes.iter().cloned());
    parts.join("; ")
}
