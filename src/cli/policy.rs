//! `plimsoll policy`: the policies there are, what each of them says, and whether their own examples hold.

use std::fmt::Write as _;
use std::io::Write;

use super::args::PolicyCommand;
use super::exit;
use super::session::{Failed, usage};
use crate::cel;
use crate::finding::{KubeObject, Severity};
use crate::lint::objects;
use crate::policy::{Context, Page, Set, builtin, pages};

/// Runs the command.
pub(super) fn run(command: &PolicyCommand) -> u8 {
    let done = match command {
        PolicyCommand::List => list(),
        PolicyCommand::Explain { id } => explain(id),
        PolicyCommand::Test { paths } => test(paths),
    };
    match done {
        Ok((text, status)) if super::print(text.as_bytes()) => status,
        Ok(_) => exit::ERROR,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status
        }
    }
}

fn load(names: &[String]) -> Result<Set, Failed> {
    let texts = builtin::read(names).map_err(|e| usage(e.to_string()))?;
    Set::load(&texts, cel::LATEST).map_err(|errors| {
        let lines: String = errors.iter().map(|e| format!("Error: {e}\n")).collect();
        (exit::USAGE, lines)
    })
}

fn all() -> Result<Set, Failed> {
    load(&builtin::sets().into_iter().map(str::to_owned).collect::<Vec<_>>())
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn list() -> Result<(String, u8), Failed> {
    let pages = pages(&all()?);
    let width = pages.iter().map(|(p, _)| p.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (page, severity) in &pages {
        let _ = writeln!(text, "{:width$}  {:7}  {}", page.id, word(*severity), page.title);
    }
    Ok((text, exit::OK))
}

fn explain(id: &str) -> Result<(String, u8), Failed> {
    let pages = pages(&all()?);
    let Some((page, severity)) = pages.iter().find(|(p, _)| p.id == id) else {
        let closest = pages.iter().max_by(|a, b| {
            let near = |p: &Page| strsim::jaro_winkler(id, &p.id);
            near(&a.0).total_cmp(&near(&b.0))
        });
        let hint = closest.map(|(p, _)| format!("; the closest is {}", p.id)).unwrap_or_default();
        return Err(usage(format!("there is no policy {id:?}{hint}")));
    };
    let mut text = format!("{} ({})\n\n{}\n", page.id, word(*severity), page.title);
    for (heading, body) in [("Why", &page.why), ("How to mend it", &page.remedy)] {
        if !body.trim().is_empty() {
            let _ = write!(text, "\n{heading}\n{}\n", indented(body));
        }
    }
    if !page.references.is_empty() {
        let _ = write!(text, "\nReferences\n{}\n", indented(&page.references.join("\n")));
    }
    if !page.url.is_empty() {
        let _ = write!(text, "\n{}\n", page.url);
    }
    for (heading, body) in [("Refused", &page.bad), ("Accepted", &page.good)] {
        if !body.trim().is_empty() {
            let _ = write!(text, "\n{heading}\n{}\n", indented(body));
        }
    }
    Ok((text, exit::OK))
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|l| format!("  {l}")).collect::<Vec<_>>().join("\n")
}

/// Runs the examples of policies.
fn test(paths: &[String]) -> Result<(String, u8), Failed> {
    let set = load(paths)?;
    let mut text = String::new();
    let mut failed = 0;
    for policy in set.policies() {
        let page = &policy.page;
        let refused = |manifest: &str| {
            let objects: Vec<KubeObject> = objects::of_file(&page.id, manifest).0;
            let context = Context::new("default", &objects);
            objects.iter().any(|o| set.check(o, &context).iter().any(|p| *p.rule == *page.id))
        };
        let mut wrong = Vec::new();
        if page.bad.trim().is_empty() {
            wrong.push("it has no example that it refuses");
        } else if !refused(&page.bad) {
            wrong.push("it accepts its bad example");
        }
        if !page.good.trim().is_empty() && refused(&page.good) {
            wrong.push("it refuses its good example");
        }
        failed += usize::from(!wrong.is_empty());
        let verdict = if wrong.is_empty() { "ok".to_owned() } else { format!("FAILED: {}", wrong.join(", ")) };
        let _ = writeln!(text, "{}: {verdict}", page.id);
    }
    let _ = writeln!(text, "{} policies, {failed} failed", set.policies().len());
    Ok((text, if failed == 0 { exit::OK } else { exit::ERROR }))
}
