//! Netfilter's kernel lines: iptables, nftables, ufw, Shorewall, Proxmox, and whatever else logs through the kernel.
//!
//! `PREFIX IN=eth0 OUT= SRC=… DST=… LEN=… PROTO=TCP SPT=… DPT=… SYN`: each is a row of `conn` of one packet. What was done with it is
//! said only by the prefix that the rule's author chose, and so is read from its words. Source: the kernel's `nf_log`. Left out: the
//! packet inside an ICMP error.

use crate::Stamps;
use crate::rows::{Flow, transport};
use crate::text::{addr, has, number, pairs, port, words};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Netfilter;

impl LogFormat for Netfilter {
    fn name(&self) -> &'static str {
        "netfilter"
    }

    fn about(&self) -> &'static str {
        "iptables, nftables, ufw and others that log through Linux's kernel"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if is_packet(record.line) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::<Packets>::default()
    }
}

fn is_packet(line: &[u8]) -> bool {
    has(line, b" SRC=") && has(line, b" DST=") && has(line, b" PROTO=")
}

#[derive(Default)]
struct Packets {
    stamps: Stamps,
}

impl Decoder for Packets {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        if !is_packet(record.line) {
            return Err(DecodeError::new("no packet of netfilter", 0));
        }
        let at = match record.at {
            Some(at) => at,
            None => inner_time(record.text, &mut self.stamps).ok_or(DecodeError::new("a packet without a time", 0))?,
        };
        let row = packet(at, record.line).ok_or(DecodeError::new("a packet without its protocol", 0))?;
        out(row);
        Ok(())
    }
}

/// Proxmox writes `20/Jun/2022:13:09:14 +0200` into its line.
fn inner_time(text: &[u8], stamps: &mut Stamps) -> Option<Timestamp> {
    /// The machine, the level and the chain stand before it.
    const WORDS_BEFORE_MAX: usize = 6;
    let mut rest = text;
    for _ in 0..WORDS_BEFORE_MAX {
        if let Some((at, _)) = stamps.web(rest) {
            return Some(at);
        }
        rest = crate::text::word(rest).1;
    }
    None
}

fn packet(at: Timestamp, line: &[u8]) -> Option<Event> {
    let start = memchr::memmem::find(line, b"IN=").or_else(|| memchr::memmem::find(line, b"OUT=")).unwrap_or(0);
    let (mut orig, mut resp, mut proto, mut length) = ((None, 0), (None, 0), None, None);
    let (mut kind, mut code, mut id) = (0, 0, &b""[..]);
    for (name, value) in pairs(&line[start..]) {
        match name {
            b"SRC" => orig.0 = orig.0.or_else(|| addr(value)),
            b"DST" => resp.0 = resp.0.or_else(|| addr(value)),
            // Behind the ports: the length of what UDP carries.
            b"LEN" => length = length.or_else(|| number(value)),
            b"ID" => id = value,
            b"PROTO" if proto.is_none() => proto = Some(transport(value)),
            b"SPT" => orig.1 = port(value).unwrap_or_default(),
            b"DPT" => resp.1 = port(value).unwrap_or_default(),
            b"TYPE" => kind = port(value).unwrap_or_default(),
            b"CODE" => code = port(value).unwrap_or_default(),
            // The packet that an ICMP error is about.
            b"[SRC" => break,
            _ => {}
        }
    }
    let proto = proto?;
    if proto == "icmp" {
        (orig.1, resp.1) = (kind, code);
    }
    let flow = Flow { at, proto, orig, resp, number: id };
    let row = match verdict(&line[..start]) {
        Some(true) => flow.passed(),
        Some(false) => flow.denied(),
        None => flow.row(),
    };
    Some(row.with(conn::ORIG_PKTS, 1_u64).with(conn::ORIG_IP_BYTES, length))
}

/// What the words of a rule's prefix say that was done.
fn verdict(prefix: &[u8]) -> Option<bool> {
    /// The kernel allows a prefix of 127 bytes; time, host and program stand before it.
    const PREFIX_BYTES_MAX: usize = 127;
    const DENIED: &[&[u8]] = &[b"drop", b"reject", b"block", b"deny", b"denied", b"dpt_", b"invalid"];
    const ALLOWED: &[&[u8]] = &[b"accept", b"allow", b"pass", b"permit", b"audit"];
    let prefix = &prefix[prefix.len().saturating_sub(PREFIX_BYTES_MAX)..];
    // The host's name is no verdict: the last words are the prefix.
    let words: Vec<Vec<u8>> = words(prefix).map(<[u8]>::to_ascii_lowercase).collect();
    let last = words.iter().rev().take(4);
    for word in last {
        if DENIED.iter().any(|name| has(word, name)) {
            return Some(false);
        }
        if ALLOWED.iter().any(|name| has(word, name)) {
            return Some(true);
        }
    }
    None
}
