//! Routes for people at a terminal.

use std::fmt::Write;

use super::{Against, Table, host, more, path, severity, target, tls, words};
use crate::finding::{Severity, Spot};
use crate::report::words::{number, one_line};
use crate::routes::Route;

/// Writes tables; with a heading each where there are several.
pub fn text(tables: &[Table]) -> String {
    let mut out = String::new();
    for table in tables {
        if let Some(env) = table.environment.as_ref().filter(|_| tables.len() > 1) {
            _ = writeln!(out, "{}{env}:", if out.is_empty() { "" } else { "\n" });
        }
        columns(&mut out, &table.routes);
        conflicts(&mut out, table);
        if let Some(against) = &table.against {
            compared(&mut out, table, against);
        }
    }
    out
}

/// The width beyond which a column doesn't push the others away.
const WIDEST: usize = 48;

fn columns(out: &mut String, routes: &[Route]) {
    if routes.is_empty() {
        out.push_str("no routes\n");
        return;
    }
    let mut rows = vec![["HOST", "PATH", "TO", "TLS", "MORE", "FROM"].map(str::to_owned)];
    rows.extend(routes.iter().map(|r| {
        [host(r).to_owned(), path(r), target(r), tls(r), more(r), place(&r.spot)].map(|cell| one_line(&cell))
    }));
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).filter(|w| *w <= WIDEST).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, w)| format!("{cell:<w$}")).collect();
        _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
}

fn place(spot: &Spot) -> String {
    format!("{}:{}", spot.file, spot.line)
}

fn conflicts(out: &mut String, table: &Table) {
    for conflict in &table.conflicts {
        let word = match conflict.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        _ = writeln!(out, "\n{word}: {} ({})", one_line(&conflict.message), conflict.rule);
        let mut last = String::new();
        for route in conflict.routes.iter().filter_map(|n| table.routes.get(*n)) {
            let values = route.values.as_ref().map(|v| format!("  {} {}", v.key, place(&v.spot)));
            let object = one_line(&route.object.to_string());
            let line = format!("  {object}  {}{}\n", place(&route.spot), values.unwrap_or_default());
            // Several paths may be of one line.
            if line != last {
                out.push_str(&line);
                last = line;
            }
        }
    }
}

fn compared(out: &mut String, table: &Table, against: &Against) {
    let all = &against.comparison;
    let cut = if all.cut { ", the first of more" } else { "" };
    _ = writeln!(
        out,
        "\n{}: {}, {} asked of both{cut}, {} answered alike",
        against.file,
        number(against.servers, "server"),
        number(all.requests, "request"),
        all.same
    );
    for pair in &all.pairs {
        let by = match pair.by {
            "given" => "as given".to_owned(),
            "name" => "by its name".to_owned(),
            _ => format!("by {} of {} requests", pair.requests.0, pair.requests.1),
        };
        let nginx = one_line(&pair.nginx);
        _ = match pair.service.as_str() {
            "" => writeln!(out, "  {nginx} has no Service of its own; --map says which it is, if there is one"),
            service => writeln!(out, "  {nginx} is {}, {by}", one_line(service)),
        };
    }
    for difference in &all.differences {
        let (word, meaning) = words(difference.kind);
        let mark = if severity(difference) == Severity::Error { "error" } else { "warning" };
        let what = match difference.location.as_str() {
            "" => String::new(),
            "server" => format!(" server {}", one_line(&difference.server)),
            location => format!(" {} location {}", one_line(&difference.server), one_line(location)),
        };
        _ = writeln!(out, "\n{mark}: {word}:{what} ({meaning})");
        if let Some(spot) = difference.spot.as_ref().filter(|_| !difference.location.is_empty()) {
            _ = writeln!(out, "  nginx  {}", place(spot));
        }
        if let Some(route) = difference.route.and_then(|n| table.routes.get(n)) {
            let claim = format!("{} {} {}", route.object, host(route), path(route));
            _ = writeln!(out, "  charts {}  {}", place(&route.spot), one_line(&claim));
        }
        for example in &difference.examples {
            let (nginx, cluster) = (one_line(&example.nginx), one_line(&example.cluster));
            _ = writeln!(out, "    {}\n      nginx: {nginx}\n      charts: {cluster}", one_line(&example.url));
        }
        let rest = difference.requests - difference.examples.len();
        if rest > 0 {
            _ = writeln!(out, "    and {} more", number(rest, "request"));
        }
        if !difference.assumed.is_empty() {
            _ = writeln!(out, "    nginx was taken not to have {}", one_line(&difference.assumed.join(", ")));
        }
    }
    if all.differences.is_empty() {
        out.push_str("  no difference\n");
    }
}
