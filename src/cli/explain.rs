//! `plimsoll explain`: where a field of a rendered object comes from, and where a value goes.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{Answer, ExplainArgs, SceneArgs};
use super::exit;
use super::session::{Failed, Found, Session, environments, error, one_chart, project, relative, usage};
use crate::diag::log::Log;
use crate::explain::object::{Field, Object, crds, objects};
use crate::explain::{Layers, LineOrigin, Map, Step, parse_path};
use crate::lint::helm::usage::View;
use crate::render::Rendered;
use crate::report::{annotate, explain as report, page, source_map};
use crate::value::HelmVersion;

/// Runs the command.
pub(super) fn run(args: &ExplainArgs) -> u8 {
    let mut log = Log::new(HelmVersion::from(args.scene.engine.helm_version));
    let done = answer(args, &mut log);
    let mut said: String = log.take().iter().map(|l| format!("{l}\n")).collect();
    let status = match done {
        Ok(text) => {
            if super::print(text.as_bytes()) {
                exit::OK
            } else {
                exit::ERROR
            }
        }
        Err((status, text)) => {
            said.push_str(&text);
            status
        }
    };
    let _ = std::io::stderr().write_all(said.as_bytes());
    status
}

/// What was asked: a chart, an object, a field.
struct Question<'a> {
    chart: PathBuf,
    object: Option<&'a str>,
    field: Option<&'a str>,
}

fn question<'a>(args: &'a ExplainArgs, project: &Found) -> Result<Question<'a>, Failed> {
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
    Ok(Question { chart: one_chart(chart, project)?, object: word(0), field: word(1) })
}

fn answer(args: &ExplainArgs, log: &mut Log) -> Result<String, Failed> {
    let project = project()?;
    let question = question(args, &project)?;
    if let Some(key) = &args.value {
        return reached(args, key, &question, &project, log);
    }
    if let Some(file) = &args.html {
        return page(args, file, &question, &project, log);
    }
    let Some(object) = question.object else {
        return Err(usage("which object? For instance deployment/web, or --value KEY, or --html FILE".into()));
    };
    let mut session = Session::open(&args.scene, &question.chart, args.scene.env.as_deref(), &project, log)?;
    let kind = object.to_lowercase();
    session.options.include_crds = ["crd", "customresourcedefinition"].iter().any(|k| kind.starts_with(k));
    let scene = Scene::of(session, &args.scene, args.scene.env.as_deref(), log)?;
    let mut all = objects(&scene.rendered);
    all.extend(crds(&scene.map));
    let found: Vec<&Object<'_>> = all.iter().filter(|o| o.is_called(object)).collect();
    if found.is_empty() {
        return Err(unknown_object(args, object, &all, &question, &project));
    }
    let mut answers = Vec::new();
    let mut text = String::new();
    for object in found {
        let Some(path) = question.field else {
            annotate::annotate(object.manifest, &scene.map, &mut text);
            answers.extend(object.scalars().iter().map(|f| scene.answer(object, f)));
            continue;
        };
        let Some(field) = object.field(path) else {
            return Err(unknown_field(args, object, path, &question, &project));
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
    match args.output {
        Answer::Text => Ok(text),
        Answer::Json => json_lines(&answers),
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
    /// The chart's name.
    pub chart: String,
    /// The environment.
    pub env: Option<String>,
    /// What was rendered.
    pub rendered: Rendered,
    /// Where it comes from.
    pub map: Map,
    /// What each layer says.
    pub layers: Layers,
    /// Names of the subcharts that were left out.
    absent: Vec<String>,
}

impl Scene {
    /// Renders a chart, watched.
    pub fn render(
        args: &SceneArgs,
        chart: &Path,
        env: Option<&str>,
        project: &Found,
        log: &mut Log,
    ) -> Result<Scene, Failed> {
        Scene::of(Session::open(args, chart, env, project, log)?, args, env, log)
    }

    fn of(mut session: Session, args: &SceneArgs, env: Option<&str>, log: &mut Log) -> Result<Scene, Failed> {
        let (rendered, map) = session.explain(&args.engine, log)?;
        let declared = session.chart.metadata.dependencies.iter().flatten().flatten();
        let names = declared.map(|d| if d.alias.is_empty() { &d.name } else { &d.alias });
        let root = &session.chart.metadata.name;
        let printed = |name: &String| map.has_below(&format!("{root}/charts/{name}/"));
        let absent = names.filter(|n| !printed(n)).cloned().collect();
        Ok(Scene { chart: root.clone(), env: env.map(str::to_owned), layers: session.layers(), rendered, map, absent })
    }

    /// Turns origins into what is shown.
    pub fn teller(&self) -> report::Teller<'_> {
        report::Teller { map: &self.map, layers: &self.layers, shown: &relative }
    }

    /// What the judges of values look at.
    pub fn view(&self) -> View<'_> {
        View { env: self.env.as_deref(), map: &self.map, layers: &self.layers, absent: &self.absent }
    }

    fn answer(&self, object: &Object<'_>, field: &Field) -> report::Answer {
        let manifest = object.manifest;
        // An empty value is printed by whoever printed its key.
        let value = if field.value.is_empty() { field.range.clone() } else { field.value.clone() };
        let origin = self.map.bytes(manifest, value);
        let text = &manifest.content[field.value.clone()];
        self.teller().answer(&object.label(), &field.path, self.env.as_deref(), text, &origin)
    }
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

fn hint(asked: &str, names: &[String]) -> String {
    let near = closest(asked, names.iter().map(String::as_str));
    if near.is_empty() { String::new() } else { format!("; closest: {}", near.join(", ")) }
}

/// The environments besides the one asked for in which something holds.
fn elsewhere(
    args: &ExplainArgs,
    question: &Question<'_>,
    project: &Found,
    holds: impl Fn(&[Object<'_>]) -> bool,
) -> Vec<String> {
    let any = SceneArgs { env: None, ..args.scene.clone() };
    let others = environments(&any, &question.chart, project).into_iter().flatten();
    let others = others.filter(|e| args.scene.env.as_ref() != Some(e));
    let mut log = Log::new(HelmVersion::from(args.scene.engine.helm_version));
    others
        .filter(|env| {
            let scene = Scene::render(&args.scene, &question.chart, Some(env), project, &mut log);
            scene.is_ok_and(|s| holds(&objects(&s.rendered)))
        })
        .collect()
}

fn in_environment(args: &ExplainArgs) -> String {
    args.scene.env.as_ref().map(|e| format!(" in environment {e}")).unwrap_or_default()
}

fn unknown_object(
    args: &ExplainArgs,
    asked: &str,
    all: &[Object<'_>],
    question: &Question<'_>,
    project: &Found,
) -> Failed {
    let others = elsewhere(args, question, project, |all| all.iter().any(|o| o.is_called(asked)));
    let here = in_environment(args);
    if !others.is_empty() {
        return error(format!("there is no object {asked}{here}; there is one in {}", others.join(", ")));
    }
    let names: Vec<String> = all.iter().map(Object::label).collect();
    error(format!("there is no object {asked}{here}{}", hint(asked, &names)))
}

fn unknown_field(
    args: &ExplainArgs,
    object: &Object<'_>,
    path: &str,
    question: &Question<'_>,
    project: &Found,
) -> Failed {
    let label = object.label();
    let others = elsewhere(args, question, project, |all| {
        all.iter().filter(|o| o.is_called(&label)).any(|o| o.field(path).is_some())
    });
    let here = in_environment(args);
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

/// `--html`: a page of all environments.
fn page(
    args: &ExplainArgs,
    file: &str,
    question: &Question<'_>,
    project: &Found,
    log: &mut Log,
) -> Result<String, Failed> {
    let mut scenes = Vec::new();
    for env in environments(&args.scene, &question.chart, project) {
        scenes.push(Scene::render(&args.scene, &question.chart, env.as_deref(), project, log)?);
    }
    let chart = scenes.first().map(|s| s.chart.clone()).unwrap_or_default();
    let parts = scenes.iter().map(|scene| {
        let helm = HelmVersion::from(args.scene.engine.helm_version);
        let head = source_map::Head { chart: &chart, environment: scene.env.as_deref(), helm, shown: &relative };
        page::Part {
            data: source_map::write(&head, &scene.rendered, &scene.map, Some(&scene.teller())),
            map: &scene.map,
            shown: &relative,
        }
    });
    let text = page::write(&chart, parts.collect()).map_err(error)?;
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
fn reached(
    args: &ExplainArgs,
    key: &str,
    question: &Question<'_>,
    project: &Found,
    log: &mut Log,
) -> Result<String, Failed> {
    let path = parse_path(key);
    let mut found = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for env in environments(&args.scene, &question.chart, project) {
        let scene = Scene::render(&args.scene, &question.chart, env.as_deref(), project, log)?;
        known.extend(scene.map.keys().all().map(|(p, _)| crate::explain::path_text(&p)));
        for object in objects(&scene.rendered) {
            for (n, (text, origin)) in scene.map.lines(object.manifest).enumerate() {
                if let Some(how) = reaches(&origin, &path) {
                    found.push(Reached {
                        environment: env.clone(),
                        object: object.label(),
                        source: object.manifest.path.clone(),
                        line: n + 1,
                        text: text.to_owned(),
                        how,
                    });
                }
            }
        }
    }
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
