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

/// A report over many failed cases: all of them, then how many.
pub fn report(what: &str, failures: &[String], total: usize) {
    if failures.is_empty() {
        return;
    }
    let mut text = String::new();
    for failure in failures {
        text.push_str(failure);
        text.push('\n');
    }
    panic!("\n{text}{} of {total} {what} differ from Helm", failures.len());
}
