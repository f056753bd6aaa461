//! Reads the chart cases of testdata/parity, as described in testdata/README.md, and unpacks them.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::format::unescape;

/// One file of a case.
#[derive(Clone)]
pub struct Entry {
    /// Where it goes; a path through a `.tgz` goes into that archive.
    pub name: String,
    /// What stands behind the path in its marker line.
    pub attrs: Vec<String>,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Entry {
    /// Whether the marker line has this attribute.
    pub fn has(&self, attr: &str) -> bool {
        self.attrs.iter().any(|a| a == attr)
    }
}

/// One command line.
pub struct Run {
    /// Its name within the case.
    pub name: String,
    /// The arguments.
    pub args: Vec<String>,
}

/// A case: its runs, their environment, and files.
pub struct Case {
    /// The command lines.
    pub runs: Vec<Run>,
    /// Environment variables of all runs.
    pub env: Vec<(String, String)>,
    /// Input files and expectations.
    pub files: Vec<Entry>,
}

/// What stands before the arguments of a `run NAME:` line; a `run! NAME:` line gives all arguments itself.
const USUAL_ARGS: &[&str] = &["template", "rel", "chart", "--namespace", "ns", "--kube-version", "1.33.0"];

/// Reads a case.
pub fn parse(text: &str) -> Case {
    let mut head = String::new();
    let mut files: Vec<(Vec<String>, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let marker = line.trim_end_matches('\n').strip_prefix("-- ").and_then(|l| l.strip_suffix(" --"));
        match marker {
            Some(words) if !words.is_empty() => {
                files.push((words.split_whitespace().map(String::from).collect(), String::new()));
            }
            _ => files.last_mut().map_or(&mut head, |f| &mut f.1).push_str(line),
        }
    }
    let mut case = Case { runs: Vec::new(), env: Vec::new(), files: files.into_iter().map(entry).collect() };
    for line in head.lines() {
        if let Some((name, value)) = line.strip_prefix("env: ").and_then(|l| l.split_once('=')) {
            case.env.push((name.into(), value.into()));
        } else if let Some((name, args)) = line.strip_prefix("run ").and_then(|l| l.split_once(':')) {
            let args = USUAL_ARGS.iter().map(ToString::to_string).chain(shell_words(args)).collect();
            case.runs.push(Run { name: name.into(), args });
        } else if let Some((name, args)) = line.strip_prefix("run! ").and_then(|l| l.split_once(':')) {
            case.runs.push(Run { name: name.into(), args: shell_words(args) });
        }
    }
    case
}

fn entry((mut words, body): (Vec<String>, String)) -> Entry {
    let attrs = words.split_off(1);
    let has = |attr: &str| attrs.iter().any(|a| a == attr);
    let line = body.strip_suffix('\n').unwrap_or(&body);
    let data = match () {
        () if has("escaped") => unescape(line),
        () if has("noeol") || has("symlink") => line.as_bytes().to_vec(),
        () => body.into_bytes(),
    };
    Entry { name: String::from_utf8_lossy(&unescape(&words[0])).into_owned(), attrs, data }
}

/// Splits at blanks; single and double quotes keep blanks, without any escapes.
fn shell_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Writes the input files below a directory.
pub fn unpack(files: &[Entry], dir: &Path) -> std::io::Result<()> {
    for (name, inner) in by_archive(files.iter().filter(|f| !f.name.starts_with("expect/"))) {
        let path = dir.join(&name);
        fs::create_dir_all(path.parent().expect("it is below dir"))?;
        let file = match inner {
            Content::Archive(entries) => {
                fs::write(&path, pack(&entries)?)?;
                continue;
            }
            Content::Plain(file) => file,
        };
        if file.has("dir") {
            fs::create_dir_all(&path)?;
        } else if file.has("symlink") {
            #[cfg(unix)]
            std::os::unix::fs::symlink(String::from_utf8_lossy(&file.data).as_ref(), &path)?;
        } else {
            fs::write(&path, &file.data)?;
        }
        #[cfg(unix)]
        if file.has("exec") {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

enum Content {
    Plain(Entry),
    Archive(Vec<Entry>),
}

/// Groups the files that go into the same archive, at the place of its first file.
fn by_archive<'a>(files: impl Iterator<Item = &'a Entry>) -> Vec<(String, Content)> {
    let mut out: Vec<(String, Content)> = Vec::new();
    for file in files {
        let Some(at) = file.name.find(".tgz/") else {
            out.push((file.name.clone(), Content::Plain(file.clone())));
            continue;
        };
        let (archive, name) = (&file.name[..at + 4], file.name[at + 5..].to_string());
        let entry = Entry { name, ..file.clone() };
        match out.iter_mut().find(|(n, _)| n == archive) {
            Some((_, Content::Archive(entries))) => entries.push(entry),
            _ => out.push((archive.to_string(), Content::Archive(vec![entry]))),
        }
    }
    out
}

/// A gzipped tar. The headers are written by hand because no library lets a test write the paths that an attack has.
fn pack(files: &[Entry]) -> std::io::Result<Vec<u8>> {
    let mut tar = Vec::new();
    for (name, content) in by_archive(files.iter()) {
        let (kind, link, data) = match content {
            Content::Archive(entries) => (b'0', Vec::new(), pack(&entries)?),
            Content::Plain(f) if f.has("dir") => (b'5', Vec::new(), Vec::new()),
            Content::Plain(f) if f.has("symlink") => (b'2', f.data, Vec::new()),
            Content::Plain(f) => (b'0', Vec::new(), f.data),
        };
        tar.extend(header(name.as_bytes(), kind, &link, data.len()));
        tar.extend(&data);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    zip.write_all(&tar)?;
    zip.finish()
}

/// A ustar header.
fn header(name: &[u8], kind: u8, link: &[u8], size: usize) -> [u8; 512] {
    let mut block = [0u8; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(157, link);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}
