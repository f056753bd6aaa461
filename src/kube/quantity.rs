//! Amounts as Kubernetes writes them: `500m`, `1.5Gi`, `12e6`. Reads, compares and prints them as
//! k8s.io/apimachinery's `resource.Quantity` v0.36 does, exactly. Start reading at [`Quantity::parse`].

use std::cmp::Ordering;
use std::fmt;

use dec::num_bigint::BigInt;
use dec::{BigDecimal, RoundingMode, Signed, ToPrimitive, Zero};

/// Nothing smaller than a billionth is kept.
const NANO_DIGITS: i64 = 9;
/// Powers of ten beyond this are taken for this one: no resource has them, and exact sums of them cost memory.
const MAX_EXPONENT: i64 = 1000;
/// Longer texts are refused.
const MAX_LENGTH: usize = 4096;

const BINARY: &[(&str, u32)] = &[("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
const DECIMAL: &[(&str, i64)] =
    &[("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

/// How a quantity was written, which is how it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `12e6`
    DecimalExponent,
    /// `12Mi`
    BinarySi,
    /// `12M`
    DecimalSi,
}

/// An amount. Equal ones may be written in different ways.
#[derive(Clone, Debug)]
pub struct Quantity {
    value: BigDecimal,
    format: Format,
}

impl Quantity {
    /// Reads a quantity; nothing if the server refuses the text.
    pub fn parse(text: &str) -> Option<Quantity> {
        if text.is_empty() || text.len() > MAX_LENGTH {
            return None;
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = unsigned.split_at(digits(unsigned));
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(digits(rest)),
            None => ("", rest),
        };
        let (scale, format) = suffix_of(suffix)?;
        let mantissa: BigInt = format!("0{whole}{fraction}").parse().ok()?;
        let mut value = BigDecimal::new(mantissa, fraction.len() as i64) * scale;
        value = value.with_scale_round(NANO_DIGITS.min(value.fractional_digit_count()), RoundingMode::Up);
        if format == Format::BinarySi {
            value = value.min(BigDecimal::from(i64::MAX));
        }
        if text.starts_with('-') {
            value = -value;
        }
        let small = value.is_positive() && value.to_i64() == Some(0);
        let format = if format == Format::BinarySi && small { Format::DecimalSi } else { format };
        Some(Quantity { value, format })
    }

    /// A whole number.
    pub fn from_int(value: i64) -> Quantity {
        Quantity { value: value.into(), format: Format::DecimalSi }
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.value.is_negative()
    }

    /// Whether it is above zero.
    pub fn is_positive(&self) -> bool {
        self.value.is_positive()
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.value.is_zero()
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        self.value.is_integer()
    }

    /// The value in multiples of 10^-`digits`, rounded away from zero, as far as it fits.
    pub fn scaled(&self, digits: i64) -> i64 {
        let shifted = &self.value * power_of_ten(digits);
        let rounded = shifted.with_scale_round(0, RoundingMode::Up);
        rounded.to_i64().unwrap_or(if self.is_negative() { i64::MIN } else { i64::MAX })
    }

    /// Whether it is a multiple of another one; nothing is a multiple of zero.
    pub fn is_multiple_of(&self, other: &Quantity) -> bool {
        !other.is_zero() && (&self.value % &other.value).is_zero()
    }

    /// The sum, written as this one is unless this one is zero.
    #[must_use]
    pub fn plus(&self, other: &Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        Quantity { value: &self.value + &other.value, format }
    }

    /// The difference, written as this one is unless this one is zero.
    #[must_use]
    pub fn minus(&self, other: &Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        Quantity { value: &self.value - &other.value, format }
    }
}

impl Quantity {
    /// So many of it.
    #[must_use]
    pub fn times(&self, n: i64) -> Quantity {
        Quantity { value: &self.value * BigDecimal::from(n), format: self.format }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.value == other.value
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl fmt::Display for Quantity {
    /// The canonical form: no fraction, the largest suffix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kilo = BigDecimal::from(1024);
        if self.is_zero() {
            return f.write_str("0");
        }
        if self.format == Format::BinarySi && self.is_whole() && self.value.abs() >= kilo {
            let mut whole = self.value.with_scale(0).into_bigint_and_exponent().0;
            let (step, mut times) = (BigInt::from(1024), 0);
            while times < BINARY.len() && (&whole % &step).is_zero() {
                whole /= &step;
                times += 1;
            }
            return write!(f, "{whole}{}", times.checked_sub(1).map_or("", |t| BINARY[t].0));
        }
        let (mut digits, scale) = self.value.normalized().into_bigint_and_exponent();
        let exponent = (-scale).clamp(-NANO_DIGITS, 18).div_euclid(3) * 3;
        let shift = u32::try_from(-scale - exponent).unwrap_or(0);
        digits *= BigInt::from(10).pow(shift);
        match self.format {
            Format::DecimalExponent if exponent != 0 => write!(f, "{digits}e{exponent}"),
            _ => write!(f, "{digits}{}", DECIMAL.iter().find(|d| d.1 == exponent).map_or("", |d| d.0)),
        }
    }
}

/// What a suffix multiplies with.
fn suffix_of(suffix: &str) -> Option<(BigDecimal, Format)> {
    if let Some((_, power)) = DECIMAL.iter().find(|d| d.0 == suffix) {
        return Some((power_of_ten(*power), Format::DecimalSi));
    }
    if let Some((_, power)) = BINARY.iter().find(|b| b.0 == suffix) {
        return Some((BigDecimal::from(1u64 << power), Format::BinarySi));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let power: i64 = exponent.parse().ok()?;
    Some((power_of_ten(power), Format::DecimalExponent))
}

fn power_of_ten(power: i64) -> BigDecimal {
    BigDecimal::new(1.into(), -power.clamp(-MAX_EXPONENT, MAX_EXPONENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_print_as_the_server_prints_them() {
        let cases = [
            ("0", "0"),
            ("100m", "100m"),
            ("0.1", "100m"),
            ("1000m", "1"),
            ("1.5Gi", "1536Mi"),
            ("1024Mi", "1Gi"),
            ("0.5Gi", "512Mi"),
            ("1500k", "1500k"),
            ("1000k", "1M"),
            ("12e6", "12e6"),
            ("1e3", "1e3"),
            ("100", "100"),
            ("-1", "-1"),
            ("0.0000000001", "1n"),
            ("1Ki", "1Ki"),
            ("512", "512"),
            ("1.", "1"),
            (".5", "500m"),
            ("9Ei", "9223372036854775807"),
            ("2E", "2E"),
            ("0.5Ki", "512"),
            ("+1", "1"),
            ("1e-3", "1e-3"),
        ];
        for (text, printed) in cases {
            assert_eq!(Quantity::parse(text).map(|q| q.to_string()).as_deref(), Some(printed), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "1.5.5", "1g", "1Kb", "1 Gi", "1e", "e3", "1e1.5", "--1", "1MiB", "½", "0x10"] {
            let refused = Quantity::parse(text).is_none();
            // Go reads a text without any digit as zero with a suffix.
            assert_eq!(refused, text != "e3", "{text}");
        }
        assert!(Quantity::parse("1e99999999").is_some_and(|q| q.is_positive()));
        assert!(Quantity::parse(&"9".repeat(4000)).is_some());
    }

    #[test]
    fn quantities_compare_by_value() {
        let q = |t| Quantity::parse(t).expect("it is one");
        assert!(q("1Gi") > q("1G") && q("1000m") == q("1") && q("1n") > q("0"));
        assert_eq!((q("1.5").scaled(0), q("-1.5").scaled(0), q("1.5").scaled(3)), (2, -2, 1500));
        assert_eq!(q("1Gi").plus(&q("1Gi")).to_string(), "2Gi");
        assert!(q("4Mi").is_multiple_of(&q("2Mi")) && !q("3Mi").is_multiple_of(&q("2Mi")));
    }
}
