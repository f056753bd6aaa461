//! Which chart of a fleet makes an object that is asked for without naming one.

use super::args::SceneArgs;
use super::explain::{hint, scenes};
use super::session::{Failed, Found, error, one_chart, relative, releases, usage};
use super::spread;
use crate::diag::log::Log;
use crate::explain::object::{Object, objects};
use crate::fleet::{ChartReleases, Otherwise};

/// The one chart that makes an object, where several are picked.
pub(super) fn whose(
    args: &SceneArgs,
    otherwise: Otherwise,
    project: &Found,
    object: &str,
    log: &mut Log,
) -> Result<ChartReleases, Failed> {
    let mut charts = releases(&[], &args.select, otherwise, project)?.charts;
    if charts.len() < 2 {
        return one_chart(None, &args.select, otherwise, project);
    }
    let (made, failed) = spread::charts(&charts, log, |chart, _, log| {
        let all = scenes(args, chart, log)?;
        let objects: Vec<Object<'_>> = all.iter().flat_map(|scene| objects(&scene.rendered)).collect();
        Ok((objects.iter().any(|o| o.is_called(object)), objects.iter().map(Object::label).collect::<Vec<_>>()))
    });
    if let Some(failed) = failed {
        return Err(failed);
    }
    let (makes, names): (Vec<bool>, Vec<Vec<String>>) = made.into_iter().unzip();
    let mut makers = makes.iter().copied();
    charts.retain(|_| makers.next().unwrap_or_default());
    match &charts[..] {
        [_] => Ok(charts.remove(0)),
        [] => Err(error(format!("no chart makes {object}{}", hint(object, &names.concat())))),
        many => {
            let many: Vec<String> = many.iter().map(|c| relative(&c.chart.path.display().to_string())).collect();
            Err(usage(format!("which chart? {} make {object}; --chart picks one", many.join(", "))))
        }
    }
}
