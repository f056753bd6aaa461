//! `plimsoll values`: the merged values with the line that set each, and what is wrong with them over all environments.

use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

use super::args::{Answer, Helm, SceneArgs, ValuesArgs};
use super::exit;
use super::explain::{Scene, scenes};
use super::session::{Failed, Session, error, finish, finish_many, project, relative, releases, usage as misused};
use super::spread;
use crate::diag::log::Log;
use crate::explain::keys::Keys;
use crate::explain::{Step, path_text};
use crate::finding::Spot;
use crate::fleet::{ChartReleases, Otherwise, Release};
use crate::lint::helm::usage::{self, View};
use crate::render::{Prepared, RenderError};
use crate::report::explain::{At, Overridden, short};
use crate::span::Pos;
use crate::value::{HelmVersion, Value};

/// Runs the command.
pub(super) fn run(args: &ValuesArgs) -> u8 {
    let mut log = Log::new(HelmVersion::from(args.scene.engine.helm_version));
    let otherwise = if is_merged(args) { Otherwise::Bare } else { Otherwise::All };
    let found = project().and_then(|project| releases(&args.charts, &args.scene.select, otherwise, &project));
    let charts = match found {
        Ok(matrix) if matrix.charts.is_empty() => return finish(&mut log, Err(misused("no release is picked".into()))),
        Ok(matrix) => matrix.charts,
        Err(failed) => return finish(&mut log, Err(failed)),
    };
    let (answers, failed) = spread::charts(&charts, &mut log, |chart, _, log| {
        let (text, json) =
            if is_merged(args) { merged(args, chart, log)? } else { judged(args, chart, charts.len() > 1, log)? };
        Ok((relative(&chart.chart.path.display().to_string()), text, json))
    });
    let written = written(args, answers, charts.len() > 1);
    finish_many(&mut log, written.map(|text| (text, exit::OK)), failed)
}

fn is_merged(args: &ValuesArgs) -> bool {
    !(args.unused || args.undefined || args.replaced)
}

/// The answers about all charts, each below the chart's name where there are several.
fn written(args: &ValuesArgs, mut answers: Vec<(String, String, Json)>, is_many: bool) -> Result<String, Failed> {
    match (args.output, is_many) {
        (Answer::Text, true) => Ok(answers.iter().map(|(chart, text, _)| format!("## {chart}\n{text}")).collect()),
        (Answer::Text, false) => Ok(answers.into_iter().map(|(_, text, _)| text).collect()),
        (Answer::Json, false) => answers.pop().map_or_else(|| Ok(String::new()), |(_, _, json)| pretty(&json)),
        (Answer::Json, true) => {
            let all: Vec<Json> =
                answers.into_iter().map(|(chart, _, json)| json!({ "chart": chart, "values": json })).collect();
            pretty(&json!(all))
        }
    }
}

/// What is wrong with a chart's values, for people and for programs.
fn judged(args: &ValuesArgs, chart: &ChartReleases, is_many: bool, log: &mut Log) -> Result<(String, Json), Failed> {
    let scenes = scenes(&args.scene, chart, log)?;
    let mut text = String::new();
    let mut found = serde_json::Map::new();
    if args.unused {
        let unused = unused(&scenes, is_many);
        section(&mut text, "No template reads, in any environment:", unused.iter().map(|u| line(u, "key")));
        found.insert("unused".into(), unused.into());
    }
    if args.undefined {
        let undefined = undefined(&scenes);
        section(
            &mut text,
            "Templates read without a guard, and no layer sets:",
            undefined.iter().map(|u| line(u, "key")),
        );
        found.insert("undefined".into(), undefined.into());
    }
    if args.replaced {
        let replaced = replaced(&scenes);
        section(&mut text, "Lists that were replaced:", replaced.iter().map(|u| line(u, "key")));
        found.insert("replaced".into(), replaced.into());
        let nulls = nulls(&args.scene, chart, &scenes, log)?;
        section(&mut text, "Nulls that Helm 3 and Helm 4 take differently:", nulls.iter().map(|u| line(u, "key")));
        found.insert("nulls".into(), nulls.into());
    }
    Ok((text, Json::Object(found)))
}

fn pretty(answer: &Json) -> Result<String, Failed> {
    serde_json::to_string_pretty(answer).map(|t| t + "\n").map_err(|e| error(e.to_string()))
}

fn section(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        out.push_str(&format!("{} none\n", title));
        return;
    }
    out.push_str(&format!("{title}\n"));
    lines.iter().for_each(|l| out.push_str(&format!("  {l}\n")));
}

/// One finding for people: its key, then whatever else it has.
fn line(finding: &Json, key: &str) -> String {
    let mut out = finding[key].as_str().unwrap_or_default().to_owned();
    for (name, value) in finding.as_object().into_iter().flatten().filter(|(n, _)| *n != key) {
        let text = match value {
            Json::String(s) => s.clone(),
            Json::Array(all) if all.is_empty() => continue,
            Json::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
            Json::Null => continue,
            other => other.to_string(),
        };
        match name.as_str() {
            "place" => out.push_str(&format!("  {text}")),
            name => out.push_str(&format!("\n      {}: {text}", name.replace('_', " "))),
        }
    }
    out
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn place(scene: &Scene, pos: Pos) -> Option<At> {
    let at = scene.map.sources().location(pos)?;
    Some(At { file: relative(at.name), line: at.line, column: at.column })
}

/// The merged values, each with who set it, for people and for programs.
fn merged(args: &ValuesArgs, chart: &ChartReleases, log: &mut Log) -> Result<(String, Json), Failed> {
    let parts = spread::releases(&args.scene, chart, log, |release, session, log| {
        let mut text = String::new();
        if chart.releases.len() > 1 {
            text.push_str(&format!("# {}\n", release.place()));
        }
        let scene = Scene::render(&args.scene, release, session, log)?;
        let mut all = Vec::new();
        for leaf in scene.map.keys().leaves() {
            let origin = scene.map.value_at(leaf.pos(), leaf.path());
            let source = scene.teller().source(&origin);
            let at = source.place.as_ref().map(At::to_string).unwrap_or_default();
            let value = source.value.clone().unwrap_or_default();
            text.push_str(&format!("{} = {value}  {at} ({})\n", source.key, source.layer));
            for over in &source.overrides {
                text.push_str(&overridden(over));
            }
            all.push(json!(source));
        }
        Ok((text, json!({ "environment": scene.place(), "values": all })))
    })?;
    let (text, mut answers): (String, Vec<Json>) = parts.into_iter().unzip();
    let answer = if answers.len() == 1 { answers.remove(0) } else { json!(answers) };
    Ok((text, answer))
}

fn overridden(over: &Overridden) -> String {
    let at = over.place.as_ref().map(At::to_string).unwrap_or_default();
    format!("    overrides {}  {at} ({})\n", over.value, over.layer)
}

fn views(scenes: &[Scene]) -> Vec<View<'_>> {
    scenes.iter().map(Scene::view).collect()
}

fn shown(spot: &Spot) -> String {
    At { file: relative(&spot.file), line: spot.line, column: spot.column }.to_string()
}

fn all_shown(spots: &BTreeSet<Spot>) -> Vec<String> {
    spots.iter().map(shown).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Keys that no template reads in any environment. Of several charts, globals of layers that they share are left out:
/// they are for all of them.
fn unused(scenes: &[Scene], is_many: bool) -> Vec<Json> {
    let found = match scenes.first().filter(|_| is_many) {
        Some(scene) => {
            let (subcharts, own) = usage::unused_by_owner(&scene.session.chart, &views(scenes));
            [subcharts, own].concat()
        }
        None => usage::unused(&views(scenes)),
    };
    found.into_iter().map(|f| json!({ "key": f.key, "place": all_shown(&f.places) })).collect()
}

/// Keys that templates read unguarded and no layer sets.
fn undefined(scenes: &[Scene]) -> Vec<Json> {
    let found = usage::undefined(&views(scenes)).into_iter().map(|f| {
        json!({
            "key": f.key,
            "place": all_shown(&f.places),
            "environments": f.environments,
            "closest": f.closest,
        })
    });
    found.collect()
}

/// Lists that one layer replaced, with the items that were lost.
fn replaced(scenes: &[Scene]) -> Vec<Json> {
    let found = usage::replaced(&views(scenes), &short).into_iter().map(|f| {
        json!({
            "key": f.key,
            "place": f.places.first().map(shown).unwrap_or_default(),
            "replaces": f.replaces.as_ref().map(shown).unwrap_or_default(),
            "lost": f.lost,
        })
    });
    found.collect()
}

/// Keys that a layer sets to null and that one Helm keeps and the other does not.
fn nulls(args: &SceneArgs, chart: &ChartReleases, scenes: &[Scene], log: &mut Log) -> Result<Vec<Json>, Failed> {
    let mut found: BTreeMap<String, Json> = BTreeMap::new();
    for (scene, release) in scenes.iter().zip(&chart.releases) {
        let mut nulls: Vec<(Vec<Step>, Pos)> = Vec::new();
        for layer in scene.layers().keys() {
            nulls.extend(layer.into_iter().filter(|(_, s)| s.value.is_nil()).map(|(p, s)| (p, s.pos)));
        }
        if nulls.is_empty() {
            continue;
        }
        let v3 = values_of(args, release, Helm::V3, log)?;
        let v4 = values_of(args, release, Helm::V4, log)?;
        for (path, pos) in nulls {
            let key = path_text(&path);
            let (three, four) = (v3.get(&key), v4.get(&key));
            if three != four {
                let said = |v: Option<&String>| v.map_or("absent".to_owned(), Clone::clone);
                let at = place(scene, pos).map(|p| p.to_string()).unwrap_or_default();
                let entry = json!({ "key": key, "place": at, "helm_3": said(three), "helm_4": said(four) });
                found.insert(format!("{key} {at}"), entry);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// All keys of the merged values of one Helm, with what they hold.
fn values_of(
    args: &SceneArgs,
    release: &Release,
    helm: Helm,
    log: &mut Log,
) -> Result<BTreeMap<String, String>, Failed> {
    let mut args = args.clone();
    args.engine.helm_version = helm;
    let mut session = Session::open(&args, release, log)?;
    let options = &session.options;
    let prepared = Prepared::new(&session.chart, &session.values, options, &mut session.sources, log)
        .map_err(|e: RenderError| error(e.helm_text(options.helm)))?;
    let mut out = BTreeMap::new();
    let keys = Keys::of(prepared.values());
    let root = Value::Map(prepared.values().clone());
    for (path, _) in keys.all() {
        let value = crate::explain::layers::at(&root, &path).map(|s| short(&s.value)).unwrap_or_default();
        out.insert(path_text(&path), value);
    }
    Ok(out)
}
