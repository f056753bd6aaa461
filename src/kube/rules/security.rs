//! Security contexts of pods and containers, and the annotations that came before them.

use std::collections::BTreeSet;

use super::containers::visit;
use super::field::Field;
use super::formats::range_message;
use super::volumes::descending_path;
use super::{quote, windows};

const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
const PROFILES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];

fn id(id: Field<'_>) {
    let most = i64::from(i32::MAX);
    if id.int().is_some_and(|i| !(0..=most).contains(&i)) {
        id.invalid(&range_message(0, most));
    }
}

/// The security context of a pod.
pub(super) fn pod_security_context(spec: Field<'_>) {
    let context = spec.at("securityContext");
    for name in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(context.at(name));
    }
    context.at("supplementalGroups").items().for_each(id);
    if spec.at("shareProcessNamespace").is_true() && spec.at("hostPID").is_true() {
        let at = spec.at("shareProcessNamespace").named(context.at("shareProcessNamespace"));
        at.invalid("ShareProcessNamespace and HostPID cannot both be enabled");
    }
    sysctls(spec);
    context.at("fsGroupChangePolicy").one_of(&["Always", "OnRootMismatch"]);
    seccomp(context.at("seccompProfile"));
    windows::options(context.at("windowsOptions"));
    apparmor(context.at("appArmorProfile"));
    context.at("supplementalGroupsPolicy").one_of(&["Merge", "Strict"]);
    context.at("seLinuxChangePolicy").one_of(&["MountOption", "Recursive"]);
}

fn is_sysctl(name: &str) -> bool {
    let end = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let segment = |s: &str| {
        let b = s.as_bytes();
        b.first().is_some_and(|f| end(*f))
            && b.last().is_some_and(|l| end(*l))
            && b.iter().all(|c| end(*c) || *c == b'-' || *c == b'_')
    };
    name.len() <= 253 && name.split(['.', '/']).all(segment)
}

fn sysctls(spec: Field<'_>) {
    let mut names = BTreeSet::new();
    for sysctl in spec.below(&["securityContext", "sysctls"]).items() {
        let name = sysctl.at("name");
        if !name.has_text("") {
        } else if !is_sysctl(name.text()) {
            let segment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
            let regex = format!(r"^({segment}[\./])*{segment}$");
            name.invalid(&format!("must have at most 253 characters and match regex {regex}"));
        } else if !names.insert(name.text()) {
            name.duplicate();
        }
        let dotted = name.text().replace('/', ".");
        let of_ipc = ["kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue."].iter().any(|p| dotted.starts_with(p));
        if spec.at("hostNetwork").is_true() && dotted.starts_with("net.") {
            name.invalid("may not be specified when 'hostNetwork' is true");
        } else if spec.at("hostIPC").is_true() && of_ipc {
            name.invalid("may not be specified when 'hostIPC' is true");
        }
    }
}

fn seccomp(profile: Field<'_>) {
    if !profile.is_set() {
        return;
    }
    let (kind, local) = (profile.at("type"), profile.at("localhostProfile"));
    if kind.has_text("type is required when seccompProfile is set") {
        kind.one_of(PROFILES);
    }
    match (kind.text() == "Localhost", local.is_set()) {
        (true, false) => local.required("must be set when seccomp type is Localhost"),
        (true, true) => descending_path(local),
        (false, true) => local.invalid("can only be set when seccomp type is Localhost"),
        (false, false) => {}
    }
}

fn apparmor(profile: Field<'_>) {
    if !profile.is_set() {
        return;
    }
    let (kind, local) = (profile.at("type"), profile.at("localhostProfile"));
    match kind.text() {
        "Localhost" => {
            if local.text() != local.text().trim() {
                local.invalid("must not be padded with whitespace");
            } else {
                local.has_text("must be set when AppArmor type is Localhost");
            }
            if local.text().len() > 4095 {
                local.too_long(4095);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if local.is_set() {
                local.invalid("can only be set when AppArmor type is Localhost");
            }
        }
        "" => {
            kind.has_text("type is required when appArmorProfile is set");
        }
        _ => kind.not_supported(PROFILES),
    }
}

/// The security context of a container.
pub(super) fn security_context(context: Field<'_>, host_users: bool) {
    if !context.is_set() {
        return;
    }
    id(context.at("runAsUser"));
    id(context.at("runAsGroup"));
    let proc = context.at("procMount").if_since(33);
    proc.one_of(&["Default", "Unmasked"]);
    if host_users && proc.text() == "Unmasked" {
        proc.invalid("`hostUsers` must be false to use `Unmasked`");
    }
    seccomp(context.at("seccompProfile"));
    if context.at("allowPrivilegeEscalation").flag() == Some(false) {
        if context.at("privileged").is_true() {
            context.invalid("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        let added = context.below(&["capabilities", "add"]);
        for _ in added.items().filter(|c| c.text() == "CAP_SYS_ADMIN") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            context.invalid(detail);
        }
    }
    windows::options(context.at("windowsOptions"));
    apparmor(context.at("appArmorProfile"));
}

/// Annotations that name profiles.
pub(super) fn profile_annotations(annotations: Field<'_>, spec: Field<'_>) {
    let containers: BTreeSet<&str> = visit(spec).map(|c| c.at("name").text()).collect();
    for (key, value) in annotations.entries() {
        // The server writes these keys behind a dot, not in brackets.
        if key == SECCOMP_POD || key.starts_with(SECCOMP) {
            seccomp_annotation(value.named(annotations.at(key)));
        } else if let Some(container) = key.strip_prefix(APPARMOR) {
            if !containers.contains(container) {
                value.invalid_as(quote(container), "container not found");
            }
            let profile = value.text();
            if !matches!(profile, "" | "runtime/default" | "unconfined") && !profile.starts_with("localhost/") {
                value.invalid(&format!("invalid AppArmor profile name: {}", quote(profile)));
            }
        }
    }
}

fn seccomp_annotation(value: Field<'_>) {
    match value.text() {
        "runtime/default" | "docker/default" | "unconfined" => {}
        text if text.starts_with("localhost/") => {
            let path = text.trim_start_matches("localhost/");
            if path.starts_with('/') {
                value.invalid_as(quote(path), "must be a relative path");
            }
            if path.split('/').any(|p| p == "..") {
                value.invalid_as(quote(path), "must not contain '..'");
            }
        }
        text => value.invalid_as(quote(text), "must be a valid seccomp profile"),
    }
}

/// Where both annotations and fields are given, they must say the same.
pub(super) fn annotations_match_fields(annotations: Field<'_>, spec: Field<'_>) {
    let annotations = annotations.texts();
    let annotation = |key: &str| annotations.get(key).copied();
    let pod = spec.below(&["securityContext", "seccompProfile"]);
    if let Some(text) = annotation(SECCOMP_POD).filter(|_| pod.is_set()) {
        profiles_match(pod, pod, text, "seccomp", &["runtime/default", "docker/default"]);
    }
    let windows = spec.below(&["os", "name"]).text() == "windows";
    let pod = spec.below(&["securityContext", "appArmorProfile"]);
    for container in visit(spec) {
        let (name, context) = (container.at("name").text(), container.at("securityContext"));
        let own = context.at("seccompProfile");
        if let Some(text) = annotation(&format!("{SECCOMP}{name}")).filter(|_| own.is_set()) {
            profiles_match(own, own, text, "seccomp", &["runtime/default", "docker/default"]);
        }
        let own = context.at("appArmorProfile");
        let effective = if own.is_set() { own } else { pod };
        if let Some(text) = annotation(&format!("{APPARMOR}{name}")).filter(|_| effective.is_set() && !windows) {
            profiles_match(effective, own, text, "apparmor", &["runtime/default"]);
        }
    }
}

fn profiles_match(profile: Field<'_>, at: Field<'_>, annotation: &str, kind: &str, defaults: &[&str]) {
    let same = match profile.at("type").text() {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => defaults.contains(&annotation),
        "Localhost" => annotation.starts_with("localhost/"),
        _ => true,
    };
    if !same {
        at.at("type").forbidden(&format!("{kind} type in annotation and field must match"));
    } else if let Some(path) = annotation.strip_prefix("localhost/")
        && profile.at("type").text() == "Localhost"
        && profile.at("localhostProfile").text() != path
    {
        at.at("localhostProfile").forbidden(&format!("{kind} profile in annotation and field must match"));
    }
}
