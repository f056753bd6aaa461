//! Which line of a Jinja template most likely wrote each line of its output. Minijinja doesn't say, so this is a guess:
//! the line whose own text is in what was printed, and of several such the one nearest to the guess before.

/// Pairs of lines that are compared for one file; beyond that all goes back to the template's first line.
const MOST_PAIRS: usize = 4_000_000;

/// A line of a template: the texts between its tags, without the blanks around the line.
struct Line {
    start: u32,
    texts: Vec<Vec<u8>>,
    /// Whether it prints an expression.
    prints: bool,
}

impl Line {
    /// How many bytes of `printed` are this line's own; nothing if it can't have printed that.
    fn fits(&self, printed: &[u8]) -> Option<usize> {
        let own = self.texts.iter().map(Vec::len).sum();
        let (first, rest) = self.texts.split_first()?;
        let Some((last, between)) = rest.split_last() else {
            return (own > 0 && !self.prints && printed == first).then_some(own);
        };
        let mut left = printed.strip_prefix(&first[..])?;
        for text in between {
            let at = memchr::memmem::find(left, text)?;
            left = &left[at + text.len()..];
        }
        (own > 0 && left.ends_with(last)).then_some(own)
    }
}

/// The lines of a template, with what is between tags.
fn lines(source: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut inside: Option<&[u8]> = None;
    let mut start = 0;
    for line in source.split_inclusive(|c| *c == b'\n') {
        let mut found = Line { start: start as u32, texts: vec![Vec::new()], prints: inside == Some(b"}}") };
        let mut at = 0;
        while at < line.len() {
            let here = &line[at..];
            if let Some(end) = inside {
                let Some(n) = memchr::memmem::find(here, end) else { break };
                at += n + end.len();
                inside = None;
            } else if let Some(end) = closing(here) {
                inside = Some(end);
                if end == b"}}" {
                    found.prints = true;
                    found.texts.push(Vec::new());
                }
                at += 2;
            } else {
                found.texts.last_mut().into_iter().for_each(|t| t.push(line[at]));
                at += 1;
            }
        }
        if let Some(first) = found.texts.first_mut() {
            *first = first.trim_ascii_start().to_vec();
        }
        if let Some(last) = found.texts.last_mut() {
            *last = last.trim_ascii_end().to_vec();
        }
        // Where it begins to say something.
        found.start += line.iter().take_while(|c| matches!(c, b' ' | b'\t')).count() as u32;
        lines.push(found);
        start += line.len();
    }
    lines
}

/// What ends the tag that begins here.
fn closing(text: &[u8]) -> Option<&'static [u8]> {
    match text.get(..2)? {
        b"{{" => Some(b"}}"),
        b"{%" => Some(b"%}"),
        b"{#" => Some(b"#}"),
        _ => None,
    }
}

/// For each line of what a template printed the offset in its source, with the line's length.
pub(super) fn guesses(source: &[u8], printed: &[u8]) -> Vec<(usize, u32)> {
    let lines = lines(source);
    let texts: Vec<&[u8]> = printed.split_inclusive(|c| *c == b'\n').collect();
    if lines.is_empty() || lines.len().saturating_mul(texts.len()) > MOST_PAIRS {
        return vec![(printed.len(), 0)];
    }
    let mut at = 0;
    let mut guess = |text: &[u8]| {
        let trimmed = text.trim_ascii();
        // A loop goes back; otherwise templates go on.
        let far = |n: usize| if n >= at { n - at } else { (at - n) * 2 };
        let fitting = lines.iter().enumerate().filter_map(|(n, l)| Some((l.fits(trimmed)?, n)));
        let own = fitting.min_by_key(|(own, n)| (far(*n), usize::MAX - own)).map(|(_, n)| n);
        // What has no text of the template comes out of an expression that stands alone.
        let alone = |l: &Line| l.prints && l.texts.iter().all(Vec::is_empty);
        let found = own.or_else(|| (at..lines.len()).find(|n| alone(&lines[*n])));
        at = found.unwrap_or(at);
        (text.len(), lines[at].start)
    };
    texts.into_iter().map(&mut guess).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_go_back_to_those_whose_text_they_have() {
        let source = "a: 1\n{% for p in ports %}\n- name: {{ p.name }}\n  port: {{ p.port }}\n{% endfor %}\n{{ labels }}\nz: x\n";
        let printed = "a: 1\n\n- name: web\n  port: 80\n- name: db\n  port: 5432\nteam: a\napp: b\nz: x\n";
        let found: Vec<usize> = super::guesses(source.as_bytes(), printed.as_bytes())
            .into_iter()
            .map(|(_, at)| source[..at as usize].matches('\n').count() + 1)
            .collect();
        assert_eq!([&found[..1], &found[2..]].concat(), [1, 3, 4, 3, 4, 6, 6, 7]);
    }
}
