//! What the words and places of problems look like; that the verdicts are the server's is shown by what was recorded
//! from one.

use std::sync::Arc;

use super::Schemas;
use crate::finding::{KubeObject, Text};
use crate::yaml::node::Document;

fn object(text: &str) -> KubeObject {
    let document = Document::parse(text.as_bytes()).expect("it is YAML");
    let source = Arc::new(Text { name: "t.yaml".into(), line: 1, text: text.into() });
    KubeObject::new(source, document)
}

/// `rule message (remedy)` of each problem.
fn check(version: &str, text: &str) -> Vec<String> {
    let schemas = Schemas::embedded(version).expect("it is embedded");
    let line = |p: crate::finding::Problem| {
        let remedy = p.remedy.map(|r| format!(" ({r})")).unwrap_or_default();
        format!("{} {}: {}{remedy}", p.rule, p.path, p.message)
    };
    schemas.check(&object(text)).into_iter().map(line).collect()
}

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: 1}
spec:
  replicas: '3'
  repicas: 3
  selector: null
  strategy: {type: rollingUpdate}
  template:
    metadata:
      labels: {app: web}
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx
        ports:
        - containerPort: 8080000000
        - name: http
        resources: {limits: {cpu: 1 core, memory: 5}}
        livenessProbe: {httpGet: {port: 1.5}}
";

#[test]
fn each_problem_is_named_at_its_field() {
    let found = check("1.36", DEPLOYMENT);
    let expected = [
        "schema/duplicate-key spec.template.metadata.labels: duplicate field \"spec.template.metadata.labels\" (the \
         server refuses it, and kubectl sends only the last one; keep one of them)",
        "schema/type metadata.labels.app: cannot unmarshal number into field metadata.labels.app of type string (put \
         it in quotes)",
        "schema/type spec.replicas: cannot unmarshal string into field spec.replicas of type int32 (write it without \
         quotes)",
        "schema/unknown-field spec.repicas: unknown field \"spec.repicas\" (did you mean \"replicas\"?)",
        "schema/enum spec.strategy.type: spec.strategy.type: Unsupported value: \"rollingUpdate\": supported values: \
         \"Recreate\", \"RollingUpdate\" (did you mean \"RollingUpdate\"?)",
        "schema/type spec.template.spec.containers[0].ports[0].containerPort: cannot unmarshal number 8080000000 into \
         field spec.template.spec.containers[0].ports[0].containerPort of type int32",
        "schema/required spec.template.spec.containers[0].ports[1].containerPort: \
         spec.template.spec.containers[0].ports[1].containerPort: Required value",
        "schema/format spec.template.spec.containers[0].resources.limits.cpu: quantities must match the regular \
         expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        "schema/type spec.template.spec.containers[0].livenessProbe.httpGet.port: cannot unmarshal number 1.5 into \
         field spec.template.spec.containers[0].livenessProbe.httpGet.port of type int32",
        "schema/required spec.selector: spec.selector: Required value",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_absent_is_missed_where_go_misses_it() {
    let found = check("1.36", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n");
    let paths: Vec<&str> = found.iter().filter_map(|f| f.split([' ', ':']).nth(1)).collect();
    assert_eq!(paths, ["spec.selector", "spec.template.spec.containers"]);
    let fine = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, creationTimestamp: null}\ndata: null\n";
    assert_eq!(check("1.30", fine), [""; 0]);
}

#[test]
fn kinds_that_are_not_served_are_told_with_what_to_use() {
    let kind = |api_version: &str, kind: &str, version: &str| {
        let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: x}}\n");
        let found = check(version, &text);
        found.first().cloned().unwrap_or_default()
    };
    let cases = [
        (
            kind("extensions/v1beta1", "Ingress", "1.30"),
            "schema/removed-api apiVersion: no matches for kind \"Ingress\" in version \"extensions/v1beta1\": removed \
             in Kubernetes 1.22 (use networking.k8s.io/v1 Ingress)",
        ),
        (
            kind("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", "1.36"),
            "schema/removed-api apiVersion: no matches for kind \"FlowSchema\" in version \
             \"flowcontrol.apiserver.k8s.io/v1beta2\": removed in Kubernetes 1.29 (use \
             flowcontrol.apiserver.k8s.io/v1 FlowSchema)",
        ),
        (
            kind("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "1.31"),
            "schema/deprecated-api apiVersion: flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema is deprecated in \
             v1.29+, unavailable in v1.32+ (use flowcontrol.apiserver.k8s.io/v1 FlowSchema)",
        ),
        (
            kind("apps/v1", "Deploymant", "1.36"),
            "schema/unknown-kind kind: no matches for kind \"Deploymant\" in version \"apps/v1\" (did you mean \
             \"Deployment\"?)",
        ),
        (
            kind("v1", "Deployment", "1.36"),
            "schema/unknown-kind apiVersion: no matches for kind \"Deployment\" in version \"v1\" (Deployment is in \
             apps/v1)",
        ),
        (
            kind("networking.k8s.io/v1", "ServiceCIDR", "1.30"),
            "schema/unknown-kind apiVersion: no matches for kind \"ServiceCIDR\" in version \"networking.k8s.io/v1\": \
             Kubernetes has it from 1.33 on",
        ),
        (
            kind("example.com/v1", "Ledger", "1.36"),
            "schema/unchecked : no schema is known for example.com/v1 Ledger: it was not checked (give its \
             CustomResourceDefinition in crds/ or with --crds)",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[test]
fn lists_are_looked_into() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: x}\n  \
                spec: {prots: []}\n";
    let expected = "schema/unknown-field items[0].spec.prots: unknown field \"items[0].spec.prots\" (did you mean \
                    \"ports\"?)";
    assert_eq!(check("1.36", text), [expected]);
}

#[test]
fn versions_that_are_not_embedded_are_refused() {
    for fine in ["1.30", "v1.37.1", "1.36.2+k3s1", "1.33-gke.1"] {
        assert!(Schemas::embedded(fine).is_ok(), "{fine}");
    }
    let refused = Schemas::embedded("1.29").err().map(|e| e.to_string());
    let words =
        "no schemas of Kubernetes \"1.29\" are embedded, only of 1.30, 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, 1.37";
    assert_eq!(refused.as_deref(), Some(words));
}

const CRD: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ledgers.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: ledgers, singular: ledger, kind: Ledger, listKind: LedgerList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [currency, replicas, ports]
            x-kubernetes-validations:
            - {rule: self.replicas > 1, message: no replicas, fieldPath: .replicas}
            properties:
              currency: {type: string, pattern: '^[A-Z]{3}$'}
              replicas: {type: integer, minimum: 1, maximum: 9, default: 2}
              mode: {type: string, enum: [fast, safe], nullable: true}
              limit: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
              extra: {type: object, x-kubernetes-preserve-unknown-fields: true}
              labels: {type: object, additionalProperties: {type: string}, maxProperties: 2}
              since: {type: string, format: date-time}
              ports:
                type: array
                minItems: 1
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string, minLength: 2}, port: {type: integer, format: int32}}
              backend:
                type: object
                properties: {url: {type: string, format: uri}, name: {type: string}}
                oneOf: [{required: [url]}, {required: [name]}]
";

#[test]
fn schemas_are_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Schemas::embedded("1.36").map(|s| s.with_crds(Arc::default())));
}

/// Checks a Ledger whose `spec` is given, with its definition known.
fn check_ledger(spec: &str) -> Vec<String> {
    let mut crds = super::Crds::new();
    crds.add(object(CRD).source);
    let schemas = Schemas::embedded("1.36").expect("it is embedded").with_crds(Arc::new(crds));
    let text = format!("apiVersion: example.com/v1\nkind: Ledger\nmetadata: {{name: x}}\nspec: {spec}\n");
    schemas.check(&object(&text)).into_iter().map(|p| format!("{} {}", p.rule, p.message)).collect()
}

#[test]
fn custom_resources_are_checked_by_their_definition() {
    let fine = "{currency: EUR, ports: [{name: http}], limit: 5%, extra: {a: {b: 1}}, backend: {name: x}}";
    assert_eq!(check_ledger(fine), [""; 0]);
    let cases = [
        (
            "{currency: EUR, ports: []}",
            "schema/limit spec.ports: Invalid value: \"array\": spec.ports in body should have at least 1 items",
        ),
        ("{ports: [{name: ab}]}", "schema/required spec.currency: Required value"),
        (
            "{currency: eur, ports: [{name: ab}]}",
            "schema/pattern spec.currency: Invalid value: \"eur\": spec.currency in body should match '^[A-Z]{3}$'",
        ),
        (
            "{currency: EUR, ports: [{name: ab}], replicas: 10}",
            "schema/limit spec.replicas: Invalid value: 10: spec.replicas in body should be less than or equal to 9",
        ),
        (
            "{currency: EUR, ports: [{name: ab}], replicas: '2'}",
            "schema/type spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\"",
        ),
        (
            "{currency: EUR, ports: [{name: ab}], mode: slow}",
            "schema/enum spec.mode: Unsupported value: \"slow\": supported values: \"fast\", \"safe\"",
        ),
        (
            "{currency: EUR, ports: [{name: ab}, {name: ab}]}",
            "schema/duplicate-item spec.ports[1]: Duplicate value: \"ab\"",
        ),
        ("{currency: EUR, ports: [{name: ab, prot: 1}]}", "schema/unknown-field unknown field \"spec.ports[0].prot\""),
        (
            "{currency: EUR, ports: [{name: ab}], limit: 1.5}",
            "schema/type spec.limit: Invalid value: \"number\": spec.limit in body must be of type integer,string: \"number\"",
        ),
        (
            "{currency: EUR, ports: [{name: ab}], labels: {a: 1}}",
            "schema/type spec.labels.a: Invalid value: \"integer\": spec.labels.a in body must be of type string: \"integer\"",
        ),
        (
            "{currency: EUR, ports: [{name: ab}], since: today}",
            "schema/format spec.since: Invalid value: \"today\": spec.since in body must be of type date-time: \"today\"",
        ),
        (
            "{currency: EUR, ports: [{name: ab}], backend: {}}",
            "schema/combination \"spec.backend\" must validate one and only one schema (oneOf). Found none valid",
        ),
        (
            "{currency: EUR, ports: [{name: ab}], replicas: 1}",
            "schema/cel-rule spec.replicas: Invalid value: no replicas",
        ),
    ];
    for (spec, expected) in cases {
        assert_eq!(check_ledger(spec).first().map(String::as_str), Some(expected), "{spec}");
    }
}

#[test]
fn definitions_must_be_structural() {
    assert_eq!((check("1.36", CRD).len(), super::check_definition(&object(CRD)).len()), (0, 0));
    let broken = [
        ("{type: string, pattern", "{type: string, pattern: '(', x", ".properties.currency.pattern"),
        ("currency: {type: string", "currency: {type: strng", ".properties.currency.type"),
        ("type: object\n            required", "required", ".type"),
        ("anyOf: [{type: integer}", "anyOf: [{default: 1}", ".properties.limit.anyOf[0].default"),
    ];
    for (from, to, path) in broken {
        let text = CRD.replacen(from, to, 1);
        assert_ne!(text, CRD, "{from}");
        let found = super::check_definition(&object(&text));
        let places: Vec<&str> = found.iter().map(|p| &*p.path).collect();
        assert_eq!(places, [format!("spec.versions[0].schema.openAPIV3Schema.properties.spec{path}")], "{to}");
    }
}
