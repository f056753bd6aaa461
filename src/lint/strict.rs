//! How much a finding counts: what the project file says of its rule, and of its environment.

use std::collections::BTreeMap;

use glob::Pattern;

use super::fold::Located;
use crate::finding::Severity;
use crate::fleet::{Level, Project};

/// What a project file says of rules. Without one everything counts as its rule says.
#[derive(Clone, Copy, Default)]
pub struct Strictness<'a> {
    project: Option<&'a Project>,
}

impl<'a> Strictness<'a> {
    /// Of a project.
    pub fn of(project: Option<&'a Project>) -> Strictness<'a> {
        Strictness { project }
    }

    /// The problem with the severity that its rule has in its environment; nothing where that is off.
    pub fn apply(&self, mut located: Located) -> Option<Located> {
        let Some(project) = self.project else { return Some(located) };
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
}

/// What is said of a rule: by its name first, then by the longest glob.
fn level(rules: &BTreeMap<String, Level>, rule: &str) -> Option<Level> {
    let globs = || rules.iter().filter(|(p, _)| Pattern::new(p).is_ok_and(|p| p.matches(rule)));
    rules.get(rule).or_else(|| globs().max_by_key(|(p, _)| p.len()).map(|(_, l)| l)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_rule_wins_over_globs() {
        let rules = BTreeMap::from([("fintech/*".into(), Level::Off), ("fintech/a".into(), Level::Error)]);
        assert_eq!(level(&rules, "fintech/a"), Some(Level::Error));
        assert_eq!(level(&rules, "fintech/b"), Some(Level::Off));
        assert_eq!(level(&rules, "schema/b"), None);
    }
}
