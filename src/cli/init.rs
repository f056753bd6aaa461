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
    Ok(said(&draft, &shown, &counted(&file, &text, &root)))
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
    for source in &draft.sources {
        out.push_str(&format!("  taken over from {source}\n"));
    }
    if !draft.left.is_empty() {
        out.push_str("not taken over:\n");
        draft.left.iter().for_each(|l| out.push_str(&format!("  {l}\n")));
    }
    out.push_str("next: plimsoll matrix, plimsoll lint --all\n");
    out
}
