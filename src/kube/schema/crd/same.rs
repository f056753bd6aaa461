//! When two values are the same JSON: the order of keys and the way a number is written don't count.

use super::schema::number;
use crate::yaml::node::{Data, Node};

/// Whether two values are the same. Their depth has been measured by whoever read them.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (&a.data, &b.data) {
        (Data::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Data::Map(a), Data::Map(other)) => {
            a.len() == other.len() && a.iter().all(|e| b.get(&e.key).is_some_and(|value| same(&e.value, value)))
        }
        (Data::Int(a), Data::Int(b)) => a == b,
        (Data::Uint(a), Data::Uint(b)) => a == b,
        (Data::Null, Data::Null) => true,
        (Data::Bool(a), Data::Bool(b)) => a == b,
        (Data::Str(a), Data::Str(b)) => a == b,
        _ => number(a).is_some_and(|value| number(b) == Some(value)),
    }
}
