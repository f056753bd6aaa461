//! Which of its ways of holding a number minijinja has chosen. It shows that only to a serializer, so here is one that
//! takes numbers and nothing else.

use minijinja::Value as Jinja;
use serde::Serialize;
use serde::ser::{Impossible, Serializer};

use crate::value::{IntKind, Value};

/// A number for Go, and whether Jinja made it (see the table in [`super::value`]).
pub fn integer(value: &Jinja) -> (Value, bool) {
    value.serialize(Numbers).unwrap_or((Value::Nil, false))
}

/// A wide integer that fits no Go type becomes the nearest float.
fn wide(n: i128) -> Value {
    match (i64::try_from(n), u64::try_from(n)) {
        (Ok(n), _) => Value::int64(n),
        (_, Ok(n)) => Value::Int(n as i64, IntKind::Uint64),
        _ => Value::Float(n as f64),
    }
}

struct Numbers;

/// Something else than a number.
#[derive(Debug)]
struct NoNumber;

impl std::fmt::Display for NoNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no number")
    }
}

impl std::error::Error for NoNumber {}

impl serde::ser::Error for NoNumber {
    fn custom<T: std::fmt::Display>(_: T) -> NoNumber {
        NoNumber
    }
}

type Found = Result<(Value, bool), NoNumber>;

macro_rules! none_of {
    ($($method:ident($($ty:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $ty),*) -> Result<$ok, NoNumber> {
            Err(NoNumber)
        })*
    };
}

type Never = Impossible<(Value, bool), NoNumber>;
type Text = &'static str;

impl Serializer for Numbers {
    type Ok = (Value, bool);
    type Error = NoNumber;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_i64(self, n: i64) -> Found {
        Ok((Value::int(n), true))
    }

    fn serialize_u64(self, n: u64) -> Found {
        Ok((i64::try_from(n).map_or(Value::Int(n as i64, IntKind::Uint64), Value::int), true))
    }

    fn serialize_i128(self, n: i128) -> Found {
        Ok((wide(n), false))
    }

    fn serialize_u128(self, n: u128) -> Found {
        Ok((Value::Float(n as f64), false))
    }

    fn serialize_f64(self, f: f64) -> Found {
        Ok((Value::Float(f), false))
    }

    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Found {
        Err(NoNumber)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: Text, _: &T) -> Found {
        Err(NoNumber)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(self, _: Text, _: u32, _: Text, _: &T) -> Found {
        Err(NoNumber)
    }

    none_of! {
        serialize_bool(bool) -> Self::Ok;
        serialize_i8(i8) -> Self::Ok;
        serialize_i16(i16) -> Self::Ok;
        serialize_i32(i32) -> Self::Ok;
        serialize_u8(u8) -> Self::Ok;
        serialize_u16(u16) -> Self::Ok;
        serialize_u32(u32) -> Self::Ok;
        serialize_f32(f32) -> Self::Ok;
        serialize_char(char) -> Self::Ok;
        serialize_str(&str) -> Self::Ok;
        serialize_bytes(&[u8]) -> Self::Ok;
        serialize_none() -> Self::Ok;
        serialize_unit() -> Self::Ok;
        serialize_unit_struct(Text) -> Self::Ok;
        serialize_unit_variant(Text, u32, Text) -> Self::Ok;
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(Text, usize) -> Never;
        serialize_tuple_variant(Text, u32, Text, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(Text, usize) -> Never;
        serialize_struct_variant(Text, u32, Text, usize) -> Never;
    }
}
