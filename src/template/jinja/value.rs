//! Go's values as minijinja's and back.
//!
//! minijinja wants values that can go to other threads; ours can't. What is a container or a struct is therefore put
//! into a table of this thread, and minijinja gets its number there, a [`Handle`]: maps keep being references (what
//! `set` changes, everyone sees), and items are looked at only when a template asks for them. An entry of the table
//! lives as long as its handle. Numbers keep Go's types through the ways minijinja has of holding an integer:
//!
//! | Go | in Jinja | back |
//! |---|---|---|
//! | `int`, also what Jinja computes or counts | 64 bits | `int`, or what the parameter it is for asks, as Go's constants |
//! | `int64` | signed 128 bits | `int64` |
//! | `float64` with an integral value from 0 on | unsigned 128 bits | `float64` |
//! | any other `float64` | a float | `float64` |
//! | `uint8`, `int32`, `uint32`, `uint64` | 64 bits | `int` (`uint64` where an `int` is too small) |
//!
//! So `Values.port ~ "-tcp"` reads `80-tcp`, although Helm holds the port as a float.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicU64};

use minijinja::value::{DynObject, Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, State, Value as Jinja};

use super::functions;
use super::number::integer;
use super::order::compare;
use super::text::{decode, encode};
use crate::stack;
use crate::value::compare::truth;
use crate::value::fmt::print_value;
use crate::value::{HelmVersion, IntKind, Map, Slot, Str, Value};

/// The values that handles of this thread stand for.
#[derive(Default)]
struct Table {
    entries: Vec<Option<(u64, Value)>>,
    free: Vec<usize>,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
    static HELM: Cell<HelmVersion> = const { Cell::new(HelmVersion::V4) };
}

/// Numbers of handles, never used twice in a process, so that a handle on a wrong thread finds nothing.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Says whose way of printing values is followed on this thread; returns who it was.
pub fn set_helm(helm: HelmVersion) -> HelmVersion {
    HELM.replace(helm)
}

/// A container or struct, by its number in the table of the thread.
pub struct Handle {
    id: u64,
    place: usize,
    repr: ObjectRepr,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "value {}", self.id)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // The value is dropped after the table is free again: it may hold whatever.
        let gone = TABLE.try_with(|table| {
            let mut table = table.try_borrow_mut().ok()?;
            let entry = table.entries.get_mut(self.place)?;
            let gone = entry.take_if(|e| e.0 == self.id)?;
            table.free.push(self.place);
            Some(gone)
        });
        drop(gone);
    }
}

impl Handle {
    fn new(value: Value, repr: ObjectRepr) -> Handle {
        let id = NEXT.fetch_add(1, atomic::Ordering::Relaxed);
        let place = TABLE.with_borrow_mut(|table| match table.free.pop() {
            Some(place) => {
                table.entries[place] = Some((id, value));
                place
            }
            None => {
                table.entries.push(Some((id, value)));
                table.entries.len() - 1
            }
        });
        Handle { id, place, repr }
    }

    /// The value, a cheap clone.
    pub fn value(&self) -> Value {
        TABLE.with_borrow(|table| match table.entries.get(self.place) {
            Some(Some((id, value))) if *id == self.id => value.clone(),
            _ => Value::Nil,
        })
    }
}

fn handle(value: &Value, repr: ObjectRepr) -> Jinja {
    Jinja::from_object(Handle::new(value.clone(), repr))
}

/// A Go value for Jinja.
pub fn to_jinja(value: &Value) -> Jinja {
    match value {
        Value::Nil => Jinja::from(()),
        Value::Bool(b) => Jinja::from(*b),
        Value::Int(n, IntKind::Int64) => Jinja::from(i128::from(*n)),
        Value::Int(n, IntKind::Uint64) if *n < 0 => Jinja::from(*n as u64),
        Value::Int(n, _) => Jinja::from(*n),
        Value::Float(f) => float_to_jinja(*f),
        Value::Str(s) => Jinja::from(&*encode(s)),
        Value::Complex(..) | Value::Bytes(_) => handle(value, ObjectRepr::Plain),
        Value::List(_) => handle(value, ObjectRepr::Seq),
        Value::Map(_) => handle(value, ObjectRepr::Map),
        Value::Object(o) if o.as_list().is_some() => handle(value, ObjectRepr::Seq),
        Value::Object(_) => handle(value, ObjectRepr::Plain),
    }
}

fn float_to_jinja(f: f64) -> Jinja {
    if f.fract() == 0.0 && f.is_sign_positive() && f < 9e18 { Jinja::from(f as u128) } else { Jinja::from(f) }
}

/// A Jinja value for Go, and whether it is a number that Jinja made, which adapts to the type it is wanted as.
///
/// # Errors
/// For what Go has no value for (macros, functions, an undefined value), and for lists and maps nested too deeply.
pub fn from_jinja(value: &Jinja) -> Result<(Value, bool), Error> {
    let mut left = MAX_ITEMS;
    convert(value, &mut left)
}

/// How many items all the lists and maps in one value may have: a list that is in itself many times over is small for
/// Jinja, but not for us.
const MAX_ITEMS: usize = 1_000_000;

fn convert(value: &Jinja, left: &mut usize) -> Result<(Value, bool), Error> {
    if let Some(text) = value.as_str() {
        return Ok((Value::string(&*decode(text)), false));
    }
    if let Some(handle) = value.downcast_object_ref::<Handle>() {
        return Ok((handle.value(), false));
    }
    Ok(match value.kind() {
        ValueKind::None | ValueKind::Undefined => (Value::Nil, false),
        ValueKind::Bool => (Value::Bool(value.is_true()), false),
        ValueKind::Number => integer(value),
        ValueKind::Bytes => (Value::Bytes(value.as_bytes().unwrap_or_default().into()), false),
        ValueKind::Seq | ValueKind::Iterable => (list(value, left)?, false),
        ValueKind::Map => (Value::Map(map(value, left)?), false),
        kind => {
            return Err(Error::new(ErrorKind::InvalidOperation, format!("a {kind} ({value}) is no value for Go")));
        }
    })
}

/// An item of a list or map, if neither depth nor number are too much.
fn inner(value: &Jinja, left: &mut usize) -> Result<Slot, Error> {
    let refuse = |what: &'static str| Err(Error::new(ErrorKind::InvalidOperation, what));
    if stack::is_low() {
        return refuse("values are nested too deeply: the stack is used up");
    }
    let Some(less) = left.checked_sub(1) else { return refuse("there are too many items in one value") };
    *left = less;
    Ok(Slot::from(convert(value, left)?.0))
}

fn list(value: &Jinja, left: &mut usize) -> Result<Value, Error> {
    let mut items = Vec::new();
    for item in value.try_iter()?.checked() {
        items.push(inner(&item?, left)?);
    }
    Ok(Value::list(items))
}

fn map(value: &Jinja, left: &mut usize) -> Result<Map, Error> {
    let map = Map::default();
    for key in value.try_iter()?.checked() {
        let key = key?;
        let item = inner(&value.get_item(&key)?, left)?;
        map.insert(key_text(&key), item);
    }
    Ok(map)
}

/// The key of a map: Go's maps here have strings for keys.
fn key_text(key: &Jinja) -> Str {
    match key.as_str() {
        Some(text) => Str::from(&*decode(text)),
        None => Str::from(key.to_string()),
    }
}

/// What `{{ value }}` writes: as Go prints it, and nothing for none.
pub fn print(value: &Jinja) -> Result<String, Error> {
    let value = from_jinja(value)?.0;
    Ok(if value.is_nil() { String::new() } else { printed(&value) })
}

fn printed(value: &Value) -> String {
    let mut out = Vec::new();
    print_value(&mut out, value, HELM.get());
    encode(&out).into_owned()
}

fn item(value: &Value, key: &Jinja) -> Option<Jinja> {
    let list = match value {
        Value::List(list) => list,
        Value::Object(o) if o.as_list().is_some() => o.as_list()?,
        _ => return field(value, key.as_str()?),
    };
    match key.as_usize() {
        Some(i) => list.items.get(i).map(|slot| to_jinja(&slot.value)),
        None => field(value, key.as_str()?),
    }
}

/// A method without arguments, an entry or a field: what Go's `.Name` finds. Nothing when there is none.
fn field(value: &Value, name: &str) -> Option<Jinja> {
    if let Some(result) = functions::method(value, name, &[]) {
        return Some(result.unwrap_or_else(Jinja::from));
    }
    match value {
        Value::Map(map) => map.get(&decode(name)).map(|v| to_jinja(&v)),
        Value::Object(o) => o.field(name).map(|slot| to_jinja(&slot.value)),
        _ => None,
    }
}

fn keys(map: &Map) -> Vec<Jinja> {
    map.entries().keys().map(|k| Jinja::from(&*encode(k))).collect()
}

/// What Jinja's users call on a mapping.
fn map_method(map: &Map, name: &str, args: &[Jinja]) -> Option<Result<Jinja, Error>> {
    let slots = || map.entries().iter().map(|(k, s)| (k.clone(), s.value.clone())).collect::<Vec<_>>();
    Some(Ok(match (name, args) {
        ("items", []) => {
            slots().iter().map(|(k, v)| Jinja::from(vec![Jinja::from(&*encode(k)), to_jinja(v)])).collect()
        }
        ("keys", []) => keys(map).into(),
        ("values", []) => slots().iter().map(|(_, v)| to_jinja(v)).collect(),
        ("get", [key]) => map.get(&key_text(key)).map_or(Jinja::from(()), |v| to_jinja(&v)),
        ("get", [key, otherwise]) => map.get(&key_text(key)).map_or(otherwise.clone(), |v| to_jinja(&v)),
        _ => return None,
    }))
}

impl Object for Handle {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        self.repr
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        item(&self.value(), key)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        field(&self.value(), key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        // Whoever walks a map that contains itself ends here.
        if stack::is_low() {
            return Enumerator::Empty;
        }
        match self.value() {
            Value::List(list) => Enumerator::Seq(list.items.len()),
            Value::Map(map) => Enumerator::Values(keys(&map)),
            Value::Object(o) => o.as_list().map_or(Enumerator::NonEnumerable, |l| Enumerator::Seq(l.items.len())),
            _ => Enumerator::NonEnumerable,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        truth(&self.value())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, name: &str, args: &[Jinja]) -> Result<Jinja, Error> {
        let value = self.value();
        if let Some(result) = functions::method(&value, name, args) {
            return result;
        }
        match &value {
            Value::Map(map) => map_method(map, name, args).unwrap_or_else(|| Err(ErrorKind::UnknownMethod.into())),
            _ => Err(ErrorKind::UnknownMethod.into()),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(compare(&self.value(), &other.downcast_ref::<Handle>()?.value()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printed(&self.value()))
    }
}

/// The variables of a template: the entries of the map it was given, and `ctx`, which is all of it (Go's `$`).
#[derive(Debug)]
pub struct Root(Jinja);

impl Root {
    /// The variables that a context makes.
    pub fn new(context: &Value) -> Root {
        Root(to_jinja(context))
    }
}

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        if key == "ctx" {
            return Some(self.0.clone());
        }
        match self.0.downcast_object_ref::<Handle>()?.value() {
            Value::Map(map) => map.get(&decode(key)).map(|v| to_jinja(&v)),
            _ => None,
        }
    }
}
