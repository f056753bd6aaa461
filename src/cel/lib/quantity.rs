//! Quantities (k8s.io/apimachinery `pkg/api/resource`) with their functions, and those that versions share with them.

use std::cmp::Ordering;
use std::rc::Rc;

use dec::num_bigint::BigInt;
use dec::{BigDecimal, ToPrimitive, Zero};

use super::super::eval::Fail;
use super::super::value::{Opaque, Value};
use super::Outcome;

/// A quantity, exactly.
#[derive(Clone, Debug)]
pub struct Quantity(BigDecimal);

const SYNTAX: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX: &str = "unable to parse quantity's suffix";

/// Power of ten of a decimal suffix, power of two of a binary one.
fn suffix(text: &str) -> Option<(i64, u32)> {
    Some(match text {
        "" => (0, 0),
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 10),
        "Mi" => (0, 20),
        "Gi" => (0, 30),
        "Ti" => (0, 40),
        "Pi" => (0, 50),
        "Ei" => (0, 60),
        _ => {
            let exponent = text.strip_prefix(['e', 'E'])?;
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            // Beyond this everything rounds to nothing or is capped.
            (exponent.parse::<i64>().ok()?.clamp(-1000, 1000), 0)
        }
    })
}

impl Quantity {
    /// Reads a quantity; more than nano precision is rounded up, away from zero.
    ///
    /// # Errors
    /// In Kubernetes' words.
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let digits = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, unit) = unsigned.split_at(digits);
        let plain = number.matches('.').count() <= 1 && number.bytes().any(|b| b.is_ascii_digit());
        if !plain || text.len() > 1000 {
            return Err(SYNTAX);
        }
        let (ten, two) = suffix(unit).ok_or(match unit.chars().all(|c| "eEinumkKMGTP+-0123456789".contains(c)) {
            true => SUFFIX,
            false => SYNTAX,
        })?;
        let fraction = number.split_once('.').map_or(0, |(_, f)| f.len() as i64);
        let whole: String = number.chars().filter(char::is_ascii_digit).collect();
        let int = BigInt::parse_bytes(whole.as_bytes(), 10).ok_or(SYNTAX)?;
        let int = if text.starts_with('-') { -int } else { int };
        let value = BigDecimal::new(int << two, fraction - ten);
        Ok(Quantity(rounded(value)))
    }

    /// Their order.
    pub fn compare(&self, other: &Quantity) -> Ordering {
        self.0.cmp(&other.0)
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_i64()).flatten()
    }
}

/// Kubernetes keeps nine digits behind the point and rounds away from zero.
fn rounded(value: BigDecimal) -> BigDecimal {
    if value.fractional_digit_count() > 9 { value.with_scale_round(9, dec::RoundingMode::Up) } else { value }
}

fn of<'v>(value: Option<&'v Value<'_>>) -> Result<&'v Quantity, Fail> {
    match value {
        Some(Value::Opaque(o)) => match &**o {
            Opaque::Quantity(q) => Ok(q),
            _ => Err(Fail::overload()),
        },
        _ => Err(Fail::overload()),
    }
}

fn text<'v>(args: &'v [Value<'_>]) -> Result<&'v str, Fail> {
    args.first().and_then(Value::as_str).ok_or_else(Fail::overload)
}

fn wrap<'a>(q: Quantity) -> Value<'a> {
    Value::Opaque(Rc::new(Opaque::Quantity(q)))
}

/// `quantity(s)`
pub fn quantity<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Quantity::parse(text(args)?).map(wrap).map_err(Fail::new)
}

/// `isQuantity(s)`
pub fn is_quantity<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(Quantity::parse(text(args)?).is_ok()))
}

/// `sign(q)`
pub fn sign<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let q = of(args.first())?;
    Ok(Value::Int(q.0.cmp(&BigDecimal::zero()) as i64))
}

fn compare(args: &[Value<'_>]) -> Result<Ordering, Fail> {
    let [Value::Opaque(a), Value::Opaque(b)] = args else { return Err(Fail::overload()) };
    match (&**a, &**b) {
        (Opaque::Quantity(a), Opaque::Quantity(b)) => Ok(a.compare(b)),
        (Opaque::Semver(a), Opaque::Semver(b)) => Ok(a.compare(b)),
        _ => Err(Fail::overload()),
    }
}

/// `q.isGreaterThan(r)`
pub fn is_greater<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    compare(args).map(|o| Value::Bool(o.is_gt()))
}

/// `q.isLessThan(r)`
pub fn is_less<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    compare(args).map(|o| Value::Bool(o.is_lt()))
}

/// `q.compareTo(r)`
pub fn compare_to<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    compare(args).map(|o| Value::Int(o as i64))
}

/// `q.asApproximateFloat()`
pub fn as_float<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Double(of(args.first())?.0.to_f64().unwrap_or(f64::INFINITY)))
}

/// `q.asInteger()`
pub fn as_integer<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of(args.first())?.as_i64().map(Value::Int).ok_or(Fail::new("cannot convert value to integer"))
}

/// `q.isInteger()`
pub fn is_integer<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(of(args.first())?.as_i64().is_some()))
}

fn operand(value: Option<&Value<'_>>) -> Result<BigDecimal, Fail> {
    match value {
        Some(Value::Int(i)) => Ok(BigDecimal::from(*i)),
        other => of(other).map(|q| q.0.clone()),
    }
}

/// `q.add(x)`
pub fn add<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(wrap(Quantity(&of(args.first())?.0 + operand(args.get(1))?)))
}

/// `q.sub(x)`
pub fn sub<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(wrap(Quantity(&of(args.first())?.0 - operand(args.get(1))?)))
}
