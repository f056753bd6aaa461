//! Addresses and networks (k8s.io/apiserver `pkg/cel/library/{ip,cidr}.go`).

use std::net::IpAddr;
use std::rc::Rc;

use super::super::eval::Fail;
use super::super::value::{Opaque, Value};
use super::Outcome;
use crate::grammar::netip;
use crate::value::fmt::go_quote;

fn parse(s: &str) -> Result<IpAddr, String> {
    let q = go_quote(s);
    match netip::parse(s.as_bytes()) {
        Err(e) => Err(format!("IP Address {q} parse error during conversion from string: {e}")),
        Ok(netip::Address::V6 { zone: true }) => Err(format!("IP address {q} with zone value is not allowed")),
        Ok(_) => match s.parse() {
            Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some() => {
                Err(format!("IPv4-mapped IPv6 address {q} is not allowed"))
            }
            Ok(address) => Ok(address),
            Err(_) => Err(format!("IP Address {q} parse error during conversion from string")),
        },
    }
}

fn parse_cidr(s: &str) -> Result<(IpAddr, u8), String> {
    let error = |why: &str| {
        let inner = format!("netip.ParsePrefix({}): {why}", go_quote(s));
        format!("network address parse error during conversion from string: {inner}")
    };
    let Some((address, bits)) = s.rsplit_once('/') else { return Err(error("no '/'")) };
    if let Err(e) = netip::parse(address.as_bytes()) {
        return Err(error(&e));
    }
    let Ok(address) = address.parse::<IpAddr>() else {
        return Err(error("IPv6 zones cannot be present in a prefix"));
    };
    let digits = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
    if !digits || (bits.len() > 1 && bits.starts_with('0')) {
        return Err(error(&format!("bad bits after slash: {}", go_quote(bits))));
    }
    let most = if address.is_ipv4() { 32 } else { 128 };
    let Some(bits) = bits.parse::<u8>().ok().filter(|b| *b <= most) else {
        return Err(error("prefix length out of range"));
    };
    match address {
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => {
            Err(format!("IPv4-mapped IPv6 address {} is not allowed", go_quote(s)))
        }
        _ => Ok((address, bits)),
    }
}

fn mask(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(a) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((u32::from(a) & mask).into())
        }
        IpAddr::V6(a) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((u128::from(a) & mask).into())
        }
    }
}

fn string<'v>(args: &'v [Value<'_>], i: usize) -> Result<&'v str, Fail> {
    args.get(i).and_then(Value::as_str).ok_or_else(Fail::overload)
}

fn address(value: Option<&Value<'_>>) -> Result<IpAddr, Fail> {
    match value {
        Some(Value::Opaque(o)) => match **o {
            Opaque::Ip(ip) => Ok(ip),
            _ => Err(Fail::overload()),
        },
        _ => Err(Fail::overload()),
    }
}

fn network(value: Option<&Value<'_>>) -> Result<(IpAddr, u8), Fail> {
    match value {
        Some(Value::Opaque(o)) => match **o {
            Opaque::Cidr(ip, bits) => Ok((ip, bits)),
            _ => Err(Fail::overload()),
        },
        _ => Err(Fail::overload()),
    }
}

fn ip_value<'a>(ip: IpAddr) -> Value<'a> {
    Value::Opaque(Rc::new(Opaque::Ip(ip)))
}

/// `ip(s)`, `cidr.ip()`
pub fn ip<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    match args {
        [Value::Str(s)] => parse(s).map(ip_value).map_err(Fail::new),
        [other] => network(Some(other)).map(|n| ip_value(n.0)),
        _ => Err(Fail::overload()),
    }
}

/// `isIP(s)`
pub fn is_ip<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(parse(string(args, 0)?).is_ok()))
}

/// `ip.isCanonical(s)`
pub fn is_canonical<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let s = string(args, 0)?;
    parse(s).map(|ip| Value::Bool(ip.to_string() == s)).map_err(Fail::new)
}

/// `ip.family()`
pub fn family<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    address(args.first()).map(|ip| Value::Int(if ip.is_ipv4() { 4 } else { 6 }))
}

/// `ip.isUnspecified()`
pub fn is_unspecified<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    address(args.first()).map(|ip| Value::Bool(ip.is_unspecified()))
}

/// `ip.isLoopback()`
pub fn is_loopback<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    address(args.first()).map(|ip| Value::Bool(ip.is_loopback()))
}

fn link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(a) => a.is_link_local(),
        IpAddr::V6(a) => a.is_unicast_link_local(),
    }
}

/// `ip.isLinkLocalMulticast()`
pub fn is_link_local_multicast<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    address(args.first()).map(|ip| {
        Value::Bool(match ip {
            IpAddr::V4(a) => a.octets()[..3] == [224, 0, 0],
            IpAddr::V6(a) => a.segments()[0] & 0xff0f == 0xff02,
        })
    })
}

/// `ip.isLinkLocalUnicast()`
pub fn is_link_local_unicast<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    address(args.first()).map(|ip| Value::Bool(link_local(ip)))
}

/// `ip.isGlobalUnicast()`: also private ones, as Go has it.
pub fn is_global_unicast<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    address(args.first()).map(|ip| {
        let broadcast = matches!(ip, IpAddr::V4(a) if a.is_broadcast());
        Value::Bool(!(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || link_local(ip) || broadcast))
    })
}

/// `cidr(s)`
pub fn cidr<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let parsed = parse_cidr(string(args, 0)?);
    parsed
        .map(|(ip, bits)| Value::Opaque(Rc::new(Opaque::Cidr(ip, bits))))
        .map_err(|e| Fail::new(format!("network address parse error during conversion from string: {e}")))
}

/// `isCIDR(s)`
pub fn is_cidr<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(parse_cidr(string(args, 0)?).is_ok()))
}

/// `cidr.containsIP(x)`
pub fn contains_ip<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (net, bits) = network(args.first())?;
    let ip = match args.get(1) {
        Some(Value::Str(s)) => parse(s).map_err(|_| Fail::overload())?,
        other => address(other)?,
    };
    Ok(Value::Bool(net.is_ipv4() == ip.is_ipv4() && mask(ip, bits) == mask(net, bits)))
}

/// `cidr.containsCIDR(x)`
pub fn contains_cidr<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    let (net, bits) = network(args.first())?;
    let (other, more) = match args.get(1) {
        Some(Value::Str(s)) => parse_cidr(s).map_err(|_| Fail::overload())?,
        other => network(other)?,
    };
    let same = net.is_ipv4() == other.is_ipv4() && mask(other, bits) == mask(net, bits);
    Ok(Value::Bool(same && bits <= more))
}

/// `cidr.prefixLength()`
pub fn prefix_length<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    network(args.first()).map(|n| Value::Int(i64::from(n.1)))
}

/// `cidr.masked()`
pub fn masked<'a>(args: &[Value<'a>]) -> Outcome<'a> {
    network(args.first()).map(|(ip, bits)| Value::Opaque(Rc::new(Opaque::Cidr(mask(ip, bits), bits))))
}
