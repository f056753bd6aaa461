//! Texts of strangers made safe to show on a terminal, on one line, in Markdown and in workflow commands; and how numbers
//! of things are said.

/// `1 chart`, `2 charts`.
pub fn number(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Text that can't command a terminal or reorder what is read: control characters become their pictures, and those that
/// turn the direction of writing the replacement character. Newlines and tabs stay.
pub(super) fn visible(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
            '\u{7f}' => '\u{2421}',
            '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' => '\u{fffd}',
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// At most so many characters, with a mark where some were left out.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Visible, and on one line.
pub(super) fn one_line(text: &str) -> String {
    visible(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// One line in which nothing is Markdown, mentions anybody or refers to an issue.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // In a comment between sign and name, neither a person nor an issue is meant any more.
            '@' | '#' => out.extend([c.to_string().as_str(), "<!-- -->"]),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' | ':' => {
                out.extend(['\\', c]);
            }
            c => out.push(c),
        }
    }
    out
}

/// An address that can stand in a link.
pub(super) fn link(url: &str) -> Option<String> {
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = |c: char| c.is_ascii_graphic() && !"()<>[]|\\`\"".contains(c);
    (web && url.chars().all(plain)).then(|| url.to_owned())
}

/// A command of GitHub Actions that makes an annotation: level (`error`, `warning`, `notice`), title, file with line and
/// column from 1, text. Without a place it is shown with the run as a whole.
pub(super) fn workflow_command(level: &str, title: &str, at: Option<(&str, usize, usize)>, text: &str) -> String {
    let place = match at {
        None => String::new(),
        Some((file, line, column)) => format!("file={},line={line},col={column},", property(file)),
    };
    format!("::{level} {place}title={}::{}\n", property(title), data(text))
}

/// The text of a command: nothing in it may end its line, or colour the log.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value, which ends at a comma or a colon too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
