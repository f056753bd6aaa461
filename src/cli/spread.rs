//! Work over charts and their releases, spread over all cores. Each chart is loaded once, and its templates parsed once,
//! whatever number of releases it has.

use std::path::PathBuf;
use std::sync::Arc;

use super::args::SceneArgs;
use super::failures::Failures;
use super::session::{Failed, Session, error, open_chart, relative};
use crate::chart::Chart;
use crate::diag::log::Log;
use crate::fleet::{ChartReleases, Release};
use crate::parallel;

/// Opens releases one after the other; those of one chart share it.
#[derive(Default)]
pub(super) struct Loader(Option<(PathBuf, Arc<Chart>)>);

impl Loader {
    /// Opens a release.
    pub fn open(&mut self, args: &SceneArgs, release: &Release, log: &mut Log) -> Result<Session, Failed> {
        if let Some((_, chart)) = self.0.as_ref().filter(|(path, _)| *path == release.chart.path) {
            return Session::of(args, release, chart.clone());
        }
        let session = Session::open(args, release, log)?;
        self.0 = Some((release.chart.path.clone(), session.chart.clone()));
        Ok(session)
    }
}

/// What `work` makes of each chart, in order, and what failed: one that fails doesn't hide the others.
pub(super) fn charts<R: Send>(
    charts: &[ChartReleases],
    log: &mut Log,
    work: impl Fn(&ChartReleases, &mut Loader, &mut Log) -> Result<R, Failed> + Sync,
) -> (Vec<R>, Option<Failed>) {
    let (mut results, mut failures) = (Vec::new(), Failures::default());
    let name = |chart: &ChartReleases| relative(&chart.chart.path.display().to_string());
    let take = |chart: &ChartReleases, done: Result<R, Failed>| match done {
        Ok(result) => results.push(result),
        Err(failed) => failures.add(name(chart), failed),
    };
    each(charts, log, |chart, log| work(chart, &mut Loader::default(), log), take);
    (results, failures.all(charts.len() > 1))
}

/// What `work` makes of each release of a chart, in order. The first one that fails is what is said.
pub(super) fn releases<R: Send>(
    args: &SceneArgs,
    chart: &ChartReleases,
    log: &mut Log,
    work: impl Fn(&Release, Session, &mut Log) -> Result<R, Failed> + Sync,
) -> Result<Vec<R>, Failed> {
    let loaded = match open_chart(args, &chart.chart, log) {
        Ok(loaded) => loaded,
        // What is wrong with the values is said before what is wrong with the chart.
        Err(e) => return Err(chart.releases.first().and_then(|r| Session::open(args, r, log).err()).unwrap_or(e)),
    };
    let mut all = Ok(Vec::new());
    let take = |_: &Release, done| {
        let Ok(results) = &mut all else { return };
        match done {
            Ok(result) => results.push(result),
            Err(e) => all = Err(e),
        }
    };
    let work = |release: &Release, log: &mut Log| work(release, Session::of(args, release, loaded.clone())?, log);
    each(&chart.releases, log, work, take);
    all
}

fn each<I: Sync, R: Send>(
    items: &[I],
    log: &mut Log,
    work: impl Fn(&I, &mut Log) -> Result<R, Failed> + Sync,
    mut take: impl FnMut(&I, Result<R, Failed>),
) {
    let fresh = log.fresh();
    let work = |item: &I| {
        let mut log = fresh.clone();
        (work(item, &mut log), log.take())
    };
    let take = |item: &I, done: Option<(Result<R, Failed>, Vec<String>)>| {
        let (result, said) = done.unwrap_or_else(|| (Err(error("the render was aborted".into())), Vec::new()));
        said.into_iter().for_each(|line| log.bare(line));
        take(item, result);
    };
    parallel::in_order(items, parallel::cores(), work, take);
}
