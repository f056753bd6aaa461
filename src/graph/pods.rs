//! What Pods name: configuration, Secrets, volumes, accounts, priorities.

use crate::yaml::node::Node;

/// Something that a Pod names.
pub(super) struct Use<'n> {
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: &'n str,
    /// How it is used.
    pub how: &'static str,
    /// Whether the Pod runs without it.
    pub is_optional: bool,
}

/// Everything that a Pod names, in its order.
pub(super) fn uses(pod: &Node) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    let Some(spec) = pod.get("spec") else { return found };
    for list in ["initContainers", "containers"] {
        for container in spec.items_at(&[list]) {
            for from in container.items_at(&["envFrom"]) {
                named(from.get("configMapRef"), "name", ("ConfigMap", "reads"), &mut found);
                named(from.get("secretRef"), "name", ("Secret", "reads"), &mut found);
            }
            for variable in container.items_at(&["env"]) {
                named(variable.at(&["valueFrom", "configMapKeyRef"]), "name", ("ConfigMap", "reads"), &mut found);
                named(variable.at(&["valueFrom", "secretKeyRef"]), "name", ("Secret", "reads"), &mut found);
            }
        }
    }
    for volume in spec.items_at(&["volumes"]) {
        named(volume.get("configMap"), "name", ("ConfigMap", "mounts"), &mut found);
        named(volume.get("secret"), "secretName", ("Secret", "mounts"), &mut found);
        named(volume.get("persistentVolumeClaim"), "claimName", ("PersistentVolumeClaim", "mounts"), &mut found);
        for source in volume.items_at(&["projected", "sources"]) {
            named(source.get("configMap"), "name", ("ConfigMap", "mounts"), &mut found);
            named(source.get("secret"), "name", ("Secret", "mounts"), &mut found);
        }
    }
    for secret in spec.items_at(&["imagePullSecrets"]) {
        named(Some(secret), "name", ("Secret", "pulls with"), &mut found);
    }
    named(Some(spec), "serviceAccountName", ("ServiceAccount", "runs as"), &mut found);
    named(Some(spec), "priorityClassName", ("PriorityClass", "has the priority"), &mut found);
    // What every cluster has is nobody's to render.
    found.retain(|u| match u.kind {
        "ServiceAccount" => u.name != "default",
        "PriorityClass" => !u.name.starts_with("system-"),
        _ => true,
    });
    found
}

fn named<'n>(node: Option<&'n Node>, key: &str, (kind, how): (&'static str, &'static str), found: &mut Vec<Use<'n>>) {
    let Some(node) = node else { return };
    if let Some(name) = node.str_at(&[key]).filter(|n| !n.is_empty()) {
        let is_optional = node.get("optional").and_then(Node::as_bool) == Some(true);
        found.push(Use { kind, name, how, is_optional });
    }
}
