//! What failed of many: each text once, with those that it holds for, so that a values file which 130 charts share is
//! one failure.

use super::session::Failed;

/// Failures in the order they came in.
#[derive(Default)]
pub(super) struct Failures(Vec<(Vec<String>, Failed)>);

impl Failures {
    /// One more, of a chart or a release by its name.
    pub fn add(&mut self, of: String, (status, text): Failed) {
        match self.0.iter_mut().find(|(_, (s, t))| *s == status && *t == text) {
            Some((names, _)) => names.push(of),
            None => self.0.push((vec![of], (status, text))),
        }
    }

    /// The worst status and all texts, each below the names of what failed unless there is only one thing that could;
    /// nothing where nothing did.
    pub fn all(self, is_many: bool) -> Option<Failed> {
        let status = self.0.iter().map(|(_, (status, _))| *status).max()?;
        let text = |(names, (_, text)): &(Vec<String>, Failed)| match is_many {
            true => format!("{}:\n{text}", shortened(names)),
            false => text.clone(),
        };
        Some((status, self.0.iter().map(text).collect()))
    }
}

/// The first names, and how many others there are.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names.len().saturating_sub(SHOWN) {
        0 | 1 => names.join(", "),
        more => format!("{} and {more} others", names[..SHOWN].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::Failures;

    #[test]
    fn one_text_is_said_once_with_those_it_holds_for() {
        let mut failures = Failures::default();
        assert_eq!(failures.all(true), None);
        failures = Failures::default();
        for name in ["a", "b", "c", "d", "e"] {
            failures.add(name.into(), (3, "Error: no\n".into()));
        }
        failures.add("b".into(), (1, "Error: else\n".into()));
        let text = "a, b, c and 2 others:\nError: no\nb:\nError: else\n".to_owned();
        assert_eq!(failures.all(true), Some((3, text)));
    }
}
