//! Charts, each rendered in all its environments: see [`super::chart`] for one of them.

use super::Done;
use super::chart::{Part, lint_chart};
use super::plan::Plan;
use crate::cli::failures::Failures;
use crate::cli::progress::Progress;
use crate::cli::session::{Failed, error, releases};
use crate::cli::touched;
use crate::fleet::{ChartReleases, Matrix, Otherwise};
use crate::lint::definitions::{Definitions, Source};
use crate::lint::duplicates::Owners;
use crate::lint::locate::{ChartFolder, relative};
use crate::parallel;
use crate::report::lint::SHARD;

/// Checks all charts that were asked for. One that can't be checked doesn't hide the others.
pub(super) fn lint(plan: &Plan<'_>) -> Result<Done, Failed> {
    let select = &plan.args.scene.select;
    let matrix = match plan.args.touched {
        true => match &touched::charts(&plan.args.charts, &plan.project)?[..] {
            [] => Matrix::default(),
            touched => releases(touched, select, Otherwise::All, &plan.project)?,
        },
        false => releases(&plan.args.charts, select, Otherwise::All, &plan.project)?,
    };
    let versions = plan.versions(matrix.releases());
    let mut done = Done { environments: matrix.places(), versions, ..Done::default() };
    done.charts = matrix.charts.iter().map(|c| relative(&c.chart.path, &plan.current)).collect();
    let mut owners = Owners::default();
    let mut failures = Failures::default();
    for (label, part) in done.charts.clone().into_iter().zip(check_all(plan, &matrix.charts)) {
        match part {
            Ok(part) => {
                owners.extend(part.owners);
                done.objects.extend(part.objects);
                done.tally.extend(part.tally);
                done.said.extend(part.said);
            }
            Err(failed) => failures.add(label, failed),
        }
    }
    done.failed = failures.all(matrix.charts.len() > 1);
    let file = |label: &str, template: &str| file(plan, &matrix.charts, label, template);
    done.tally.located(owners.collisions(&file), &plan.strictness());
    if plan.args.output.iter().any(|o| o.split('=').next() == Some(SHARD)) {
        done.owners = owners.written(&file);
    }
    Ok(done)
}

/// The file of a template that a render names, of a chart by its label.
fn file(plan: &Plan<'_>, charts: &[ChartReleases], label: &str, template: &str) -> String {
    let chart = charts.iter().find(|c| relative(&c.chart.path, &plan.current) == label);
    chart.map_or_else(
        || template.to_owned(),
        |c| ChartFolder::new(&c.chart.name, &c.chart.path, &plan.current).rendered(template),
    )
}

/// Checks charts; those with custom resources that other charts of the run define a second time, with what these define.
fn check_all(plan: &Plan<'_>, charts: &[ChartReleases]) -> Vec<Result<Part, Failed>> {
    let mut parts = check(plan, &charts.iter().collect::<Vec<_>>(), &[]);
    let defined = || parts.iter().flatten().flat_map(|part| part.defines.iter().cloned());
    let all = Definitions::new(defined().collect());
    let lacks = |part: &Part| !part.unknown.is_empty() && all.define(&plan.checks, &part.unknown);
    let again: Vec<usize> = (0..charts.len()).filter(|i| parts[*i].as_ref().is_ok_and(lacks)).collect();
    let second = check(plan, &again.iter().map(|i| &charts[*i]).collect::<Vec<_>>(), all.sources());
    for (i, part) in again.into_iter().zip(second) {
        parts[i] = part;
    }
    parts
}

fn check(plan: &Plan<'_>, charts: &[&ChartReleases], defined: &[Source]) -> Vec<Result<Part, Failed>> {
    let mut parts = Vec::new();
    let mut progress = Progress::new(charts.iter().map(|c| c.releases.len()).sum());
    let take = |chart: &&ChartReleases, part: Option<Result<Part, Failed>>| {
        let aborted = || Err(error(format!("{}: the render was aborted", chart.chart.path.display())));
        parts.push(part.unwrap_or_else(aborted));
        progress.add(chart.releases.len());
    };
    let is_alone = charts.len() < parallel::cores();
    parallel::in_order(charts, parallel::cores(), |chart| lint_chart(plan, chart, defined, is_alone), take);
    parts
}
