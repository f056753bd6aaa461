//! `helm lint`: all rules of Helm 4.3.1 and 3.22.0 with their words, and what Helm could say of values but doesn't.
//!
//! Start reading at [`Subject::check`], which runs Helm's rules on one chart with one environment's values; [`command`]
//! prints what the program `helm lint` does. [`usage`] judges a chart's values over all environments together. [`RULES`]
//! describes every rule.

mod addresses;
mod chartfile;
pub mod command;
mod crds;
mod dependencies;
mod deprecated;
pub mod differs;
mod documents;
mod folder;
mod known;
mod mentions;
mod names;
mod registry;
mod templates;
pub mod usage;
mod values;

pub use folder::Subject;
pub use registry::{RULES, Rule};

use std::cell::OnceCell;

use crate::diag::log::Log;
use crate::finding::Severity;
use crate::render::KubeVersion;
use crate::value::{HelmVersion, Map};
use crate::world::World;

/// What a rule says of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelmFinding {
    /// The rule's identity, `helm/chart-icon`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What Helm names as the place: a file, `templates/`, the chart's folder, or nothing.
    pub place: String,
    /// The file within the chart that a person opens, `Chart.yaml`; empty where it is none.
    pub file: String,
    /// Line of the file, from 1; 0 where the finding is about all of it.
    pub line: usize,
    /// Column, from 1 in bytes; 0 where there is no line.
    pub column: usize,
    /// What is wrong, in Helm's words.
    pub message: String,
}

/// What a chart is checked for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose rules.
    pub helm: HelmVersion,
    /// `.Release.Namespace`
    pub namespace: String,
    /// The Kubernetes version that was asked for.
    pub kube_version: Option<KubeVersion>,
    /// Whether values are checked against schemas.
    pub check_schema: bool,
}

/// A chart under check, with what was found so far.
struct Check<'a> {
    subject: &'a Subject,
    settings: &'a Settings,
    findings: Vec<HelmFinding>,
}

impl Check<'_> {
    /// Notes a finding, with the severity that the table has for its rule.
    fn add(&mut self, rule: &'static str, place: &str, at: (usize, usize), message: impl Into<String>) {
        self.add_as(registry::severity(rule), rule, place, at, message);
    }

    fn add_as(
        &mut self,
        severity: Severity,
        rule: &'static str,
        place: &str,
        (line, column): (usize, usize),
        message: impl Into<String>,
    ) {
        let is_file = !place.ends_with('/') && !place.starts_with('/');
        let file = if is_file { place.to_owned() } else { String::new() };
        let (place, message) = (place.to_owned(), message.into());
        self.findings.push(HelmFinding { rule, severity, place, file, line, column, message });
    }
}

impl<'a> Check<'a> {
    /// What rules say that always say the same of a chart.
    fn once(&mut self, said: &OnceCell<Vec<HelmFinding>>, rules: fn(&mut Check<'a>)) {
        let said = said.get_or_init(|| {
            let mut check = Check { subject: self.subject, settings: self.settings, findings: Vec::new() };
            rules(&mut check);
            check.findings
        });
        self.findings.extend_from_slice(said);
    }
}

impl Subject {
    /// Runs all rules of `helm lint` in Helm's order. `values` are the user's; like Helm, the rules fill their inner
    /// tables with the chart's defaults, which a caller who needs them unchanged prevents with a deep copy. All calls are for the version of Helm that it was
    /// opened for.
    pub fn check(&self, values: &Map, settings: &Settings, world: &dyn World, log: &mut Log) -> Vec<HelmFinding> {
        let [chart_file, dependencies, crds] = &self.fixed;
        let mut check = Check { subject: self, settings, findings: Vec::new() };
        check.once(chart_file, Check::chartfile);
        check.values(values, log);
        check.templates(values, world, log);
        check.once(dependencies, Check::dependencies);
        if settings.helm == HelmVersion::V4 {
            check.once(crds, Check::crds);
        }
        check.findings
    }
}
