//! `plimsoll explain`: where a field of a rendered object comes from, and where a value goes.

use std::cell::OnceCell;
use std::path::Path;

use serde_json::json;

use super::args::{Answer, ExplainArgs, SceneArgs, SelectArgs};
use super::exit;
use super::session::{Failed, Found, Session, error, finish, one_chart, project, relative, releases, usage};
use super::spread::{self, Loader};
use super::whose::whose;
use crate::chart::Metadata;
use crate::diag::log::Log;
use crate::explain::object::{Field, Object, crds, objects};
use crate::explain::{Layers, LineOrigin, Map, Step, parse_path};
use crate::fleet::{ChartReleases, Otherwise, Release};
use crate::lint::helm::usage::View;
use crate::render::Rendered;
use crate::report::{annotate, explain as report, explain_page, source_map};
use crate::value::HelmVersion;

/// Runs the command.
pub(super) fn run(args: &ExplainArgs) -> u8 {
    let mut log = Log::new(HelmVersion::from(args.scene.engine.helm_version));
    let done = answer(args, &mut log);
    finish(&mut log, done.map(|text| (text, exit::OK)))
}

/// What was asked: a chart, an object, a field.
struct Question<'a> {
    chart: ChartReleases,
    object: Option<&'a str>,
    field: Option<&'a str>,
}

fn question<'a>(args: &'a ExplainArgs, project: &Found, log: &mut Log) -> Result<Question<'a>, Failed> {
    let is_chart = |word: &String| Path::new(word).join("Chart.yaml").is_file() || word.ends_with(".tgz");
    let (chart, rest) = match args.words.split_first() {
        Some((first, rest)) if is_chart(first) => (Some(first), rest),
        // Where no object is asked for, the first can be nothing else.
        Some((first, _)) if args.value.is_some() || args.html.is_some() => {
            return Err(usage(format!("{first} is no chart")));
        }
        _ => (None, &args.words[..]),
    };
    if rest.len() > 2 {
        return Err(usage(format!("{} is no chart", rest[0])));
    }
    let word = |i: usize| rest.get(i).map(String::as_str);
    let otherwise = if args.value.is_some() || args.html.is_some() { Otherwise::All } else { Otherwise::Bare };
    let chart = match (chart, word(0)) {
        (None, Some(object)) => whose(&args.scene, otherwise, project, object, log)?,
        _ => one_chart(chart, &args.scene.select, otherwise, project)?,
    };
    Ok(Question { chart, object: word(0), field: word(1) })
}

fn answer(args: &ExplainArgs, log: &mut Log) -> Result<String, Failed> {
    let project = project()?;
    let question = question(args, &project, log)?;
    if let Some(key) = &args.value {
        return reached(args, key, &question, log);
    }
    if let Some(file) = &args.html {
        return page(args, file, &question, log);
    }
    let Some(object) = question.object else {
        return Err(usage("which object? For instance deployment/web, or --value KEY, or --html FILE".into()));
    };
    let mut answers = Vec::new();
    let mut text = String::new();
    let is_many = question.chart.releases.len() > 1;
    let mut loader = Loader::default();
    for release in &question.chart.releases {
        if is_many {
            text.push_str(&format!("# {}\n", release.place()));
        }
        let asked = Asked { args, question: &question, project: &project, release, object };
        let session = loader.open(&args.scene, release, log)?;
        asked.answer(session, &mut text, &mut answers, log)?;
    }
    match args.output {
        Answer::Text => Ok(text),
        Answer::Json => json_lines(&answers),
    }
}

/// What was asked of one release.
struct Asked<'a> {
    args: &'a ExplainArgs,
    question: &'a Question<'a>,
    project: &'a Found,
    release: &'a Release,
    object: &'a str,
}

impl Asked<'_> {
    fn answer(
        &self,
        mut session: Session,
        text: &mut String,
        answers: &mut Vec<report::Answer>,
        log: &mut Log,
    ) -> Result<(), Failed> {
        let kind = self.object.to_lowercase();
        session.options.include_crds = ["crd", "customresourcedefinition"].iter().any(|k| kind.starts_with(k));
        let (rendered, map) = session.explain(&self.args.scene.engine, log)?;
        let scene = Scene::of(session, self.release, rendered, map);
        let mut all = objects(&scene.rendered);
        all.extend(crds(&scene.map));
        let found: Vec<&Object<'_>> = all.iter().filter(|o| o.is_called(self.object)).collect();
        if found.is_empty() {
            return Err(self.unknown_object(&all));
        }
        for object in found {
            let Some(path) = self.question.field else {
                annotate::annotate(object.manifest, &scene.map, text);
                answers.extend(object.scalars().iter().map(|f| scene.answer(object, f)));
                continue;
            };
            let Some(field) = object.field(path) else {
                return Err(self.unknown_field(object, path));
            };
            let below = match field.is_scalar {
                true => vec![field],
                false => object.scalars().into_iter().filter(|f| within(&f.range, &field.range)).collect(),
            };
            for field in below {
                let answer = scene.answer(object, &field);
                text.push_str(&report::text(&answer));
                answers.push(answer);
            }
        }
        Ok(())
    }

    /// The other environments and clusters in which something holds.
    fn elsewhere(&self, holds: impl Fn(&[Object<'_>]) -> bool) -> Vec<String> {
        let path = self.release.chart.path.display().to_string();
        let all = releases(&[path], &SelectArgs::default(), Otherwise::All, self.project).unwrap_or_default();
        let mut log = Log::new(HelmVersion::from(self.args.scene.engine.helm_version));
        let others = all.releases().filter(|r| r.place() != self.release.place());
        let (args, mut loader) = (&self.args.scene, Loader::default());
        let held = others.filter(|release| {
            let session = loader.open(args, release, &mut log);
            let scene = session.and_then(|session| Scene::render(args, release, session, &mut log));
            scene.is_ok_and(|s| holds(&objects(&s.rendered)))
        });
        held.map(Release::place).collect()
    }

    fn here(&self) -> String {
        match self.release.place() {
            place if place.is_empty() => place,
            place => format!(" in environment {place}"),
        }
    }

    fn unknown_object(&self, all: &[Object<'_>]) -> Failed {
        let (asked, here) = (self.object, self.here());
        let others = self.elsewhere(|all| all.iter().any(|o| o.is_called(asked)));
        if !others.is_empty() {
            return error(format!("there is no object {asked}{here}; there is one in {}", others.join(", ")));
        }
        let names: Vec<String> = all.iter().map(Object::label).collect();
        error(format!("there is no object {asked}{here}{}", hint(asked, &names)))
    }

    fn unknown_field(&self, object: &Object<'_>, path: &str) -> Failed {
        let (label, here) = (object.label(), self.here());
        let others = self.elsewhere(|all| all.iter().filter(|o| o.is_called(&label)).any(|o| o.field(path).is_some()));
        if !others.is_empty() {
            return error(format!("{label} has no field {path}{here}; it has one in {}", others.join(", ")));
        }
        let mut names: Vec<String> = object.scalars().into_iter().map(|f| f.path).collect();
        // Maps and lists are fields too.
        let inner: Vec<String> = names
            .iter()
            .flat_map(|n| n.match_indices(['.', '[']).map(|(i, _)| n[..i].to_owned()).collect::<Vec<_>>())
            .collect();
        names.extend(inner);
        error(format!("{label} has no field {path}{here}{}", hint(path, &names)))
    }
}

fn within(inner: &std::ops::Range<usize>, outer: &std::ops::Range<usize>) -> bool {
    inner.start >= outer.start && inner.end <= outer.end
}

fn json_lines<T: serde::Serialize>(answer: &T) -> Result<String, Failed> {
    serde_json::to_string_pretty(answer).map(|t| t + "\n").map_err(|e| error(e.to_string()))
}

/// A chart rendered in one environment, with its map.
pub(super) struct Scene {
    /// What was read.
    pub session: Session,
    /// The environment, with the cluster if there is one; empty without.
    place: String,
    /// What was rendered.
    pub rendered: Rendered,
    /// Where it comes from.
    pub map: Map,
    layers: OnceCell<Layers>,
    /// Names of the subcharts that were left out.
    absent: Vec<String>,
}

impl Scene {
    /// Renders a release, watched.
    pub fn render(args: &SceneArgs, release: &Release, mut session: Session, log: &mut Log) -> Result<Scene, Failed> {
        let (rendered, map) = session.explain(&args.engine, log)?;
        Ok(Scene::of(session, release, rendered, map))
    }

    /// What a session rendered.
    pub fn of(session: Session, release: &Release, rendered: Rendered, map: Map) -> Scene {
        let Metadata { name: root, dependencies, .. } = &session.chart.metadata;
        let names =
            dependencies.iter().flatten().flatten().map(|d| if d.alias.is_empty() { &d.name } else { &d.alias });
        let absent = names.filter(|n| !map.has_below(&format!("{root}/charts/{n}/"))).cloned().collect();
        Scene { place: release.place(), layers: OnceCell::new(), session, rendered, map, absent }
    }

    /// What each layer says.
    pub fn layers(&self) -> &Layers {
        self.layers.get_or_init(|| self.session.layers())
    }

    /// Environment and cluster, if there is one.
    pub fn place(&self) -> Option<&str> {
        Some(self.place.as_str()).filter(|p| !p.is_empty())
    }

    /// Turns origins into what is shown.
    pub fn teller(&self) -> report::Teller<'_> {
        report::Teller { map: &self.map, layers: self.layers(), shown: &relative }
    }

    /// What the judges of values look at.
    pub fn view(&self) -> View<'_> {
        View { env: self.place(), map: &self.map, layers: self.layers(), absent: &self.absent }
    }

    fn answer(&self, object: &Object<'_>, field: &Field) -> report::Answer {
        let manifest = object.manifest;
        // An empty value is printed by whoever printed its key.
        let value = if field.value.is_empty() { field.range.clone() } else { field.value.clone() };
        let origin = self.map.bytes(manifest, value);
        let text = &manifest.content[field.value.clone()];
        self.teller().answer(&object.label(), &field.path, self.place(), text, &origin)
    }
}

/// All releases of a chart, rendered.
pub(super) fn scenes(args: &SceneArgs, chart: &ChartReleases, log: &mut Log) -> Result<Vec<Scene>, Failed> {
    let mut loader = Loader::default();
    let mut scenes = Vec::new();
    for release in &chart.releases {
        let session = loader.open(args, release, log)?;
        scenes.push(Scene::render(args, release, session, log)?);
    }
    Ok(scenes)
}

/// The names closest to one that is unknown, the closest first.
fn closest<'n>(asked: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let lower = asked.to_lowercase();
    let mut near: Vec<(usize, &str)> =
        names.map(|n| (strsim::damerau_levenshtein(&lower, &n.to_lowercase()), n)).collect();
    near.sort();
    near.dedup();
    let limit = 2 + asked.len() / 2;
    near.into_iter().filter(|(d, _)| *d <= limit).take(3).map(|(_, n)| n).collect()
}

pub(super) fn hint(asked: &str, names: &[String]) -> String {
    let near = closest(asked, names.iter().map(String::as_str));
    if near.is_empty() { String::new() } else { format!("; closest: {}", near.join(", ")) }
}

/// `--html`: a page of all environments.
fn page(args: &ExplainArgs, file: &str, question: &Question<'_>, log: &mut Log) -> Result<String, Failed> {
    let scenes = scenes(&args.scene, &question.chart, log)?;
    let chart = scenes.first().map(|s| s.session.chart.metadata.name.clone()).unwrap_or_default();
    let parts = scenes.iter().map(|scene| {
        let helm = HelmVersion::from(args.scene.engine.helm_version);
        let head = source_map::Head { chart: &chart, environment: scene.place(), helm, shown: &relative };
        explain_page::Part {
            data: source_map::write(&head, &scene.rendered, &scene.map, Some(&scene.teller())),
            map: &scene.map,
            shown: &relative,
        }
    });
    let text = explain_page::write(&chart, parts.collect()).map_err(error)?;
    std::fs::write(file, text).map_err(|e| error(format!("{file}: {e}")))?;
    Ok(format!("wrote {file}\n"))
}

/// A line that a value reaches.
#[derive(serde::Serialize)]
struct Reached {
    environment: Option<String>,
    object: String,
    source: String,
    line: usize,
    text: String,
    /// Whether the value is part of the line, or decided that it is there.
    how: &'static str,
}

/// `--value`: the lines that a key reaches.
fn reached(args: &ExplainArgs, key: &str, question: &Question<'_>, log: &mut Log) -> Result<String, Failed> {
    let path = parse_path(key);
    let parts = spread::releases(&args.scene, &question.chart, log, |release, session, log| {
        let scene = Scene::render(&args.scene, release, session, log)?;
        let known: Vec<String> = scene.map.keys().all().map(|(p, _)| crate::explain::path_text(&p)).collect();
        let mut found = Vec::new();
        for object in objects(&scene.rendered) {
            for (n, (text, origin)) in scene.map.lines(object.manifest).enumerate() {
                if let Some(how) = reaches(&origin, &path) {
                    found.push(Reached {
                        environment: scene.place().map(str::to_owned),
                        object: object.label(),
                        source: object.manifest.path.clone(),
                        line: n + 1,
                        text: text.to_owned(),
                        how,
                    });
                }
            }
        }
        Ok((known, found))
    })?;
    let (known, found): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let (known, found): (Vec<String>, Vec<Reached>) = (known.concat(), found.into_iter().flatten().collect());
    if found.is_empty() && !known.iter().any(|k| k == key) {
        return Err(error(format!("no layer sets {key}{}", hint(key, &known))));
    }
    if args.output == Answer::Json {
        return json_lines(&json!({ "key": key, "lines": found }));
    }
    Ok(reached_text(key, &found))
}

fn reached_text(key: &str, found: &[Reached]) -> String {
    if found.is_empty() {
        return format!("{key} reaches no line\n");
    }
    let mut out = String::new();
    let mut last = None;
    for line in found {
        let head = (line.environment.as_deref(), &line.object);
        if last != Some(head) {
            let env = line.environment.as_ref().map(|e| format!(" in {e}")).unwrap_or_default();
            out.push_str(&format!("{}{env} ({})\n", line.object, line.source));
            last = Some(head);
        }
        let mark = if line.how == "decides" { "?" } else { " " };
        out.push_str(&format!("{mark}{:>5}  {}\n", line.line, line.text));
    }
    if found.iter().any(|l| l.how == "decides") {
        out.push_str("(? the value decides whether the line is there, or which one)\n");
    }
    out
}

/// Whether a key, or one below it, is in a line or decided it.
fn reaches(origin: &LineOrigin, key: &[Step]) -> Option<&'static str> {
    let below = |o: &crate::explain::Origin| !o.path.is_empty() && (o.path.starts_with(key));
    if origin.values.iter().any(below) {
        return Some("content");
    }
    origin.conditions.iter().any(below).then_some("decides")
}
