//! What is said of a chart itself rather than of the objects it makes: Helm's rules, a render that failed, the use of its
//! values over all environments.

use std::collections::BTreeSet;

use super::fold::Located;
use super::helm::differs::{ImageUse, NullDiffers, SameEverywhere, differing_images, differing_keys};
use super::helm::usage::{View, never_rendered, replaced, severity, undefined, unused_by_owner};
use super::helm::{self, HelmFinding};
use super::locate::ChartFolder;
use super::release::Release;
use crate::chart::Chart;
use crate::finding::{Problem, Scope, Severity, Spot};
use crate::render::Rendered;
use crate::value::Value;
use crate::yaml::node::{Step, path_text};

/// What Helm's rules said of it.
pub fn helm_rules(found: Vec<HelmFinding>, folder: &ChartFolder<'_>, scope: &Scope) -> Vec<Located> {
    let located = found.into_iter().map(|f| {
        let file = if f.file.is_empty() { &f.place } else { &f.file };
        let spot = Spot { file: folder.file(file), line: f.line.max(1), column: f.column.max(1) };
        Located::of_file(problem(f.rule, f.severity, "", f.message), &folder.label, scope.clone(), spot)
    });
    located.collect()
}

/// A problem of a rule about charts, with its remedy.
pub(super) fn problem(rule: &'static str, severity: Severity, key: &str, message: String) -> Problem {
    let mut problem = Problem::new(rule, severity, key, message);
    problem.remedy = helm::RULES.iter().find(|r| r.id == rule).map(|r| r.remedy.into());
    problem
}

/// A chart that doesn't render is a finding at the line that Helm's text names.
pub fn unrendered(text: String, folder: &ChartFolder<'_>, scope: &Scope) -> Located {
    let spot = match template_place(&text) {
        Some((file, line, column)) => Spot { file: folder.rendered(&file), line, column },
        None => Spot { file: folder.file("Chart.yaml"), line: 1, column: 1 },
    };
    let problem = Problem::new("helm/render", Severity::Error, "", text);
    Located::of_file(problem, &folder.label, scope.clone(), spot)
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

/// Rules of what nothing uses, which only all environments together can say.
pub const OVER_ALL: [&str; 3] = ["helm/unused-value", "helm/unread-subchart-value", "helm/never-rendered"];

/// What all renders of a chart together say of its values and templates. `short` writes an item of a list.
pub fn over_environments(
    chart: &Chart,
    views: &[View<'_>],
    rendered: &[&Rendered],
    folder: &ChartFolder<'_>,
    short: &dyn Fn(&Value) -> String,
) -> Vec<Located> {
    let mut out = Out { folder, environments: names(views), located: Vec::new() };
    let (subcharts, own) = unused_by_owner(chart, views);
    for (rule, found) in [("helm/unused-value", own), ("helm/unread-subchart-value", subcharts)] {
        for f in found {
            out.add(rule, &f.key, format!("no template reads {}", f.key), f.places.first(), &f.environments);
        }
    }
    for f in undefined(views) {
        let hint = f.closest.as_ref().map(|c| format!("; there is {c}")).unwrap_or_default();
        let message = format!("{} is read, and no layer sets it{hint}", f.key);
        out.add("helm/undefined-value", &f.key, message, f.places.first(), &f.environments);
    }
    for f in replaced(views, short) {
        let message = format!("the list {} replaces a weaker one: {} lost", f.key, f.lost.join(", "));
        out.add("helm/replaced-list", &f.key, message, f.places.first(), &f.environments);
    }
    // Of a chart without environments nobody has said yet what is to be on.
    let has_places = out.environments.iter().any(|name| !name.is_empty());
    for name in never_rendered(chart, rendered).into_iter().filter(|_| has_places) {
        let place = Spot { file: folder.file(name), line: 1, column: 1 };
        out.add("helm/never-rendered", "", format!("{name} prints no object"), Some(&place), &BTreeSet::new());
    }
    out.located
}

/// What differs between the environments although it is on the list. `images` are those that [`image_uses`] found in
/// each; `short` writes a value.
pub fn differing(
    views: &[View<'_>],
    images: &[ImageUse<Located>],
    same: &SameEverywhere,
    folder: &ChartFolder<'_>,
    short: &dyn Fn(&Value) -> String,
) -> Vec<Located> {
    const RULE: &str = "helm/differs-between-environments";
    let mut out = Out { folder, environments: names(views), located: Vec::new() };
    for differs in differing_keys(views, same, short) {
        let message = format!("{} is not the same everywhere: {}", differs.what, differs.words());
        out.add(RULE, &differs.what, message, differs.place(), &differs.values.keys().cloned().collect());
    }
    for differs in differing_images(images, same) {
        let Some(place) = differs.place() else { continue };
        let message = format!("the image {} is not the same everywhere: {}", differs.what, differs.words());
        let problem = problem(RULE, severity(RULE), &place.problem.path, message);
        let at = |env| Located { problem: problem.clone(), scope: Scope::at(env), ..place.clone() };
        out.located.extend(differs.values.keys().map(|env| at(env)));
    }
    out.located
}

/// The images that a release runs, where the list says that any should be the same everywhere.
pub fn image_uses(release: &Release<'_>, same: &SameEverywhere) -> Vec<ImageUse<Located>> {
    let mut uses = Vec::new();
    for (index, object) in release.objects.iter().enumerate().filter(|_| !same.images.is_empty()) {
        // A definition's `image` is a schema.
        if object.kind == "CustomResourceDefinition" {
            continue;
        }
        object.root().visit(&mut |path, node| {
            let is_image = matches!(path.last(), Some(Step::Key(k)) if &**k == "image");
            if let Some(image) = node.as_str().filter(|i| is_image && !i.is_empty()) {
                let place = release.locate(index, Problem::new("", Severity::Info, path_text(path), ""));
                uses.push(ImageUse { env: release.scope.place(), image: image.to_owned(), place });
            }
        });
    }
    uses
}

/// The nulls of one environment that mean something else to the other Helm.
pub fn nulls(found: Vec<NullDiffers>, folder: &ChartFolder<'_>, env: &str) -> Vec<Located> {
    let mut out = Out { folder, environments: BTreeSet::from([env]), located: Vec::new() };
    for null in found {
        let is =
            |value: Option<String>| value.map_or_else(|| "deletes the key".to_owned(), |v| format!("makes it {v}"));
        let message =
            format!("null means two things for {}: Helm 3 {}, Helm 4 {}", null.key, is(null.three), is(null.four));
        out.add("helm/null-differs", &null.key, message, null.place.as_ref(), &BTreeSet::new());
    }
    out.located
}

fn names<'v>(views: &[View<'v>]) -> BTreeSet<&'v str> {
    views.iter().map(|v| v.env.unwrap_or_default()).collect()
}

/// Where findings over all environments go.
struct Out<'a> {
    folder: &'a ChartFolder<'a>,
    environments: BTreeSet<&'a str>,
    located: Vec<Located>,
}

impl Out<'_> {
    /// Adds one for each environment it holds in: for all, where none is named.
    fn add(&mut self, rule: &'static str, key: &str, message: String, place: Option<&Spot>, envs: &BTreeSet<String>) {
        let spot = match place {
            Some(p) => Spot { file: self.folder.rendered(&p.file), ..p.clone() },
            None => Spot { file: self.folder.file("values.yaml"), line: 1, column: 1 },
        };
        let problem = problem(rule, severity(rule), key, message);
        for env in &self.environments {
            if envs.is_empty() || envs.contains(*env) {
                let scope = Scope::at(env);
                self.located.push(Located::of_file(problem.clone(), &self.folder.label, scope, spot.clone()));
            }
        }
    }
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
}
