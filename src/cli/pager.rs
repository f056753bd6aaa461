//! Long texts on a terminal, through a pager as git has it: `$PLIMSOLL_PAGER`, then `$PAGER`, then `less`, which ends by
//! itself where all fits on the screen. Start reading at [`page`].

use std::io::Write;
use std::process::{Command, Stdio};

/// The pager's command line; nothing where there is to be none.
fn chosen(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let said = ["PLIMSOLL_PAGER", "PAGER"].into_iter().find_map(&variable);
    let dumb = variable("TERM").is_none_or(|t| t == "dumb");
    let pager = said.unwrap_or_else(|| "less".into());
    (!dumb && !matches!(pager.trim(), "" | "cat")).then_some(pager)
}

/// Shows a text; false where there is no pager, or it can't be started: then nothing was shown.
pub(super) fn page(text: &str) -> bool {
    let Some(pager) = chosen(|name| std::env::var(name).ok()) else { return false };
    let mut command = Command::new("sh");
    // A command that the shell doesn't know ends with 127 before it reads: that is known before anything is lost.
    command.args(["-c", &format!("command -v {} >/dev/null", first_word(&pager))]);
    if !command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success()) {
        return false;
    }
    let mut command = Command::new("sh");
    command.args(["-c", &pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Ends where all fits, keeps colours, leaves the text on the screen.
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // A reader who has seen enough closes it.
        let _ = input.write_all(text.as_bytes());
    }
    let _ = child.wait();
    true
}

/// The program of a command line.
fn first_word(command: &str) -> &str {
    command.split_whitespace().find(|word| !word.contains('=')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pager_is_the_one_that_was_asked_for() {
        let with = |said: &[(&str, &str)]| {
            chosen(|name| {
                let found = said.iter().chain(&[("TERM", "xterm")]).find(|(n, _)| *n == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(with(&[]).as_deref(), Some("less"));
        assert_eq!(with(&[("PAGER", "more")]).as_deref(), Some("more"));
        assert_eq!(with(&[("PAGER", "more"), ("PLIMSOLL_PAGER", "less -S")]).as_deref(), Some("less -S"));
        for none in ["", "cat"] {
            assert_eq!(with(&[("PLIMSOLL_PAGER", none), ("PAGER", "more")]), None);
        }
        assert_eq!(with(&[("TERM", "dumb")]), None);
        assert_eq!(first_word("LESS=FR less -S"), "less");
    }
}
