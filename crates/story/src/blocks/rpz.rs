//! A response policy zone (BIND 9, "DNS Response Policy Zones"): names and answers that hold a blocked address do not exist.

use super::{is_name, plain};
use crate::Indicator;
use std::net::IpAddr;

pub(super) fn render(all: &[&Indicator], serial: u32) -> String {
    let mut text = format!("$TTL 60\n@ IN SOA localhost. root.localhost. ( {serial} 3600 600 604800 60 )\n@ IN NS localhost.\n");
    for indicator in all {
        match indicator.kind.as_str() {
            "domain" => {
                let name = indicator.value.trim_end_matches('.');
                if is_name(name) {
                    text.push_str(&format!("{name} IN CNAME .\n*.{name} IN CNAME .\n"));
                } else {
                    text.push_str(&format!("; not a name that a zone can hold: {}\n", plain(name)));
                }
            }
            "ip" => {
                if let Ok(addr) = indicator.value.parse() {
                    text.push_str(&format!("{} IN CNAME .\n", trigger(addr)));
                }
            }
            _ => {}
        }
    }
    text
}

/// An address as a zone writes it: the length of its prefix, then its parts backwards, `zz` for the run of zeros.
fn trigger(addr: IpAddr) -> String {
    match addr {
        IpAddr::V4(four) => {
            let [a, b, c, d] = four.octets();
            format!("32.{d}.{c}.{b}.{a}.rpz-ip")
        }
        IpAddr::V6(six) => {
            let text = six.to_string().replace("::", ":zz:");
            let mut parts: Vec<&str> = text.split(':').filter(|part| !part.is_empty()).collect();
            parts.reverse();
            format!("128.{}.rpz-ip", parts.join("."))
        }
    }
}
