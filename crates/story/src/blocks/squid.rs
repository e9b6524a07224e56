//! Access lists for Squid. To stand in `squid.conf` before the first `http_access allow`.

use super::is_name;
use crate::Indicator;
use std::net::IpAddr;

pub(super) fn render(all: &[&Indicator]) -> String {
    let of = |kind: &'static str| all.iter().filter(move |one| one.kind == kind).map(|one| one.value.as_str());
    let mut names: Vec<&str> = of("domain").map(|name| name.trim_end_matches('.')).filter(|name| is_name(name)).collect();
    names.sort_unstable();
    names.dedup();
    // Squid objects to a name beside a domain that contains it.
    let every = names.clone();
    names.retain(|name| !every.iter().any(|other| name.strip_suffix(other).is_some_and(|before| before.ends_with('.'))));
    let names: Vec<String> = names.into_iter().map(|name| format!(".{name}")).collect();
    let addresses: Vec<String> = of("ip").filter_map(|addr| addr.parse::<IpAddr>().ok()).map(|addr| addr.to_string()).collect();
    let urls: Vec<String> = of("url").map(|url| format!("^{}", pattern(url))).collect();
    let agents: Vec<String> = of("user_agent").map(|agent| format!("^{}$", pattern(agent))).collect();
    let mut text = String::new();
    for (name, kind, values) in [
        ("hyakuyo_domains", "dstdomain", names),
        ("hyakuyo_addresses", "dst", addresses),
        ("hyakuyo_urls", "url_regex", urls),
        ("hyakuyo_agents", "browser", agents),
    ] {
        for value in &values {
            text.push_str(&format!("acl {name} {kind} {value}\n"));
        }
        if !values.is_empty() {
            text.push_str(&format!("http_access deny {name}\n"));
        }
    }
    text
}

/// A regular expression (POSIX) that fits the text: what has a meaning there is escaped, what Squid's own words need (spaces,
/// quotes, number signs) or what is no plain letter becomes "any character".
fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '.' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '^' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_ascii_alphanumeric() || "-_/:~=&%,@;!<>".contains(c) => out.push(c),
            _ => out.push('.'),
        }
    }
    out
}
