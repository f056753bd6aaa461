//! Routes for pull requests and pages of documentation.

use std::fmt::Write;

use super::{Table, host, more, path, target, tls, words};
use crate::report::words::{escape, number};

/// Writes tables; with a heading each where there are several.
pub fn markdown(tables: &[Table]) -> String {
    let mut out = String::new();
    for table in tables {
        if let Some(env) = table.environment.as_ref().filter(|_| tables.len() > 1) {
            _ = writeln!(out, "{}## {}\n", if out.is_empty() { "" } else { "\n" }, escape(env));
        }
        out.push_str("| Host | Path | To | TLS | More | From |\n|---|---|---|---|---|---|\n");
        for route in &table.routes {
            let from = format!("{}:{}", route.spot.file, route.spot.line);
            let cells = [host(route).to_owned(), path(route), target(route), tls(route), more(route), from];
            _ = writeln!(out, "| {} |", cells.map(|c| escape(&c)).join(" | "));
        }
        if !table.conflicts.is_empty() {
            out.push('\n');
        }
        for conflict in &table.conflicts {
            let places = conflict.routes.iter().filter_map(|n| table.routes.get(*n));
            let places: Vec<String> = places.map(|r| format!("{}:{}", r.spot.file, r.spot.line)).collect();
            let (message, places) = (escape(&conflict.message), escape(&places.join(", ")));
            _ = writeln!(out, "- **{}** {message} ({places})", conflict.rule);
        }
        let Some(against) = &table.against else { continue };
        let all = &against.comparison;
        let (requests, file) = (number(all.requests, "request"), escape(&against.file));
        _ = writeln!(out, "\n{file}: {requests} asked of both, {} answered alike.\n", all.same);
        if all.differences.is_empty() {
            continue;
        }
        out.push_str(
            "| Difference | nginx | Charts | For instance | nginx says | charts say |\n|---|---|---|---|---|---|\n",
        );
        for difference in &all.differences {
            let spot = difference.spot.as_ref().map(|s| format!(" {}:{}", s.file, s.line)).unwrap_or_default();
            let nginx = format!("{} {}{spot}", difference.server, difference.location);
            let route = difference.route.and_then(|n| table.routes.get(n));
            let route = route.map(|r| format!("{} {}:{}", r.object, r.spot.file, r.spot.line)).unwrap_or_default();
            let first = difference.examples.first();
            let [url, theirs, ours] = first.map_or(["", "", ""], |e| [&e.url, &e.nginx, &e.cluster]);
            let cells = [words(difference.kind).0, &nginx, &route, url, theirs, ours].map(escape);
            _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    out
}
