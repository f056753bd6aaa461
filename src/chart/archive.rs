//! Chart archives: gzipped tars, read into memory with Helm's checks (helm v4.3.1
//! `pkg/chart/loader/archive/archive.go`) and limits.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::File;
use crate::grammar::gopath::clean;
use crate::value::HelmVersion;
use crate::value::fmt::go_quote;

/// Bytes that a chart may have, unpacked.
pub const MAX_CHART: u64 = 100 << 20;
/// Bytes that Helm 3 allows one file.
pub const MAX_FILE: u64 = 5 << 20;
/// Files that an archive may have; no chart comes near.
const MAX_FILES: usize = 100_000;

/// Why an archive can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveError {
    /// It is no gzip at all.
    Header,
    /// Anything else, in Helm's words.
    Text(String),
}

impl ArchiveError {
    /// Helm's words.
    pub fn text(&self) -> String {
        match self {
            ArchiveError::Header => "gzip: invalid header".into(),
            ArchiveError::Text(t) => t.clone(),
        }
    }
}

impl<S: Into<String>> From<S> for ArchiveError {
    fn from(s: S) -> ArchiveError {
        ArchiveError::Text(s.into())
    }
}

/// The files of an archive, in its order, the top folder cut off their names.
///
/// # Errors
/// For what is no archive, lies about paths, or is too large.
pub fn read(src: &[u8], helm: HelmVersion) -> Result<Vec<File>, ArchiveError> {
    match src.len() {
        0 => return Err("EOF".into()),
        1..10 => return Err("unexpected EOF".into()),
        _ if !src.starts_with(b"\x1f\x8b\x08") => return Err(ArchiveError::Header),
        _ => {}
    }
    let mut tar = tar::Archive::new(MultiGzDecoder::new(src).take(MAX_CHART * 2 + (1 << 20)));
    let entries = tar.entries().map_err(|e| e.to_string())?;
    let mut files = Vec::new();
    let mut total = 0;
    for entry in entries {
        let mut entry = entry.map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => "unexpected EOF".to_owned(),
            _ if e.to_string() == "failed to read entire block" => "unexpected EOF".to_owned(),
            _ => e.to_string(),
        })?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = entry_name(&raw)?;
        let size = entry.size();
        let (limit, text) = limits(&raw, helm, total);
        if size > limit {
            return Err(text.into());
        }
        let mut data = Vec::with_capacity(usize::try_from(size).unwrap_or(0).min(1 << 20));
        entry.read_to_end(&mut data).map_err(|e| e.to_string())?;
        total += data.len() as u64;
        if files.len() >= MAX_FILES {
            return Err(format!("the chart archive has more than {MAX_FILES} files").into());
        }
        if data.starts_with(b"\xef\xbb\xbf") {
            data.drain(..3);
        }
        files.push(File { name, data: data.into() });
    }
    if files.is_empty() {
        return Err("no files in chart archive".into());
    }
    Ok(files)
}

/// How large the next file may be, and what Helm says of a larger one.
fn limits(name: &str, helm: HelmVersion, total: u64) -> (u64, String) {
    let left = MAX_CHART - total.min(MAX_CHART);
    match helm {
        HelmVersion::V4 => (left, format!("decompressed chart is larger than the maximum size {MAX_CHART}")),
        HelmVersion::V3 if left < MAX_FILE => {
            (left, format!("decompressed chart is larger than the maximum file size {MAX_CHART}"))
        }
        HelmVersion::V3 => {
            let quoted = go_quote(name);
            (MAX_FILE, format!("decompressed chart file {quoted} is larger than the maximum file size {MAX_FILE}"))
        }
    }
}

/// The name within the chart.
fn entry_name(raw: &str) -> Result<String, ArchiveError> {
    let delimiter = if raw.contains('\\') { '\\' } else { '/' };
    let (first, rest) = raw.split_once(delimiter).unwrap_or((raw, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err("chart illegally contains absolute paths".into());
    }
    let name = clean(&rest);
    if name == "." {
        let quoted = go_quote(raw);
        return Err(format!("chart illegally contains content outside the base directory: {quoted}").into());
    }
    if name.starts_with("..") {
        return Err("chart illegally references parent directory".into());
    }
    let drive = name.as_bytes();
    if drive.len() > 2 && drive[0].is_ascii_alphabetic() && drive[1] == b':' && drive[2] == b'/' {
        return Err("chart contains illegally named files".into());
    }
    if first == "Chart.yaml" {
        return Err("chart yaml not in base directory".into());
    }
    Ok(name)
}
