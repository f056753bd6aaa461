//! Volumes of pods and where containers mount them. The kinds of sources are in `volume_sources`. Start reading at
//! [`volumes`].

use std::collections::{BTreeMap, BTreeSet};

use super::field::Field;
use super::formats::{dns_label, dns_subdomain};
use super::pod::{Pod, PodPlace};
use super::{projected, quote, volume_sources};

/// A volume by name, as mounts see it.
#[derive(Clone, Copy)]
pub(super) struct Volume<'a> {
    /// What stands in the pod, nothing for the claim of a StatefulSet.
    given: Option<Field<'a>>,
}

impl Volume<'_> {
    fn can_be_block(self) -> bool {
        self.given.is_none_or(|v| v.at("persistentVolumeClaim").is_set() || v.at("ephemeral").is_set())
    }
}

/// Whether it is an empty directory, as a volume without any source is.
pub(super) fn is_empty_dir(volume: Field<'_>) -> bool {
    volume.at("emptyDir").is_set() || !volume.node().is_some_and(|n| n.entries().iter().any(|e| &*e.key != "name"))
}

/// Checks the volumes of a pod and returns those that are fine.
pub(super) fn volumes<'a>(place: &PodPlace<'a>) -> BTreeMap<&'a str, Volume<'a>> {
    let list = place.spec.at("volumes");
    let mut fine = BTreeMap::new();
    let claims: BTreeSet<&str> = claim_names(place.claims);
    for (i, name) in claims.iter().enumerate() {
        let at = list.index(i);
        let errors = dns_label(name);
        if name.is_empty() {
            at.at("name").required("");
            at.below(&["persistentVolumeClaim", "claimName"]).required("");
        } else if errors.is_empty() {
            fine.insert(*name, Volume { given: None });
        } else {
            errors.iter().for_each(|m| at.at("name").invalid_as(quote(name), m));
        }
    }
    let own_name = place.meta.at("name").text();
    let pod_name = if place.is_pod { own_name } else { "" };
    let created: BTreeSet<String> = list
        .items()
        .filter(|v| v.at("ephemeral").is_set() && !pod_name.is_empty())
        .map(|v| format!("{pod_name}-{}", v.at("name").text()))
        .collect();
    let mut shift = claims.len();
    for (i, given) in list.items().enumerate() {
        if claims.contains(given.at("name").text()) {
            shift = shift.saturating_sub(1);
            continue;
        }
        // The server puts the claims in front, which moves the others.
        let volume = if claims.is_empty() { given } else { given.named(list.index(i + shift)) };
        let before = volume.found();
        let name = volume.at("name");
        volume_source(volume, pod_name, place.is_pod);
        name.check_required(dns_label);
        if fine.contains_key(name.text()) {
            name.duplicate_as(quote(name.text()));
        }
        if volume.found() == before {
            fine.insert(name.text(), Volume { given: Some(volume) });
        }
        let claim = volume.below(&["persistentVolumeClaim", "claimName"]);
        if created.contains(claim.text()) {
            claim.invalid("must not reference a PVC that gets created for an ephemeral volume");
        }
    }
    fine
}

fn claim_names<'a>(claims: Option<Field<'a>>) -> BTreeSet<&'a str> {
    claims.iter().flat_map(|c| c.items()).map(|c| c.below(&["metadata", "name"]).text()).collect()
}

fn volume_source(volume: Field<'_>, pod_name: &str, is_pod: bool) {
    let size = volume.below(&["emptyDir", "sizeLimit"]);
    if size.quantity().is_some_and(|q| q.is_negative()) {
        size.forbidden("SizeLimit field must be a valid resource quantity");
    }
    volume_sources::exactly_one(volume, volume_sources::POD_SOURCES);
    let (name, iscsi) = (volume.at("name"), volume.at("iscsi"));
    if iscsi.at("initiatorName").is_set() {
        volume_sources::iscsi_length(name, name.text(), iscsi);
    }
    let first = volume_sources::first(volume, volume_sources::POD_SOURCES);
    if first == Some("ephemeral") && !pod_name.is_empty() && !name.text().is_empty() {
        let claim = format!("{pod_name}-{}", name.text());
        for message in dns_subdomain(&claim) {
            name.invalid(&format!("PVC name {}: {message}", quote(&claim)));
        }
    }
    if first == Some("image") && !volume.since(35) {
        // The feature is off: the server drops the source, and nothing is left.
        return volume.required("must specify a volume type");
    }
    let reference = volume.below(&["image", "reference"]);
    if first == Some("image") && is_pod && reference.text().is_empty() {
        reference.required("");
    }
    if first == Some("projected") {
        projected::projected(volume.at("projected"));
    }
}

/// Says so if a path has a `..` among its parts.
pub(super) fn no_backsteps(path: Field<'_>) {
    if path.text().split('/').any(|part| part == "..") {
        path.invalid("must not contain '..'");
    }
}

/// Checks that a path leads down from where it begins.
pub(super) fn descending_path(path: Field<'_>) {
    if path.text().starts_with('/') {
        path.invalid("must be a relative path");
    }
    no_backsteps(path);
}

/// The same for paths in volumes, whose names beginning with `..` are Kubernetes' own.
pub(super) fn local_path(path: Field<'_>) {
    descending_path(path);
    if path.text().starts_with("..") && !path.text().starts_with("../") {
        path.invalid("must not start with '..'");
    }
}

/// Where a container mounts volumes.
pub(super) fn mounts(pod: &Pod<'_>, container: Field<'_>) {
    let list = container.at("volumeMounts");
    let (device_names, device_paths) = names_and_paths(container.at("volumeDevices"), "devicePath");
    let mut paths = BTreeSet::new();
    for mount in list.items() {
        let (name, path) = (mount.at("name"), mount.at("mountPath"));
        name.has_text("");
        if !pod.volumes.contains_key(name.text()) {
            name.not_found("");
        }
        path.has_text("");
        if !paths.insert(path.text()) {
            path.invalid("must be unique");
        }
        if device_names.contains(name.text()) {
            name.invalid("must not already exist in volumeDevices");
        }
        if device_paths.contains(path.text()) {
            path.invalid("must not already exist as a path in volumeDevices");
        }
        mount_options(container, list, mount);
    }
}

/// The server names these fields as if they stood beside the list's items.
fn mount_options<'a>(container: Field<'a>, list: Field<'a>, mount: Field<'a>) {
    let (sub, expression) = (mount.at("subPath"), mount.at("subPathExpr"));
    if !sub.text().is_empty() {
        descending_path(sub.named(list.at("subPath")));
    }
    if !expression.text().is_empty() {
        if !sub.text().is_empty() {
            expression.invalid("subPathExpr and subPath are mutually exclusive");
        }
        descending_path(expression.named(list.at("subPathExpr")));
    }
    let propagation = mount.at("mountPropagation").named(list.at("mountPropagation"));
    propagation.one_of(&["Bidirectional", "HostToContainer", "None"]);
    let privileged = container.below(&["securityContext", "privileged"]).is_true();
    if propagation.text() == "Bidirectional" && !privileged {
        propagation.forbidden("Bidirectional mount propagation is available only to privileged containers");
    }
    let recursive = mount.at("recursiveReadOnly").named(list.at("recursiveReadOnly"));
    if ["Enabled", "IfPossible"].contains(&recursive.text()) {
        if !mount.at("readOnly").is_true() {
            recursive.forbidden("may only be specified when readOnly is true");
        }
        if !matches!(propagation.text(), "" | "None") {
            recursive.forbidden("may only be specified when mountPropagation is None or not specified");
        }
    } else {
        recursive.one_of(&["Disabled", "Enabled", "IfPossible"]);
    }
}

/// Names with their paths; of names given twice only the last path counts.
fn names_and_paths<'a>(list: Field<'a>, path: &'a str) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let all: BTreeMap<&str, &str> = list.items().map(|i| (i.at("name").text(), i.at(path).text())).collect();
    all.into_iter().unzip()
}

/// The volumes that a container takes as raw devices.
pub(super) fn volume_devices(pod: &Pod<'_>, container: Field<'_>) {
    let (mount_names, mount_paths) = names_and_paths(container.at("volumeMounts"), "mountPath");
    let (mut paths, mut names) = (BTreeSet::new(), BTreeSet::new());
    for device in container.at("volumeDevices").items() {
        let (name, path) = (device.at("name"), device.at("devicePath"));
        name.has_text("");
        if names.contains(name.text()) {
            name.invalid("must be unique");
        }
        match pod.volumes.get(name.text()) {
            None => name.not_found(""),
            Some(volume) if volume.can_be_block() => {}
            Some(_) => {
                name.invalid("can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
            }
        }
        path.has_text("");
        if paths.contains(path.text()) {
            path.invalid("must be unique");
        }
        if path.text().split('/').any(|part| part == "..") {
            path.invalid("can not contain backsteps ('..')");
        } else {
            paths.insert(path.text());
        }
        if mount_names.contains(name.text()) {
            name.invalid("must not already exist in volumeMounts");
        }
        if mount_paths.contains(path.text()) {
            path.invalid("must not already exist as a path in volumeMounts");
        }
        if !name.text().is_empty() {
            names.insert(name.text());
        }
    }
}
