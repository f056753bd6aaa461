//! Repetitions, and how many of them Go allows.

use super::written::Item;
use super::{Parser, between, error};

/// How often something may be repeated, nested repetitions multiplied.
const MAX_REPEAT: u32 = 1000;

impl<'a> Parser<'a> {
    pub(super) fn counted(&mut self, low: u32, high: Option<u32>, after: &'a [u8]) -> Result<(), String> {
        if low > MAX_REPEAT || high.is_some_and(|h| h > MAX_REPEAT || low > h) {
            return Err(error("invalid repeat count", between(self.rest, after)));
        }
        let before = self.rest;
        let (text, count) = match high {
            None => (format!("{{{low},}}"), low),
            Some(high) if high == low => (format!("{{{low}}}"), high),
            Some(high) => (format!("{{{low},{high}}}"), high),
        };
        self.repeat(text, count, after)?;
        let repeats = self.group().current.last().map_or(1, |i| i.repeats);
        if (low >= 2 || count >= 2) && repeats > MAX_REPEAT {
            return Err(error("invalid repeat count", between(before, self.rest)));
        }
        if high == Some(0)
            && let Some(item) = self.group().current.last_mut()
        {
            item.repeats = 1;
        }
        Ok(())
    }

    /// Repeats the item before; `count` is how often at most, 1 where there is no bound.
    pub(super) fn repeat(&mut self, op: String, count: u32, mut after: &'a [u8]) -> Result<(), String> {
        let before = self.rest;
        let mut lazy = self.flags.non_greedy;
        if let [b'?', tail @ ..] = after {
            after = tail;
            lazy = !lazy;
        }
        if let Some(first) = self.last_repeat {
            return Err(error("invalid nested repetition operator", between(first, after)));
        }
        let Some(item) = self.group().current.pop() else {
            return Err(error("missing argument to repetition operator", between(before, after)));
        };
        let body = if item.atom { item.text } else { item.wrapped("(?:", ")") };
        let lazy = if lazy { "?" } else { "" };
        let repeated = Item {
            text: format!("{body}{op}{lazy}"),
            atom: false,
            literal: false,
            height: item.height + 1,
            repeats: item.repeats.saturating_mul(count.max(1)),
        };
        self.check(&repeated)?;
        self.push(repeated);
        self.rest = after;
        Ok(())
    }
}

/// `{2}`, `{2,}`, `{2,3}` at the start of a text, and what follows. Anything else is literal text to Go.
pub(super) fn repeat_count(s: &[u8]) -> Option<(u32, Option<u32>, &[u8])> {
    let (low, s) = number(&s[1..])?;
    let (high, s) = match s {
        [b',', b'}', ..] => (None, &s[1..]),
        [b',', s @ ..] => number(s).map(|(n, s)| (Some(n), s))?,
        s => (Some(low), s),
    };
    // A bound that is too big makes the whole count too big.
    let low = if high == Some(u32::MAX) { u32::MAX } else { low };
    s.strip_prefix(b"}").map(|rest| (low, high, rest))
}

/// A decimal number without leading zeros; a big one is the biggest.
fn number(s: &[u8]) -> Option<(u32, &[u8])> {
    let n = s.iter().take_while(|c| c.is_ascii_digit()).count();
    if n == 0 || n > 1 && s[0] == b'0' {
        return None;
    }
    let value = std::str::from_utf8(&s[..n]).ok()?.parse().unwrap_or(u32::MAX);
    Some((value, &s[n..]))
}
