//! The content of a file, shared, and read when it is first looked at: most files of a chart never are.
//!
//! A file that was found readable and can't be read later (it was deleted in between) counts as empty and keeps its
//! error, which whoever owns the file asks for at the end ([`Blob::error`]).

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Bytes of a file; cheap to clone.
#[derive(Clone)]
pub struct Blob(Arc<Inner>);

struct Inner {
    path: Option<PathBuf>,
    size: usize,
    nil: bool,
    content: OnceLock<Result<Vec<u8>, String>>,
}

impl Blob {
    /// The file at `path`, to be read later; a byte order mark at its start is left out. `size` is what it had when it
    /// was found.
    pub fn later(path: PathBuf, size: usize) -> Blob {
        Blob(Arc::new(Inner { path: Some(path), size, nil: false, content: OnceLock::new() }))
    }

    /// Go's nil slice of bytes: empty, but null in JSON.
    pub fn nil() -> Blob {
        Blob(Arc::new(Inner { path: None, size: 0, nil: true, content: OnceLock::from(Ok(Vec::new())) }))
    }

    /// Whether this is [`Blob::nil`].
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// Where the content comes from, if from a file.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// How many bytes it has, or had when it was found: nothing is read for this.
    pub fn size_hint(&self) -> usize {
        self.0.size
    }

    /// Reads the file now, unless it was read before.
    ///
    /// # Errors
    /// The system's.
    pub fn read_now(&self) -> std::io::Result<()> {
        let Some(path) = &self.0.path else { return Ok(()) };
        if self.0.content.get().is_none() {
            let _ = self.0.content.set(Ok(read(path, self.0.size)?));
        }
        Ok(())
    }

    /// Why the file could not be read when it was looked at.
    pub fn error(&self) -> Option<&str> {
        self.0.content.get()?.as_ref().err().map(String::as_str)
    }

    fn bytes(&self) -> &[u8] {
        let content = self.0.content.get_or_init(|| match &self.0.path {
            Some(path) => read(path, self.0.size).map_err(|e| e.to_string()),
            None => Ok(Vec::new()),
        });
        content.as_ref().map_or(&[], |content| content)
    }
}

/// Reads a file of about `size` bytes, with one call to the system where the size holds.
fn read(path: &Path, size: usize) -> std::io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let mut content = vec![0; size + 1];
    let mut filled = 0;
    loop {
        match file.read(&mut content[filled..])? {
            0 => break,
            n => filled += n,
        }
        if filled <= size {
            break;
        }
        content.resize(content.len() * 2, 0);
    }
    if filled < size {
        // Shorter than it was, or handed out in pieces: to the end, then.
        content.truncate(filled);
        file.read_to_end(&mut content)?;
    } else {
        content.truncate(filled);
    }
    if content.starts_with(b"\xef\xbb\xbf") {
        content.drain(..3);
    }
    Ok(content)
}

impl std::ops::Deref for Blob {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.bytes()
    }
}

impl From<Vec<u8>> for Blob {
    fn from(content: Vec<u8>) -> Blob {
        Blob(Arc::new(Inner { path: None, size: content.len(), nil: false, content: OnceLock::from(Ok(content)) }))
    }
}

impl From<&[u8]> for Blob {
    fn from(content: &[u8]) -> Blob {
        Blob::from(content.to_vec())
    }
}

impl From<&str> for Blob {
    fn from(content: &str) -> Blob {
        Blob::from(content.as_bytes())
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Blob) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.bytes() == other.bytes()
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.path {
            Some(path) => write!(f, "Blob({})", path.display()),
            None => write!(f, "Blob({} bytes)", self.0.size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_when_it_is_looked_at() {
        let dir = tempfile::tempdir().expect("a folder to write to");
        let path = dir.path().join("a");
        for (said, text) in [(5, "hello"), (2, "hello"), (9, "hello"), (0, ""), (0, "grown beyond one read")] {
            std::fs::write(&path, format!("\u{feff}{text}")).expect("written");
            let blob = Blob::later(path.clone(), said);
            assert_eq!(blob.error(), None);
            assert_eq!(&blob[..], text.as_bytes());
        }
        let blob = Blob::later(dir.path().join("missing"), 3);
        assert!(blob.is_empty() && blob.error().is_some());
    }
}
