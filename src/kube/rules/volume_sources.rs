//! The kinds of volumes, of pods and of PersistentVolumes. Start reading at [`exactly_one`].

use super::environment::{Reader, VOLUME_FIELDS, field_ref, resource_field_ref};
use super::field::Field;
use super::formats::{dns_label, dns_subdomain, range_message};
use super::volumes::{descending_path, local_path, no_backsteps};
use super::{quote, storage};

/// A kind of source: its field, as which the server names it when there are too many, as which it names what is in it,
/// and its check.
pub(super) struct Source {
    field: &'static str,
    excess: &'static str,
    inner: &'static str,
    check: fn(Field<'_>),
}

const fn source(field: &'static str, check: fn(Field<'_>)) -> Source {
    Source { field, excess: field, inner: field, check }
}

/// The sources of a pod's volumes, in the order in which the server looks at them.
pub(super) const POD_SOURCES: &[Source] = &[
    source("emptyDir", |_| {}),
    source("hostPath", host_path),
    source("gitRepo", git_repo),
    Source { inner: "persistentDisk", ..source("gcePersistentDisk", gce_disk) },
    source("awsElasticBlockStore", aws_store),
    source("secret", |f| files(f, "secretName")),
    source("nfs", nfs),
    source("iscsi", iscsi),
    source("glusterfs", |f| all_given(f, &["endpoints", "path"])),
    source("flocker", flocker),
    source("persistentVolumeClaim", |f| all_given(f, &["claimName"])),
    source("rbd", rbd),
    source("cinder", |f| {
        all_given(f, &["volumeID"]);
        reference(f.at("secretRef"), &["name"]);
    }),
    Source { excess: "cephFS", ..source("cephfs", cephfs) },
    source("quobyte", quobyte),
    Source { excess: "downwarAPI", ..source("downwardAPI", downward_api) },
    source("fc", fibre_channel),
    source("flexVolume", flex),
    source("configMap", |f| files(f, "name")),
    source("azureFile", |f| all_given(f, &["secretName", "shareName"])),
    source("vsphereVolume", |f| all_given(f, &["volumePath"])),
    source("photonPersistentDisk", |f| all_given(f, &["pdID"])),
    source("portworxVolume", |f| all_given(f, &["volumeID"])),
    source("azureDisk", azure_disk),
    source("storageos", |f| storage_os(f, &["name"])),
    source("projected", |_| {}),
    source("scaleIO", |f| all_given(f, &["gateway", "system", "volumeName"])),
    source("csi", csi_inline),
    source("ephemeral", ephemeral),
    source("image", image),
];

/// The sources of PersistentVolumes, likewise.
pub(super) const PERSISTENT_SOURCES: &[Source] = &[
    source("hostPath", host_path),
    Source { inner: "persistentDisk", ..source("gcePersistentDisk", gce_disk) },
    source("awsElasticBlockStore", aws_store),
    source("glusterfs", glusterfs_persistent),
    source("flocker", flocker),
    source("nfs", nfs),
    source("rbd", rbd),
    source("quobyte", quobyte),
    Source { excess: "cephFS", ..source("cephfs", cephfs) },
    source("iscsi", |f| {
        iscsi(f);
        reference(f.at("secretRef"), &["name"]);
    }),
    source("cinder", |f| {
        all_given(f, &["volumeID"]);
        reference(f.at("secretRef"), &["name", "namespace"]);
    }),
    source("fc", fibre_channel),
    source("flexVolume", flex),
    source("azureFile", azure_file_persistent),
    source("vsphereVolume", |f| all_given(f, &["volumePath"])),
    source("photonPersistentDisk", |f| all_given(f, &["pdID"])),
    source("portworxVolume", |f| all_given(f, &["volumeID"])),
    source("azureDisk", azure_disk),
    source("scaleIO", |f| all_given(f, &["gateway", "system", "volumeName"])),
    source("local", |f| {
        if f.at("path").has_text("") {
            no_backsteps(f.at("path"));
        }
    }),
    source("storageos", |f| storage_os(f, &["name", "namespace"])),
    source("csi", csi_persistent),
];

/// The source that counts.
pub(super) fn first(volume: Field<'_>, sources: &'static [Source]) -> Option<&'static str> {
    sources.iter().map(|s| s.field).find(|f| volume.at(f).is_set())
}

/// Checks the first source and says so of each further one.
pub(super) fn exactly_one(volume: Field<'_>, sources: &'static [Source]) {
    let mut given = sources.iter().filter(|s| volume.at(s.field).is_set());
    if let Some(first) = given.next() {
        (first.check)(volume.at(first.field).named(volume.at(first.inner)));
    }
    given.for_each(|other| volume.at(other.excess).forbidden("may not specify more than 1 volume type"));
}

fn all_given(source: Field<'_>, names: &[&'static str]) {
    names.iter().for_each(|name| {
        source.at(name).has_text("");
    });
}

fn reference(secret: Field<'_>, names: &[&'static str]) {
    if secret.is_set() {
        all_given(secret, names);
    }
}

/// Says so if a file's mode is none.
pub(super) fn mode(mode: Field<'_>) {
    if mode.int().is_some_and(|m| !(0..=0o777).contains(&m)) {
        mode.invalid("must be a number between 0 and 0777 (octal), both inclusive");
    }
}

fn host_path(source: Field<'_>) {
    let path = source.at("path");
    if !path.has_text("") {
        return;
    }
    no_backsteps(path);
    let types = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    source.at("type").one_of(&types);
}

fn git_repo(source: Field<'_>) {
    source.at("repository").has_text("");
    descending_path(source.at("directory"));
}

fn partition(source: Field<'_>) {
    let detail = "must be an integer between 0 and 255, both inclusive";
    source.at("partition").in_range(0, 255, detail);
}

fn gce_disk(source: Field<'_>) {
    source.at("pdName").has_text("");
    partition(source);
}

fn aws_store(source: Field<'_>) {
    source.at("volumeID").has_text("");
    partition(source);
}

fn files(source: Field<'_>, name: &'static str) {
    source.at(name).has_text("");
    mode(source.at("defaultMode"));
    source.at("items").items().for_each(key_to_path);
}

/// A key of a ConfigMap or Secret as a file.
pub(super) fn key_to_path(item: Field<'_>) {
    all_given(item, &["key", "path"]);
    local_path(item.at("path"));
    mode(item.at("mode"));
}

fn nfs(source: Field<'_>) {
    all_given(source, &["server", "path"]);
    let path = source.at("path");
    if !path.text().starts_with('/') {
        path.invalid_as(quote(path.text()), "must be an absolute path");
    }
}

fn iscsi(source: Field<'_>) {
    source.at("targetPortal").has_text("");
    if source.at("iqn").has_text("") {
        qualified_iscsi_name(source.at("iqn"), source.at("iqn"));
    }
    source.at("lun").in_range(0, 255, &range_message(0, 255));
    let authenticated = source.at("chapAuthDiscovery").is_true() || source.at("chapAuthSession").is_true();
    if authenticated && !source.at("secretRef").is_set() {
        source.at("secretRef").required("");
    }
    if source.at("initiatorName").is_set() {
        qualified_iscsi_name(source.at("initiatorName"), source.at("initiatorname"));
    }
}

/// `volume:portal` of iSCSI has a limit.
pub(super) fn iscsi_length(at: Field<'_>, volume: &str, source: Field<'_>) {
    if volume.len() + 1 + source.at("targetPortal").text().len() > 64 {
        at.invalid_as(
            quote(at.text()),
            "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is \
             specified.",
        );
    }
}

fn qualified_iscsi_name<'a>(name: Field<'a>, named: Field<'a>) {
    let text = name.text();
    let hex = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_hexdigit());
    let good = match text.get(..3) {
        Some("iqn") => is_iqn(text),
        Some("eui") => text.strip_prefix("eui.").is_some_and(|t| hex(t, 16)),
        Some("naa") => text.strip_prefix("naa.").is_some_and(|t| hex(t, 32)),
        _ => return name.named(named).invalid("must be valid format starting with iqn, eui, or naa"),
    };
    if !good {
        name.named(named).invalid("must be valid format");
    }
}

/// `iqn.2017-05.com.example:name`
fn is_iqn(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("iqn.") else { return false };
    let (date, rest) = (rest.get(..7).unwrap_or_default(), rest.get(7..).unwrap_or_default());
    let digit = |i: usize| date.as_bytes().get(i).is_some_and(u8::is_ascii_digit);
    let dated = (0..4).all(digit) && date.as_bytes().get(4) == Some(&b'-') && digit(5) && digit(6);
    let name = |c: char| c.is_alphanumeric() || "-.:".contains(c);
    dated && rest.len() > 1 && rest.starts_with('.') && rest.chars().all(|c| name(c) || !c.is_whitespace())
}

fn flocker(source: Field<'_>) {
    let (name, id) = (source.at("datasetName"), source.at("datasetUUID"));
    match (name.text().is_empty(), id.text().is_empty()) {
        (true, true) => source.required("one of datasetName and datasetUUID is required"),
        (false, false) => {
            source.invalid_as(quote("resource"), "datasetName and datasetUUID can not be specified simultaneously");
        }
        _ => {}
    }
    if name.text().contains('/') {
        name.invalid("must not contain '/'");
    }
}

fn glusterfs_persistent(source: Field<'_>) {
    all_given(source, &["endpoints", "path"]);
    let namespace = source.at("endpointsNamespace");
    if namespace.is_set() && namespace.text().is_empty() {
        namespace.invalid("if the endpointnamespace is set, it must be a valid namespace name");
    } else {
        namespace.check_if_any(dns_label);
    }
}

fn rbd(source: Field<'_>) {
    if source.at("monitors").len() == 0 {
        source.at("monitors").required("");
    }
    source.at("image").has_text("");
}

fn cephfs(source: Field<'_>) {
    if source.at("monitors").len() == 0 {
        source.at("monitors").required("");
    }
}

fn quobyte(source: Field<'_>) {
    let (registry, tenant) = (source.at("registry"), source.at("tenant"));
    let pairs = "must be a host:port pair or multiple pairs separated by commas";
    if registry.has_text(pairs) {
        if tenant.text().len() >= 65 {
            tenant.required("must be a UUID and may not exceed a length of 64 characters");
        } else {
            let wrong = |pair: &str| pair.rsplit_once(':').is_none_or(|(h, _)| h.contains(':') && !h.starts_with('['));
            registry.text().split(',').filter(|p| wrong(p)).for_each(|_| registry.invalid(pairs));
        }
    }
    source.at("volume").has_text("");
}

fn downward_api(source: Field<'_>) {
    mode(source.at("defaultMode"));
    // The server names the volume where it means an item.
    source.at("items").items().for_each(|item| downward_file(item.named(source)));
}

/// A field of the pod as a file.
pub(super) fn downward_file(file: Field<'_>) {
    let (path, field, resource) = (file.at("path"), file.at("fieldRef"), file.at("resourceFieldRef"));
    path.has_text("");
    local_path(path);
    if field.is_set() {
        field_ref(field, VOLUME_FIELDS);
        if resource.is_set() {
            file.invalid_as(quote("resource"), "fieldRef and resourceFieldRef can not be specified simultaneously");
        }
    } else if resource.is_set() {
        resource_field_ref(resource, Reader::File);
    } else {
        file.required("one of fieldRef and resourceFieldRef is required");
    }
    mode(file.at("mode"));
}

fn fibre_channel(source: Field<'_>) {
    let (names, ids, lun) = (source.at("targetWWNs"), source.at("wwids"), source.at("lun"));
    if names.len() == 0 && ids.len() == 0 {
        names.required("must specify either targetWWNs or wwids, but not both");
    }
    if names.len() > 0 && ids.len() > 0 {
        names.invalid("targetWWNs and wwids can not be specified simultaneously");
    }
    if names.len() > 0 {
        match lun.is_set() {
            true => lun.in_range(0, 255, &range_message(0, 255)),
            false => lun.required("lun is required if targetWWNs is specified"),
        }
    }
}

fn flex(source: Field<'_>) {
    source.at("driver").has_text("");
    for (key, option) in source.at("options").entries() {
        let namespace = format!(".{}", key.split('/').next().unwrap_or_default().to_lowercase());
        if namespace.ends_with(".kubernetes.io") || namespace.ends_with(".k8s.io") {
            option.invalid_as(quote(key), "kubernetes.io and k8s.io namespaces are reserved");
        }
    }
}

fn azure_file_persistent(source: Field<'_>) {
    all_given(source, &["secretName", "shareName"]);
    if source.at("secretNamespace").is_set() {
        source.at("secretNamespace").has_text("");
    }
}

fn azure_disk(source: Field<'_>) {
    all_given(source, &["diskName", "diskURI"]);
    source.at("cachingMode").one_of(&["None", "ReadOnly", "ReadWrite"]);
    source.at("kind").one_of(&["Dedicated", "Managed", "Shared"]);
    let (uri, managed) = (source.at("diskURI"), source.at("kind").text() == "Managed");
    let (start, example) = match managed {
        true => (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        ),
        false => ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"),
    };
    if !uri.text().starts_with(start) {
        uri.not_supported(&[example]);
    }
}

fn storage_os(source: Field<'_>, names: &[&'static str]) {
    source.at("volumeName").check_required(dns_label);
    source.at("volumeNamespace").check_if_any(dns_label);
    reference(source.at("secretRef"), names);
}

/// The name of a CSI driver.
pub(super) fn csi_driver_name(name: Field<'_>) {
    if !name.has_text("") {
        return;
    }
    if name.text().len() > 63 {
        name.too_long(63);
    }
    name.check(|t| dns_subdomain(&t.to_lowercase()));
}

fn csi_inline(source: Field<'_>) {
    csi_driver_name(source.at("driver"));
    let secret = source.at("nodePublishSecretRef");
    if secret.is_set() && secret.at("name").has_text("") {
        secret.at("name").named(source.at("name")).check(dns_subdomain);
    }
}

fn csi_persistent(source: Field<'_>) {
    csi_driver_name(source.at("driver"));
    source.at("volumeHandle").has_text("");
    for name in
        ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"]
    {
        let secret = source.at(name);
        if secret.is_set() {
            secret.at("name").check_required(dns_subdomain);
            secret.at("namespace").check_required(dns_label);
        }
    }
}

fn ephemeral(source: Field<'_>) {
    let template = source.at("volumeClaimTemplate");
    match template.is_set() {
        true => storage::claim_template(template),
        false => template.required(""),
    }
}

fn image(source: Field<'_>) {
    source.at("pullPolicy").one_of_or_default(&["Always", "IfNotPresent", "Never"]);
}
