//! Probes and lifecycle handlers.

use super::field::{Field, IntOrText};
use super::formats::{http_header_name, port_name, range_message};
use super::pod::Pod;
use super::quote;

/// What a probe decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whether a container is started again.
    Liveness,
    /// Whether it gets traffic.
    Readiness,
    /// Whether it has started.
    Startup,
}

/// A probe, if there is one.
pub(super) fn probe(pod: &Pod<'_>, probe: Field<'_>, kind: Kind) {
    if !probe.is_set() {
        return;
    }
    handler(pod, probe, &["exec", "httpGet", "tcpSocket", "grpc"]);
    for name in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        probe.at(name).nonnegative();
    }
    let grace = probe.at("terminationGracePeriodSeconds");
    if grace.int().is_some_and(|g| g <= 0) {
        grace.invalid("must be greater than 0");
    }
    if kind == Kind::Readiness {
        if grace.is_set() {
            grace.invalid("must not be set for readinessProbes");
        }
    } else if probe.at("successThreshold").int_or(1) != 1 {
        probe.at("successThreshold").invalid("must be 1");
    }
}

/// What happens after the start and before the end of a container.
pub(super) fn lifecycle(pod: &Pod<'_>, lifecycle: Field<'_>) {
    for name in ["postStart", "preStop"] {
        if lifecycle.at(name).is_set() {
            handler(pod, lifecycle.at(name), &["exec", "httpGet", "tcpSocket", "sleep"]);
        }
    }
}

/// Exactly one of several kinds of actions.
fn handler(pod: &Pod<'_>, handler: Field<'_>, kinds: &[&'static str]) {
    let mut given = kinds.iter().map(|kind| (*kind, handler.at(kind))).filter(|(_, f)| f.is_set());
    let Some((kind, action)) = given.next() else {
        return handler.required("must specify a handler type");
    };
    match kind {
        "exec" => {
            if action.at("command").len() == 0 {
                action.at("command").required("");
            }
        }
        "httpGet" => http_get(action),
        "tcpSocket" => port_number_or_name(action.at("port")),
        "grpc" => action.at("port").in_range(1, 65535, &range_message(1, 65535)),
        _ => sleep(action, pod.grace),
    }
    for (_, other) in given {
        other.forbidden("may not specify more than 1 handler type");
    }
}

fn http_get(action: Field<'_>) {
    port_number_or_name(action.at("port"));
    action.at("scheme").one_of_or_default(&["HTTP", "HTTPS"]);
    for header in action.at("httpHeaders").items() {
        for message in http_header_name(header.at("name").text()) {
            action.at("httpHeaders").invalid_as(quote(header.at("name").text()), &message);
        }
    }
}

fn sleep(action: Field<'_>, grace: i64) {
    let seconds = action.at("seconds").int().unwrap_or(0);
    let (least, must_be) = if action.since(33) { (0, "non-negative") } else { (1, "greater than 0") };
    if seconds < least || seconds > grace {
        let detail = format!("must be {must_be} and less than terminationGracePeriodSeconds ({grace})");
        action.invalid_as(seconds, &detail);
    }
}

/// A port by number or by name.
pub(super) fn port_number_or_name(port: Field<'_>) {
    match port.int_or_text() {
        Some(IntOrText::Text(_)) => port.check(port_name),
        Some(IntOrText::Int(_)) => port.in_range(1, 65535, &range_message(1, 65535)),
        None if port.is_set() => {}
        None => port.in_range(1, 65535, &range_message(1, 65535)),
    }
}
