//! Containers: names, images, ports, environment, mounts (pkg/apis/core/validation of Kubernetes 1.36). Probes and
//! handlers are in `probes`. Start reading at [`containers`].

use std::collections::BTreeSet;

use super::environment::{env, env_from};
use super::field::Field;
use super::formats::{dns_label, port_name, range_message};
use super::pod::Pod;
use super::probes::{Kind, lifecycle, probe};
use super::resources::{Of, Requests, requirements};
use super::volumes::{mounts, volume_devices};
use super::{quote, security};

const PULL_POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
/// What ports carry.
pub(super) const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const RESTART_POLICIES: &[&str] = &["Always", "Never", "OnFailure"];
const NOT_FOR_INIT: &str = "may not be set for init containers without restartPolicy=Always";
/// What ephemeral containers may have.
const EPHEMERAL_FIELDS: &[&str] = &[
    "name",
    "image",
    "command",
    "args",
    "workingDir",
    "envFrom",
    "env",
    "volumeMounts",
    "volumeDevices",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "imagePullPolicy",
    "securityContext",
    "stdin",
    "stdinOnce",
    "tty",
    "targetContainerName",
];

/// All containers of a pod.
pub(super) fn visit<'a>(spec: Field<'a>) -> impl Iterator<Item = Field<'a>> {
    ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(move |list| spec.at(list).items())
}

/// The containers proper.
pub(super) fn containers(pod: &Pod<'_>) {
    let list = pod.spec.at("containers");
    if list.len() == 0 {
        return list.required("");
    }
    let mut names = BTreeSet::new();
    for container in list.items() {
        common(pod, container);
        let name = container.at("name");
        if !names.insert(name.text()) {
            name.duplicate_as(quote(name.text()));
        }
        running(pod, container);
        restart_policy(container, false);
    }
    host_ports(pod, list.items().collect(), list);
}

fn running(pod: &Pod<'_>, container: Field<'_>) {
    lifecycle(pod, container.at("lifecycle"));
    probe(pod, container.at("livenessProbe"), Kind::Liveness);
    probe(pod, container.at("readinessProbe"), Kind::Readiness);
    probe(pod, container.at("startupProbe"), Kind::Startup);
}

/// The containers that run before those.
pub(super) fn init_containers(pod: &Pod<'_>) {
    let list = pod.spec.at("initContainers");
    let mut names: BTreeSet<&str> = pod.spec.at("containers").items().map(|c| c.at("name").text()).collect();
    for container in list.items() {
        common(pod, container);
        let policy = container.at("restartPolicy");
        if policy.is_set() || container.at("restartPolicyRules").len() > 0 {
            restart_policy(container, true);
        }
        let name = container.at("name");
        if names.contains(name.text()) {
            name.duplicate_as(quote(name.text()));
        } else if !name.text().is_empty() {
            names.insert(name.text());
        }
        host_ports(pod, vec![container], list);
        if policy.text() == "Always" {
            running(pod, container);
            continue;
        }
        for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if container.at(name).is_set() {
                container.at(name).forbidden(NOT_FOR_INIT);
            }
        }
        for resize in container.at("resizePolicy").items() {
            if resize.at("restartPolicy").text() == "RestartContainer" {
                let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                resize.at("restartPolicy").invalid(detail);
            }
        }
    }
}

/// The containers that are added to running pods.
pub(super) fn ephemeral_containers(pod: &Pod<'_>) {
    let others: BTreeSet<&str> = ["containers", "initContainers"]
        .into_iter()
        .flat_map(|list| pod.spec.at(list).items().map(|c| c.at("name").text()))
        .collect();
    let mut names = others.clone();
    for container in pod.spec.at("ephemeralContainers").items() {
        common(pod, container);
        let (name, target) = (container.at("name"), container.at("targetContainerName"));
        if !names.insert(name.text()) {
            name.duplicate_as(quote(name.text()));
        }
        if !target.text().is_empty() && !others.contains(target.text()) {
            target.not_found("");
        }
        let fields = container.node().map_or(&[][..], |n| n.entries());
        for entry in fields.iter().filter(|e| !EPHEMERAL_FIELDS.contains(&&*e.key)) {
            if container.at(&entry.key).len() > 0 || container.at(&entry.key).is_true() {
                container.at(&entry.key).forbidden("cannot be set for an Ephemeral Container");
            }
        }
        for mount in container.at("volumeMounts").items() {
            for name in ["subPath", "subPathExpr"] {
                if !mount.at(name).text().is_empty() {
                    mount.at(name).forbidden("cannot be set for an Ephemeral Container");
                }
            }
        }
    }
}

/// What holds of every container.
fn common(pod: &Pod<'_>, container: Field<'_>) {
    container.at("name").check_required(dns_label);
    container.at("image").has_text("");
    container.at("terminationMessagePolicy").one_of_or_default(&["File", "FallbackToLogsOnError"]);
    ports(container.at("ports"));
    env(container.at("env"));
    env_from(container.at("envFrom"));
    mounts(pod, container);
    volume_devices(pod, container);
    container.at("imagePullPolicy").one_of_or_default(PULL_POLICIES);
    let defaulting = if pod.is_pod { Requests::FromLimits } else { Requests::Given };
    requirements(container.at("resources"), Of::Container, &pod.claims, defaulting);
    resize_policy(pod, container.at("resizePolicy"));
    security::security_context(container.at("securityContext"), pod.has_host_users());
}

fn ports(ports: Field<'_>) {
    let mut names = BTreeSet::new();
    for port in ports.items() {
        let (name, own, host) = (port.at("name"), port.at("containerPort"), port.at("hostPort"));
        if !name.text().is_empty() {
            let errors = port_name(name.text());
            if errors.is_empty() && !names.insert(name.text()) {
                name.duplicate();
            }
            name.invalid_each(errors);
        }
        match own.int() {
            None | Some(0) => {
                if own.node().is_none_or(|n| n.as_i64().is_some()) {
                    own.required("");
                }
            }
            Some(_) => own.in_range(1, 65535, &range_message(1, 65535)),
        }
        if host.int().is_some_and(|p| p != 0) {
            host.in_range(1, 65535, &range_message(1, 65535));
        }
        port.at("protocol").one_of_or_default(PROTOCOLS);
    }
}

/// Says so where two ports take the same port of the host.
fn host_ports<'a>(pod: &Pod<'a>, containers: Vec<Field<'a>>, list: Field<'a>) {
    let mut taken = BTreeSet::new();
    let of_host = pod.is_pod && pod.spec.at("hostNetwork").is_true();
    for (i, container) in containers.into_iter().enumerate() {
        for (j, port) in container.at("ports").items().enumerate() {
            let given = port.at("hostPort").int().filter(|p| *p != 0);
            let number = given.or(port.at("containerPort").int().filter(|_| of_host)).unwrap_or(0);
            let key = format!("{}/{}/{number}", port.at("protocol").text_or("TCP"), port.at("hostIP").text());
            if number != 0 && !taken.insert(key.clone()) {
                list.index(i).at("ports").index(j).at("hostPort").duplicate_as(quote(&key));
            }
        }
    }
}

fn resize_policy(pod: &Pod<'_>, policies: Field<'_>) {
    let mut seen = BTreeSet::new();
    for (i, policy) in policies.items().enumerate() {
        let (resource, restart) = (policy.at("resourceName"), policy.at("restartPolicy"));
        if !seen.insert(resource.text()) {
            policies.index(i).duplicate_as(quote(resource.text()));
        }
        for (field, values) in [(resource, ["cpu", "memory"]), (restart, ["NotRequired", "RestartContainer"])] {
            if field.text().is_empty() {
                policies.required("");
            } else if !values.contains(&field.text()) {
                policies.not_supported_as(quote(field.text()), &values);
            }
        }
        if pod.restart_policy() == "Never" && restart.text() != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            policies.invalid_as(quote(restart.text()), detail);
        }
    }
}

/// Before 1.35 there is only `Always`, and only for what runs before the containers.
fn old_restart_policy(policy: Field<'_>, is_init: bool) {
    if policy.is_set() && !is_init {
        policy.forbidden("may not be set for non-init containers");
    } else {
        policy.one_of(&["Always"]);
    }
}

fn restart_policy(container: Field<'_>, is_init: bool) {
    let (policy, rules) = (container.at("restartPolicy"), container.at("restartPolicyRules"));
    if !container.since(35) {
        return old_restart_policy(policy, is_init);
    }
    if !policy.is_set() {
        if rules.len() == 0 {
            return;
        }
        policy.required("must specify restartPolicy when restart rules are used");
    }
    policy.one_of(RESTART_POLICIES);
    if rules.len() > 20 {
        rules.too_many(20);
    }
    for rule in rules.items() {
        let (action, codes) = (rule.at("action"), rule.at("exitCodes"));
        if !["Restart", "RestartAllContainers"].contains(&action.text()) {
            action.not_supported(&["Restart", "RestartAllContainers"]);
        }
        if !codes.is_set() {
            codes.required("must be specified");
            continue;
        }
        if !["In", "NotIn"].contains(&codes.at("operator").text()) {
            codes.at("operator").not_supported(&["In", "NotIn"]);
        }
        if codes.at("values").len() > 255 {
            codes.at("values").too_many(255);
        }
    }
}
