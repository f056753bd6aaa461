//! OpenShift's Routes.

use super::read::{Object, items, port, text};
use super::{Rewrite, Route, Router, Tls};
use crate::yaml::node::Node;

pub(super) fn read(one: &Object<'_>, found: &mut Vec<Route>) {
    let spec = one.object.root().get("spec");
    let mut route = one.route(Router::OpenShift, text(spec, "host"), "spec".into());
    if !text(spec, "path").is_empty() {
        route.path = text(spec, "path").to_owned();
    }
    let target = port(spec.and_then(|s| s.at(&["port", "targetPort"])));
    let to = spec.and_then(|s| s.get("to")).into_iter();
    let others = items(spec, "alternateBackends");
    for backend in to.chain(others) {
        let mut new = one.backend(text(Some(backend), "name"), target.clone());
        let weight = backend.get("weight").and_then(Node::as_i64);
        new.weight = if others.is_empty() { None } else { Some(weight.unwrap_or(100)) };
        route.backends.push(new);
    }
    if let Some(tls) = spec.and_then(|s| s.get("tls")) {
        route.tls = Some(match (text(Some(tls), "termination"), tls.at(&["externalCertificate", "name"])) {
            ("passthrough", _) => Tls::Passthrough,
            (_, Some(name)) => Tls::Secret(name.as_str().unwrap_or_default().to_owned()),
            _ => Tls::Default,
        });
        match text(Some(tls), "insecureEdgeTerminationPolicy") {
            "Redirect" => route.tls_redirect = Some(302),
            "Allow" => {}
            _ => route.only_tls = Some(true),
        }
    }
    let rewrite = one.annotation("haproxy.router.openshift.io/rewrite-target");
    route.rewrite = rewrite.map(|to| Rewrite::Prefix(to.to_owned()));
    found.push(route);
}
