//! crds/ (helm v4.3.1 `pkg/chart/v2/lint/rules/crds.go`; Helm 3 has no rules for it).

use super::Check;
use super::documents::{Documents, Outcome};
use super::folder::Kind;
use crate::chart::{Chart, File};

impl Check<'_> {
    /// All rules about CRDs, those of subcharts too.
    pub(super) fn crds(&mut self) {
        const PLACE: &str = "crds/";
        match self.subject.kind("crds") {
            Kind::Missing => return,
            Kind::File => return self.add("helm/crds-folder", PLACE, (0, 0), "not a directory"),
            Kind::Folder => {}
        }
        let subject = self.subject;
        let chart = match &subject.chart {
            Ok(chart) => chart,
            Err(e) => return self.add("helm/chart-unloadable", PLACE, (0, 0), e.clone()),
        };
        let mut files = Vec::new();
        collect(chart, &mut files);
        for file in files {
            if !self.crd(file) {
                return;
            }
        }
    }

    /// One file; whether the next one is looked at.
    fn crd(&mut self, file: &File) -> bool {
        let text = String::from_utf8_lossy(&file.data);
        for document in Documents::new(&text, self.settings.helm) {
            let at = (document.line, usize::from(document.line > 0));
            match document.outcome {
                Outcome::Failed(e) => {
                    self.add("helm/crd-yaml", &file.name, at, format!("unable to parse YAML: {e}"));
                    return false;
                }
                Outcome::Nothing => {}
                Outcome::Object(object) => {
                    if !object.api_version.starts_with("apiextensions.k8s.io") {
                        let message = "apiVersion is not in 'apiextensions.k8s.io'";
                        self.add("helm/crd-api-version", &file.name, at, message);
                    }
                    if object.kind != "CustomResourceDefinition" {
                        let message = "object kind is not 'CustomResourceDefinition'";
                        self.add("helm/crd-kind", &file.name, at, message);
                    }
                }
            }
        }
        true
    }
}

fn collect<'c>(chart: &'c Chart, files: &mut Vec<&'c File>) {
    files.extend(chart.crds());
    chart.children.iter().for_each(|(_, child)| collect(child, files));
}
