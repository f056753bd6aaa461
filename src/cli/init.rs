//! `plimsoll init`: writes a project file for what is in a folder, and says what it could not take over.

use std::io::Write;
use std::path::Path;

use super::args::InitArgs;
use super::exit;
use super::session::{Failed, error, relative, usage};
use crate::adopt::{Draft, look, write};
use crate::fleet::charts::plain;
use crate::fleet::{PROJECT_FILE, Project, Selection, matrix};
use crate::report::words::number;

/// How many names, and lines of one kind, are printed.
const MANY: usize = 6;

/// How many files and lines that something is taken over from are printed.
const MANY_SOURCES: usize = 20;

/// Runs the command.
pub(super) fn run(args: &InitArgs) -> u8 {
    match init(args) {
        Ok(text) if super::print(text.as_bytes()) => exit::OK,
        Ok(_) => exit::ERROR,
        Err((status, text)) => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            status
        }
    }
}

fn init(args: &InitArgs) -> Result<String, Failed> {
    let current = std::env::current_dir().unwrap_or_default();
    let root = plain(&current.join(&args.dir));
    let file = root.join(PROJECT_FILE);
    let shown = relative(&file.display().to_string());
    if file.exists() && !args.force && !args.dry_run {
        return Err(usage(format!(
            "{shown} is there already; --force replaces it, --dry-run shows what would be written"
        )));
    }
    let draft = look(&root);
    if draft.charts.is_empty() {
        let left: String = draft.left.iter().map(|l| format!("\n  {l}")).collect();
        return Err(error(format!("there is no chart below {}{left}", root.display())));
    }
    let text = write(&draft);
    if args.dry_run {
        return Ok(text);
    }
    let values = draft.files.iter().map(|(name, text)| (root.join(name), text));
    for (path, text) in values.chain([(file.clone(), &text)]) {
        let folder = path.parent().unwrap_or(&root);
        let done = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        done.map_err(|e| error(format!("write {}: {e}", relative(&path.display().to_string()))))?;
    }
    Ok(said(&draft, &shown, &counted(&file, &text, &root)) + &next(&draft))
}

/// How many releases the new file makes, or what is wrong with it.
fn counted(file: &Path, text: &str, root: &Path) -> String {
    let made = Project::read(file, text).and_then(|project| matrix(Some(&project), &Selection::default(), root));
    match made {
        Ok(matrix) => {
            let (releases, charts) = (matrix.releases().count(), matrix.charts.len());
            let places = match matrix.places() {
                places if places.is_empty() => String::new(),
                places => format!(" in {}", places.join(", ")),
            };
            format!("{} of {}{places}", number(releases, "release"), number(charts, "chart"))
        }
        Err(faults) => {
            let lines: String = faults.iter().map(|f| format!("\n  {f}")).collect();
            format!("it needs to be mended:{lines}")
        }
    }
}

fn said(draft: &Draft, file: &str, counted: &str) -> String {
    let mut out = format!("wrote {file}: {counted}\n");
    for (place, names) in draft.sources.iter().take(MANY_SOURCES) {
        let more = names.len().saturating_sub(MANY);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let names = names.iter().take(MANY).map(String::as_str).collect::<Vec<_>>().join(", ");
        let names = if names.is_empty() { names } else { format!(": {names}{more}") };
        out.push_str(&format!("  taken over from {place}{names}\n"));
    }
    if draft.sources.len() > MANY_SOURCES {
        let more = draft.sources.len() - MANY_SOURCES;
        out.push_str(&format!("  … and from {more} more places, see the head of {file}\n"));
    }
    if !draft.left.is_empty() {
        out.push_str("not taken over:\n");
        few(&draft.left, file, &mut out);
    }
    out
}

/// What to type next.
fn next(draft: &Draft) -> String {
    let build = match draft.lacking.len() {
        0 => String::new(),
        1 => "plimsoll dependency build --all (1 chart lacks charts that stand beside it), ".to_owned(),
        n => format!("plimsoll dependency build --all ({n} charts lack charts that stand beside them), "),
    };
    format!("next: {build}plimsoll matrix, plimsoll lint --all\n")
}

/// The first lines of each kind; the file has them all.
fn few(lines: &[String], file: &str, out: &mut String) {
    let mut kinds: Vec<(String, Vec<&String>)> = Vec::new();
    for line in lines {
        let kind = kind_of(line);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, alike)) => alike.push(line),
            None => kinds.push((kind, vec![line])),
        }
    }
    for (_, alike) in kinds {
        let shown = if alike.len() > MANY + 1 { MANY } else { alike.len() };
        alike[..shown].iter().for_each(|line| out.push_str(&format!("  {line}\n")));
        if shown < alike.len() {
            out.push_str(&format!("  … and {} more like this, see the end of {file}\n", alike.len() - shown));
        }
    }
}

/// What a line says but for places and names: its words.
fn kind_of(line: &str) -> String {
    let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_alphabetic() || c == '\'');
    let (text, _) = line.split_once(" for environment ").unwrap_or((line, ""));
    text.split(' ').filter(is_word).collect::<Vec<_>>().join(" ")
}
