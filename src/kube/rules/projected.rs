//! Volumes that bring several sources together.

use std::collections::BTreeSet;

use super::field::Field;
use super::quote;
use super::volume_sources::{downward_file, key_to_path, mode};
use super::volumes::local_path;

/// A projected volume.
pub(super) fn projected(volume: Field<'_>) {
    mode(volume.at("defaultMode"));
    let mut paths = BTreeSet::new();
    for source in volume.at("sources").items() {
        let mut kinds = 0;
        for kind in ["secret", "configMap"] {
            let files = source.at(kind);
            if files.is_set() {
                kinds += 1;
                files.at("name").has_text("");
                for item in files.at("items").items() {
                    key_to_path(item);
                    claim(volume, &mut paths, item.at("path").text(), files.at("name").text());
                }
            }
        }
        let downward = source.at("downwardAPI");
        if downward.is_set() {
            kinds += 1;
            for item in downward.at("items").items() {
                downward_file(item.named(downward));
                claim(volume, &mut paths, item.at("path").text(), item.at("path").text());
            }
        }
        let token = source.at("serviceAccountToken");
        if token.is_set() {
            kinds += 1;
            service_account_token(volume, token);
        }
        if kinds > 1 {
            source.forbidden("may not specify more than 1 volume type per source");
        }
    }
}

fn claim<'a>(volume: Field<'_>, paths: &mut BTreeSet<&'a str>, path: &'a str, shown: &str) {
    if !path.is_empty() && !paths.insert(path) {
        volume.invalid_as(quote(shown), "conflicting duplicate paths");
    }
}

fn service_account_token<'a>(volume: Field<'a>, token: Field<'a>) {
    let seconds = token.at("expirationSeconds");
    let given = seconds.int().unwrap_or(3600);
    if given < 600 {
        seconds.invalid("may not specify a duration less than 10 minutes");
    }
    if given > 1 << 32 {
        seconds.invalid("may not specify a duration larger than 2^32 seconds");
    }
    let path = token.at("path").named(volume.at("path"));
    if path.has_text("") {
        local_path(path);
    }
}
