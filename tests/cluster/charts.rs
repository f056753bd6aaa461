//! Small charts with what stored releases can hold, beside those of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// A chart to install, and the flags of its installation and upgrade.
pub struct Chart {
    pub name: &'static str,
    pub path: PathBuf,
    pub install: &'static [&'static str],
    pub upgrade: &'static [&'static str],
}

/// Charts of the repository. Hooks that are Jobs would wait for controllers that aren't there.
const OURS: &[&str] = &["ledger", "web", "merchant-portal", "notifications", "settlement", "wallet-api"];

const PLAIN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-plain}\ndata:\n  colour: {{ .Values.colour | quote }}\n";

const HOOKS: &str = r#"{{- range $i, $event := list "pre-install" "post-install,post-upgrade" "pre-upgrade" "test" "pre-rollback" }}
---
# a comment of hook {{ $i }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-hook-{{ $i }}
  annotations: {helm.sh/hook: {{ $event | quote }}, helm.sh/hook-weight: {{ sub 3 $i | quote }}, helm.sh/hook-delete-policy: before-hook-creation}
data: {revision: {{ $.Release.Revision | quote }}}
{{- end }}
"#;

/// A definition, an object of it, cluster-wide roles and an APIService: what operators like KEDA bring.
const OPERATOR: &str = r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{ .Release.Name }}-{{ .Release.Namespace }}}
rules: [{apiGroups: [scale.example.com], resources: ['*'], verbs: ['*']}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: {{ .Release.Name }}-{{ .Release.Namespace }}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ .Release.Name }}-{{ .Release.Namespace }}}
subjects: [{kind: ServiceAccount, name: operator, namespace: {{ .Release.Namespace }}}]
---
apiVersion: scale.example.com/v1
kind: Scaler
metadata: {name: {{ .Release.Name }}}
spec: {minimum: {{ .Values.minimum }}, when: "{{ "{{" }} cpu }}"}
"#;

const DEFINITION: &str = r#"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: scalers.scale.example.com}
spec:
  group: scale.example.com
  scope: Namespaced
  names: {kind: Scaler, plural: scalers, singular: scaler}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
"#;

/// A controller with a Service, an IngressClass, an admission webhook, and Jobs as hooks.
const INGRESS: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-controller}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: controller}}
  template:
    metadata: {labels: {app: controller}}
    spec:
      containers:
      - {name: controller, image: "example.com/controller:{{ .Chart.AppVersion }}", ports: [{containerPort: 80}, {containerPort: 443, name: https}]}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}-controller}
spec:
  type: LoadBalancer
  selector: {app: controller}
  ports: [{name: http, port: 80}, {name: https, port: 443, targetPort: https}]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: {{ .Release.Name }}-{{ .Release.Namespace }}}
spec: {controller: example.com/ingress}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: {{ .Release.Name }}-{{ .Release.Namespace }}}
webhooks:
- {name: validate.example.com, failurePolicy: Ignore, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {url: 'https://127.0.0.1:1/x'},
   rules: [{apiGroups: [example.com], apiVersions: [v1], operations: [CREATE], resources: [x]}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: {{ .Release.Name }}-create, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: example.com/certgen}]}}}
"#;

/// Text that isn't plain, numbers of all sizes, Secrets.
const ODD: &str = "apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}-odd}
stringData:
  text: {{ .Values.text | toJson }}
  numbers: {{ .Values.numbers | toJson | quote }}
# नेपाली, <html> & \\u2028: \u{2028}
";

const ODD_VALUES: &str = r#"text: "naïve <b>&\u2028 \t \\ नेपाल \U0001F600"
numbers: {million: 1000000, big: 12345678901234567890, tenth: 0.1, small: 1e-9, exp: 1.5e+30, minus: -7, whole: 3.0}
"null": ~
empty: {}
list: [1, "1", true, null, {deep: {deeper: [[]]}}]
"a.b/c": x
"1": one
yes: "no"
"#;

/// About a megabyte that compresses well.
const LARGE: &str = r#"{{- range $i := until 12 }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ $.Release.Name }}-{{ $i }}}
data:
  text: |
{{- range $j := until 900 }}
    line {{ $j }} of {{ $i }}: {{ printf "%d-%d-%s" $i $j $.Values.colour | sha256sum }}
{{- end }}
{{- end }}
"#;

fn write(folder: &Path, name: &str, values: &str, files: &[(&str, &str)]) -> PathBuf {
    let chart = folder.join("charts").join(name);
    let head = format!("apiVersion: v2\nname: {name}\nversion: 1.2.3\nappVersion: \"4.5\"\n");
    for (file, text) in files.iter().copied().chain([("Chart.yaml", &*head), ("values.yaml", values)]) {
        let path = chart.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    chart
}

/// All charts; the small ones are written below `folder`.
pub fn all(folder: &Path) -> Vec<Chart> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts");
    let ours = OURS.iter().map(|name| Chart {
        name,
        path: repository.join(name),
        install: &["--no-hooks"],
        upgrade: &["--no-hooks", "--description", "once more"],
    });
    let odd = folder.join("odd.yaml");
    fs::write(&odd, ODD_VALUES).unwrap();
    let odd: &'static str = Box::leak(odd.display().to_string().into_boxed_str());
    let odd: &'static [&'static str] = Box::leak(Box::new(["-f", odd]));
    let small = [
        (
            "plain",
            "colour: red\n",
            &[("templates/a.yaml", PLAIN)][..],
            &[][..],
            &["--set", "colour=blue,a.b[1].c=null"][..],
        ),
        (
            "hooks",
            "colour: red\n",
            &[("templates/a.yaml", PLAIN), ("templates/h.yaml", HOOKS)],
            &[],
            &["--set", "colour=blue"],
        ),
        (
            "operator",
            "minimum: 1\n",
            &[("templates/o.yaml", OPERATOR), ("crds/d.yaml", DEFINITION)],
            &[],
            &["--set", "minimum=2"],
        ),
        (
            "ingress",
            "replicas: 1\n",
            &[("templates/i.yaml", INGRESS)],
            &["--no-hooks"],
            &["--no-hooks", "--set", "replicas=3"],
        ),
        ("odd", "text: x\nnumbers: {}\n", &[("templates/s.yaml", ODD)], odd, odd),
        ("large", "colour: red\n", &[("templates/l.yaml", LARGE)], &[], &["--set-string", "colour=0123"]),
    ];
    let small = small.map(|(name, values, files, install, upgrade)| Chart {
        name,
        path: write(folder, name, values, files),
        install,
        upgrade,
    });
    small.into_iter().chain(ours).collect()
}
