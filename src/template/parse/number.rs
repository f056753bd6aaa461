//! Literals: a number or a character under every type that holds it, as `parse.newNumber` of Go's `node.go`.

use super::super::ast::Number;
use super::super::lex::Kind;
use super::super::quote::unquote_char;
use crate::gonum;

/// What a literal is.
///
/// # Errors
/// With Go's text.
pub(super) fn number(text: &str, kind: Kind) -> Result<Number, String> {
    let mut n = Number { text: text.into(), ..Number::default() };
    if kind == Kind::CharConstant {
        let mut bytes = Vec::new();
        let (rune, tail) = unquote_char(&text.as_bytes()[1..], b'\'', &mut bytes).ok_or("invalid syntax")?;
        if tail != b"'" {
            return Err(format!("malformed character constant: {text}"));
        }
        n.int = Some(i64::from(rune));
        n.uint = Some(u64::from(rune));
        n.float = Some(f64::from(rune));
        return Ok(n);
    }
    if kind == Kind::Complex {
        let at = text.rfind(['+', '-']).ok_or("syntax error scanning complex number")?;
        let real = gonum::parse_float(&text.as_bytes()[..at]).map_err(|_| "syntax error scanning complex number")?;
        let imaginary = gonum::parse_float(text[at..].trim_end_matches('i').as_bytes())
            .map_err(|_| "syntax error scanning complex number")?;
        simplify(&mut n, real, imaginary);
        return Ok(n);
    }
    if let Some(imaginary) = text.strip_suffix('i')
        && let Ok(f) = gonum::parse_float(imaginary.as_bytes())
    {
        simplify(&mut n, 0.0, f);
        return Ok(n);
    }
    n.uint = gonum::parse_uint(text.as_bytes(), 0).ok();
    n.int = gonum::parse_int(text.as_bytes(), 0).ok();
    if n.int == Some(0) && n.uint.is_none() {
        n.uint = Some(0);
    }
    if let Some(i) = n.int {
        n.float = Some(i as f64);
    } else if let Some(u) = n.uint {
        n.float = Some(u as f64);
    } else if let Ok(f) = gonum::parse_float(text.as_bytes()) {
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {text:?}"));
        }
        n.float = Some(f);
        integral_parts(&mut n, f);
    }
    if n.int.is_none() && n.uint.is_none() && n.float.is_none() {
        return Err(format!("illegal number syntax: {text:?}"));
    }
    Ok(n)
}

fn integral_parts(n: &mut Number, f: f64) {
    // The bounds are those where Go's conversion round-trips on amd64.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f) && f.trunc() == f {
        n.int = Some(f as i64);
    }
    if (0.0..18_446_744_073_709_551_616.0).contains(&f) && f.trunc() == f {
        n.uint = Some(f as u64);
    }
}

fn simplify(n: &mut Number, real: f64, imaginary: f64) {
    n.complex = Some((real, imaginary));
    if imaginary == 0.0 {
        n.float = Some(real);
        integral_parts(n, real);
    }
}
