//! The expression as it is written for the regex crate, and what Go counts of it: height and repetitions.

use super::Flags;

/// A piece of the written expression.
pub(super) struct Item {
    pub text: String,
    /// Whether a repetition behind the text applies to all of it.
    pub atom: bool,
    /// Whether Go would merge it with literals beside it.
    pub literal: bool,
    pub height: usize,
    /// Product of the nested repeat counts.
    pub repeats: u32,
}

impl Item {
    pub fn atom(text: impl Into<String>) -> Item {
        Item { text: text.into(), atom: true, literal: false, height: 1, repeats: 1 }
    }

    pub fn literal(text: String) -> Item {
        Item { literal: true, ..Item::atom(text) }
    }

    pub fn wrapped(&self, open: &str, close: &str) -> String {
        format!("{open}{}{close}", self.text)
    }
}

/// An open parenthesis, or the whole expression.
pub(super) struct Group {
    pub flags: Flags,
    pub captures: bool,
    pub alternatives: Vec<Item>,
    pub current: Vec<Item>,
}

impl Group {
    pub fn new(flags: Flags, captures: bool) -> Group {
        Group { flags, captures, alternatives: Vec::new(), current: Vec::new() }
    }

    /// The items since the last bar become one.
    pub fn concat(&mut self) -> Item {
        let items = std::mem::take(&mut self.current);
        if items.len() == 1 {
            return items.into_iter().next().unwrap_or_else(|| Item::atom("(?:)"));
        }
        let merged = items.iter().all(|i| i.literal);
        let height = items.iter().map(|i| i.height).max().unwrap_or(0) + usize::from(!merged || items.is_empty());
        let repeats = items.iter().map(|i| i.repeats).max().unwrap_or(1);
        let text: String = items.iter().map(|i| i.text.as_str()).collect();
        let text = if text.is_empty() { "(?:)".to_owned() } else { text };
        Item { text, atom: false, literal: false, height, repeats }
    }

    /// All of the group as one item without its parentheses.
    pub fn alternate(&mut self) -> Item {
        let last = self.concat();
        if self.alternatives.is_empty() {
            return last;
        }
        let mut items = std::mem::take(&mut self.alternatives);
        items.push(last);
        let height = 1 + items.iter().map(|i| i.height).max().unwrap_or(0);
        let repeats = items.iter().map(|i| i.repeats).max().unwrap_or(1);
        let texts: Vec<&str> = items.iter().map(|i| i.text.as_str()).collect();
        Item { text: texts.join("|"), atom: false, literal: false, height, repeats }
    }
}
