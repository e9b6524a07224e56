//! What is seen of logons that a log tells of.

use super::super::Row;
use model::{Addr, Timestamp};

pub(in crate::seen) const LOGON: &[&str] =
    &["host", "service", "user", "source", "source_port", "action", "success", "method", "reason", "assigned", "told_by"];

/// Somebody logged on, failed to, or left.
#[derive(Clone, Copy, Debug)]
pub struct Logon<'a>(pub(in crate::seen) Row<'a>);

impl<'a> Logon<'a> {
    /// When.
    #[inline]
    pub fn ts(&self) -> Timestamp {
        self.0.event().ts()
    }

    /// The host that was logged on to, by name or address; may be empty.
    #[inline]
    pub fn host(&self) -> &'a [u8] {
        self.0.bytes(0)
    }

    /// The service: `ssh`, `vpn`, `windows` …
    #[inline]
    pub fn service(&self) -> &'a [u8] {
        self.0.bytes(1)
    }

    /// Who; may be empty.
    #[inline]
    pub fn user(&self) -> &'a [u8] {
        self.0.bytes(2)
    }

    /// From which address.
    #[inline]
    pub fn source(&self) -> Option<Addr> {
        self.0.addr(3)
    }

    /// `logon`, `logoff` or `change`.
    #[inline]
    pub fn action(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// Whether it was granted.
    #[inline]
    pub fn success(&self) -> Option<bool> {
        self.0.flag(6)
    }

    /// How: password, publickey, certificate …
    #[inline]
    pub fn method(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// Why not, or why it ended.
    #[inline]
    pub fn reason(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// The address that the user was given.
    #[inline]
    pub fn assigned(&self) -> Option<Addr> {
        self.0.addr(9)
    }

    /// Which device told of it.
    #[inline]
    pub fn told_by(&self) -> &'a [u8] {
        self.0.bytes(10)
    }
}
