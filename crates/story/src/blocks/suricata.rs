//! Suricata rules (Suricata 6 and later, "Rules" in its manual). Drops where Suricata stands in the way, alerts where it looks on.

use super::{plain, split_url};
use crate::Indicator;
use bounded::Set;

/// The range of local rules, 1000000 to 1999999 (the allocation of `sidallocation.org`).
const SID_FIRST: u32 = 1_000_000;
const SIDS: u32 = 900_000;

pub(super) fn render(all: &[&Indicator]) -> String {
    let mut rules = Rules::default();
    for indicator in all {
        let value = indicator.value.as_str();
        match indicator.kind.as_str() {
            "domain" => {
                let name = value.trim_end_matches('.').to_ascii_lowercase();
                let dotted = content(format!(".{name}").as_bytes());
                rules.add(
                    "dns",
                    "$HOME_NET any -> any any",
                    indicator,
                    &format!("dns.query; dotprefix; content:\"{dotted}\"; nocase; endswith;"),
                );
                rules.add(
                    "tls",
                    "$HOME_NET any -> any any",
                    indicator,
                    &format!("tls.sni; dotprefix; content:\"{dotted}\"; nocase; endswith;"),
                );
                // Suricata writes the host of a request in lower case, and refuses nocase with it.
                rules.add("http", "$HOME_NET any -> any any", indicator, &format!("http.host; dotprefix; content:\"{dotted}\"; endswith;"));
            }
            "ip" => rules.add("ip", &format!("$HOME_NET any <> {value} any"), indicator, ""),
            "url" => {
                if let Some((host, path)) = split_url(value) {
                    let host = host.to_ascii_lowercase();
                    let (bytes, host, path) = (host.len(), content(host.as_bytes()), content(&raw(path)));
                    let options = format!("http.host; content:\"{host}\"; bsize:{bytes}; http.uri.raw; content:\"{path}\";");
                    rules.add("http", "$HOME_NET any -> any any", indicator, &options);
                }
            }
            "user_agent" => {
                let bytes = raw(value);
                let options = format!("http.user_agent; content:\"{}\"; bsize:{};", content(&bytes), bytes.len());
                rules.add("http", "$HOME_NET any -> any any", indicator, &options);
            }
            "sha256" | "sha1" | "md5" => {
                // Hashes stand in a file beside the rules, which nobody has made yet.
                rules.text.push_str(&format!("# file{}: {}\n", indicator.kind, plain(value)));
            }
            _ => {}
        }
    }
    rules.text
}

#[derive(Default)]
struct Rules {
    text: String,
    sids: Set<u32>,
}

impl Rules {
    fn add(&mut self, protocol: &str, ends: &str, indicator: &Indicator, options: &str) {
        let sid = self.sid(&[protocol, &indicator.kind, &indicator.value]);
        let message = message(&format!("Hyakuyo {} {}: {}", indicator.kind, indicator.value, indicator.because.en));
        let space = if options.is_empty() { "" } else { " " };
        self.text.push_str(&format!("drop {protocol} {ends} (msg:\"{message}\";{space}{options} sid:{sid}; rev:1;)\n"));
    }

    /// A number that the same indicator gets in every list, as far as no other has it.
    fn sid(&mut self, parts: &[&str]) -> u32 {
        let mut hash = 0x811c_9dc5_u32;
        for byte in parts.join("\n").bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        let mut number = hash % SIDS;
        while !self.sids.insert(number) {
            number = (number + 1) % SIDS;
        }
        SID_FIRST + number
    }
}

/// The bytes that a text of ours stands for: `\xNN` is one byte.
fn raw(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        match rest.get(at + 2..at + 4).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[at + 4..];
            }
            None => {
                bytes.extend_from_slice(b"\\x");
                rest = &rest[at + 2..];
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// A content: what isn't plain goes between bars in hexadecimal.
fn content(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut inside = false;
    for byte in bytes {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/?&=%+,@!*() []{}<>^$#".contains(byte);
        if is_plain == inside {
            text.push('|');
            inside = !inside;
        } else if inside {
            text.push(' ');
        }
        if is_plain {
            text.push(*byte as char);
        } else {
            text.push_str(&format!("{byte:02X}"));
        }
    }
    if inside {
        text.push('|');
    }
    text
}

/// A message: without what ends or escapes it.
fn message(text: &str) -> String {
    plain(text).chars().map(|c| if "\";\\|".contains(c) { '_' } else { c }).collect()
}
