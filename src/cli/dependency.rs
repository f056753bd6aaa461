//! `plimsoll dependency`: the local half of `helm dependency`.

use std::io::Write;

use super::args::{DependencyArgs, DependencyCommand, SelectArgs};
use super::exit;
use super::session::{Failed, project, relative, releases};
use crate::chart::build::Manager;
use crate::chart::dependency::list;
use crate::diag::log::Log;
use crate::fleet::Otherwise;
use crate::value::HelmVersion;

/// Runs the command; one chart's failure doesn't hide the others'.
pub(super) fn run(command: &DependencyCommand) -> u8 {
    let (DependencyCommand::List(args) | DependencyCommand::Build(args) | DependencyCommand::Update(args)) = command;
    let charts = match if args.all { all() } else { Ok(args.charts.clone()) } {
        Ok(charts) => charts,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            return status;
        }
    };
    let each = charts.iter().map(|chart| one(command, args, chart, charts.len() > 1));
    each.max().unwrap_or(exit::OK)
}

/// The charts of the project file that use charts beside them.
fn all() -> Result<Vec<String>, Failed> {
    let matrix = releases(&[], &SelectArgs { all: true, ..SelectArgs::default() }, Otherwise::Bare, &project()?)?;
    let with = matrix.charts.iter().filter(|c| !c.chart.beside.is_empty());
    let mut paths: Vec<String> = with.map(|c| relative(&c.chart.path.display().to_string())).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

fn one(command: &DependencyCommand, args: &DependencyArgs, chart: &str, is_one_of_many: bool) -> u8 {
    let mut log = Log::like_helm(HelmVersion::from(args.helm_version));
    let (text, done) = match command {
        DependencyCommand::List(_) => match list(chart, args.max_col_width, args.helm_version.into(), &mut log) {
            Ok(text) => (text, Ok(())),
            Err(e) => (String::new(), Err(e)),
        },
        DependencyCommand::Build(_) => manage(chart, args, &mut log, |m| m.build()),
        DependencyCommand::Update(_) => manage(chart, args, &mut log, |m| m.update()),
    };
    let head = if is_one_of_many { format!("{chart}:\n") } else { String::new() };
    let printed = super::print((head.clone() + &text).as_bytes());
    let mut errors: String = log.take().iter().map(|l| format!("{l}\n")).collect();
    if let Err(e) = &done {
        errors.push_str(&format!("{head}Error: {e}\n"));
    }
    let _ = std::io::stderr().write_all(errors.as_bytes());
    if done.is_ok() && printed { exit::OK } else { exit::ERROR }
}

fn manage(
    chart: &str,
    args: &DependencyArgs,
    log: &mut Log,
    verb: impl Fn(&mut Manager<'_>) -> Result<(), String>,
) -> (String, Result<(), String>) {
    let mut manager = Manager::new(chart, args.helm_version.into(), jiff::Zoned::now(), log);
    let done = verb(&mut manager);
    (std::mem::take(&mut manager.out), done)
}
