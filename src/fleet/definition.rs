//! What `plimsoll.yaml` may hold: the one description that the reader, `plimsoll schema` and the documentation's test
//! go by.

use serde_json::{Value as Json, json};

use super::shape::{Field, Object, Shape, json_schema};

const fn may(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, required: false, doc }
}

const fn must(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, required: true, doc }
}

/// The levels of strictness.
const LEVELS: &[(&str, &str)] = &[
    ("off", "It isn't asked"),
    ("info", "Worth knowing"),
    ("warning", "Should be mended"),
    ("error", "Must be mended"),
];

const LEVEL: Shape = Shape::OneOf(LEVELS);
const TEXTS: Shape = Shape::List(&Shape::Text);

const NAMESPACE: Field = may("namespace", Shape::Text, "Namespace of the release; placeholders as in layers");
const RELEASE_NAME: Field = may(
    "releaseName",
    Shape::Text,
    "Name of the release; placeholders as in layers. The chart's name where nothing is said",
);
const KUBE_VERSION: Field = may(
    "kubeVersion",
    Shape::Text,
    "Kubernetes version that templates see and that lint checks against, for instance \"1.36\"",
);
const API_VERSIONS: Field = may(
    "apiVersions",
    TEXTS,
    "API versions that templates see besides the default ones, for instance monitoring.coreos.com/v1",
);
const RULES: Field = may("rules", Shape::Map(&LEVEL), "Severity by lint rule, or glob of rules");
const LAYERS: Field = may(
    "layers",
    Shape::List(&Shape::TextOr(&LAYER)),
    "Values files, weakest first, relative to this file, over the chart's own. {chart}, {env}, {cluster} and the cluster's attributes are placeholders. A plain path must exist",
);

const LAYER: Object = Object {
    fields: &[
        must("file", Shape::Text, "Path of the values file, with placeholders"),
        may("optional", Shape::Flag, "Whether it may be absent"),
    ],
    others: None,
};

const CHART: Object = Object {
    fields: &[
        must("path", Shape::Text, "A chart's folder or archive, or a glob of them, relative to this file"),
        NAMESPACE,
        RELEASE_NAME,
        may("environments", TEXTS, "The only environments these charts are released in"),
        may("clusters", TEXTS, "The only clusters these charts are released in"),
        may(
            "ownEnvironmentFiles",
            Shape::Flag,
            "Whether the chart's own files for an environment, values-ENV.yaml and so on, are its weakest layers; they are where nothing is said",
        ),
        LAYERS,
    ],
    others: None,
};

const CLUSTER: Object = Object {
    fields: &[
        KUBE_VERSION,
        API_VERSIONS,
        NAMESPACE,
        RELEASE_NAME,
        may("context", Shape::Text, "Context of the kubeconfig that reaches this cluster"),
        LAYERS,
    ],
    others: Some("An attribute of the cluster, such as country or region: a placeholder of that name"),
};

const ENVIRONMENT: Object = Object {
    fields: &[
        may("clusters", Shape::Map(&Shape::Object(&CLUSTER)), "Clusters by name"),
        LAYERS,
        NAMESPACE,
        RELEASE_NAME,
        KUBE_VERSION,
        API_VERSIONS,
        may("strictness", LEVEL, "No lint finding counts for more than this here"),
        RULES,
    ],
    others: None,
};

const SAME_EVERYWHERE: Object = Object {
    fields: &[
        may("values", TEXTS, "Keys of values, as globs; one that names a map means all that is in it"),
        may("images", TEXTS, "Images without tag and digest, as globs"),
    ],
    others: None,
};

const LINT: Object = Object {
    fields: &[
        may(
            "policies",
            TEXTS,
            "Sets of policies (fintech, pss-baseline, pss-restricted, kube-linter), folders and files",
        ),
        may("kubeVersions", TEXTS, "Versions of Kubernetes whose schemas are asked"),
        may("crds", TEXTS, "Folders and files with definitions of custom resources"),
        may("waivers", Shape::Text, "The file with waivers"),
        may("baseline", Shape::Text, "The file with findings that were there before and don't count"),
        RULES,
        may(
            "sameEverywhere",
            Shape::Object(&SAME_EVERYWHERE),
            "What must not differ between environments and clusters",
        ),
    ],
    others: None,
};

const IGNORE: Object = Object {
    fields: &[
        may("kind", Shape::Text, "The kinds it is for, as a glob; all where it says none"),
        may("name", Shape::Text, "The names of objects it is for, as a glob; all where it says none"),
        may(
            "path",
            Shape::Text,
            "The field with all below it, spec.replicas or metadata.annotations[example.com/*]; the whole object where it says none",
        ),
        may("manager", Shape::Text, "The field manager in the cluster that owns the field, as a glob"),
        must("reason", Shape::Text, "Why it does not count"),
    ],
    others: None,
};

const DIFF: Object = Object {
    fields: &[may("ignore", Shape::List(&Shape::Object(&IGNORE)), "Differences that do not count")],
    others: None,
};

/// The file as a whole.
pub static PROJECT: Shape = Shape::Object(&Object {
    fields: &[
        may(
            "charts",
            Shape::List(&Shape::TextOr(&CHART)),
            "Charts: folders, archives or globs of them, relative to this file; one with ! in front takes charts away",
        ),
        LAYERS,
        NAMESPACE,
        RELEASE_NAME,
        KUBE_VERSION,
        API_VERSIONS,
        may("environments", Shape::Map(&Shape::Object(&ENVIRONMENT)), "Environments by name"),
        may("diff", Shape::Object(&DIFF), "What plimsoll diff leaves out"),
        may("lint", Shape::Object(&LINT), "What plimsoll lint checks, and how strictly"),
    ],
    others: None,
});

/// The JSON Schema of the file.
pub fn schema() -> Json {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "plimsoll.yaml",
        "description": "A fleet: charts, environments, clusters, and the layers of values for each",
    });
    if let (Some(whole), Json::Object(shape)) = (schema.as_object_mut(), json_schema(&PROJECT)) {
        whole.extend(shape);
    }
    schema
}
