//! What only pods for Windows may have, and what they may not.

use super::containers::visit;
use super::field::Field;
use super::formats::dns_subdomain;
use super::quote;

const NOT_FOR_WINDOWS: &str = "cannot be set for a windows pod";
const POD_CONTEXT: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
const CONTAINER_CONTEXT: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// `spec.os` and what follows from it.
pub(super) fn operating_system(spec: Field<'_>) {
    let os = spec.at("os");
    if !os.is_set() {
        return;
    }
    match os.at("name").text() {
        "" => {
            os.at("name").has_text("");
        }
        "linux" => linux(spec),
        "windows" => windows(spec),
        other => os.not_supported_as(quote(other), &["linux", "windows"]),
    }
}

fn linux(spec: Field<'_>) {
    for owner in std::iter::once(spec).chain(visit(spec)) {
        let options = owner.below(&["securityContext", "windowsOptions"]);
        if options.is_set() {
            options.forbidden("windows options cannot be set for a linux pod");
        }
    }
}

fn windows(spec: Field<'_>) {
    for name in ["hostUsers", "shareProcessNamespace"] {
        if spec.at(name).is_set() {
            spec.at(name).forbidden(NOT_FOR_WINDOWS);
        }
    }
    for name in ["hostPID", "hostIPC"] {
        if spec.at(name).is_true() {
            spec.at(name).forbidden(NOT_FOR_WINDOWS);
        }
    }
    none_of(spec.at("securityContext"), POD_CONTEXT);
    visit(spec).for_each(|c| none_of(c.at("securityContext"), CONTAINER_CONTEXT));
}

fn none_of(context: Field<'_>, names: &[&'static str]) {
    for name in names.iter().filter(|n| context.at(n).is_set()) {
        context.at(name).forbidden(NOT_FOR_WINDOWS);
    }
}

/// `windowsOptions` of a security context.
pub(super) fn options(options: Field<'_>) {
    let (spec_name, spec, user) =
        (options.at("gmsaCredentialSpecName"), options.at("gmsaCredentialSpec"), options.at("runAsUserName"));
    if spec_name.is_set() {
        spec_name.check(dns_subdomain);
    }
    if spec.is_set() {
        match spec.text().len() {
            0 => spec.invalid("gmsaCredentialSpec cannot be an empty string"),
            65537.. => spec.invalid("gmsaCredentialSpec size must be under 64 KiB"),
            _ => {}
        }
    }
    if user.is_set() {
        run_as_user_name(user);
    }
}

fn run_as_user_name(field: Field<'_>) {
    let text = field.text();
    let parts: Vec<&str> = text.split('\\').collect();
    let (domain, user) = match parts[..] {
        _ if text.is_empty() => return field.invalid("runAsUserName cannot be an empty string"),
        _ if text.chars().any(|c| c.is_ascii_control()) => {
            return field.invalid("runAsUserName cannot contain control characters");
        }
        [user] => (None, user),
        [domain, user] => (Some(domain), user),
        _ => return field.invalid("runAsUserName cannot contain more than one backslash"),
    };
    if let Some(domain) = domain {
        if domain.len() >= 256 {
            field.invalid("runAsUserName's Domain length must be under 256 characters");
        }
        if !is_netbios(domain) && !is_domain(domain) {
            field.invalid("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
        }
    }
    match user.len() {
        0 => field.invalid("runAsUserName's User cannot be empty"),
        105.. => field.invalid("runAsUserName's User length must not be longer than 104 characters"),
        _ => {}
    }
    if !user.is_empty() && user.chars().all(|c| c == '.' || c == ' ') {
        field.invalid("runAsUserName's User cannot contain only periods or spaces");
    }
    if user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        field.invalid(r#"runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]"#);
    }
}

fn is_netbios(domain: &str) -> bool {
    let length = domain.chars().count();
    (1..=15).contains(&length)
        && !domain.starts_with('.')
        && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
}

fn is_domain(domain: &str) -> bool {
    let label = |l: &str| {
        let b = l.as_bytes();
        b.len() <= 63
            && b.first().is_some_and(u8::is_ascii_alphanumeric)
            && b.last().is_some_and(u8::is_ascii_alphanumeric)
            && b.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-')
    };
    domain.split('.').all(label)
}

/// Containers that run as processes of the host: all of a pod or none.
pub(super) fn host_process(spec: Field<'_>) {
    let of = |owner: Field<'_>| owner.below(&["securityContext", "windowsOptions", "hostProcess"]).flag();
    let pod = of(spec);
    let (mut all, mut processes) = (0, 0);
    for container in visit(spec) {
        all += 1;
        let own = of(container);
        if let (Some(pod), Some(own)) = (pod, own)
            && pod != own
        {
            let at = container.below(&["securityContext", "windowsOptions", "hostProcess"]);
            at.invalid(&format!("pod hostProcess value must be identical if both are specified, was {pod}"));
        }
        processes += usize::from(own.or(pod) == Some(true));
    }
    if processes == 0 {
        return;
    }
    if processes != all {
        let detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        spec.invalid_as(quote(""), detail);
    }
    if !spec.at("hostNetwork").is_true() {
        spec.at("hostNetwork").invalid_as(false, "hostNetwork must be true if pod contains any hostProcess containers");
    }
}
