//! What is seen of flows: their end, their stacks, their oddities.

use super::super::Row;
use super::{FlowRow, Proto};
use model::{Addr, Interval, Timestamp};
use std::ops::Deref;

pub(in crate::seen) const CONN: &[&str] = &[
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "history",
    "orig_pkts",
    "resp_pkts",
    "orig_ip_bytes",
    "resp_ip_bytes",
    "missed_bytes",
];

/// A flow that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Conn<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Conn<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Conn<'a> {
    /// What carries it.
    #[inline]
    pub fn proto(&self) -> Proto {
        Proto::of(self.0.bytes(5))
    }

    /// The services, separated by commas; empty where none was recognised.
    #[inline]
    pub fn service(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// From the first packet to the last.
    #[inline]
    pub fn duration(&self) -> Option<Interval> {
        self.0.interval(7)
    }

    /// Payload bytes from the originator.
    #[inline]
    pub fn orig_bytes(&self) -> Option<u64> {
        self.0.count(8)
    }

    /// Payload bytes from the responder.
    #[inline]
    pub fn resp_bytes(&self) -> Option<u64> {
        self.0.count(9)
    }

    /// How it began and ended, by Zeek's words (`S0`, `SF`, `REJ` …).
    #[inline]
    pub fn state(&self) -> &'a [u8] {
        self.0.bytes(10)
    }

    /// What happened, a letter each.
    #[inline]
    pub fn history(&self) -> &'a [u8] {
        self.0.bytes(11)
    }

    /// Packets from the originator.
    #[inline]
    pub fn orig_pkts(&self) -> Option<u64> {
        self.0.count(12)
    }

    /// Packets from the responder.
    #[inline]
    pub fn resp_pkts(&self) -> Option<u64> {
        self.0.count(13)
    }

    /// Bytes from the originator, from the IP header on.
    #[inline]
    pub fn orig_ip_bytes(&self) -> Option<u64> {
        self.0.count(14)
    }

    /// Bytes from the responder, from the IP header on.
    #[inline]
    pub fn resp_ip_bytes(&self) -> Option<u64> {
        self.0.count(15)
    }

    /// Payload bytes that are missing.
    #[inline]
    pub fn missed_bytes(&self) -> Option<u64> {
        self.0.count(16)
    }
}

pub(in crate::seen) const STACK: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "is_orig", "ttl", "signature", "ts_value"];

/// What a SYN or SYN+ACK tells of its sender's TCP stack.
#[derive(Clone, Copy, Debug)]
pub struct Stack<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Stack<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Stack<'a> {
    /// Whether the originator sent it (a SYN; else a SYN+ACK).
    #[inline]
    pub fn is_orig(&self) -> Option<bool> {
        self.0.flag(5)
    }

    /// The time to live that was left.
    #[inline]
    pub fn ttl(&self) -> Option<u64> {
        self.0.count(6)
    }

    /// The stack, in the notation of p0f's raw signatures.
    #[inline]
    pub fn signature(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The TCP timestamp, in the sender's own ticks.
    #[inline]
    pub fn ts_value(&self) -> Option<u64> {
        self.0.count(8)
    }
}

pub(in crate::seen) const MARK: &[&str] = &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "what", "is_orig", "text"];

/// Something in a flow's bytes that no log shows.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Mark<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Mark<'a> {
    /// What it is.
    #[inline]
    pub fn what(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// Whether the originator sent it.
    #[inline]
    pub fn is_orig(&self) -> Option<bool> {
        self.0.flag(6)
    }

    /// The bytes themselves.
    #[inline]
    pub fn text(&self) -> &'a [u8] {
        self.0.bytes(7)
    }
}

pub(in crate::seen) const WEIRD: &[&str] = &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "name", "addl", "source"];

/// A broken rule.
#[derive(Clone, Copy, Debug)]
pub struct Weird<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Weird<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Weird<'a> {
    /// Which.
    #[inline]
    pub fn name(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// More about it.
    #[inline]
    pub fn addl(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The part of the analysis that saw it.
    #[inline]
    pub fn source(&self) -> &'a [u8] {
        self.0.bytes(7)
    }
}

pub(in crate::seen) const NOTICE: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "note", "msg", "sub", "src", "dst"];

/// A notice of the reader's own.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Notice<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Notice<'a> {
    /// Its type.
    #[inline]
    pub fn note(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// What happened.
    #[inline]
    pub fn msg(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// More about it.
    #[inline]
    pub fn sub(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The source.
    #[inline]
    pub fn src(&self) -> Option<Addr> {
        self.0.addr(8)
    }

    /// The destination.
    #[inline]
    pub fn dst(&self) -> Option<Addr> {
        self.0.addr(9)
    }
}

pub(in crate::seen) const SOFTWARE: &[&str] = &["host", "software_type", "name", "unparsed_version"];

/// Software that a host uses.
#[derive(Clone, Copy, Debug)]
pub struct Software<'a>(pub(in crate::seen) Row<'a>);

impl<'a> Software<'a> {
    /// When it happened.
    #[inline]
    pub fn ts(&self) -> Timestamp {
        self.0.event().ts()
    }

    /// The host.
    #[inline]
    pub fn host(&self) -> Option<Addr> {
        self.0.addr(0)
    }

    /// What kind.
    #[inline]
    pub fn software_type(&self) -> &'a [u8] {
        self.0.bytes(1)
    }

    /// Its name.
    #[inline]
    pub fn name(&self) -> &'a [u8] {
        self.0.bytes(2)
    }

    /// Its version, as it was said.
    #[inline]
    pub fn unparsed_version(&self) -> &'a [u8] {
        self.0.bytes(3)
    }
}

pub(in crate::seen) const DIFFERING: &[&str] = &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "is_orig", "first", "second"];

/// Two things said at one place of a TCP stream.
#[derive(Clone, Copy, Debug)]
pub struct Differing<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Differing<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Differing<'a> {
    /// Whether it is the originator's stream.
    #[inline]
    pub fn is_orig(&self) -> Option<bool> {
        self.0.flag(5)
    }

    /// What came first, and was read.
    #[inline]
    pub fn first(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// What came afterwards.
    #[inline]
    pub fn second(&self) -> &'a [u8] {
        self.0.bytes(7)
    }
}
