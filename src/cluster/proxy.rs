//! Which proxy a cluster is reached through. Kubeconfig's own is always used; that of the environment not for hosts of
//! NO_PROXY, as Go reads it (golang.org/x/net `http/httpproxy`). The `kube` crate compares NO_PROXY with the proxy.

use std::net::IpAddr;

/// The proxy for a cluster whose configuration has one, from kubeconfig or from the environment.
pub(super) fn for_cluster(config: &kube::Config) -> Result<Option<http::Uri>, String> {
    let variable = |names: [&str; 2]| names.iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    let of_environment = variable(["HTTPS_PROXY", "https_proxy"]);
    let from_environment =
        |proxy: &http::Uri| of_environment.as_ref().and_then(|e| e.parse::<http::Uri>().ok()).as_ref() == Some(proxy);
    let Some(proxy) = &config.proxy_url else { return Ok(None) };
    if !from_environment(proxy) {
        return Ok(Some(proxy.clone()));
    }
    let host = config.cluster_url.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = config.cluster_url.port_u16().unwrap_or(443);
    let exempt = variable(["NO_PROXY", "no_proxy"]).unwrap_or_default();
    let direct = config.cluster_url.scheme_str() == Some("http") || is_direct(&exempt, host, port);
    Ok(if direct { None } else { Some(proxy.clone()) })
}

/// Whether a host is reached without the environment's proxy.
fn is_direct(exempt: &str, host: &str, port: u16) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|a| a.is_loopback()) {
        return true;
    }
    exempt.split(',').map(str::trim).filter(|e| !e.is_empty()).any(|entry| matches_entry(entry, host, port, address))
}

fn matches_entry(entry: &str, host: &str, port: u16, address: Option<IpAddr>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return address.is_some_and(|a| in_network(network, bits, a));
    }
    let (name, wanted) = match entry.rsplit_once(':') {
        Some((name, number)) if !name.contains(':') || name.ends_with(']') => (name, number.parse::<u16>().ok()),
        _ => (entry, None),
    };
    if wanted.is_some_and(|w| w != port) {
        return false;
    }
    let name = name.trim_matches(['[', ']']).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    let below = name.strip_prefix("*.").or(name.strip_prefix('.'));
    match (address, below) {
        (Some(address), _) => name.parse() == Ok(address),
        (None, Some(domain)) => host.ends_with(&format!(".{domain}")),
        (None, None) => host == name || host.ends_with(&format!(".{name}")),
    }
}

fn in_network(network: &str, bits: &str, address: IpAddr) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (network.parse(), address) {
        (Ok(IpAddr::V4(n)), IpAddr::V4(a)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            n.to_bits() & mask == a.to_bits() & mask
        }
        (Ok(IpAddr::V6(n)), IpAddr::V6(a)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            n.to_bits() & mask == a.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_exempt_as_go_reads_it() {
        for (exempt, host, direct) in [
            ("", "api.example.com", false),
            ("*", "api.example.com", true),
            ("example.com", "api.example.com", true),
            ("example.com", "notexample.com", false),
            (".example.com", "example.com", false),
            ("*.example.com", "api.example.com", true),
            ("api.example.com:443", "api.example.com", false),
            ("api.example.com:6443", "API.example.com", true),
            ("10.0.0.0/8, 192.168.0.0/16", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("0.0.0.0/0", "11.1.2.3", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("fd00::/8", "fd12::1", true),
            ("", "127.0.0.1", true),
            ("", "localhost", true),
        ] {
            assert_eq!(is_direct(exempt, host, 6443), direct, "{exempt:?} {host}");
        }
    }
}
