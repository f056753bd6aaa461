//! IP addresses and CIDRs: what the server takes and in which words it refuses (k8s.io/apimachinery v0.36,
//! util/validation/ip.go, with StrictIPCIDRValidation as since 1.36).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::field::Field;
use super::quote;

/// An address as the server's lenient parser reads it, and how it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Address {
    /// IPv4-mapped addresses are IPv4.
    pub ip: IpAddr,
    /// It has zeros in front of a number.
    leading_zeros: bool,
    /// It is an IPv4 address in IPv6's form.
    mapped: bool,
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cidr {
    /// What stands before the slash.
    pub address: Address,
    /// What stands behind it; of the length of IPv6 for mapped addresses.
    pub bits: u8,
    leading_zeros: bool,
}

impl Address {
    /// Reads an address, with zeros in front of the numbers of IPv4 if need be.
    pub fn parse(text: &str) -> Option<Address> {
        if text.contains(':') {
            let ip: Ipv6Addr = text.parse().ok()?;
            let mapped = ip.to_ipv4_mapped();
            let kept = mapped.map_or(IpAddr::V6(ip), IpAddr::V4);
            return Some(Address { ip: kept, leading_zeros: false, mapped: mapped.is_some() });
        }
        let mut octets = [0u8; 4];
        let mut leading_zeros = false;
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() != 4 {
            return None;
        }
        for (octet, part) in octets.iter_mut().zip(parts) {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            leading_zeros |= part.len() > 1 && part.starts_with('0');
            let digits = part.trim_start_matches('0');
            *octet = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        }
        Some(Address { ip: IpAddr::V4(Ipv4Addr::from(octets)), leading_zeros, mapped: false })
    }

    /// Whether it is of IPv6.
    pub fn is_v6(&self) -> bool {
        self.ip.is_ipv6()
    }
}

impl Cidr {
    /// Reads a range.
    pub fn parse(text: &str) -> Option<Cidr> {
        let (address, bits) = text.split_once('/')?;
        let long = address.contains(':');
        let address = Address::parse(address)?;
        if bits.is_empty() || !bits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let leading_zeros = bits.len() > 1 && bits.starts_with('0');
        let digits = bits.trim_start_matches('0');
        let bits: u8 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        if bits > if long { 128 } else { 32 } {
            return None;
        }
        Some(Cidr { address, bits, leading_zeros })
    }

    fn bits_of(&self) -> (u128, u32) {
        match self.address.ip {
            IpAddr::V4(ip) => (u128::from(u32::from(ip)), 32),
            IpAddr::V6(ip) => (u128::from(ip), 128),
        }
    }

    /// The length of the mask in the family of the address.
    pub fn mask(&self) -> u32 {
        let bits = u32::from(self.bits);
        if self.address.mapped { bits.saturating_sub(96) } else { bits }
    }

    fn network(&self) -> u128 {
        let (value, width) = self.bits_of();
        let host = width - self.mask().min(width);
        value.checked_shr(host).unwrap_or(0).checked_shl(host).unwrap_or(0)
    }

    fn has_host_bits(&self) -> bool {
        self.network() != self.bits_of().0
    }

    /// Whether the network of another range begins in this one.
    pub fn contains(&self, other: &Cidr) -> bool {
        let width = self.bits_of().1;
        let same_family = width == other.bits_of().1;
        let host = width - self.mask().min(width);
        same_family && other.network().checked_shr(host).unwrap_or(0) == self.network().checked_shr(host).unwrap_or(0)
    }

    /// The range as Go prints it.
    fn canonical(&self) -> String {
        let network = self.network();
        let ip = match self.address.ip {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(network).unwrap_or(0))),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(network)),
        };
        format!("{ip}/{}", self.mask())
    }
}

/// Checks an address in a field that older versions were lax with.
pub(super) fn legacy_ip(field: Field<'_>) {
    let Some(address) = Address::parse(field.text()) else {
        field.invalid_as(quote(field.text()), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        return;
    };
    // Stricter since 1.36.
    if !field.since(36) {
        return;
    }
    if address.leading_zeros {
        field.invalid("must not have leading 0s");
    }
    if address.mapped {
        field.invalid("must not be an IPv4-mapped IPv6 address");
    }
}

/// Checks an address that must be in its canonical form.
pub(super) fn strict_ip(field: Field<'_>) {
    for message in strict_ip_text(field.text()) {
        field.invalid(&message);
    }
}

/// What is to say against an address that must be in its canonical form.
pub(super) fn strict_ip_text(text: &str) -> Vec<String> {
    let Some(address) = Address::parse(text) else {
        return vec!["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)".into()];
    };
    if address.leading_zeros {
        return vec!["must not have leading 0s".into()];
    }
    if address.mapped {
        return vec!["must not be an IPv4-mapped IPv6 address".into()];
    }
    let canonical = address.ip.to_string();
    if text == canonical { Vec::new() } else { vec![format!("must be in canonical form ({})", quote(&canonical))] }
}

/// Checks a range in a field that older versions were lax with; `shown` is the text if it isn't the field's own.
pub(super) fn legacy_cidr(field: Field<'_>, text: &str) {
    let shown = quote(text);
    let Some(cidr) = Cidr::parse(text) else {
        field.invalid_as(shown, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        return;
    };
    if !field.since(36) {
        return;
    }
    if cidr.leading_zeros || cidr.address.leading_zeros {
        field.invalid_as(shown, "must not have leading 0s in IP or prefix length");
    } else if cidr.address.mapped {
        field.invalid_as(shown, "must not have an IPv4-mapped IPv6 address");
    } else if cidr.has_host_bits() {
        field.invalid_as(shown, "must not have bits set beyond the prefix length");
    }
}

/// Checks a range that must be in its canonical form.
pub(super) fn strict_cidr(field: Field<'_>) {
    let before = field.found();
    legacy_cidr(field, field.text());
    // Ranges of the new kinds have always been looked at closely.
    let canonical = Cidr::parse(field.text()).map(|c| c.canonical()).unwrap_or_default();
    if field.found() == before && canonical != field.text() {
        field.invalid(&format!("must be in canonical form ({})", quote(&canonical)));
    }
}

/// Checks that an address can be an endpoint.
pub(super) fn endpoint_ip(field: Field<'_>) {
    let text = field.text();
    let Some(Address { ip, .. }) = Address::parse(text) else {
        field.invalid_as(quote(text), "must be a valid IP address");
        return;
    };
    let (link_local, multicast) = match ip {
        IpAddr::V4(ip) => (ip.is_link_local(), ip.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(ip) => (ip.segments()[0] & 0xffc0 == 0xfe80, ip.segments()[0] & 0xff0f == 0xff02),
    };
    if ip.is_unspecified() {
        field.invalid(&format!("may not be unspecified ({text})"));
    }
    if ip.is_loopback() {
        field.invalid("may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if link_local {
        field.invalid("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if multicast {
        field.invalid("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_ranges() {
        let cidr = |t| Cidr::parse(t).expect("it is one");
        assert!(cidr("10.0.0.0/8").contains(&cidr("10.1.0.0/16")));
        assert!(!cidr("10.0.0.0/8").contains(&cidr("11.0.0.0/16")) && !cidr("::/0").contains(&cidr("10.0.0.0/8")));
        assert!(cidr("0.0.0.0/0").contains(&cidr("1.2.3.4/32")) && cidr("::/0").contains(&cidr("fe80::/10")));
        assert!(cidr("10.0.0.1/8").has_host_bits() && !cidr("10.0.0.0/8").has_host_bits());
        for text in ["10.0.0.0", "10.0.0.0/33", "a/8", "10.0.0/8", "::/129", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/999"] {
            assert!(Cidr::parse(text).is_none(), "{text}");
        }
        assert_eq!(cidr("2001:DB8::1/64").canonical(), "2001:db8::/64");
    }

    #[test]
    fn addresses_may_have_zeros_in_front() {
        assert_eq!(
            Address::parse("010.0.0.01").map(|a| (a.ip.to_string(), a.leading_zeros)),
            Some(("10.0.0.1".into(), true))
        );
        assert_eq!(Address::parse("::ffff:1.2.3.4").map(|a| a.mapped), Some(true));
        assert!(Address::parse("1.2.3.256").is_none() && Address::parse("1.2.3").is_none());
    }
}
