//! Shows how two texts differ.

use std::fmt::Write;

/// Lines that differ, `-` expected and `+` found, with one equal line before and after each run. Line ends and other
/// invisible characters are shown escaped.
pub fn diff(expected: &[u8], found: &[u8]) -> String {
    let (a, b) = (lines(expected), lines(found));
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let end = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(x, y)| x == y).count();
    let mut out = String::new();
    let mut show = |mark: &str, text: &str| writeln!(out, "    {mark} {text}").expect("strings take anything");
    if start > 0 {
        show(" ", &a[start - 1]);
    }
    a[start..a.len() - end].iter().for_each(|l| show("-", l));
    b[start..b.len() - end].iter().for_each(|l| show("+", l));
    if end > 0 {
        show(" ", &a[a.len() - end]);
    }
    out
}

fn lines(text: &[u8]) -> Vec<String> {
    text.split_inclusive(|b| *b == b'\n').map(visible).collect()
}

/// A text with what can't be seen escaped, `$` for the newline at its end.
pub fn visible(text: &[u8]) -> String {
    let (text, end) = text.strip_suffix(b"\n").map_or((text, ""), |t| (t, "$"));
    let mut out = String::new();
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
        }
        for b in chunk.invalid() {
            write!(out, "\\x{b:02x}").expect("strings take anything");
        }
    }
    out + end
}

/// A report over many failed cases: all of them, then how many. The first line of a failure names its case; those in
/// `testdata/known_differences/WHAT.txt` are differences from Helm that are known; no other may come up.
/// `complete` says whether all cases ran. `KNOWN_DIFFERENCES=write` writes the list anew.
pub fn report(what: &str, failures: &[String], total: usize, complete: bool) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/known_differences/{what}.txt"));
    let heads: Vec<&str> = failures.iter().map(|f| f.lines().next().unwrap_or_default()).collect();
    if std::env::var("KNOWN_DIFFERENCES").is_ok_and(|v| v == "write") && complete {
        std::fs::write(&path, heads.iter().map(|h| format!("{h}\n")).collect::<String>())
            .expect("test data is writable");
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let known: std::collections::BTreeSet<&str> = known.lines().collect();
    let mut text = String::new();
    let mut new = 0;
    for (failure, _) in failures.iter().zip(&heads).filter(|(_, head)| !known.contains(**head)) {
        new += 1;
        text.push_str(failure);
        text.push('\n');
    }
    let gone: Vec<&&str> = known.iter().filter(|k| complete && !k.is_empty() && !heads.contains(k)).collect();
    // Said but not failed for: a case with randomness in it differs on some days only.
    for head in &gone {
        eprintln!("no longer different, to be taken off {}: {head}", path.display());
    }
    assert!(new == 0, "\n{text}{new} of {total} {what} differ from Helm anew");
}
