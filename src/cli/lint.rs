//! `plimsoll lint`: renders charts in their environments, or takes manifests, runs the families of checks over them, and
//! reports what they find.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use super::args::{FailOn, LintArgs, MissingSchema, OnlyFamily};
use super::exit;
use super::session::{Failed, Found as ProjectFile, Session, error, project, releases, usage};
use super::touched;
use crate::diag::log::Log;

use crate::explain::{Layers, Map};
use crate::fleet::{ChartReleases, Level, LintSettings, Matrix, Otherwise, Release};
use crate::finding::{Finding, KubeObject, Problem, Resource, Scope, Severity, Spot};
use crate::lint::baseline::Baseline;
use crate::lint::fold::{Located, findings};
use crate::lint::helm::usage::{View, never_rendered, replaced, severity as rule_severity, undefined, unused_by_owner};
use crate::lint::locate::{Origins, relative};
use crate::lint::waivers::{Waivers, inline};
use crate::lint::{Checks, helm, objects};
use crate::parallel;
use crate::policy::{Set, builtin, cross};
use crate::render::RenderError;
use crate::render::Rendered;
use crate::render::capabilities::DEFAULT_KUBE_VERSION;
use crate::report::lint::{RuleInfo, Run, write};
use crate::value::HelmVersion;

/// Everything that is read before the first chart is.
struct Plan<'a> {
    args: &'a LintArgs,
    project: ProjectFile,
    checks: Checks,
    /// Whether the family of Helm's rules is on.
    helm: bool,
    current: PathBuf,
    /// Our rules by the names that other tools' annotations use.
    known_as: HashMap<&'static str, Vec<&'static str>>,
}

/// What one chart in one environment, or all manifests, gave.
#[derive(Default)]
struct Part {
    located: Vec<Located>,
    checked: usize,
    /// Waived by the object itself: rule or `*`, reason; by object.
    inline: Vec<(Resource, String, String)>,
    said: Vec<String>,
}

/// Runs the command.
pub(super) fn run(args: &LintArgs) -> u8 {
    match lint(args) {
        Ok(status) => status,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status
        }
    }
}

fn lint(args: &LintArgs) -> Result<u8, Failed> {
    let outputs = outputs(args)?;
    let project = project()?;
    let plan = plan(args, project)?;
    let settings = settings(&plan);
    let today = today(args)?;
    let mut waivers = match file_of(&plan, args.waivers.as_ref(), settings.waivers.as_ref()) {
        Some(path) => Waivers::read(&relative(&path, &plan.current), &read(&path)?).map_err(usage)?,
        None => Waivers::default(),
    };
    let baseline = match file_of(&plan, args.baseline.as_ref(), settings.baseline.as_ref()) {
        Some(path) => Some(Baseline::read(&relative(&path, &plan.current), &read(&path)?).map_err(usage)?),
        None => None,
    };
    let (parts, charts, envs) = match args.manifests.is_empty() {
        true => lint_charts(&plan)?,
        false => (vec![lint_manifests(&plan)?], Vec::new(), Vec::new()),
    };
    let mut said = BTreeSet::new();
    let (mut located, mut checked, mut waived) = (Vec::new(), 0, Vec::new());
    for part in parts {
        located.extend(part.located);
        checked += part.checked;
        waived.extend(part.inline);
        said.extend(part.said);
    }
    let mut found = findings(located.into_iter().filter_map(|l| strict(&plan, l)).collect());
    for finding in &mut found {
        let fits = |(r, rule, _): &&(Resource, String, String)| {
            *r == finding.resource && (rule == "*" || *rule == finding.rule)
        };
        if let Some((_, _, reason)) = waived.iter().find(fits) {
            finding.waived = Some(crate::finding::Waived { reason: reason.clone(), by: "annotation" });
        }
    }
    waivers.apply(&mut found, today);
    found.extend(waivers.findings(today));
    if let Some(path) = &args.write_baseline {
        std::fs::write(path, Baseline::of(&found).text()).map_err(|e| error(format!("write {path}: {e}")))?;
    }
    if let Some(baseline) = &baseline {
        baseline.apply(&mut found);
    }
    let said: String = said.iter().map(|l| format!("{l}\n")).collect();
    let _ = std::io::stderr().write_all(said.as_bytes());
    report(&plan, &outputs, &found, &charts, &envs, checked)?;
    Ok(status(args.fail_on, &found))
}

fn status(fail_on: FailOn, found: &[Finding]) -> u8 {
    let least = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Never => return exit::OK,
    };
    match found.iter().any(|f| f.waived.is_none() && f.severity >= least) {
        true => exit::ERROR,
        false => exit::OK,
    }
}

fn today(args: &LintArgs) -> Result<jiff::civil::Date, Failed> {
    match &args.scene.engine.now {
        Some(text) => {
            let now: jiff::Timestamp = text.parse().map_err(|e| usage(format!("invalid --now {text:?}: {e}")))?;
            Ok(now.to_zoned(jiff::tz::TimeZone::UTC).date())
        }
        None => Ok(jiff::Zoned::now().date()),
    }
}

fn read(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|e| usage(format!("open {}: {e}", path.display())))
}

/// A file that a flag names, or else the project file.
fn file_of(plan: &Plan<'_>, flag: Option<&String>, setting: Option<&String>) -> Option<PathBuf> {
    let dir = plan.project.as_ref().map_or(plan.current.as_path(), |p| p.dir());
    flag.map(PathBuf::from).or_else(|| setting.map(|s| dir.join(s)))
}

fn settings<'p>(plan: &'p Plan<'_>) -> std::borrow::Cow<'p, LintSettings> {
    settings_of(&plan.project)
}

fn settings_of(project: &ProjectFile) -> std::borrow::Cow<'_, LintSettings> {
    match project {
        Some(project) => std::borrow::Cow::Borrowed(&project.lint),
        None => std::borrow::Cow::Owned(LintSettings::default()),
    }
}

/// Formats with the files they go to.
fn outputs(args: &LintArgs) -> Result<Vec<(String, Option<String>)>, Failed> {
    let mut outputs = Vec::new();
    for output in &args.output {
        let (format, file) = match output.split_once('=') {
            Some((format, file)) => (format, Some(file.to_owned())),
            None => (output.as_str(), None),
        };
        if !crate::report::lint::formats().any(|f| f == format) {
            let known: Vec<&str> = crate::report::lint::formats().collect();
            return Err(usage(format!("there is no report {format:?}, only {}", known.join(", "))));
        }
        outputs.push((format.to_owned(), file));
    }
    if outputs.iter().all(|(_, file)| file.is_some()) && (outputs.is_empty() || args.output.is_empty()) {
        outputs.push(("text".to_owned(), None));
    }
    match outputs.iter().filter(|(_, file)| file.is_none()).count() {
        0 | 1 => Ok(outputs),
        _ => Err(usage("only one report can go to standard output; give the others files: --output sarif=FILE".into())),
    }
}

fn plan(args: &LintArgs, project: ProjectFile) -> Result<Plan<'_>, Failed> {
    let current = std::env::current_dir().unwrap_or_default();
    let settings = settings_of(&project).into_owned();
    let dir = project.as_ref().map_or_else(|| current.clone(), |p| p.dir().to_owned());
    let wanted = |family: OnlyFamily| args.only.is_empty() || args.only.contains(&family);
    let given: Vec<String> = args.scene.kube_version.iter().flat_map(|v| v.split(',')).map(str::to_owned).collect();
    let versions = match (given.is_empty(), settings.kube_versions.is_empty()) {
        (false, _) => given,
        (true, false) => settings.kube_versions.clone(),
        (true, true) => vec![
            project.as_ref().and_then(|p| p.settings.kube_version.as_ref()).map_or_else(|| DEFAULT_KUBE_VERSION.into(), |v| v.text.clone()),
        ],
    };
    for version in &versions {
        crate::kube::schema::Schemas::embedded(version).map_err(|e| usage(e.to_string()))?;
    }
    let oldest = versions.iter().filter_map(|v| minor(v)).min().unwrap_or(0);
    let policies = match wanted(OnlyFamily::Policy) {
        true => Some(policies(args, &settings, &dir, oldest)?),
        false => None,
    };
    let mut crds = Vec::new();
    let beside = settings.crds.iter().map(|p| dir.join(p));
    for path in args.crds.iter().map(PathBuf::from).chain(beside) {
        crds.extend(definitions(&path)?);
    }
    let missing = match args.missing_schema {
        MissingSchema::Error => Some(Severity::Error),
        MissingSchema::Warn => Some(Severity::Warning),
        MissingSchema::Ignore => None,
    };
    let versions = if wanted(OnlyFamily::Schema) { versions } else { Vec::new() };
    let checks = Checks::new(&versions, missing, crds, policies).map_err(usage)?;
    Ok(Plan { args, project, checks, helm: wanted(OnlyFamily::Helm), current, known_as: HashMap::new() })
}

fn minor(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').nth(1)?.parse().ok()
}

fn policies(args: &LintArgs, settings: &LintSettings, dir: &Path, minor: u32) -> Result<Set, Failed> {
    let names = match (&args.policies[..], &settings.policies) {
        ([], None) => vec!["fintech".to_owned()],
        ([], Some(names)) => {
            let is_set = |n: &String| builtin::sets().contains(&n.as_str());
            names.iter().map(|n| if is_set(n) { n.clone() } else { dir.join(n).display().to_string() }).collect()
        }
        (given, _) => given.to_vec(),
    };
    let texts = builtin::read(&names).map_err(|e| usage(e.to_string()))?;
    Set::load(&texts, minor).map_err(|errors| {
        let lines: String = errors.iter().map(|e| format!("Error: {e}\n")).collect();
        (exit::USAGE, lines)
    })
}

/// The definitions of custom resources in a file or folder; a broken one is an error.
fn definitions(path: &Path) -> Result<Vec<KubeObject>, Failed> {
    let mut found = Vec::new();
    for file in manifest_files(path)? {
        let (objects, broken) = objects::of_file(&file.display().to_string(), &read(&file)?);
        if let Some(b) = broken.first() {
            let (line, column) = crate::span::line_column(b.source.text.as_bytes(), b.offset);
            let line = b.source.line + line - 1;
            return Err(usage(format!("{}:{line}:{column}: {}", b.source.name, b.problem.message)));
        }
        for object in objects.into_iter().filter(|o| o.kind == "CustomResourceDefinition") {
            if let Some(p) = crate::kube::schema::check_definition(&object).first() {
                let (line, column) = object.place(&p.path);
                return Err(usage(format!("{}:{line}:{column}: {}", object.source.name, p.message)));
            }
            found.push(object);
        }
    }
    Ok(found)
}

/// The YAML and JSON files of a folder, in order, or the file itself.
fn manifest_files(path: &Path) -> Result<Vec<PathBuf>, Failed> {
    if !path.exists() {
        return Err(usage(format!("{} does not exist", path.display())));
    }
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|e| usage(e.to_string()))?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file() && [".yaml", ".yml", ".json"].iter().any(|e| name.ends_with(e)) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

fn lint_manifests(plan: &Plan<'_>) -> Result<Part, Failed> {
    let mut part = Part::default();
    let mut all = Vec::new();
    for path in &plan.args.manifests {
        if path == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| error(format!("standard input: {e}")))?;
            add_file(plan, "standard input", &text, &mut all, &mut part);
            continue;
        }
        for file in manifest_files(Path::new(path))? {
            add_file(plan, &relative(&file, &plan.current), &read(&file)?, &mut all, &mut part);
        }
    }
    part.checked += all.len();
    let namespace = plan.args.scene.namespace.as_deref().unwrap_or("default");
    for found in plan.checks.run(&all, &[], namespace) {
        let object = &all[found.object];
        let (line, column) = object.place(&found.problem.path);
        let version = found.version.map(|v| plan.checks.versions[v].clone()).unwrap_or_default();
        part.located.push(Located {
            resource: resource(object, ""),
            chart: String::new(),
            scope: Scope { kube_version: version, ..Scope::default() },
            spot: Spot { file: object.source.name.clone(), line, column },
            template: None,
            values: None,
            problem: found.problem,
        });
    }
    add_inline(plan, &all, "", &mut part);
    Ok(part)
}

fn add_file(plan: &Plan<'_>, name: &str, text: &str, all: &mut Vec<KubeObject>, part: &mut Part) {
    let (objects, broken) = objects::of_file(name, text);
    all.extend(objects);
    if plan.checks.versions.is_empty() {
        return;
    }
    for b in broken {
        let (line, column) = crate::span::line_column(b.source.text.as_bytes(), b.offset);
        part.checked += 1;
        part.located.push(Located {
            problem: b.problem,
            resource: Resource::default(),
            chart: String::new(),
            scope: Scope::default(),
            spot: Spot { file: name.to_owned(), line: b.source.line + line - 1, column },
            template: None,
            values: None,
        });
    }
}

fn resource(object: &KubeObject, namespace: &str) -> Resource {
    let own = if object.namespace.is_empty() { namespace } else { &object.namespace };
    Resource {
        api_version: object.api_version.clone(),
        kind: object.kind.clone(),
        namespace: own.to_owned(),
        name: object.name.clone(),
    }
}

fn add_inline(plan: &Plan<'_>, objects: &[KubeObject], namespace: &str, part: &mut Part) {
    for object in objects {
        for (rule, reason) in inline(object, &plan.known_as) {
            part.inline.push((resource(object, namespace), rule, reason));
        }
    }
}

type Parts = (Vec<Part>, Vec<String>, Vec<String>);

fn lint_charts(plan: &Plan<'_>) -> Result<Parts, Failed> {
    let paths = match plan.args.touched {
        true => touched::charts(&plan.args.charts, &plan.project)?,
        false => plan.args.charts.clone(),
    };
    let matrix = match plan.args.touched && paths.is_empty() {
        true => Matrix::default(),
        false => releases(&paths, &plan.args.scene.select, Otherwise::All, &plan.project)?,
    };
    let mut parts = Vec::new();
    parallel::in_order(
        &matrix.charts,
        parallel::cores(),
        |chart| lint_chart(plan, chart),
        |chart, part| {
            let aborted = || Err(error(format!("{}: the render was aborted", chart.chart.path.display())));
            parts.push(part.unwrap_or_else(aborted));
        },
    );
    let names = matrix.charts.iter().map(|c| relative(&c.chart.path, &plan.current)).collect();
    Ok((parts.into_iter().collect::<Result<_, _>>()?, names, matrix.places()))
}

/// A finished render of one environment, for what is judged over all of them.
struct Seen {
    place: String,
    session: Session,
    rendered: Rendered,
    map: Map,
    layers: Layers,
    absent: Vec<String>,
}

fn lint_chart(plan: &Plan<'_>, chart: &ChartReleases) -> Result<Part, Failed> {
    let mut part = Part::default();
    let mut seen = Vec::new();
    for release in &chart.releases {
        seen.extend(lint_release(plan, release, &mut part)?);
    }
    // What one environment doesn't use, one that failed to render may.
    if plan.helm && seen.len() == chart.releases.len() {
        value_rules(plan, &chart.chart.path, &seen, &mut part)?;
    }
    Ok(part)
}

/// What the use of values shows over all environments, and which templates print nothing in any.
fn value_rules(plan: &Plan<'_>, path: &Path, seen: &[Seen], part: &mut Part) -> Result<(), Failed> {
    let absolute = std::path::absolute(path).map_err(|e| usage(e.to_string()))?;
    let chart = relative(&absolute, &plan.current);
    let views: Vec<View<'_>> = seen.iter().map(Seen::view).collect();
    let Some(first) = seen.first() else { return Ok(()) };
    let all: BTreeSet<String> = seen.iter().map(|s| s.place.clone()).filter(|p| !p.is_empty()).collect();
    let mut add = |rule: &'static str, key: &str, message: String, place: Option<&Spot>, envs: &BTreeSet<String>| {
        let fallback = Spot { file: absolute.join("values.yaml").display().to_string(), line: 1, column: 1 };
        let place = place.unwrap_or(&fallback);
        let file = template_file(&place.file, &first.session.chart.metadata.name, &absolute);
        let mut problem = Problem::new(rule, rule_severity(rule), key, message);
        problem.remedy = helm::RULES.iter().find(|r| r.id == rule).map(|r| r.remedy.into());
        let none = BTreeSet::from([String::new()]);
        let envs = if envs.is_empty() { &all } else { envs };
        for env in if envs.is_empty() { &none } else { envs } {
            part.located.push(Located {
                problem: problem.clone(),
                resource: Resource::default(),
                chart: chart.clone(),
                scope: Scope::at(env),
                spot: Spot { file: relative(&file, &plan.current), ..place.clone() },
                template: None,
                values: None,
            });
        }
    };
    let (own, subcharts) = unused_by_owner(&first.session.chart, &views);
    for (rule, found) in [("helm/unused-value", own), ("helm/unread-subchart-value", subcharts)] {
        for f in found {
            add(rule, &f.key, format!("no template reads {}", f.key), f.places.first(), &f.environments);
        }
    }
    for f in undefined(&views) {
        let hint = f.closest.as_ref().map(|c| format!("; there is {c}")).unwrap_or_default();
        let message = format!("{} is read, and no layer sets it{hint}", f.key);
        add("helm/undefined-value", &f.key, message, f.places.first(), &f.environments);
    }
    for f in replaced(&views, &crate::report::explain::short) {
        let message = format!("the list {} replaces a weaker one: {} lost", f.key, f.lost.join(", "));
        add("helm/replaced-list", &f.key, message, f.places.first(), &f.environments);
    }
    let rendered: Vec<&Rendered> = seen.iter().map(|s| &s.rendered).collect();
    for name in never_rendered(&first.session.chart, &rendered) {
        let place = Spot { file: absolute.join(name).display().to_string(), line: 1, column: 1 };
        add("helm/never-rendered", "", format!("{name} prints no object"), Some(&place), &BTreeSet::new());
    }
    Ok(())
}

/// The file that a place of the map is in: templates are named as Helm names them.
fn template_file(name: &str, chart: &str, folder: &Path) -> PathBuf {
    match name.strip_prefix(chart).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if folder.join(rest).is_file() => folder.join(rest),
        _ => PathBuf::from(name),
    }
}

impl Seen {
    fn view(&self) -> View<'_> {
        View { env: Some(self.place.as_str()).filter(|p| !p.is_empty()), map: &self.map, layers: &self.layers, absent: &self.absent }
    }
}

fn lint_release(plan: &Plan<'_>, release: &Release, part: &mut Part) -> Result<Option<Seen>, Failed> {
    let mut scene = plan.args.scene.clone();
    // The first version is the one that templates see.
    scene.kube_version = scene.kube_version.and_then(|v| v.split(',').next().map(str::to_owned));
    let mut log = Log::new(HelmVersion::from(scene.engine.helm_version));
    let absolute = release.chart.path.clone();
    let chart = relative(&absolute, &plan.current);
    let mut session = Session::open(&scene, release, &mut log)?;
    let scope = Scope::at(&release.place());
    let name = session.chart.metadata.name.clone();
    let namespace = session.options.namespace.clone();
    let before = part.located.len();
    if plan.helm {
        helm_rules(plan, &session, &absolute, &chart, &scope, part)?;
    }
    let (rendered, map) = match session.render_with_map(&mut log) {
        Ok(done) => done,
        Err(e) => {
            // Helm's own rules render too.
            if part.located[before..].iter().all(|l| l.problem.severity < Severity::Error) {
                part.located.push(unrendered(&e, &session, &absolute, chart, scope, plan));
            }
            part.said.extend(log.take());
            return Ok(None);
        }
    };
    let (indexes, all): (Vec<usize>, Vec<KubeObject>) = objects::of_render(&rendered).into_iter().unzip();
    let documents: Vec<_> = rendered.manifests.iter().chain(rendered.hooks.iter().map(|(m, _)| m)).collect();
    let crds = chart_definitions(&session.chart, &absolute, plan);
    let origins = Origins { map: &map, chart: &name, folder: &absolute, current: &plan.current };
    part.checked += all.len();
    for found in plan.checks.run(&all, &crds, &namespace) {
        let object = &all[found.object];
        let origin = origins.of(object, documents[indexes[found.object]], &found.problem.path);
        let (line, column) = object.place(&found.problem.path);
        let version = found.version.map(|v| plan.checks.versions[v].clone()).unwrap_or_default();
        part.located.push(Located {
            resource: resource(object, &namespace),
            chart: chart.clone(),
            scope: Scope { kube_version: version, ..scope.clone() },
            spot: Spot { file: object.source.name.clone(), line, column },
            template: origin.template,
            values: origin.values,
            problem: found.problem,
        });
    }
    add_inline(plan, &all, &namespace, part);
    part.said.extend(log.take());
    let declared = session.chart.metadata.dependencies.iter().flatten().flatten();
    let names = declared.map(|d| if d.alias.is_empty() { &d.name } else { &d.alias });
    let absent = names.filter(|n| !map.has_below(&format!("{name}/charts/{n}/"))).cloned().collect();
    let layers = session.layers();
    Ok(Some(Seen { place: release.place(), session, rendered, map, layers, absent }))
}

/// What `helm lint` says of the chart with this environment's values.
fn helm_rules(
    plan: &Plan<'_>,
    session: &Session,
    folder: &Path,
    chart: &str,
    scope: &Scope,
    part: &mut Part,
) -> Result<(), Failed> {
    let settings = helm::Settings {
        helm: session.options.helm,
        namespace: session.options.namespace.clone(),
        kube_version: Some(session.options.kube_version.clone()),
        check_schema: session.options.check_schema,
    };
    let mut log = Log::new(session.options.helm);
    let found = helm::check(folder, &session.values, &settings, &session.world, &mut log).map_err(error)?;
    for f in found {
        let file = if f.file.is_empty() { &f.place } else { &f.file };
        let path = if Path::new(file).is_absolute() { PathBuf::from(file) } else { folder.join(file) };
        let mut problem = Problem::new(f.rule, f.severity, "", f.message);
        problem.remedy = helm::RULES.iter().find(|r| r.id == f.rule).map(|r| r.remedy.into());
        part.located.push(Located {
            problem,
            resource: Resource::default(),
            chart: chart.to_owned(),
            scope: scope.clone(),
            spot: Spot { file: relative(&path, &plan.current), line: f.line.max(1), column: f.column.max(1) },
            template: None,
            values: None,
        });
    }
    Ok(())
}

/// The definitions in crds/ of a chart and its subcharts. Broken ones are findings where they are rendered; here they
/// only fail to define anything.
fn chart_definitions(chart: &crate::chart::Chart, folder: &Path, plan: &Plan<'_>) -> Vec<KubeObject> {
    let mut found = Vec::new();
    for file in chart.crds() {
        let name = relative(&folder.join(&file.name), &plan.current);
        found.extend(objects::of_file(&name, &String::from_utf8_lossy(&file.data)).0);
    }
    for (_, child) in &chart.children {
        found.extend(chart_definitions(child, folder, plan));
    }
    found.retain(|o| o.kind == "CustomResourceDefinition");
    found
}

/// A chart that doesn't render is a finding at the template's line.
fn unrendered(
    e: &RenderError,
    session: &Session,
    folder: &Path,
    chart: String,
    scope: Scope,
    plan: &Plan<'_>,
) -> Located {
    let text = e.helm_text(session.options.helm);
    let name = &session.chart.metadata.name;
    let spot = template_place(&text).map(|(file, line, column)| {
        let below = file.strip_prefix(name.as_str()).and_then(|f| f.strip_prefix('/')).unwrap_or(&file);
        Spot { file: relative(&folder.join(below), &plan.current), line, column }
    });
    let fallback = || Spot { file: relative(&folder.join("Chart.yaml"), &plan.current), line: 1, column: 1 };
    Located {
        problem: Problem::new("helm/render", Severity::Error, "", text),
        resource: Resource::default(),
        chart,
        scope,
        spot: spot.unwrap_or_else(fallback),
        template: None,
        values: None,
    }
}

/// The innermost `file:line:column` or `file:line` that an error text of Helm's names.
fn template_place(text: &str) -> Option<(String, usize, usize)> {
    let mut found = None;
    for word in text.split([' ', '(', ')', '"', '<', '>', '\n']) {
        let mut parts = word.trim_end_matches(':').split(':');
        let (Some(file), Some(line)) = (parts.next(), parts.next().and_then(|l| l.parse().ok())) else { continue };
        if file.contains("/templates/") {
            let column = parts.next().and_then(|c| c.parse::<usize>().ok()).map_or(1, |c| c + 1);
            found = Some((file.to_owned(), line, column));
        }
    }
    found
}

/// The problem with the severity that the project gives its rule in its environment; nothing where that is off.
fn strict(plan: &Plan<'_>, mut located: Located) -> Option<Located> {
    let Some(project) = &plan.project else { return Some(located) };
    let rule = &located.problem.rule;
    let env = project.environments.get(&located.scope.env);
    let said = env.and_then(|e| level(&e.rules, rule)).or_else(|| level(&project.lint.rules, rule));
    let own = match located.problem.severity {
        Severity::Info => Level::Info,
        Severity::Warning => Level::Warning,
        Severity::Error => Level::Error,
    };
    let most = env.and_then(|e| e.strictness).unwrap_or(Level::Error);
    located.problem.severity = match said.unwrap_or(own).min(most) {
        Level::Off => return None,
        Level::Info => Severity::Info,
        Level::Warning => Severity::Warning,
        Level::Error => Severity::Error,
    };
    Some(located)
}

/// What is said of a rule: by its name first, then by the longest glob.
fn level(rules: &BTreeMap<String, Level>, rule: &str) -> Option<Level> {
    let globs = || rules.iter().filter(|(p, _)| glob::Pattern::new(p).is_ok_and(|p| p.matches(rule)));
    rules.get(rule).or_else(|| globs().max_by_key(|(p, _)| p.len()).map(|(_, l)| l)).copied()
}

fn report(
    plan: &Plan<'_>,
    outputs: &[(String, Option<String>)],
    findings: &[Finding],
    charts: &[String],
    environments: &[String],
    checked: usize,
) -> Result<(), Failed> {
    let rules = rules(&plan.checks);
    let texts = |file: &str| std::fs::read_to_string(plan.current.join(file)).ok();
    for (format, file) in outputs {
        let terminal = file.is_none() && std::io::stdout().is_terminal();
        let run = Run {
            findings,
            charts,
            environments,
            versions: &plan.checks.versions,
            checked,
            rules: &rules,
            texts: &texts,
            colour: terminal && std::env::var_os("NO_COLOR").is_none(),
            // Elsewhere than on a terminal each finding is one line.
            width: if terminal { 100 } else { 0 },
        };
        let text = write(format, &run).unwrap_or_default();
        match file {
            Some(path) => std::fs::write(path, text).map_err(|e| error(format!("write {path}: {e}")))?,
            None if super::print(text.as_bytes()) => {}
            None => return Err(error("standard output is closed".into())),
        }
    }
    Ok(())
}

fn helm_rule(rule: &helm::Rule) -> RuleInfo {
    RuleInfo {
        id: rule.id.to_owned(),
        severity: rule.severity,
        title: rule.title.to_owned(),
        description: rule.description.to_owned(),
        remedy: rule.remedy.to_owned(),
        references: Vec::new(),
        url: None,
    }
}

/// The rules that were asked.
fn rules(checks: &Checks) -> Vec<RuleInfo> {
    let mut all: Vec<RuleInfo> = helm::RULES.iter().map(helm_rule).collect();
    let Some(policies) = &checks.policies else { return all };
    for policy in policies.policies() {
        let page = &policy.page;
        all.push(RuleInfo {
            id: page.id.clone(),
            severity: policy.severity,
            title: page.title.clone(),
            description: page.why.clone(),
            remedy: page.remedy.clone(),
            references: page.references.clone(),
            url: Some(page.url.clone()).filter(|u| !u.is_empty()),
        });
    }
    all.extend(cross::RULES.iter().map(|r| RuleInfo {
        id: r.id.to_owned(),
        severity: r.severity,
        title: r.title.to_owned(),
        description: r.why.to_owned(),
        remedy: r.remedy.to_owned(),
        references: r.references.iter().map(|s| (*s).to_owned()).collect(),
        url: None,
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_templates_have_a_place() {
        let text = "execution error at (ledger/templates/a.yaml:3:7): no";
        assert_eq!(template_place(text), Some(("ledger/templates/a.yaml".into(), 3, 8)));
        assert_eq!(
            template_place("parse error at (x/templates/b.yaml:9): bad"),
            Some(("x/templates/b.yaml".into(), 9, 1))
        );
        assert_eq!(template_place("no template here"), None);
    }

    #[test]
    fn the_exact_rule_wins_over_globs() {
        let rules = BTreeMap::from([("fintech/*".into(), Level::Off), ("fintech/a".into(), Level::Error)]);
        assert_eq!(level(&rules, "fintech/a"), Some(Level::Error));
        assert_eq!(level(&rules, "fintech/b"), Some(Level::Off));
        assert_eq!(level(&rules, "schema/b"), None);
    }
}
