//! Where the project file is: upwards from the working folder.

use std::path::Path;

use super::place::{Fault, Place};
use super::project::{PROJECT_FILE, Project};
use crate::chart::load::os_error;
use crate::span::line_column;

/// Finds and reads the project file, upwards from a folder.
///
/// # Errors
/// When it can't be read, or its form is wrong.
pub fn find_project(from: &Path) -> Result<Option<Project>, Vec<Fault>> {
    let Some(path) = from.ancestors().map(|d| d.join(PROJECT_FILE)).find(|p| p.symlink_metadata().is_ok()) else {
        return Ok(None);
    };
    let fault = |at, message| vec![Fault { file: path.display().to_string(), at, message }];
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(_) if path.is_dir() => return Err(fault(Place::default(), "this is a folder, not a file".into())),
        Err(e) => return Err(fault(Place::default(), os_error(&e))),
    };
    let text = String::from_utf8(bytes).map_err(|e| {
        let good = e.utf8_error().valid_up_to();
        let (line, column) = line_column(e.as_bytes(), good);
        let byte = e.as_bytes().get(good).copied().unwrap_or_default();
        fault(Place { line, column }, format!("the byte 0x{byte:02x} is no UTF-8; write the file in UTF-8"))
    })?;
    Project::read(&path, &text).map(Some)
}
