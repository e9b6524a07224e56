//! A table for nftables: what goes to the addresses is rejected, what comes from them dropped. Loading it again replaces it.

use crate::Indicator;
use std::net::IpAddr;

pub(super) fn render(all: &[&Indicator]) -> String {
    let addresses: Vec<IpAddr> = all.iter().filter(|one| one.kind == "ip").filter_map(|one| one.value.parse().ok()).collect();
    let four: Vec<String> = addresses.iter().filter(|addr| addr.is_ipv4()).map(ToString::to_string).collect();
    let six: Vec<String> = addresses.iter().filter(|addr| addr.is_ipv6()).map(ToString::to_string).collect();
    // The empty table is made before it is deleted, so that the first load does not fail.
    let mut text = String::from("table inet hyakuyo {}\ndelete table inet hyakuyo\ntable inet hyakuyo {\n");
    for (name, kind, values) in [("blocked_v4", "ipv4_addr", four), ("blocked_v6", "ipv6_addr", six)] {
        text.push_str(&format!("\tset {name} {{\n\t\ttype {kind}\n"));
        if !values.is_empty() {
            text.push_str(&format!("\t\telements = {{ {} }}\n", values.join(", ")));
        }
        text.push_str("\t}\n");
    }
    for (hook, to, from) in [("forward", true, true), ("output", true, false), ("input", false, true)] {
        text.push_str(&format!("\tchain {hook} {{\n\t\ttype filter hook {hook} priority -10; policy accept;\n"));
        if to {
            text.push_str("\t\tip daddr @blocked_v4 counter reject\n\t\tip6 daddr @blocked_v6 counter reject\n");
        }
        if from {
            text.push_str("\t\tip saddr @blocked_v4 counter drop\n\t\tip6 saddr @blocked_v6 counter drop\n");
        }
        text.push_str("\t}\n");
    }
    text + "}\n"
}
