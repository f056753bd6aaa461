//! The case studies in docs/case-studies and the pages about fleets: their commands are run, and what they show is what is
//! printed.
//!
//! A block that begins with ```` ```console ```` holds commands behind `$ ` and what they print to standard output. The
//! commands of a page run in one shell, in the root of the repository, with the built program first on the path; `$TMPDIR`
//! is a folder of the test's. In what is shown, a line `…` stands for any lines, and `…` within a line for any text. A
//! command succeeds unless it ends with `# exits with N`; lines up to `END` are a command's input where it says `<< 'END'`.

use std::path::Path;
use std::process::{Command, Stdio};

/// Behind what a command printed, with its exit status: no program prints this.
const END: char = '\u{1e}';

struct Step {
    line: usize,
    command: String,
    shown: Vec<String>,
}

/// The commands of a page's console blocks, with what is shown of each.
fn steps(page: &str) -> Vec<Step> {
    let (mut steps, mut inside): (Vec<Step>, bool) = (Vec::new(), false);
    for (index, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if !inside {
            continue;
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { line: index + 1, command: command.to_owned(), shown: Vec::new() });
        } else if let Some(step) = steps.last_mut() {
            let is_text = step.command.contains("<< 'END'") && !step.command.ends_with("\nEND");
            match (step.command.ends_with('\\') || is_text) && step.shown.is_empty() {
                true => step.command = format!("{}\n{line}", step.command),
                false => step.shown.push(line.to_owned()),
            }
        }
    }
    steps
}

/// What each of the commands prints, with its exit status.
fn run(steps: &[Step]) -> Vec<(String, String)> {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let folder = Path::new(env!("CARGO_BIN_EXE_plimsoll")).parent().expect("a folder");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let script: String = steps.iter().map(|s| format!("{}\nprintf '{END}%s{END}' $?\n", s.command)).collect();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", path)
        .env("TMPDIR", temp.path())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("bash starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let parts: Vec<&str> = text.split(END).collect();
    parts.chunks_exact(2).map(|p| (p[0].to_owned(), p[1].to_owned())).collect()
}

/// Whether a shown line stands for a printed one.
fn same_line(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn same(shown: &[String], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first.trim() == "…" => (0..=printed.len()).any(|skip| same(rest, &printed[skip..])),
        Some((first, rest)) => printed.split_first().is_some_and(|(p, more)| same_line(first, p) && same(rest, more)),
    }
}

/// Runs a page's commands, and compares.
fn check(page: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let steps = steps(&std::fs::read_to_string(&file).expect("the page is there"));
    assert!(steps.len() >= 3, "{page} has few commands");
    let answers = run(&steps);
    assert_eq!(answers.len(), steps.len(), "{page}: the shell stopped");
    for (step, (printed, status)) in steps.iter().zip(&answers) {
        let expected = step.command.rsplit_once("# exits with ").map_or("0", |(_, n)| n.trim());
        let lines: Vec<&str> = printed.lines().collect();
        let fine = status == expected && (step.shown.is_empty() || same(&step.shown, &lines));
        assert!(fine, "{page}:{}: {}\nstatus {status}, prints:\n{printed}", step.line, step.command);
    }
}

#[test]
fn many_services_from_one_repository() {
    check("case-studies/many-services.md");
}

#[test]
fn nginx_and_php_in_pods() {
    check("case-studies/nginx-php.md");
}

#[test]
fn core_banking_on_two_clouds() {
    check("case-studies/core-banking.md");
}

#[test]
fn a_wallet_driven_by_events() {
    check("case-studies/wallet.md");
}

#[test]
fn the_end_of_the_day() {
    check("case-studies/settlement.md");
}

#[test]
fn the_project_file() {
    check("project-file.md");
}

#[test]
fn fleets_in_ci_argo_cd_and_kustomize() {
    check("fleet.md");
}

#[test]
fn lint_by_lists_of_ones_own() {
    check("lint.md");
}

#[test]
fn what_is_shown_is_compared() {
    let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(same(&shown("a …c\n…\nz"), &["a bc", "x", "y", "z"]));
    assert!(!same(&shown("a …c\n…\nz"), &["a bd", "z"]));
    assert!(!same(&shown("a"), &["a", "b"]));
    let found = steps("```console\n$ a \\\n  b\nshown\n```\n```sh\n$ not run\n```\n");
    assert_eq!((found.len(), found[0].command.as_str(), found[0].shown.len()), (1, "a \\\n  b", 1));
}
