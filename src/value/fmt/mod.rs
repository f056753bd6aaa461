//! How values print: Go's fmt. `{{ }}`, `print`, `quote` and the rest start at [`print_value`]; `printf` is in
//! [`printf`], Go's quoting in [`quote`]. Source: Go 1.26 `fmt/print.go`, `fmt/format.go`.

mod printer;
mod printf;
mod quote;

pub use printf::sprintf;
pub use quote::{can_backquote, go_quote, go_quote_rune, is_print};

use printer::Printer;

use super::{HelmVersion, Value};

/// Appends the value as `%v` (`fmt.Fprint` of one operand) prints it; nil is `<nil>`.
pub fn print_value(out: &mut Vec<u8>, value: &Value, helm: HelmVersion) {
    match value {
        Value::Str(s) => out.extend_from_slice(s),
        Value::Int(n, kind) if !kind.is_unsigned() => {
            let mut buffer = itoa(*n);
            out.append(&mut buffer);
        }
        Value::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        other => Printer::new(out, helm).arg(other, 'v'),
    }
}

/// Appends the value as `{{ }}` prints it: pointers are followed, and methods of the variable itself are found (Go 1.26
/// `text/template/exec.go` printableValue).
pub fn print_in_place(out: &mut Vec<u8>, value: &Value, helm: HelmVersion) {
    let Value::Object(o) = value else { return print_value(out, value, helm) };
    match o.text_in_place() {
        Some(text) => out.extend_from_slice(&text),
        None => print_pointee(out, value, helm),
    }
}

/// Appends what a pointer points to, any other value as it is (a `reflect.Value` under `%v`).
pub fn print_pointee(out: &mut Vec<u8>, value: &Value, helm: HelmVersion) {
    match value {
        Value::Object(o) if o.kind() == "ptr" && o.text().is_none() && !o.is_nil() => {
            Printer::new(out, helm).pointee(&**o);
        }
        other => print_value(out, other, helm),
    }
}

fn itoa(n: i64) -> Vec<u8> {
    n.to_string().into_bytes()
}

/// The value as `%v` prints it.
pub fn to_bytes(value: &Value, helm: HelmVersion) -> Vec<u8> {
    let mut out = Vec::new();
    print_value(&mut out, value, helm);
    out
}

/// The value as `%v` prints it, invalid UTF-8 replaced.
pub fn to_text(value: &Value, helm: HelmVersion) -> String {
    String::from_utf8_lossy(&to_bytes(value, helm)).into_owned()
}

/// `fmt.Sprint`: a space between operands that are both no strings.
pub fn sprint(args: &[Value], helm: HelmVersion) -> Vec<u8> {
    let mut out = Vec::new();
    let mut previous_is_string = false;
    for (i, arg) in args.iter().enumerate() {
        let is_string = matches!(arg, Value::Str(_));
        if i > 0 && !is_string && !previous_is_string {
            out.push(b' ');
        }
        print_value(&mut out, arg, helm);
        previous_is_string = is_string;
    }
    out
}

/// `fmt.Sprintln`: a space between all operands, a newline at the end.
pub fn sprintln(args: &[Value], helm: HelmVersion) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, arg) in args.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        print_value(&mut out, arg, helm);
    }
    out.push(b'\n');
    out
}
