//! What is looked for in texts: secret values as they are, and as they look in base64, JSON and URLs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Shorter values are looked for only as whole texts: a port or an `on` stands in too many of them.
const WITHIN: usize = 8;
/// Shorter ones are nobody's secret.
const WHOLE: usize = 4;
/// Lines of long secrets (keys, files) that are looked for by themselves have at least so many bytes.
const LINE: usize = 12;

/// The texts to look for.
#[derive(Default)]
pub(super) struct Needles {
    /// Each with whether it is base64.
    within: BTreeMap<String, bool>,
    whole: BTreeSet<String>,
    search: Option<(AhoCorasick, Vec<bool>)>,
}

impl Needles {
    /// Adds a secret value.
    pub fn add(&mut self, secret: &str) {
        let trimmed = secret.trim();
        for text in [secret, trimmed] {
            self.forms(text);
        }
        if trimmed.contains('\n') {
            trimmed.lines().map(str::trim).filter(|l| l.len() >= LINE).for_each(|l| self.forms(l));
        }
    }

    /// The text in all the forms that templates put it into.
    fn forms(&mut self, text: &str) {
        if text.len() < WHOLE || matches!(text, "true" | "false" | "null") {
            return;
        }
        if text.len() < WITHIN {
            self.whole.insert(text.to_owned());
            self.whole.insert(STANDARD.encode(text));
            return;
        }
        let json = serde_json::Value::from(text).to_string();
        let url: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let spaced = url.replace('+', "%20");
        for form in [text, &json[1..json.len() - 1], &url, &spaced] {
            self.within.insert(form.to_owned(), false);
        }
        for packed in (0..3).filter_map(|lead| inner_base64(text.as_bytes(), lead)) {
            self.within.entry(packed).or_insert(true);
        }
    }

    /// Makes ready to search.
    pub fn build(&mut self) {
        let build = || AhoCorasick::builder().match_kind(MatchKind::Standard).build(self.within.keys());
        let search = if self.within.is_empty() { None } else { build().ok() };
        self.search = search.map(|s| (s, self.within.values().copied().collect()));
    }

    /// The text with each secret replaced; nothing if it has none.
    pub fn replace(&self, text: &str, hash: impl Fn(&str) -> String) -> Option<String> {
        if self.whole.contains(text) || self.whole.contains(text.trim()) {
            return Some(hash(text));
        }
        let ranges = self.ranges(text)?;
        let (mut out, mut last) = (String::new(), 0);
        for range in ranges {
            out.push_str(&text[last..range.start]);
            out.push_str(&hash(&text[range.clone()]));
            last = range.end;
        }
        out.push_str(&text[last..]);
        Some(out)
    }

    /// What is secret in a text, in order; what overlaps is one.
    fn ranges(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let (search, packed) = self.search.as_ref()?;
        let found = search.find_overlapping_iter(text).map(|f| match packed[f.pattern().as_usize()] {
            true => base64_around(text, f.range()),
            false => f.range(),
        });
        let mut found: Vec<Range<usize>> = found.collect();
        found.sort_by_key(|r| (r.start, r.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut().filter(|last| last.end >= range.start) {
                Some(last) => last.end = last.end.max(range.end),
                None => merged.push(range),
            }
        }
        (!merged.is_empty()).then_some(merged)
    }
}

/// The characters of base64 that stand for nothing but this text, where `lead` bytes (modulo 3) stand before it: those
/// at its ends may share a character with their neighbours.
fn inner_base64(text: &[u8], lead: usize) -> Option<String> {
    let skip = (3 - lead) % 3;
    let inner = text.get(skip..)?;
    let full = &inner[..inner.len() / 3 * 3];
    let encoded = STANDARD.encode(full);
    (encoded.len() >= WITHIN).then_some(encoded)
}

/// All of the base64 that a piece of it stands in: the characters at the piece's ends say something of it too.
fn base64_around(text: &str, range: Range<usize>) -> Range<usize> {
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let before = text.as_bytes()[..range.start].iter().rev().take_while(|b| is_base64(b)).count();
    let after = text.as_bytes()[range.end..].iter().take_while(|b| is_base64(b)).count();
    range.start - before..range.end + after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(secret: &str, text: &str) -> Option<String> {
        let mut needles = Needles::default();
        needles.add(secret);
        needles.build();
        needles.replace(text, |_| "#".into())
    }

    #[test]
    fn secrets_are_found_in_all_their_forms() {
        let secret = "hunter2/hunter\"3";
        for text in [
            secret.to_owned(),
            format!("postgres://u:{secret}@db"),
            serde_json::Value::from(format!("a {secret}")).to_string(),
            "x=hunter2%2Fhunter%223&y".to_owned(),
        ] {
            let found = replaced(secret, &text).expect("it is found");
            assert!(!found.contains("hunter"), "{found}");
        }
        for before in ["", "u", "us", "use", "user:"] {
            let encoded = STANDARD.encode(format!("{before}{secret}:{before}"));
            assert!(replaced(secret, &encoded).is_some(), "{encoded}");
        }
        assert_eq!(replaced("8080", "port 8080"), None);
        assert_eq!(replaced("8080", "8080"), Some("#".into()));
        assert_eq!(replaced("true", "true"), None);
    }
}
