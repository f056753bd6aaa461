//! The policies that come with the program, and those of folders and files. A set is a folder of `policies/`; its files
//! are built in.

use std::path::Path;

use super::PolicyError;
use crate::finding::Text;

// FILES: set, file name, text. Written by build.rs.
include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// The names of the sets.
pub fn sets() -> Vec<&'static str> {
    let mut names: Vec<&str> = FILES.iter().map(|f| f.0).collect();
    names.dedup();
    names
}

/// The documents of sets, of all YAML files in folders, and of files, in the order asked for.
///
/// # Errors
/// A name that is no set, folder or file; a file that cannot be read.
pub fn read(names: &[String]) -> Result<Vec<Text>, PolicyError> {
    let mut texts = Vec::new();
    for name in names {
        let path = Path::new(name);
        if FILES.iter().any(|f| f.0 == name) {
            for (set, file, text) in FILES.iter().filter(|f| f.0 == name) {
                split(&format!("policies/{set}/{file}"), text, &mut texts);
            }
        } else if path.is_dir() {
            let error = |e: std::io::Error| failed(name, &e.to_string());
            let entries = std::fs::read_dir(path).map_err(error)?;
            let mut files = entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(error)?;
            files.retain(|f| f.extension().is_some_and(|e| e == "yaml" || e == "yml"));
            files.sort();
            for file in files {
                read_file(&file, &mut texts)?;
            }
        } else if path.is_file() {
            read_file(path, &mut texts)?;
        } else {
            let known = sets().join(", ");
            return Err(failed(name, &format!("is no set of policies ({known}), no folder and no file")));
        }
    }
    Ok(texts)
}

fn failed(file: &str, message: &str) -> PolicyError {
    PolicyError { file: file.to_owned(), line: 1, column: 1, message: message.to_owned() }
}

fn read_file(path: &Path, texts: &mut Vec<Text>) -> Result<(), PolicyError> {
    let name = path.to_string_lossy();
    match std::fs::read_to_string(path) {
        Ok(text) => {
            split(&name, &text, texts);
            Ok(())
        }
        Err(e) => Err(failed(&name, &e.to_string())),
    }
}

/// The documents of a file, each with the line it begins on.
pub fn split(name: &str, text: &str, texts: &mut Vec<Text>) {
    let (mut start, mut line) = (0, 1);
    let mut push = |from: usize, to: usize, line: usize| {
        let part = &text[from..to];
        let empty = part.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#'));
        if !empty {
            texts.push(Text { name: name.to_owned(), line, text: part.to_owned() });
        }
    };
    let mut at = 0;
    for (i, l) in text.split_inclusive('\n').enumerate() {
        let end = at + l.len();
        let rest = l.trim_end();
        if rest == "---" || rest.starts_with("--- ") {
            push(start, at, line);
            (start, line) = (end, i + 2);
        }
        at = end;
    }
    push(start, text.len(), line);
}
