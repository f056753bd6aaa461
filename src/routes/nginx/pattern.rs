//! Regular expressions of nginx: PCRE's, run by a backtracking engine with a limit; and texts that they fit.

use fancy_regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Steps that one match may take.
const BACKTRACK_LIMIT: usize = 100_000;
/// Bytes that a compiled expression may take.
const SIZE_LIMIT: usize = 10 << 20;
/// Texts that are made for one expression.
const MOST: usize = 8;
/// How long such a text may be.
const LONGEST: usize = 200;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As it is written.
    pub source: String,
    /// `~*`
    pub ignores_case: bool,
    regex: Regex,
}

/// The groups of a match: by number, the whole match first, and by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// By number.
    pub numbered: Vec<String>,
    /// By name.
    pub named: Vec<(String, String)>,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// In nginx's words as far as they go: `pcre2_compile() failed: … in "(a"`.
    pub fn new(source: &str, ignores_case: bool) -> Result<Pattern, String> {
        let mut builder = RegexBuilder::new(source);
        builder.case_insensitive(ignores_case).backtrack_limit(BACKTRACK_LIMIT).delegate_size_limit(SIZE_LIMIT);
        match builder.build() {
            Ok(regex) => Ok(Pattern { source: source.to_owned(), ignores_case, regex }),
            Err(_) if opens_more_than_it_closes(source) => {
                Err(format!("pcre2_compile() failed: missing closing parenthesis in \"{source}\""))
            }
            Err(e) => Err(format!("pcre2_compile() failed: {} in \"{source}\"", one_line(&e.to_string()))),
        }
    }

    /// The groups, if it fits somewhere in a text; a match that takes too long is none, as PCRE's limit makes it.
    pub fn find(&self, text: &str) -> Option<Groups> {
        let found = self.regex.captures(text).ok()??;
        let text_of = |m: Option<fancy_regex::Match<'_>>| m.map(|m| m.as_str().to_owned()).unwrap_or_default();
        let numbered: Vec<String> = (0..found.len()).map(|i| text_of(found.get(i))).collect();
        let names = self.regex.capture_names().flatten();
        let named = names.map(|n| (n.to_owned(), text_of(found.name(n)))).collect();
        Some(Groups { numbered: if numbered.len() > 1 { numbered } else { Vec::new() }, named })
    }

    /// Whether it fits somewhere in a text.
    pub fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text).unwrap_or(false)
    }

    /// Texts that it fits, a few, the shortest of each alternative; none where it is too strange.
    pub fn examples(&self) -> Vec<String> {
        let plain = without_looks(&self.source);
        let Ok(hir) = regex_syntax::Parser::new().parse(&plain) else { return Vec::new() };
        let mut found = texts(&hir, 0);
        found.retain(|t| self.fits(t));
        found.sort();
        found.dedup();
        found
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn opens_more_than_it_closes(source: &str) -> bool {
    let (mut depth, mut escaped, mut in_class) = (0_i64, false, false);
    for c in source.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}

/// Cuts lookaheads and lookbehinds out, which the plain parser doesn't know.
fn without_looks(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(at) = ["(?!", "(?=", "(?<!", "(?<="].iter().filter_map(|look| rest.find(look)).min() {
        out.push_str(&rest[..at]);
        let (mut depth, mut end, mut escaped) = (0, rest.len(), false);
        for (i, c) in rest[at..].char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = at + i + 1;
                break;
            }
        }
        rest = &rest[end..];
    }
    out + rest
}

fn texts(hir: &Hir, depth: usize) -> Vec<String> {
    if depth > 50 {
        return Vec::new();
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(l) => vec![String::from_utf8_lossy(&l.0).into_owned()],
        HirKind::Class(class) => nicest(class).map(String::from).into_iter().collect(),
        HirKind::Capture(c) => texts(&c.sub, depth + 1),
        HirKind::Repetition(r) => {
            let inner = texts(&r.sub, depth + 1);
            let first = inner.first().cloned().unwrap_or_default();
            let times = r.min as usize;
            // Too long to be an example of anything.
            if first.len().saturating_mul(times) > LONGEST {
                return Vec::new();
            }
            let least = first.repeat(times);
            match r.min {
                0 if r.max != Some(0) => {
                    let mut all = vec![String::new()];
                    all.extend(inner);
                    all
                }
                1 => inner,
                _ => vec![least],
            }
        }
        HirKind::Alternation(all) => {
            let mut found: Vec<String> = all.iter().flat_map(|h| texts(h, depth + 1)).collect();
            found.truncate(MOST);
            found
        }
        HirKind::Concat(all) => {
            let mut found = vec![String::new()];
            for part in all {
                let next = texts(part, depth + 1);
                found = found.iter().flat_map(|f| next.iter().map(move |n| format!("{f}{n}"))).collect();
                found.retain(|f| f.len() <= LONGEST);
                found.truncate(MOST);
            }
            found
        }
    }
}

/// A character of a class that people like to see in a path.
fn nicest(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(u) => u.ranges().iter().map(|r| (r.start(), r.end())).collect(),
        Class::Bytes(b) => b.ranges().iter().map(|r| (char::from(r.start()), char::from(r.end()))).collect(),
    };
    let has = |c: char| ranges.iter().any(|(a, b)| (*a..=*b).contains(&c));
    ['x', 'a', '1', 'X', '-', '/'].into_iter().find(|c| has(*c)).or_else(|| ranges.first().map(|r| r.0))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn examples_fit() {
        for (source, wanted) in [
            (r"^/api/v(\d+)/users$", "/api/v1/users"),
            (r"\.(php|phtml)$", ".phtml"),
            (r"^/(?!admin)[a-z]+$", "/x"),
            (r"^/a{3}/?$", "/aaa/"),
            (r"^/(.*)$", "/x"),
        ] {
            let found = Pattern::new(source, false).expect("compiles").examples();
            assert!(found.iter().any(|f| f == wanted), "{source}: {found:?}");
        }
    }

    #[test]
    fn errors_are_in_the_words_of_nginx() {
        let e = Pattern::new("(a", false).expect_err("is open");
        assert_eq!(e, "pcre2_compile() failed: missing closing parenthesis in \"(a\"");
    }

    #[test]
    fn a_match_that_takes_too_long_is_none() {
        let pattern = Pattern::new(r"^(?=(a+)+$)b", false).expect("compiles");
        assert!(!pattern.fits(&"a".repeat(60)));
    }
}
