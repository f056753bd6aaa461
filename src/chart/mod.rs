//! Helm charts: loading from folders and archives, metadata, dependencies, merged values.
//!
//! A loaded [`Chart`] is read-only and can be shared between threads; what one render changes (enabled dependencies,
//! aliases, merged values) lives in a tree of [`node::Node`]s. Start reading at [`load::load`].

pub mod archive;
pub mod build;
pub mod dependency;
pub mod ignore;
pub mod load;
pub mod lock;
pub mod metadata;
pub mod node;
pub mod object;
pub mod pack;
pub mod validate;

use crate::blob::Blob;
use crate::template::parsed::Parsed;
pub use metadata::{Dependency, Maintainer, Metadata};

/// A file of a chart: its path within the chart and its bytes, a byte order mark cut off.
#[derive(Clone, Debug)]
pub struct File {
    /// Slash-separated path, relative to the chart.
    pub name: String,
    /// The content.
    pub data: Blob,
}

impl File {
    /// Whether a template is only there for others.
    pub fn is_partial(&self) -> bool {
        is_partial(&self.name)
    }
}

/// Whether the template at a path is only there for others.
pub fn is_partial(path: &str) -> bool {
    path.rsplit_once('/').map_or(path, |(_, base)| base).starts_with('_')
}

/// A chart as loaded.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Chart.yaml, with requirements.yaml over it.
    pub metadata: Metadata,
    /// Chart.lock or requirements.lock.
    pub lock: Option<lock::Lock>,
    /// values.yaml as it stands.
    pub values: Option<Blob>,
    /// values.schema.json as it stands.
    pub schema: Option<Blob>,
    /// Files under templates/, in order of loading.
    pub templates: Vec<File>,
    /// Everything else that templates can read.
    pub files: Vec<File>,
    /// Subcharts, in order of their names in charts/, each with that name.
    pub children: Vec<(String, Chart)>,
    /// Where the chart is: a folder, or the archive.
    pub path: String,
    /// What renders of this chart parsed of its templates, and those of its subcharts.
    pub parsed: Parsed,
}

impl Chart {
    /// The CRD files: under crds/, with a manifest's extension.
    pub fn crds(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|f| {
            let name = f.name.to_lowercase();
            f.name.starts_with("crds/") && [".yaml", ".yml", ".json"].iter().any(|e| name.ends_with(e))
        })
    }

    /// Whether the chart only has templates for others.
    pub fn is_library(&self) -> bool {
        self.metadata.chart_type.eq_ignore_ascii_case("library")
    }
}
