//! What others did to a release's objects: found in few requests, each field with who wrote it, and what a server-side
//! apply would say to it.

use plimsoll::cluster::managed::{Step, managers};
use plimsoll::cluster::{Cluster, DryRun, Found, ObjectRef};
use serde_json::{Value, json};

use crate::server::{self, run};

const NAMESPACE: &str = "helm4-secret";

fn reference(api_version: &str, kind: &str, name: &str) -> ObjectRef {
    let text = str::to_owned;
    ObjectRef { api_version: text(api_version), kind: text(kind), namespace: text(NAMESPACE), name: text(name) }
}

pub fn check(server: &server::Cluster) {
    let kubectl = |arguments: &[&str]| run(server.kubectl(arguments).args(["-n", NAMESPACE]));
    // Somebody scales, somebody edits, a mesh applies its own container, somebody deletes.
    kubectl(&["scale", "deployment/ingress-controller", "--replicas=7"]);
    kubectl(&["set", "image", "deployment/ingress-controller", "controller=example.com/other:1"]);
    kubectl(&["annotate", "service/ingress-controller", "example.com/by=hand"]);
    kubectl(&["delete", "configmap/large-3"]);
    let sidecar = server.folder().join("sidecar.yaml");
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ingress-controller}\nspec: {template: {spec: {containers: [{name: proxy, image: mesh}]}}}\n";
    std::fs::write(&sidecar, text).unwrap();
    kubectl(&["apply", "--server-side", "--field-manager=mesh", "-f", &sidecar.display().to_string()]);

    let cluster = Cluster::connect(&server.options()).unwrap();
    let mut wanted = vec![
        reference("apps/v1", "Deployment", "ingress-controller"),
        reference("v1", "Service", "ingress-controller"),
        reference("networking.k8s.io/v1", "IngressClass", &format!("ingress-{NAMESPACE}")),
        reference("scale.example.com/v1", "Scaler", "operator"),
        reference("nope.example.com/v1", "Nope", "x"),
    ];
    wanted.extend((0..12).map(|n| reference("v1", "ConfigMap", &format!("large-{n}"))));
    let before = super::audit::requests(server).len();
    let found: Vec<Found> = cluster.live_objects(&wanted).unwrap().into_iter().map(Result::unwrap).collect();
    // Two of discovery, one for each of four kinds, and the missing one for itself.
    assert_eq!(super::audit::settled(server, before + 7), before + 7);
    assert_eq!(found[4], Found::NoKind);
    for (n, object) in found.iter().enumerate().filter(|(n, _)| *n != 4) {
        match object {
            Found::Object(o) => assert_eq!(
                (o["kind"].as_str(), o["metadata"]["name"].as_str()),
                (Some(&*wanted[n].kind), Some(&*wanted[n].name))
            ),
            other => assert_eq!((n, other), (5 + 3, &Found::Missing)),
        }
    }
    let Found::Object(deployment) = &found[0] else { panic!() };
    fields_have_managers(deployment);
    dry_runs(&cluster);
    println!("cluster: drift is found, field by field, with who wrote it");
}

fn fields_have_managers(deployment: &Value) {
    let managers = managers(deployment);
    let of = |path: &str| {
        let step = |s: &str| s.parse().map_or_else(|_| Step::Key(s.to_owned()), Step::Item);
        let path: Vec<Step> = path.split('/').map(step).collect();
        let mut names: Vec<&str> = managers.iter().filter(|m| m.manages(deployment, &path)).map(|m| &*m.name).collect();
        names.sort_unstable();
        names.join(" ")
    };
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    let at = |name: &str| containers.iter().position(|c| c["name"] == name).unwrap();
    assert_eq!(of("spec/replicas"), "kubectl");
    assert_eq!(of(&format!("spec/template/spec/containers/{}/image", at("controller"))), "kubectl-set");
    assert_eq!(of(&format!("spec/template/spec/containers/{}/image", at("proxy"))), "mesh");
    assert_eq!(of("spec/selector/matchLabels/app"), "helm");
    // Defaults are nobody's.
    assert_eq!(of("spec/progressDeadlineSeconds"), "");
}

fn dry_runs(cluster: &Cluster) {
    let deployment = |change: Value| {
        let mut object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "ingress-controller"},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "controller"}}, "template": {
                "metadata": {"labels": {"app": "controller"}},
                "spec": {"containers": [{"name": "controller", "image": "example.com/controller:4.5"}]}}}});
        object["spec"].as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        (reference("apps/v1", "Deployment", "ingress-controller"), object)
    };
    let secret = |data: Value| {
        (
            reference("v1", "Secret", "odd-odd"),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "odd-odd"}, "type": data}),
        )
    };
    let objects = [
        deployment(json!({})),
        deployment(json!({"selector": {"matchLabels": {"app": "other"}}})),
        secret(json!("hunter2/changed")),
    ];
    let said: Vec<DryRun> = cluster.dry_run_apply(&objects, true).unwrap().into_iter().map(Result::unwrap).collect();
    let DryRun::Applied(applied) = &said[0] else { panic!("{said:?}") };
    assert_eq!(applied["spec"]["replicas"], 3);
    assert_eq!(
        applied["spec"]["template"]["spec"]["containers"].as_array().unwrap().len(),
        2,
        "the mesh keeps its container"
    );
    let DryRun::Refused { status: 422, reason, causes, .. } = &said[1] else { panic!("{said:?}") };
    assert_eq!(reason, "Invalid");
    assert!(
        causes.iter().any(|c| c.0 == "spec.selector" && c.1.contains("immutable"))
            || causes.iter().any(|c| c.0.starts_with("spec.template")),
        "{causes:?}"
    );
    let DryRun::Refused { status: 422, causes, message, .. } = &said[2] else { panic!("{said:?}") };
    assert!(causes.iter().any(|c| c.0 == "type") && !format!("{causes:?}{message}").contains("hunter2"), "{said:?}");
    // Without force the hand's fields are conflicts.
    let said = cluster.dry_run_apply(&objects[..1], false).unwrap().remove(0).unwrap();
    let DryRun::Refused { status: 409, causes, .. } = said else { panic!("{said:?}") };
    assert!(causes.iter().any(|c| c.0 == ".spec.replicas"), "{causes:?}");
}
