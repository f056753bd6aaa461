//! The order of keys: go-yaml's `sorter.go`, natural in its way, different in v2 and v3.

use super::Dialect;
use crate::value::Str;

/// Keys in go-yaml's natural order. The comparison is not transitive for some keys, so this is insertion sort as Go's
/// sort is up to twelve keys, and a merge sort beyond, where Go's own order depends on chance.
pub(super) fn natural_sort<T>(keys: &mut Vec<(Str, T)>, dialect: Dialect) {
    let less = |a: &(Str, T), b: &(Str, T)| natural_less(&a.0, &b.0, dialect);
    if keys.len() <= 12 {
        for i in 1..keys.len() {
            let mut j = i;
            while j > 0 && less(&keys[j], &keys[j - 1]) {
                keys.swap(j, j - 1);
                j -= 1;
            }
        }
        return;
    }
    if keys.windows(2).all(|w| !less(&w[1], &w[0])) {
        return;
    }
    let mut right = keys.split_off(keys.len() / 2);
    natural_sort(keys, dialect);
    natural_sort(&mut right, dialect);
    let left = std::mem::take(keys);
    let (mut l, mut r) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (l.peek(), r.peek()) {
        let next = if less(b, a) { r.next() } else { l.next() };
        keys.extend(next);
    }
    keys.extend(l);
    keys.extend(r);
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    use unicode_general_category::{GeneralCategory::*, get_general_category};
    matches!(
        get_general_category(c),
        UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter
    )
}

fn natural_less(a: &[u8], b: &[u8], dialect: Dialect) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    if same == a.len() || same == b.len() {
        return a.len() < b.len();
    }
    if a[same].is_ascii_alphabetic() && b[same].is_ascii_alphabetic() {
        return a[same] < b[same];
    }
    let (ar, br): (Vec<char>, Vec<char>) =
        (String::from_utf8_lossy(a).chars().collect(), String::from_utf8_lossy(b).chars().collect());
    let Some(i) = ar.iter().zip(&br).position(|(x, y)| x != y) else { return ar.len() < br.len() };
    match (is_letter(ar[i]), is_letter(br[i])) {
        (true, true) => return ar[i] < br[i],
        (false, false) => {}
        (al, bl) => {
            let digits = dialect == Dialect::V3 && i > 0 && ar[i - 1].is_ascii_digit();
            return if digits { al } else { bl };
        }
    }
    let (mut an, mut bn) = (0i64, 0i64);
    if ar[i] == '0' || br[i] == '0' {
        let nonzero = ar[..i].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
        if nonzero {
            (an, bn) = (1, 1);
        }
    }
    let run = |r: &[char], n: &mut i64| {
        let count = r[i..].iter().take_while(|c| c.is_ascii_digit()).count();
        for c in &r[i..i + count] {
            *n = n.wrapping_mul(10).wrapping_add(*c as i64 - '0' as i64);
        }
        i + count
    };
    let (ai, bi) = (run(&ar, &mut an), run(&br, &mut bn));
    if an != bn {
        return an < bn;
    }
    if ai != bi {
        return ai < bi;
    }
    ar[i] < br[i]
}
