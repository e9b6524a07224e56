//! How a host fared that spoke to another for the first time in a flow: the raw material of everything about scans, worms,
//! floods and unused addresses.
//!
//! A failure is a denied connection (S0, REJ), as in Threshold Random Walk (Jung et al. 2004). Captures often show one
//! direction only, or begin in the middle: a SYN that is followed by acknowledgements or data was answered, out of sight,
//! and what did not begin with a SYN says nothing.

use contract::seen::{Conn, Proto};
use model::Addr;
use std::net::IpAddr;

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    /// Nobody answered, or the answer was no.
    Failed,
    /// The other side answered and nothing was said: what a scanner does with an open port.
    Empty,
    /// They talked.
    Answered,
    /// A packet without flags, which no program sends but a scanner's.
    Flagless,
    /// A FIN out of nowhere: a scanner's, or the end of something that began before the capture did.
    LoneFin,
    /// Nothing can be said.
    Unclear,
}

impl Contact {
    /// What became of the attempt behind a flow.
    pub(crate) fn of(conn: &Conn<'_>) -> Self {
        match conn.proto() {
            Proto::Tcp => tcp(conn),
            Proto::Udp => udp(conn),
            Proto::Icmp => icmp(conn),
            Proto::Other => Self::Unclear,
        }
    }
}

fn tcp(conn: &Conn<'_>) -> Contact {
    let history = conn.history();
    let spoke = history.iter().any(|letter| matches!(letter, b'A' | b'D' | b'F'));
    let begun = history.is_empty() || history.first() == Some(&b'S');
    match conn.state() {
        b"S0" | b"RSTOS0" if begun && !spoke => Contact::Failed,
        b"REJ" if begun => Contact::Failed,
        b"SF" | b"S1" | b"S2" | b"S3" | b"RSTO" | b"RSTR" => {
            let silent = conn.orig_bytes().unwrap_or(0) == 0 && conn.resp_bytes().unwrap_or(0) == 0;
            if !silent || conn.duration().is_none() {
                Contact::Answered
            } else if begun {
                Contact::Empty
            } else {
                Contact::Unclear
            }
        }
        // Bad checksums leave their own letter, so that an empty history means a packet without flags.
        b"OTH" if history.is_empty() && conn.orig_pkts() == Some(1) && conn.resp_pkts() == Some(0) => Contact::Flagless,
        b"SH" | b"OTH" | b"RSTRH" if matches!(history, b"F" | b"Fr") && conn.orig_pkts() == Some(1) => Contact::LoneFin,
        _ => Contact::Unclear,
    }
}

/// Datagrams without an answer: a probe is small and hardly repeated, so that one-way streams are no failures.
fn udp(conn: &Conn<'_>) -> Contact {
    /// A scanner asks again once or twice.
    const PROBES_MAX: u64 = 3;
    /// One packet of the usual size.
    const PROBE_BYTES_MAX: u64 = 1500;
    match conn.state() {
        b"S0" if conn.orig_pkts().unwrap_or(1) <= PROBES_MAX && conn.orig_bytes().unwrap_or(0) <= PROBE_BYTES_MAX => Contact::Failed,
        b"SF" => Contact::Answered,
        _ => Contact::Unclear,
    }
}

/// Echo requests; the type of the message stands in the originator's port.
fn icmp(conn: &Conn<'_>) -> Contact {
    const ECHO_V4: u16 = 8;
    const ECHO_V6: u16 = 128;
    match conn.orig() {
        Some((host, kind)) if kind == if host.is_v4() { ECHO_V4 } else { ECHO_V6 } => {
            if conn.resp_pkts().unwrap_or(0) > 0 {
                Contact::Answered
            } else {
                Contact::Failed
            }
        }
        _ => Contact::Unclear,
    }
}

/// Whether an address is one host's: no group, no broadcast, not "this host".
pub(crate) fn is_host(addr: Addr) -> bool {
    match addr.to_ip() {
        IpAddr::V4(ip) => !ip.is_multicast() && !ip.is_broadcast() && !ip.is_unspecified(),
        IpAddr::V6(ip) => !ip.is_multicast() && !ip.is_unspecified(),
    }
}

/// A number for an address: what is only counted need not be kept.
pub(crate) fn number(addr: Addr) -> u64 {
    let octets = addr.octets();
    let half = |at: usize| octets[at..at + 8].iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    crate::distinct::mix(half(0)) ^ half(8)
}
