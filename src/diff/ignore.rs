//! What does not count: kinds that `--suppress` names, and the rules under `diff: ignore:` in the project file, each with
//! a reason. It stays in the model, marked. Start reading at [`Ignore::apply`].

use glob::Pattern;

use super::fields::{FieldChange, FieldKind, FieldPath, FieldStep};
use super::secrets::{Redactor, Text};
use super::{Change, ObjectChange};
use crate::fleet::IgnoreRule;
use crate::yaml::node::{Step, path_steps};

/// What does not count, compiled.
#[derive(Debug, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
    chart_version: bool,
}

#[derive(Debug)]
struct Rule {
    kind: Option<Pattern>,
    name: Option<Pattern>,
    path: Vec<Pattern>,
    manager: Option<Pattern>,
    reason: Text,
}

impl Ignore {
    /// Reads rules.
    ///
    /// # Errors
    /// For a glob that is none, and a rule without a reason, with the rule's number.
    pub fn new(rules: &[IgnoreRule], redactor: &Redactor) -> Result<Ignore, String> {
        let mut ignore = Ignore::default();
        for (i, rule) in rules.iter().enumerate() {
            let fail = |e: String| format!("diff.ignore[{i}]: {e}");
            let glob = |text: &String| Pattern::new(text).map_err(|e| fail(format!("the glob {text:?}: {e}")));
            if rule.reason.trim().is_empty() {
                return Err(fail("a reason is required".into()));
            }
            let mut path = Vec::new();
            for step in path_steps(rule.path.as_deref().unwrap_or_default()) {
                path.push(glob(&match step {
                    Step::Key(key) => key.into(),
                    Step::Index(i) => i.to_string(),
                })?);
            }
            ignore.rules.push(Rule {
                kind: rule.kind.as_ref().map(glob).transpose()?,
                name: rule.name.as_ref().map(glob).transpose()?,
                path,
                manager: rule.manager.as_ref().map(glob).transpose()?,
                reason: redactor.text(&rule.reason),
            });
        }
        Ok(ignore)
    }

    /// Adds what `--suppress KIND` says.
    ///
    /// # Errors
    /// If it is no glob.
    pub fn suppress(&mut self, kind: &str) -> Result<(), String> {
        let kind = Pattern::new(kind).map_err(|e| format!("--suppress {kind:?}: {e}"))?;
        let reason = "--suppress".into();
        self.rules.push(Rule { kind: Some(kind), name: None, path: Vec::new(), manager: None, reason });
        Ok(())
    }

    /// Adds what `--ignore PATH` says.
    ///
    /// # Errors
    /// If a step of it is no glob.
    pub fn path(&mut self, path: &str) -> Result<(), String> {
        let rule = IgnoreRule { path: Some(path.to_owned()), reason: "--ignore".into(), ..IgnoreRule::default() };
        let added = Ignore::new(&[rule], &Redactor::revealing());
        self.rules.extend(added.map_err(|e| e.replace("diff.ignore[0]", "--ignore"))?.rules);
        Ok(())
    }

    /// Adds what `--ignore-chart-version` says: labels that do nothing but name the chart's version.
    pub fn chart_version(&mut self) {
        self.chart_version = true;
    }

    /// Marks what does not count. `manager` tells who owns a field in the cluster, where that is known.
    pub fn apply(&self, changes: &mut [ObjectChange], manager: &dyn Fn(&ObjectChange, &FieldPath) -> Option<String>) {
        for change in changes.iter_mut().filter(|c| c.change != Change::Unchanged) {
            let rules: Vec<&Rule> = self.rules.iter().filter(|r| r.is_for(change)).collect();
            if rules.is_empty() && !self.chart_version {
                continue;
            }
            let whole = rules.iter().find(|r| r.path.is_empty() && r.manager.is_none());
            if let Some(rule) = whole {
                change.ignored = Some(rule.reason.clone());
            }
            let fits = |rule: &&&Rule, field: &FieldChange| {
                let owner = || manager(change, &field.path);
                matches_path(&rule.path, &field.path.0)
                    && rule.manager.as_ref().is_none_or(|m| owner().is_some_and(|o| m.matches(&o)))
            };
            let reason = |f: &FieldChange| match rules.iter().find(|r| fits(r, f)) {
                Some(rule) => Some(rule.reason.clone()),
                None if self.chart_version && is_chart_label(&f.path) => Some("--ignore-chart-version".into()),
                None => None,
            };
            let reasons: Vec<Option<Text>> = change.fields.iter().map(reason).collect();
            change.fields.iter_mut().zip(reasons).for_each(|(f, reason)| f.ignored = reason);
        }
    }
}

impl Rule {
    fn is_for(&self, change: &ObjectChange) -> bool {
        let fits = |glob: &Option<Pattern>, text: &str| glob.as_ref().is_none_or(|g| g.matches(text));
        fits(&self.kind, &change.id.kind) && fits(&self.name, &change.id.name)
    }
}

/// Whether it is the label of a chart's version, wherever labels are.
fn is_chart_label(path: &FieldPath) -> bool {
    let last: Vec<Option<&str>> = path.keys().collect();
    matches!(last[..], [.., Some("labels"), Some("helm.sh/chart" | "chart")])
}

/// Whether a field is what the rule names, or below it. A rule may leave out the items of lists.
fn matches_path(rule: &[Pattern], path: &[FieldStep]) -> bool {
    let Some((pattern, rest)) = rule.split_first() else { return true };
    let Some((step, below)) = path.split_first() else { return false };
    match step {
        FieldStep::Key(key) => pattern.matches(key) && matches_path(rest, below),
        FieldStep::Item { index, name } => {
            let named = name.as_ref().is_some_and(|n| pattern.matches(n)) || pattern.matches(&index.to_string());
            named && matches_path(rest, below) || matches_path(rule, below)
        }
    }
}

impl ObjectChange {
    /// Whether all that differs is ignored, and something is.
    pub fn is_ignored(&self) -> bool {
        let mut differing = self.fields.iter().filter(|f| f.kind != FieldKind::SameMeaning).peekable();
        self.ignored.is_some()
            || self.change == Change::Changed && differing.peek().is_some() && differing.all(|f| f.ignored.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(rule: &str, path: &[FieldStep]) -> bool {
        let mut ignore = Ignore::default();
        ignore.path(rule).expect("it is a path");
        matches_path(&ignore.rules[0].path, path)
    }

    #[test]
    fn rules_name_fields_with_or_without_items() {
        let key = |k: &'static str| FieldStep::Key(k.into());
        let path =
            [key("spec"), key("containers"), FieldStep::Item { index: 1, name: Some("web".into()) }, key("image")];
        for rule in
            ["spec", "spec.containers.image", "spec.containers[web].image", "spec.containers[1]", "*.c*[*].image"]
        {
            assert!(fits(rule, &path), "{rule}");
        }
        for rule in ["status", "spec.containers[db].image", "spec.containers[web].image.x", "spec.image"] {
            assert!(!fits(rule, &path), "{rule}");
        }
        let label = [key("metadata"), key("labels"), key("helm.sh/chart")];
        assert!(is_chart_label(&FieldPath(label.to_vec())));
        assert!(fits("metadata.labels[helm.sh/*]", &label));
    }
}
