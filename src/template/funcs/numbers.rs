//! Sprig's arithmetic (sprig v3.3.0 `numeric.go`).

use std::str::FromStr;

use dec::{BigDecimal, RoundingMode, Signed, Zero};

use super::cast::{int, parse_int_clamped, text, to_float64, to_int64};
use crate::gonum::{format_float, parse_float, parse_int};
use crate::template::func::{Func, FuncCx, FuncResult, Ty};
use crate::value::fmt::to_text;
use crate::value::{ListKind, Slot, Value};

/// The functions of this family.
pub const FUNCS: &[Func] = &[
    Func::new("atoi", &[Ty::Str], atoi),
    Func::new("int64", &[Ty::Any], to_i64),
    Func::new("int", &[Ty::Any], to_int),
    Func::new("float64", &[Ty::Any], to_float),
    Func::new("toDecimal", &[Ty::Any], to_decimal),
    Func::variadic("seq", &[], Ty::Int, seq),
    Func::new("until", &[Ty::Int], until),
    Func::new("untilStep", &[Ty::Int, Ty::Int, Ty::Int], until_step),
    Func::new("add1", &[Ty::Any], |_, a| Ok(Value::int64(to_int64(&a[0]).wrapping_add(1)))),
    Func::variadic("add", &[], Ty::Any, |_, a| Ok(Value::int64(a.iter().fold(0, |n, v| n.wrapping_add(to_int64(v)))))),
    Func::new("sub", &[Ty::Any, Ty::Any], |_, a| Ok(Value::int64(to_int64(&a[0]).wrapping_sub(to_int64(&a[1]))))),
    Func::new("div", &[Ty::Any, Ty::Any], div),
    Func::new("mod", &[Ty::Any, Ty::Any], modulo),
    Func::variadic("mul", &[Ty::Any], Ty::Any, mul),
    Func::new("randInt", &[Ty::Int, Ty::Int], rand_int),
    Func::new("add1f", &[Ty::Any], |_, a| decimal(&[a[0].clone(), Value::int(1)], Op::Add)),
    Func::variadic("addf", &[], Ty::Any, addf),
    Func::variadic("subf", &[Ty::Any], Ty::Any, |_, a| decimal(a, Op::Sub)),
    Func::variadic("divf", &[Ty::Any], Ty::Any, |_, a| decimal(a, Op::Div)),
    Func::variadic("mulf", &[Ty::Any], Ty::Any, |_, a| decimal(a, Op::Mul)),
    Func::variadic("biggest", &[Ty::Any], Ty::Any, max),
    Func::variadic("max", &[Ty::Any], Ty::Any, max),
    Func::variadic("min", &[Ty::Any], Ty::Any, min),
    Func::variadic("maxf", &[Ty::Any], Ty::Any, maxf),
    Func::variadic("minf", &[Ty::Any], Ty::Any, minf),
    Func::new("ceil", &[Ty::Any], |_, a| Ok(Value::Float(to_float64(&a[0]).ceil()))),
    Func::new("floor", &[Ty::Any], |_, a| Ok(Value::Float(to_float64(&a[0]).floor()))),
    Func::variadic("round", &[Ty::Any, Ty::Int], Ty::Float, round),
];

/// Items that `until` and its like may make.
const MAX_ITEMS: u64 = 10_000_000;

fn atoi(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::int(parse_int_clamped(text(args, 0), 10)))
}

fn to_i64(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::int64(to_int64(&args[0])))
}

fn to_int(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::int(to_int64(&args[0])))
}

fn to_float(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Float(to_float64(&args[0])))
}

fn to_decimal(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::int64(parse_int(to_text(&args[0], cx.helm).as_bytes(), 8).unwrap_or(0)))
}

fn steps(start: i64, stop: i64, step: i64) -> Result<Vec<i64>, String> {
    if stop < start && step >= 0 || stop >= start && step <= 0 {
        return Ok(Vec::new());
    }
    let span = stop.abs_diff(start);
    let count = span.div_ceil(step.unsigned_abs());
    if count > MAX_ITEMS {
        return Err(format!("a list of {count} numbers is longer than the limit of {MAX_ITEMS}"));
    }
    Ok((0..count as i64).map(|i| start + i * step).collect())
}

fn ints(numbers: Vec<i64>) -> Value {
    Value::list_of(ListKind::Ints, numbers.into_iter().map(|n| Slot::from(Value::int(n))).collect())
}

fn until(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let n = int(args, 0);
    Ok(ints(steps(0, n, if n < 0 { -1 } else { 1 })?))
}

fn until_step(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(ints(steps(int(args, 0), int(args, 1), int(args, 2))?))
}

fn seq(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let (start, step, end) = match args.len() {
        1 => (1, None, int(args, 0)),
        2 => (int(args, 0), None, int(args, 1)),
        3 => (int(args, 0), Some(int(args, 1)), int(args, 2)),
        _ => return Ok(Value::string("")),
    };
    let direction = if end < start { -1 } else { 1 };
    if step.is_some_and(|s| end < start && s > 0) {
        return Ok(Value::string(""));
    }
    let numbers = steps(start, end.wrapping_add(direction), step.unwrap_or(direction))?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Value::string(texts.join(" ")))
}

fn div(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match to_int64(&args[1]) {
        0 => Err("runtime error: integer divide by zero".into()),
        d => Ok(Value::int64(to_int64(&args[0]).wrapping_div(d))),
    }
}

fn modulo(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    match to_int64(&args[1]) {
        0 => Err("runtime error: integer divide by zero".into()),
        d => Ok(Value::int64(to_int64(&args[0]).wrapping_rem(d))),
    }
}

fn mul(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::int64(args.iter().fold(1, |n, v| n.wrapping_mul(to_int64(v)))))
}

fn rand_int(cx: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let (low, high) = (int(args, 0), int(args, 1));
    let span = high.wrapping_sub(low);
    if span <= 0 {
        return Err("invalid argument to Intn".into());
    }
    let mut bytes = [0; 8];
    cx.world.fill_random(&mut bytes);
    Ok(Value::int(low + (u64::from_le_bytes(bytes) % span as u64) as i64))
}

fn max(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::int64(args.iter().map(to_int64).max().unwrap_or(0)))
}

fn min(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::int64(args.iter().map(to_int64).min().unwrap_or(0)))
}

/// Go's math.Max: positive infinity beats even NaN, which beats all else; of two zeros the positive one.
fn go_max(a: f64, b: f64) -> f64 {
    match (a, b) {
        (f64::INFINITY, _) | (_, f64::INFINITY) => f64::INFINITY,
        _ if a.is_nan() || b.is_nan() => f64::NAN,
        _ if a == b && a.is_sign_negative() => b,
        _ if a == b => a,
        _ => a.max(b),
    }
}

fn maxf(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    Ok(Value::Float(args.iter().map(to_float64).reduce(go_max).unwrap_or(0.0)))
}

/// Go's math.Min is math.Max upside down.
fn minf(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let all = args.iter().map(to_float64);
    Ok(Value::Float(all.reduce(|a, b| -go_max(-a, -b)).unwrap_or(0.0)))
}

fn round(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let on = match args.get(2) {
        Some(Value::Float(f)) => *f,
        _ => 0.5,
    };
    let pow = 10f64.powi(int(args, 1).clamp(-400, 400) as i32);
    let digit = pow * to_float64(&args[0]);
    let rounded = if digit.fract() >= on { digit.ceil() } else { digit.floor() };
    Ok(Value::Float(rounded / pow))
}

#[derive(Clone, Copy)]
enum Op {
    Add,
    Sub,
    Mul,
    Div,
}

fn addf(_: &mut FuncCx<'_>, args: &[Value]) -> FuncResult {
    let mut all = vec![Value::Float(0.0)];
    all.extend_from_slice(args);
    decimal(&all, Op::Add)
}

/// Digits behind the point that shopspring/decimal divides to.
const DIVISION_PRECISION: i64 = 16;

/// Decimal arithmetic from left to right, as shopspring/decimal v1.4.0.
fn decimal(args: &[Value], op: Op) -> FuncResult {
    let mut result = from_float(to_float64(&args[0]))?;
    for v in &args[1..] {
        let d = from_float(to_float64(v))?;
        result = match op {
            Op::Add => result + d,
            Op::Sub => result - d,
            Op::Mul => result * d,
            Op::Div if d.is_zero() => return Err("decimal division by 0".into()),
            Op::Div => (result / d).with_scale_round(DIVISION_PRECISION, RoundingMode::HalfUp),
        };
    }
    // Through its digits, which are read exactly.
    let (digits, scale) = result.as_bigint_and_exponent();
    let too_large = if result.is_negative() { f64::NEG_INFINITY } else { f64::INFINITY };
    Ok(Value::Float(parse_float(format!("{digits}e{}", -scale).as_bytes()).unwrap_or(too_large)))
}

fn from_float(f: f64) -> Result<BigDecimal, String> {
    if !f.is_finite() {
        return Err(format!("Cannot create a Decimal from {}", format_float(f, 'g', None)));
    }
    BigDecimal::from_str(&format_float(f, 'e', None)).map_err(|e| e.to_string())
}
