//! Variables in braces, as Flux substitutes them after a build (fluxcd/pkg v1.8 `envsubst`): `${a}`, `${a:-default}`, and
//! the shell's ways to change a text. What is not known is empty.

use std::collections::BTreeMap;

use crate::grammar::glob::Pattern;

/// Variables in defaults of variables deeper than this are an error.
const MAX_DEPTH: usize = 16;

/// Fills a text in.
///
/// # Errors
/// For braces that nothing can be made of.
pub(super) fn substitute(text: &str, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        rest = match behind.chars().next() {
            // Two are one that begins nothing.
            Some('$') => {
                out.push('$');
                &behind[1..]
            }
            Some('{') => {
                let (value, after) = variable(&behind[1..], variables, 0)?;
                out.push_str(&value);
                after
            }
            _ => {
                out.push('$');
                behind
            }
        };
    }
    out.push_str(rest);
    Ok(out)
}

/// The value of what stands behind `${`, and what follows the closing brace.
fn variable<'t>(
    text: &'t str,
    variables: &BTreeMap<String, String>,
    depth: usize,
) -> Result<(String, &'t str), String> {
    let bad = || format!("bad substitution: ${{{}", text.lines().next().unwrap_or_default());
    if depth > MAX_DEPTH {
        return Err(bad());
    }
    let is_length = text.starts_with('#');
    let text = text.strip_prefix('#').unwrap_or(text);
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).ok_or_else(bad)?;
    let (name, behind) = text.split_at(end);
    if name.is_empty() {
        return Err(bad());
    }
    let value = variables.get(name).cloned().unwrap_or_default();
    let operators =
        [":=", ":-", ":?", ":+", ":", "=", ",,", ",", "^^", "^", "//", "/#", "/%", "/", "##", "#", "%%", "%"];
    let operator = operators.into_iter().find(|o| behind.starts_with(o)).unwrap_or_default();
    let (arguments, after) = arguments(&behind[operator.len()..], operator, variables, depth).ok_or_else(bad)?;
    if is_length {
        return if operator.is_empty() { Ok((value.len().to_string(), after)) } else { Err(bad()) };
    }
    if operator.is_empty() && !arguments[0].is_empty() {
        return Err(bad());
    }
    Ok((changed(value, operator, &arguments), after))
}

/// The arguments up to the closing brace, filled in; defaults may hold variables.
fn arguments<'t>(
    text: &'t str,
    operator: &str,
    variables: &BTreeMap<String, String>,
    depth: usize,
) -> Option<(Vec<String>, &'t str)> {
    let separator = match operator {
        ":" => Some(':'),
        "/" | "//" | "/#" | "/%" => Some('/'),
        _ => None,
    };
    let (mut all, mut rest) = (vec![String::new()], text);
    loop {
        let c = rest.chars().next()?;
        let (value, after) = match (c, separator) {
            ('}', _) => return Some((all, &rest[1..])),
            ('$', _) if rest.starts_with("${") => variable(&rest[2..], variables, depth + 1).ok()?,
            ('\\', Some('/')) if rest[1..].starts_with(['/', '\\']) => (rest[1..2].to_owned(), &rest[2..]),
            (c, Some(separator)) if c == separator && all.len() == 1 => {
                all.push(String::new());
                (String::new(), &rest[1..])
            }
            (c, _) => (c.to_string(), &rest[c.len_utf8()..]),
        };
        all.last_mut()?.push_str(&value);
        rest = after;
    }
}

fn changed(value: String, operator: &str, arguments: &[String]) -> String {
    let first = arguments.first().map(String::as_str).unwrap_or_default();
    let second = arguments.get(1).map(String::as_str).unwrap_or_default();
    let capital = |change: fn(char) -> char| {
        let mut chars = value.chars();
        chars.next().map(|c| change(c).to_string() + chars.as_str()).unwrap_or_default()
    };
    match operator {
        "," => capital(|c| c.to_lowercase().next().unwrap_or(c)),
        "^" => capital(|c| c.to_uppercase().next().unwrap_or(c)),
        ",," => value.to_lowercase(),
        "^^" => value.to_uppercase(),
        ":" => part(&value, first, arguments.get(1)),
        "/" => value.replacen(first, second, 1),
        "//" => value.replace(first, second),
        "/#" => value.strip_prefix(first).map(|rest| format!("{second}{rest}")).unwrap_or(value),
        "/%" => value.strip_suffix(first).map(|rest| format!("{rest}{second}")).unwrap_or(value),
        "#" | "##" | "%" | "%%" => trimmed(&value, operator, first),
        _ if value.is_empty() => arguments.concat(),
        _ => value,
    }
}

/// A part by its beginning and length in bytes; negative numbers count from the end.
fn part(value: &str, from: &str, length: Option<&String>) -> String {
    let Ok(from) = from.trim().parse::<i64>() else { return value.to_owned() };
    let all = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let from = if from < 0 { (all + from).max(0) } else { from.min(all) };
    let to = match length.map(|l| l.trim().parse::<i64>()) {
        None => all,
        Some(Err(_)) => return value.to_owned(),
        Some(Ok(length)) if length < 0 => all + length,
        Some(Ok(length)) => from.saturating_add(length).min(all),
    };
    let at = |n: i64| usize::try_from(n).unwrap_or_default();
    let bytes = value.as_bytes().get(at(from)..at(to)).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// A text without the shortest or longest beginning or end that a pattern fits.
fn trimmed(value: &str, operator: &str, pattern: &str) -> String {
    let is_end = operator.starts_with('%');
    let mut cuts: Vec<usize> = value.char_indices().map(|(at, _)| at).chain([value.len()]).collect();
    // The shortest piece first: beginnings grow with the cut, ends shrink.
    if is_end == (operator.len() == 1) {
        cuts.reverse();
    }
    let piece = |at: usize| if is_end { (&value[at..], &value[..at]) } else { (&value[..at], &value[at..]) };
    let Ok(pattern) = Pattern::new(pattern, None) else { return value.to_owned() };
    let fitting = cuts.into_iter().map(piece).find(|(cut, _)| !cut.is_empty() && pattern.matches(cut));
    fitting.map_or(value, |(_, kept)| kept).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What fluxcd/pkg/envsubst 1.8 makes of these.
    #[test]
    fn texts_are_filled_in_as_flux_does() {
        let variables: BTreeMap<String, String> =
            [("a", "np-west-1"), ("b", ""), ("p", "/x/y/z.yaml")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        for (text, expected) in [
            ("$a $$ $${a} ${a}", "$a $ ${a} np-west-1"),
            ("${b:-x${a}y}|${b=z}|${none:=}|${a:-no}", "xnp-west-1y|z||np-west-1"),
            ("${a^} ${a^^} ${#a} ${none^^}", "Np-west-1 NP-WEST-1 9 "),
            ("${a:3} ${a:3:4} ${a:-4} ${a:20}", "west-1 west np-west-1 "),
            ("${a/-/+} ${a//-/+} ${a/#np/x} ${a/%1/2} ${p/\\/x/}", "np+west-1 np+west+1 x-west-1 np-west-2 /y/z.yaml"),
            ("${p#*/} ${p##*/} ${p%/*} ${p%%/*}.", "x/y/z.yaml z.yaml /x/y ."),
        ] {
            assert_eq!(substitute(text, &variables).as_deref(), Ok(expected), "{text}");
        }
        for text in ["${", "${}", "${a", "${a?}", "${a-b}", "${ a}", "${b:-${c}"] {
            assert!(substitute(text, &variables).is_err(), "{text}");
        }
        assert!(substitute(&"${b:-".repeat(10_000), &variables).is_err());
    }
}
