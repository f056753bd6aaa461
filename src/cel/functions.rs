//! All functions and operators: their overloads, since which Kubernetes version each exists (k8s.io/apiserver
//! `pkg/cel/environment/base.go`), what runs them, what they cost. Start at [`find`].

use std::collections::HashMap;
use std::sync::LazyLock;

use super::eval::Native;
use super::lib::{
    convert, format, ip, lists, operators, optional, quantity, regexes, semver, sets, strings, time, url,
};
use super::types::Type;
use super::value::Value;

/// One way to call a function.
pub struct Overload {
    /// Whether it is called on its first argument.
    pub member: bool,
    /// The target's type, if it is a member, and the arguments'.
    pub args: Vec<Type>,
    /// The type of what it yields.
    pub result: Type,
    /// The first minor version of Kubernetes that has it.
    pub since: u32,
}

impl Overload {
    /// Whether a minor version of Kubernetes has it.
    pub fn exists_in(&self, minor: u32) -> bool {
        self.since <= minor
    }
}

/// A function with all its overloads.
pub struct Function {
    /// As it is called.
    pub name: &'static str,
    /// What runs it; looks at the values' types itself.
    pub native: Native,
    /// The ways to call it.
    pub overloads: Vec<Overload>,
}

/// The function of a name.
pub fn find(name: &str) -> Option<&'static Function> {
    TABLE.get(name)
}

static TABLE: LazyLock<HashMap<&'static str, Function>> = LazyLock::new(|| {
    let mut table: HashMap<&'static str, Function> = HashMap::new();
    for (name, native, since, signatures) in LIBRARY {
        let function = table.entry(name).or_insert(Function { name, native: *native, overloads: Vec::new() });
        function.overloads.extend(signatures.split_whitespace().filter_map(|s| overload(s, *since)));
    }
    table
});

/// `string.split(string,int):list<string>` is written `string.(string,int):list<string>`; `@28` behind it says since.
fn overload(signature: &str, since: u32) -> Option<Overload> {
    let (signature, since) = match signature.split_once('@') {
        Some((s, own)) => (s, own.parse().ok()?),
        None => (signature, since),
    };
    let (target, rest) = signature.split_once('(')?;
    let (args, result) = rest.rsplit_once("):")?;
    let member = target.strip_suffix('.');
    let mut types: Vec<Type> = member.map(type_of).into_iter().collect();
    let mut depth = 0;
    let parts = args.split(|c: char| {
        depth += i32::from(c == '<') - i32::from(c == '>');
        c == ',' && depth == 0
    });
    types.extend(parts.filter(|p| !p.is_empty()).map(type_of));
    Some(Overload { member: member.is_some(), args: types, result: type_of(result), since })
}

fn type_of(text: &str) -> Type {
    if let Some(inner) = text.strip_prefix("list<").and_then(|t| t.strip_suffix('>')) {
        return Type::list(type_of(inner));
    }
    if let Some(inner) = text.strip_prefix("opt<").and_then(|t| t.strip_suffix('>')) {
        return Type::optional(type_of(inner));
    }
    if text == "map" {
        return Type::map(Type::Param(0), Type::Param(1));
    }
    if text == "query" {
        return Type::map(Type::String, Type::list(Type::String));
    }
    match text {
        "A" => Type::Param(0),
        "B" => Type::Param(1),
        "null" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "duration" => Type::Duration,
        "timestamp" => Type::Timestamp,
        "type" => Type::Type,
        "quantity" => Type::Opaque("kubernetes.Quantity"),
        "url" => Type::Opaque("kubernetes.URL"),
        "ip" => Type::Opaque("net.IP"),
        "cidr" => Type::Opaque("net.CIDR"),
        "semver" => Type::Opaque("kubernetes.Semver"),
        "namedformat" => Type::Opaque("kubernetes.NamedFormat"),
        _ => Type::Dyn,
    }
}

/// Name, what runs it, since which minor version, and the overloads.
type Row = (&'static str, Native, u32, &'static str);

const ORDER: &str = "(bool,bool):bool (int,int):bool (uint,uint):bool (double,double):bool (string,string):bool \
    (bytes,bytes):bool (timestamp,timestamp):bool (duration,duration):bool (int,uint):bool@28 (int,double):bool@28 \
    (uint,int):bool@28 (uint,double):bool@28 (double,int):bool@28 (double,uint):bool@28";
const COMPARABLE: &str = "list<int>.():int list<uint>.():uint list<double>.():double list<bool>.():bool \
    list<duration>.():duration list<timestamp>.():timestamp list<string>.():string list<bytes>.():bytes";
const TIME_PART: &str = "timestamp.():int timestamp.(string):int";
const TIME_OR_DURATION: &str = "timestamp.():int timestamp.(string):int duration.():int";

#[rustfmt::skip]
const LIBRARY: &[Row] = &[
    // Operators.
    ("_==_", operators::equal, 0, "(A,A):bool"),
    ("_!=_", operators::not_equal, 0, "(A,A):bool"),
    ("_<_", operators::less, 0, ORDER),
    ("_<=_", operators::less_equal, 0, ORDER),
    ("_>_", operators::greater, 0, ORDER),
    ("_>=_", operators::greater_equal, 0, ORDER),
    ("@in", operators::contained, 0, "(A,list<A>):bool (A,map):bool"),
    ("!_", operators::not, 0, "(bool):bool"),
    ("-_", operators::negate, 0, "(int):int (double):double"),
    ("_+_", operators::add, 0, "(int,int):int (uint,uint):uint (double,double):double (string,string):string \
        (bytes,bytes):bytes (list<A>,list<A>):list<A> (timestamp,duration):timestamp (duration,timestamp):timestamp \
        (duration,duration):duration"),
    ("_-_", operators::subtract, 0, "(int,int):int (uint,uint):uint (double,double):double \
        (timestamp,timestamp):duration (timestamp,duration):timestamp (duration,duration):duration"),
    ("_*_", operators::multiply, 0, "(int,int):int (uint,uint):uint (double,double):double"),
    ("_/_", operators::divide, 0, "(int,int):int (uint,uint):uint (double,double):double"),
    ("_%_", operators::modulo, 0, "(int,int):int (uint,uint):uint"),
    ("_[_]", operators::index, 0, "(list<A>,int):A (map,A):B (opt<list<A>>,int):opt<A>@28 (opt<map>,A):opt<B>@28"),
    ("_[?_]", operators::optional_index, 28,
        "(list<A>,int):opt<A> (map,A):opt<B> (opt<list<A>>,int):opt<A> (opt<map>,A):opt<B>"),
    // The standard library.
    ("size", operators::size, 0, "(string):int (bytes):int (list<A>):int (map):int \
        string.():int bytes.():int list<A>.():int map.():int"),
    ("contains", strings::contains, 0, "string.(string):bool"),
    ("startsWith", strings::starts_with, 0, "string.(string):bool"),
    ("endsWith", strings::ends_with, 0, "string.(string):bool"),
    ("matches", regexes::matches, 0, "string.(string):bool (string,string):bool"),
    ("type", convert::type_of, 0, "(A):type"),
    ("dyn", convert::dynamic, 0, "(A):dyn"),
    ("int", convert::int, 0, "(int):int (uint):int (double):int (string):int (timestamp):int (duration):int"),
    ("uint", convert::uint, 0, "(uint):uint (int):uint (double):uint (string):uint"),
    ("double", convert::double, 0, "(double):double (int):double (uint):double (string):double"),
    ("bool", convert::boolean, 0, "(bool):bool (string):bool"),
    ("bytes", convert::bytes, 0, "(bytes):bytes (string):bytes"),
    ("string", convert::string, 0, "(string):string (bool):string (bytes):string (double):string (int):string \
        (uint):string (duration):string (timestamp):string (ip):string@30 (cidr):string@30"),
    ("duration", time::duration, 0, "(duration):duration (int):duration (string):duration"),
    ("timestamp", time::timestamp, 0, "(timestamp):timestamp (int):timestamp (string):timestamp"),
    ("getFullYear", time::full_year, 0, TIME_PART),
    ("getMonth", time::month, 0, TIME_PART),
    ("getDayOfYear", time::day_of_year, 0, TIME_PART),
    ("getDayOfMonth", time::day_of_month, 0, TIME_PART),
    ("getDate", time::date, 0, TIME_PART),
    ("getDayOfWeek", time::day_of_week, 0, TIME_PART),
    ("getHours", time::hours, 0, TIME_OR_DURATION),
    ("getMinutes", time::minutes, 0, TIME_OR_DURATION),
    ("getSeconds", time::seconds, 0, TIME_OR_DURATION),
    ("getMilliseconds", time::milliseconds, 0, TIME_OR_DURATION),
    // Strings.
    ("charAt", strings::char_at, 0, "string.(int):string"),
    ("indexOf", strings::index_of, 0, "string.(string):int string.(string,int):int list<A>.(A):int"),
    ("lastIndexOf", strings::last_index_of, 0, "string.(string):int string.(string,int):int list<A>.(A):int"),
    ("lowerAscii", strings::lower_ascii, 0, "string.():string"),
    ("upperAscii", strings::upper_ascii, 0, "string.():string"),
    ("replace", strings::replace, 0, "string.(string,string):string string.(string,string,int):string"),
    ("split", strings::split, 0, "string.(string):list<string> string.(string,int):list<string>"),
    ("join", strings::join, 0, "list<string>.():string list<string>.(string):string"),
    ("substring", strings::substring, 0, "string.(int):string string.(int,int):string"),
    ("trim", strings::trim, 0, "string.():string"),
    ("format", strings::format, 29, "string.(list<dyn>):string"),
    ("strings.quote", strings::quote, 29, "(string):string"),
    // Lists.
    ("isSorted", lists::is_sorted, 0, "list<int>.():bool list<uint>.():bool list<double>.():bool list<bool>.():bool \
        list<duration>.():bool list<timestamp>.():bool list<string>.():bool list<bytes>.():bool"),
    ("sum", lists::sum, 0, "list<int>.():int list<uint>.():uint list<double>.():double list<duration>.():duration"),
    ("max", lists::max, 0, COMPARABLE),
    ("min", lists::min, 0, COMPARABLE),
    ("slice", lists::slice, 34, "list<A>.(int,int):list<A>"),
    ("flatten", lists::flatten, 34, "list<list<A>>.():list<A> list<dyn>.(int):list<dyn>"),
    ("sort", lists::sort, 34, "list<int>.():list<int> list<uint>.():list<uint> list<double>.():list<double> \
        list<bool>.():list<bool> list<duration>.():list<duration> list<timestamp>.():list<timestamp> \
        list<string>.():list<string> list<bytes>.():list<bytes>"),
    ("lists.range", lists::range, 34, "(int):list<int>"),
    ("reverse", lists::reverse, 34, "list<A>.():list<A>"),
    ("distinct", lists::distinct, 34, "list<A>.():list<A>"),
    ("sets.contains", sets::contains, 29, "(list<A>,list<A>):bool"),
    ("sets.equivalent", sets::equivalent, 29, "(list<A>,list<A>):bool"),
    ("sets.intersects", sets::intersects, 29, "(list<A>,list<A>):bool"),
    // Regular expressions and addresses.
    ("find", regexes::find, 0, "string.(string):string"),
    ("findAll", regexes::find_all, 0, "string.(string):list<string> string.(string,int):list<string>"),
    ("url", url::url, 0, "(string):url"),
    ("isURL", url::is_url, 0, "(string):bool"),
    ("getScheme", url::scheme, 0, "url.():string"),
    ("getHost", url::host, 0, "url.():string"),
    ("getHostname", url::hostname, 0, "url.():string"),
    ("getPort", url::port, 0, "url.():string"),
    ("getEscapedPath", url::escaped_path, 0, "url.():string"),
    ("getQuery", url::query, 0, "url.():query"),
    ("ip", ip::ip, 30, "(string):ip cidr.():ip"),
    ("isIP", ip::is_ip, 30, "(string):bool"),
    ("ip.isCanonical", ip::is_canonical, 30, "(string):bool"),
    ("family", ip::family, 30, "ip.():int"),
    ("isUnspecified", ip::is_unspecified, 30, "ip.():bool"),
    ("isLoopback", ip::is_loopback, 30, "ip.():bool"),
    ("isLinkLocalMulticast", ip::is_link_local_multicast, 30, "ip.():bool"),
    ("isLinkLocalUnicast", ip::is_link_local_unicast, 30, "ip.():bool"),
    ("isGlobalUnicast", ip::is_global_unicast, 30, "ip.():bool"),
    ("cidr", ip::cidr, 30, "(string):cidr"),
    ("isCIDR", ip::is_cidr, 30, "(string):bool"),
    ("containsIP", ip::contains_ip, 30, "cidr.(string):bool cidr.(ip):bool"),
    ("containsCIDR", ip::contains_cidr, 30, "cidr.(string):bool cidr.(cidr):bool"),
    ("prefixLength", ip::prefix_length, 30, "cidr.():int"),
    ("masked", ip::masked, 30, "cidr.():cidr"),
    // Quantities and versions.
    ("quantity", quantity::quantity, 28, "(string):quantity"),
    ("isQuantity", quantity::is_quantity, 28, "(string):bool"),
    ("sign", quantity::sign, 28, "(quantity):int"),
    ("isGreaterThan", quantity::is_greater, 28, "quantity.(quantity):bool semver.(semver):bool@33"),
    ("isLessThan", quantity::is_less, 28, "quantity.(quantity):bool semver.(semver):bool@33"),
    ("compareTo", quantity::compare_to, 28, "quantity.(quantity):int semver.(semver):int@33"),
    ("asApproximateFloat", quantity::as_float, 28, "quantity.():double"),
    ("asInteger", quantity::as_integer, 28, "quantity.():int"),
    ("isInteger", quantity::is_integer, 28, "quantity.():bool"),
    ("add", quantity::add, 28, "quantity.(quantity):quantity quantity.(int):quantity"),
    ("sub", quantity::sub, 28, "quantity.(quantity):quantity quantity.(int):quantity"),
    ("semver", semver::semver, 33, "(string):semver (string,bool):semver"),
    ("isSemver", semver::is_semver, 33, "(string):bool (string,bool):bool"),
    ("major", semver::major, 33, "semver.():int"),
    ("minor", semver::minor, 33, "semver.():int"),
    ("patch", semver::patch, 33, "semver.():int"),
    // Formats.
    ("validate", format::validate, 31, "namedformat.(string):opt<list<string>>"),
    ("format.named", format::named, 31, "(string):opt<namedformat>"),
    ("format.dns1123Label", format::dns1123_label, 31, "():namedformat"),
    ("format.dns1123Subdomain", format::dns1123_subdomain, 31, "():namedformat"),
    ("format.dns1035Label", format::dns1035_label, 31, "():namedformat"),
    ("format.qualifiedName", format::qualified_name, 31, "():namedformat"),
    ("format.dns1123LabelPrefix", format::dns1123_label_prefix, 31, "():namedformat"),
    ("format.dns1123SubdomainPrefix", format::dns1123_subdomain_prefix, 31, "():namedformat"),
    ("format.dns1035LabelPrefix", format::dns1035_label_prefix, 31, "():namedformat"),
    ("format.labelValue", format::label_value, 31, "():namedformat"),
    ("format.uri", format::uri, 31, "():namedformat"),
    ("format.uuid", format::uuid, 31, "():namedformat"),
    ("format.byte", format::byte, 31, "():namedformat"),
    ("format.date", format::date, 31, "():namedformat"),
    ("format.datetime", format::datetime, 31, "():namedformat"),
    // Optionals.
    ("optional.of", optional::of, 28, "(A):opt<A>"),
    ("optional.ofNonZeroValue", optional::of_non_zero, 28, "(A):opt<A>"),
    ("optional.none", optional::none, 28, "():opt<A>"),
    ("value", optional::value, 28, "opt<A>.():A"),
    ("hasValue", optional::has_value, 28, "opt<A>.():bool"),
    ("optional.unwrap", optional::unwrap, 31, "(list<opt<A>>):list<A>"),
    ("unwrapOpt", optional::unwrap, 31, "list<opt<A>>.():list<A>"),
    ("first", optional::first, 34, "list<A>.():opt<A>"),
    ("last", optional::last, 34, "list<A>.():opt<A>"),
    ("or", optional::or, 28, "opt<A>.(opt<A>):opt<A>"),
    ("orValue", optional::or_value, 28, "opt<A>.(A):A"),
];

/// What a call costs at run time (k8s.io/apiserver `pkg/cel/library/cost.go`, cel-go `interpreter/runtimecost.go`).
pub fn cost(name: &str, args: &[Value<'_>], result: Option<&Value<'_>>) -> u64 {
    let size = |i: usize| args.get(i).map_or(1, Value::size);
    let tenth = |n: u64| n.div_ceil(10);
    let regex = |i: usize| tenth(size(0) + 1).saturating_mul(size(i).div_ceil(4));
    match name {
        "_==_" | "_!=_" => match args {
            [Value::Str(_) | Value::Bytes(_), Value::Str(_) | Value::Bytes(_)] => tenth(size(0).min(size(1))),
            [Value::List(_) | Value::Map(_), _] => depth_size(&args[0]).min(depth_size(&args[1])),
            _ => 1,
        },
        "_<_" | "_<=_" | "_>_" | "_>=_" => tenth(size(0).min(size(1))),
        "_+_" => match args {
            [Value::Str(_) | Value::Bytes(_), _] => tenth(size(0) + size(1)),
            _ => 1,
        },
        "@in" => match args.get(1) {
            Some(Value::List(l)) => l.len() as u64,
            _ => 1,
        },
        "startsWith" | "endsWith" => tenth(size(1)),
        "contains" => tenth(size(0)).saturating_mul(tenth(size(1))),
        "matches" | "find" | "findAll" => regex(1),
        "url" | "lowerAscii" | "upperAscii" | "substring" | "trim" | "format" | "strings.quote" | "cidr" | "isIP"
        | "isCIDR" | "ip" | "quantity" | "isQuantity" | "semver" | "isSemver" | "string" | "bytes" => tenth(size(0)),
        "replace" | "split" | "ip.isCanonical" => tenth(size(0) * 2),
        "join" => tenth(result.map_or(1, Value::size) * 2),
        "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => size(0),
        "slice" | "lists.range" | "reverse" | "flatten" => 11 + result.map_or(1, Value::size),
        "distinct" => size(0).saturating_mul(size(0)).saturating_add(11),
        "sort" => size(0).saturating_mul(u64::from(size(0).max(2).ilog2()) + 1).saturating_add(11),
        "sets.contains" | "sets.intersects" => size(0).saturating_mul(size(1)).saturating_add(1),
        "sets.equivalent" => size(0).saturating_mul(size(1)).saturating_mul(2).saturating_add(1),
        "validate" => tenth(size(1) + 1) * 16,
        _ => 1,
    }
}

/// How many values there are in all; stops counting when it is certainly too expensive.
fn depth_size(value: &Value<'_>) -> u64 {
    fn walk(value: &Value<'_>, count: &mut u64) {
        *count += 1;
        if *count > 2_000_000 || crate::stack::is_low() {
            return;
        }
        match value {
            Value::List(l) => l.iter().for_each(|v| walk(&v, count)),
            Value::Map(m) => m.iter().for_each(|(_, v)| walk(&v, count)),
            Value::Str(s) => *count += s.len() as u64 / 10,
            _ => {}
        }
    }
    let mut count = 0;
    walk(value, &mut count);
    count
}
