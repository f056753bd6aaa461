//! Declared dependencies and what is in charts/ (helm v4.3.1 `pkg/chart/v2/lint/rules/dependencies.go`, helm v3.22.0
//! `pkg/lint/rules/dependencies.go`). Helm's rule about names given twice can't fail: such a chart doesn't load.

use super::Check;
use crate::chart::Dependency;

const FILE: &str = "Chart.yaml";

impl Check<'_> {
    /// All rules about dependencies; Helm names the chart's folder as their place.
    pub(super) fn dependencies(&mut self) {
        let chart = match &self.subject.chart {
            Ok(chart) => chart,
            Err(e) => {
                let message = format!("unable to load chart\n\t{e}");
                return self.add("helm/chart-unloadable", "", (0, 0), message);
            }
        };
        let declared: Vec<&Dependency> = chart.metadata.dependencies.iter().flatten().flatten().collect();
        let there: Vec<&str> = chart.children.iter().map(|(_, c)| c.metadata.name.as_str()).collect();
        let undeclared: Vec<&str> =
            there.iter().copied().filter(|name| !declared.iter().any(|d| d.name == *name)).collect();
        let missing: Vec<&Dependency> =
            declared.iter().copied().filter(|d| !there.contains(&d.name.as_str())).collect();
        if !undeclared.is_empty() {
            let message = format!("chart metadata is missing these dependencies: {}", undeclared.join(","));
            self.in_chart_file("helm/dependency-undeclared", "dependencies", message);
        }
        if let Some(first) = missing.first() {
            let nth = declared.iter().position(|d| d.name == first.name).unwrap_or_default();
            let names: Vec<&str> = missing.iter().map(|d| d.name.as_str()).collect();
            let message = format!("chart directory is missing these dependencies: {}", names.join(","));
            self.in_chart_file("helm/dependency-missing", &format!("dependencies[{nth}]"), message);
        }
    }

    fn in_chart_file(&mut self, rule: &'static str, key: &str, message: String) {
        let at = self.subject.place(FILE, key);
        let place = self.subject.path.clone();
        self.add(rule, &place, at, message);
        if let Some(finding) = self.findings.last_mut() {
            finding.file = FILE.into();
        }
    }
}
