//! Quantities (k8s.io/apimachinery `pkg/api/resource`) with their functions, and those that versions share with them.

use std::cmp::Ordering;
use std::rc::Rc;

use dec::num_bigint::BigInt;
use dec::{BigDecimal, ToPrimitive, Zero};

use super::super::eval::Fail;
use super::super::value::{Opaque, Value};
use super::Outcome;

/// A quantity, exactly, and as Kubernetes' fast form where it has that: a mantissa and a power of ten.
#[derive(Clone, Debug)]
pub struct Quantity {
    value: BigDecimal,
    fast: Option<(i64, i64)>,
}

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
        if text.is_empty() || number.matches('.').count() > 1 || text.len() > 1000 {
            return Err(SYNTAX);
        }
        let (ten, two) = suffix(unit).ok_or(match unit.chars().all(|c| "eEinumkKMGTP+-0123456789".contains(c)) {
            true => SUFFIX,
            false => SYNTAX,
        })?;
        let (before, behind) = number.split_once('.').unwrap_or((number, ""));
        let whole = ["0", before, behind].concat();
        let int = BigInt::parse_bytes(whole.as_bytes(), 10).ok_or(SYNTAX)?;
        let int = if text.starts_with('-') { -int } else { int };
        let digits = before.trim_start_matches('0').len() as i64;
        let fraction = behind.len() as i64;
        let room = match two {
            0 => 18 - digits - fraction,
            _ if behind.is_empty() => 15 - digits - i64::from(two) * 3 / 10 - 1,
            _ => -1,
        };
        let scale = ten - fraction;
        let mantissa = (int.clone() << two).to_i64().filter(|_| room >= 0 && scale >= -9);
        let value = rounded(BigDecimal::new(int << two, fraction - ten));
        Ok(Quantity { value, fast: mantissa.map(|m| (m, scale)) })
    }

    /// Their order.
    pub fn compare(&self, other: &Quantity) -> Ordering {
        self.value.cmp(&other.value)
    }

    /// Only the fast form without a fraction counts as an integer, as in Kubernetes: 1.5Gi does not.
    fn as_i64(&self) -> Option<i64> {
        let (mantissa, scale) = self.fast?;
        mantissa.checked_mul(10i64.checked_pow(u32::try_from(scale).ok()?)?)
    }

    fn plus(&self, other: &Quantity, sign: i64) -> Quantity {
        let term = &other.value * BigDecimal::from(sign);
        let fast = match (self.fast, other.fast) {
            (Some(a), Some((0, _))) => Some(a),
            (Some((0, _)), Some((b, scale))) => b.checked_mul(sign).map(|b| (b, scale)),
            (Some((a, s)), Some((b, t))) => aligned(a, s, t)
                .zip(aligned(b, t, s))
                .and_then(|(a, b)| a.checked_add(b.checked_mul(sign)?))
                .map(|sum| (sum, s.min(t))),
            _ => None,
        };
        Quantity { value: &self.value + term, fast }
    }
}

/// A mantissa at the smaller one of two scales.
fn aligned(mantissa: i64, scale: i64, other: i64) -> Option<i64> {
    mantissa.checked_mul(10i64.checked_pow(u32::try_from(scale - scale.min(other)).ok()?)?)
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
    Ok(Value::Int(q.value.cmp(&BigDecimal::zero()) as i64))
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
    Ok(Value::Double(of(args.first())?.value.to_f64().unwrap_or(f64::INFINITY)))
}

/// `q.asInteger()`
pub fn as_integer<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    of(args.first())?.as_i64().map(Value::Int).ok_or(Fail::new("cannot convert value to integer"))
}

/// `q.isInteger()`
pub fn is_integer<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(of(args.first())?.as_i64().is_some()))
}

fn operand(value: Option<&Value<'_>>) -> Result<Quantity, Fail> {
    match value {
        Some(Value::Int(i)) => Ok(Quantity { value: BigDecimal::from(*i), fast: Some((*i, 0)) }),
        other => of(other).cloned(),
    }
}

/// `q.add(x)`
pub fn add<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(wrap(of(args.first())?.plus(&operand(args.get(1))?, 1)))
}

/// `q.sub(x)`
pub fn sub<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(wrap(of(args.first())?.plus(&operand(args.get(1))?, -1)))
}

/// A quantity as the server writes it: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`.
pub fn canonical(text: &str) -> Option<String> {
    let quantity = Quantity::parse(text).ok()?;
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let scaled = quantity.value.with_scale(9);
    let (mut nanos, _) = scaled.into_bigint_and_scale();
    if nanos.is_zero() {
        return Some("0".into());
    }
    let giga = BigInt::from(1_000_000_000);
    if unit.ends_with('i') && (&nanos % &giga).is_zero() {
        let mut whole = nanos / giga;
        let mut power = 0;
        let kibi = BigInt::from(1024);
        while power < 6 && (&whole % &kibi).is_zero() {
            whole /= &kibi;
            power += 1;
        }
        return Some(format!("{whole}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]));
    }
    let thousand = BigInt::from(1000);
    let mut power = 0;
    while power < 9 && (&nanos % &thousand).is_zero() {
        nanos /= &thousand;
        power += 1;
    }
    let exponent = unit.starts_with(['e', 'E']) && unit.len() > 1;
    Some(match (exponent, power) {
        (true, 3) => nanos.to_string(),
        (true, _) => format!("{nanos}e{}", 3 * power as i64 - 9),
        (false, _) => format!("{nanos}{}", ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][power]),
    })
}
