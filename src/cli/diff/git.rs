//! Another revision of the repository as files: read through git's object store into a folder of their own. Nothing is
//! checked out, no hook or filter runs, nothing is fetched.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::fleet::charts::plain;
use crate::parallel;

/// A revision, unpacked. Goes away with its folder.
pub(super) struct Revision {
    /// How it was asked for: `main`, `HEAD~1`.
    pub name: String,
    /// The folder of the repository in the working tree.
    pub top: PathBuf,
    commit: String,
    folder: TempDir,
    /// Files that were left out, with the reason.
    pub skipped: Vec<String>,
}

/// Larger files are no charts, values or policies.
const MAX_FILE: u64 = 64 << 20;

impl Revision {
    /// Looks for a revision of the repository around a folder.
    ///
    /// # Errors
    /// If there is no repository or revision of that name, or git fails.
    pub fn find(around: &Path, name: &str) -> Result<Revision, String> {
        let top = said(around, &["rev-parse", "--show-toplevel"])
            .map_err(|e| format!("{} is in no git repository: {e}", around.display()))?;
        let top = PathBuf::from(top);
        let commit =
            said(&top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])
                .map_err(|_| unknown(&top, name))?;
        let folder = tempfile::Builder::new().prefix("plimsoll-").tempdir().map_err(|e| e.to_string())?;
        Ok(Revision { name: name.to_owned(), top, commit, folder, skipped: Vec::new() })
    }

    /// Unpacks it, but of the charts in these folders of the working tree no more than their Chart.yaml.
    ///
    /// # Errors
    /// If git fails, or a file can't be written.
    pub fn unpack(&mut self, but: &[PathBuf]) -> Result<(), String> {
        let but: HashSet<&str> = but.iter().filter_map(|f| f.strip_prefix(&self.top).ok()?.to_str()).collect();
        let is_left_out = |path: &String| {
            let mut folders = path.match_indices('/').map(|(at, _)| (&path[..at], &path[at + 1..]));
            folders.any(|(folder, rest)| rest != "Chart.yaml" && but.contains(folder))
        };
        let mut files = self.list()?;
        files.retain(|path, _| !is_left_out(path));
        self.write(&files)
    }

    /// The files that the working tree has otherwise, absolute.
    ///
    /// # Errors
    /// With git's text.
    pub fn changed(&self) -> Result<Vec<PathBuf>, String> {
        changed(&self.top, &self.commit)
    }

    /// The folder it was unpacked into.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Where a file or folder of the working tree is in this revision; nothing if it is outside of the repository.
    pub fn path(&self, of: &Path) -> Option<PathBuf> {
        // A chart that is a link to a folder elsewhere is looked for as that link.
        let written = plain(&std::path::absolute(of).ok()?);
        if let Ok(below) = written.strip_prefix(&self.top) {
            return Some(self.root().join(below));
        }
        let (real, top) = (fs::canonicalize(of).unwrap_or(written), fs::canonicalize(&self.top).ok()?);
        Some(self.root().join(real.strip_prefix(top).ok()?))
    }

    /// A text in which paths of the folder read as those of the revision: `main:charts/web/values.yaml`.
    pub fn shown(&self, text: &str) -> String {
        let root = self.root().display().to_string();
        text.replace(&format!("{root}/"), &format!("{}:", self.name)).replace(&root, &format!("{}:", self.name))
    }

    /// Paths with their objects, without what is surely neither chart nor values.
    fn list(&mut self) -> Result<BTreeMap<String, Blob>, String> {
        let out = output(&self.top, &["ls-tree", "-r", "-z", "-l", "--full-tree", &self.commit])?;
        let mut files = BTreeMap::new();
        for record in out.split(|b| *b == 0).filter(|r| !r.is_empty()) {
            let record = String::from_utf8_lossy(record);
            let Some((head, path)) = record.split_once('\t') else { continue };
            let mut words = head.split_whitespace();
            let (Some(mode), Some(_), Some(id), size) = (words.next(), words.next(), words.next(), words.next()) else {
                continue;
            };
            if mode == "160000" {
                self.skipped.push(format!("{path} is a submodule"));
                continue;
            }
            if size.and_then(|s| s.parse().ok()).unwrap_or(0) > MAX_FILE {
                self.skipped.push(format!("{path} is larger than 64 MiB"));
                continue;
            }
            files.insert(path.to_owned(), Blob { id: id.to_owned(), is_link: mode == "120000" });
        }
        let charts: Vec<String> =
            files.keys().filter_map(|p| p.strip_suffix("Chart.yaml").map(str::to_owned)).collect();
        let wanted = |path: &String| {
            let named = [".yaml", ".yml", ".json", ".tgz", ".tpl", ".j2", ".toml"].iter().any(|e| path.ends_with(e));
            named || charts.iter().any(|c| path.starts_with(c))
        };
        files.retain(|path, blob| blob.is_link || wanted(path));
        Ok(files)
    }

    /// Writes all files, in several parts at once where there are many.
    fn write(&mut self, files: &BTreeMap<String, Blob>) -> Result<(), String> {
        let files: Vec<(&String, &Blob)> = files.iter().collect();
        let parts: Vec<_> = files.chunks(files.len().div_ceil(parallel::cores()).max(PART)).collect();
        let read = parallel::map(&parts, |part| Part { revision: self, skipped: Vec::new() }.read(part));
        for skipped in read {
            self.skipped.extend(skipped?);
        }
        Ok(())
    }
}

/// Fewer files are not worth another process.
const PART: usize = 200;

/// Some files of a revision, as they are read.
struct Part<'r> {
    revision: &'r Revision,
    skipped: Vec<String>,
}

impl Part<'_> {
    /// Reads and writes files, and returns those that were left out with the reason.
    fn read(mut self, files: &[(&String, &Blob)]) -> Result<Vec<String>, String> {
        let mut child = git(&self.revision.top, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("git: {e}"))?;
        let asked: String = files.iter().map(|(_, blob)| format!("{}\n", blob.id)).collect();
        let stdin = child.stdin.take();
        // git answers while it is asked: both ends must move.
        let asker = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(asked.as_bytes());
            }
        });
        let done = self.read_all(files, &mut child);
        let _ = child.kill();
        let _ = child.wait();
        let _ = asker.join();
        done.map(|()| self.skipped)
    }

    fn read_all(&mut self, files: &[(&String, &Blob)], child: &mut Child) -> Result<(), String> {
        let mut answers = BufReader::new(child.stdout.take().ok_or("git has no output")?);
        for (path, blob) in files {
            let mut head = String::new();
            answers.read_line(&mut head).map_err(|e| format!("git cat-file: {e}"))?;
            let name = &self.revision.name;
            let size: u64 = head
                .trim_end()
                .rsplit_once(" blob ")
                .or_else(|| head.trim_end().split_once(" blob "))
                .and_then(|(_, size)| size.parse().ok())
                .ok_or_else(|| format!("{name}:{path}: git cat-file said {:?}", head.trim_end()))?;
            let mut content = Vec::new();
            (&mut answers).take(size).read_to_end(&mut content).map_err(|e| format!("git cat-file: {e}"))?;
            answers.read_exact(&mut [0]).map_err(|e| format!("git cat-file: {e}"))?;
            self.put(path, blob, &content)?;
        }
        Ok(())
    }

    /// Writes a file. A link that leads out of the repository is left out.
    fn put(&mut self, path: &str, blob: &Blob, content: &[u8]) -> Result<(), String> {
        let relative = Path::new(path);
        if !relative.components().all(|c| matches!(c, Component::Normal(_))) {
            self.skipped.push(format!("{path} is no path"));
            return Ok(());
        }
        let target = self.revision.root().join(relative);
        let fail = |e: std::io::Error| format!("{}: {e}", target.display());
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(fail)?;
        }
        if !blob.is_link {
            return fs::write(&target, content).map_err(fail);
        }
        let to = String::from_utf8_lossy(content).into_owned();
        if leaves(relative, Path::new(&to)) {
            self.skipped.push(format!("{path} is a link that leads out of the repository"));
            return Ok(());
        }
        link(&to, &target).map_err(fail)
    }
}

struct Blob {
    id: String,
    is_link: bool,
}

#[cfg(unix)]
fn link(to: &str, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(to: &str, at: &Path) -> std::io::Result<()> {
    fs::write(at, to)
}

/// Whether a link at `from`, both relative to the top, leads out of it.
fn leaves(from: &Path, to: &Path) -> bool {
    let mut depth = from.components().count() as i64 - 1;
    for part in to.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return true,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).args(args).stdin(Stdio::null());
    // Objects that a partial clone lacks are said to be missing instead of fetched.
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
    command
}

/// What git says to these arguments in a folder.
///
/// # Errors
/// With git's text.
pub(in crate::cli) fn output(folder: &Path, args: &[&str]) -> Result<Vec<u8>, String> {
    let done = git(folder, args).output().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "the git command is not installed".to_owned(),
        _ => format!("git: {e}"),
    })?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).trim().to_owned());
    }
    Ok(done.stdout)
}

/// As [`output`], as a text without the last line's end.
///
/// # Errors
/// With git's text.
pub(in crate::cli) fn said(folder: &Path, args: &[&str]) -> Result<String, String> {
    output(folder, args).map(|out| String::from_utf8_lossy(&out).trim_end().to_owned())
}

/// The files that differ between a commit and the working tree, those that git doesn't know yet among them, absolute.
///
/// # Errors
/// With git's text.
pub(in crate::cli) fn changed(top: &Path, commit: &str) -> Result<Vec<PathBuf>, String> {
    let mut names = output(top, &["diff", "--name-only", "--no-renames", "-z", commit, "--"])?;
    names.extend(output(top, &["ls-files", "--others", "--exclude-standard", "-z"])?);
    let names = names.split(|b| *b == 0).filter(|n| !n.is_empty());
    Ok(names.map(|n| top.join(String::from_utf8_lossy(n).as_ref())).collect())
}

/// Which revisions there are instead.
fn unknown(top: &Path, name: &str) -> String {
    let format = "--format=%(refname:short)";
    let names = said(top, &["for-each-ref", format, "refs/heads", "refs/tags", "refs/remotes"]).unwrap_or_default();
    let near = names.lines().map(|n| (strsim::damerau_levenshtein(n, name), n)).min();
    let hint = match near {
        Some((d, n)) if d <= 2 + n.len() / 3 => format!("; did you mean {n:?}?"),
        _ => String::new(),
    };
    format!("there is no revision {name:?} in {}{hint}", top.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_may_not_leave() {
        for (to, out) in
            [("b", false), ("../x", false), ("../../x", true), ("/etc/passwd", true), ("b/../../../x", true)]
        {
            assert_eq!(leaves(Path::new("a/link"), Path::new(to)), out, "{to}");
        }
    }
}
