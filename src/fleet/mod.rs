//! Fleets: the project file `plimsoll.yaml`, and the matrix of releases (chart × environment × cluster) that it and
//! charts' own conventions make. Knows of charts no more than their heads; renders nothing.
//!
//! [`project`] reads the file after [`shape`] has judged it by [`definition`]; [`matrix()`] resolves the releases that a
//! command asks for, with everything that can be wrong before any work. Start reading at [`matrix::matrix`].

pub mod charts;
mod conventions;
pub mod definition;
mod find;
mod matrix;
mod place;
mod placeholders;
pub mod project;
mod reach;
mod release;
mod settings;
pub mod shape;
mod verify;

pub use conventions::{environments_of, files_of};
pub use find::find_project;
pub use matrix::{Catalog, ChartReleases, Matrix, Otherwise, Selection, matrix};
pub use place::{Fault, Place, Placed, did_you_mean};
pub use project::{PROJECT_FILE, Project, Settings};
pub use reach::{Changes, folders_of};
pub use release::{LayerFile, Release};
pub use settings::{IgnoreRule, Level, LintSettings, SameSettings};
