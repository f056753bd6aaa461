//! Kinds and the resources that admission rules name them by.

/// Kinds whose resource is not the plural that English has, or that live outside namespaces.
const CLUSTER: &[&str] = &[
    "Namespace",
    "Node",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "StorageClass",
    "VolumeAttachment",
    "CSIDriver",
    "CSINode",
    "VolumeAttributesClass",
    "PriorityClass",
    "IngressClass",
    "RuntimeClass",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "CustomResourceDefinition",
    "APIService",
    "CertificateSigningRequest",
    "ClusterTrustBundle",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "DeviceClass",
    "ResourceSlice",
    "ServiceCIDR",
    "IPAddress",
    "ClusterIssuer",
    "ClusterSecretStore",
    "ClusterExternalSecret",
    "GatewayClass",
    "SelfSubjectReview",
    "SelfSubjectAccessReview",
    "SubjectAccessReview",
    "TokenReview",
    "SecurityContextConstraints",
];

/// Whether objects of a kind belong to a namespace.
pub fn is_namespaced(kind: &str) -> bool {
    !CLUSTER.contains(&kind)
}

/// `Deployment` is `deployments`, `NetworkPolicy` is `networkpolicies`, `Ingress` is `ingresses`.
pub fn resource(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    match &*lower {
        "endpoints" | "securitycontextconstraints" => lower,
        "gateway" => "gateways".into(),
        _ if lower.ends_with('y') && !lower.ends_with("ey") && !lower.ends_with("ay") => {
            format!("{}ies", &lower[..lower.len() - 1])
        }
        _ if lower.ends_with(['s', 'x']) || lower.ends_with("ch") || lower.ends_with("sh") => format!("{lower}es"),
        _ => format!("{lower}s"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn kinds_have_the_resources_that_the_server_serves() {
        let pairs = [
            ("Pod", "pods"),
            ("Ingress", "ingresses"),
            ("NetworkPolicy", "networkpolicies"),
            ("StorageClass", "storageclasses"),
            ("Endpoints", "endpoints"),
            ("CSINode", "csinodes"),
            ("ConfigMap", "configmaps"),
            ("Gateway", "gateways"),
        ];
        for (kind, resource) in pairs {
            assert_eq!(super::resource(kind), resource);
        }
    }
}
