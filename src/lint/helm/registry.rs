//! Every rule of the family, described.

use crate::finding::Severity;

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its identity.
    pub id: &'static str,
    /// How bad a finding is.
    pub severity: Severity,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// What is wrong, and why that matters.
    pub description: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const fn rule(
    id: &'static str,
    severity: Severity,
    title: &'static str,
    description: &'static str,
    remedy: &'static str,
) -> Rule {
    Rule { id, severity, title, description, remedy }
}

use Severity::{Error, Info, Warning};

/// All rules, in the order in which they are run.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    rule("helm/chart-yaml", Error, "Chart.yaml can be read",
        "Chart.yaml is no file, no YAML, or has a field of the wrong type: no Helm command can use the chart.",
        "mend Chart.yaml at the line named"),
    rule("helm/chart-yaml-strict", Warning, "Chart.yaml has only known keys, each once",
        "Chart.yaml has a key that Helm doesn't know, most often misspelt, or one key twice: Helm ignores it silently.",
        "correct or remove the key"),
    rule("helm/chart-name", Error, "The chart has a name",
        "The name is missing or is a path.",
        "give `name` the chart's folder name"),
    rule("helm/chart-api-version", Error, "apiVersion is v1 or v2",
        "Helm loads a chart by its apiVersion; anything else is refused.",
        "write `apiVersion: v2`"),
    rule("helm/chart-version-type", Error, "The version is a text",
        "YAML takes an unquoted version like 1.10 for a number, which becomes 1.1.",
        "quote the version"),
    rule("helm/chart-version", Error, "The version is a semantic version",
        "Helm orders and selects charts by their versions; this one can't be read.",
        "write a version like 1.2.3"),
    rule("helm/chart-app-version-type", Error, "appVersion is a text",
        "YAML takes an unquoted appVersion like 1.10 for a number, which becomes 1.1: an image tag made from it does not exist.",
        "quote appVersion"),
    rule("helm/chart-maintainer", Error, "Maintainers have names and valid addresses",
        "An entry of maintainers is empty, has no name, or an e-mail address or URL that is none.",
        "correct the entry"),
    rule("helm/chart-source", Error, "Sources are URLs",
        "An entry of sources is no absolute URL.",
        "write the whole URL, with https://"),
    rule("helm/chart-icon", Info, "The chart has an icon",
        "Catalogues of charts show an icon.",
        "add `icon` with an URL"),
    rule("helm/chart-icon-url", Error, "The icon is an URL",
        "The icon is no absolute URL.",
        "write the whole URL, with https://"),
    rule("helm/chart-type", Error, "Only v2 charts have a type",
        "Chart types exist since apiVersion v2.",
        "write `apiVersion: v2`, or remove `type`"),
    rule("helm/chart-dependencies", Error, "Only v2 charts have dependencies in Chart.yaml",
        "In a chart of apiVersion v1 dependencies stand in requirements.yaml; those of Chart.yaml are ignored.",
        "write `apiVersion: v2`"),
    rule("helm/chart-version-strict", Warning, "The version follows SemVer 2 to the letter",
        "The version has too few numbers, a leading v or leading zeros. Registries refuse such versions.",
        "write three numbers, 1.2.0 instead of v1.2"),
    rule("helm/values-missing", Info, "The chart has a values.yaml",
        "Without values.yaml nobody sees what can be set.",
        "add values.yaml with the defaults"),
    rule("helm/values-yaml", Error, "values.yaml can be read",
        "values.yaml is no YAML, or no map.",
        "mend values.yaml at the line named"),
    rule("helm/values-schema", Error, "The values fit values.schema.json",
        "The schema refuses the values: helm install and helm upgrade will refuse them too. Or the schema itself is broken.",
        "correct the value, or the schema"),
    rule("helm/templates-missing", Warning, "The chart has templates",
        "There is no folder templates/.",
        "add templates/, or make it a chart of dependencies on purpose"),
    rule("helm/templates-folder", Error, "templates is a folder",
        "templates is a file.",
        "make it a folder"),
    rule("helm/chart-unloadable", Error, "The chart loads",
        "Helm can't load the chart: Chart.yaml, values.yaml, a lock file or a subchart in charts/ is broken.",
        "mend what the message names"),
    rule("helm/template-parse", Error, "Templates parse",
        "A template breaks the rules of Go's template language.",
        "mend the template at the line named"),
    rule("helm/template-fails", Error, "Templates render",
        "A template fails with these values.",
        "mend the template, or guard what may be missing"),
    rule("helm/template-extension", Error, "Templates have an extension that Helm expects",
        "Files in templates/ should end in .yaml, .yml, .tpl or .txt; others are rendered all the same.",
        "rename the file, or move it out of templates/"),
    rule("helm/crd-hook", Warning, "No crd-install hook",
        "Helm 2's hook crd-install is ignored since Helm 3: the CRD is not installed.",
        "move the CRD to crds/"),
    rule("helm/release-time", Error, "No .Release.Time",
        ".Release.Time was removed in Helm 3.",
        "use the function now"),
    rule("helm/indent", Warning, "Rendered files begin at the left edge",
        "The first line of the rendered file is indented: what follows may be taken for a part of it, or be no YAML.",
        "trim the blanks with {{- at the start of the template"),
    rule("helm/yaml", Error, "Templates render to YAML",
        "What the template renders to can't be read as Kubernetes objects.",
        "look at the rendered text with `plimsoll template --debug`"),
    rule("helm/object-name", Warning, "Objects have valid names",
        "Kubernetes will refuse the object for its metadata.name.",
        "use lower case letters, digits and dashes, at most 63"),
    rule("helm/deprecated-api", Warning, "No deprecated APIs",
        "The API version is deprecated in this version of Kubernetes, and will be removed or already is.",
        "use the API version that the message names"),
    rule("helm/selector", Error, "Workloads have a selector",
        "Deployments, ReplicaSets, DaemonSets and StatefulSets need a selector; Kubernetes refuses them without.",
        "add spec.selector.matchLabels"),
    rule("helm/list-annotation", Error, "No resource policy within a List",
        "Helm doesn't look into Lists: the object is deleted in spite of its helm.sh/resource-policy.",
        "render the objects one by one instead of in a List"),
    rule("helm/dependency-undeclared", Error, "What is in charts/ is declared",
        "A chart in charts/ is not among the dependencies of Chart.yaml: no condition, version or alias holds for it.",
        "declare it in Chart.yaml, or remove it from charts/"),
    rule("helm/dependency-twice", Error, "Dependencies have names of their own",
        "Two dependencies go by the same name or alias.",
        "give one of them another alias"),
    rule("helm/dependency-missing", Warning, "Declared dependencies are in charts/",
        "A dependency of Chart.yaml is not in charts/: the chart can't be installed like this.",
        "run `plimsoll dependency build`"),
    rule("helm/crds-folder", Error, "crds is a folder",
        "crds is a file.",
        "make it a folder"),
    rule("helm/crd-yaml", Error, "CRDs are YAML",
        "A file in crds/ can't be read. Files there are not templates.",
        "mend the file, or move it to templates/"),
    rule("helm/crd-api-version", Error, "crds/ holds CRDs",
        "An object in crds/ is of another API group than apiextensions.k8s.io.",
        "move it to templates/"),
    rule("helm/crd-kind", Error, "crds/ holds only CRDs",
        "An object in crds/ is no CustomResourceDefinition. Helm never updates or deletes what is in crds/.",
        "move it to templates/"),
];

/// The severity that the table has for a rule.
pub(super) fn severity(id: &str) -> Severity {
    RULES.iter().find(|r| r.id == id).map_or(Severity::Error, |r| r.severity)
}
