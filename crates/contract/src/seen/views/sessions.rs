//! What is seen of sessions: SSH, IRC.

use super::FlowRow;
use std::ops::Deref;

pub(in crate::seen) const SSH: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "auth_success", "auth_attempts", "client", "server", "hassh"];

/// An SSH connection.
#[derive(Clone, Copy, Debug)]
pub struct Ssh<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Ssh<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Ssh<'a> {
    /// Whether the logon succeeded, as its packets' sizes show.
    #[inline]
    pub fn auth_success(&self) -> Option<bool> {
        self.0.flag(5)
    }

    /// How often it was tried.
    #[inline]
    pub fn auth_attempts(&self) -> Option<u64> {
        self.0.count(6)
    }

    /// The client's version.
    #[inline]
    pub fn client(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The server's version.
    #[inline]
    pub fn server(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// The client's fingerprint.
    #[inline]
    pub fn hassh(&self) -> &'a [u8] {
        self.0.bytes(9)
    }
}

pub(in crate::seen) const IRC: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "is_orig", "source", "command", "target", "key", "text"];

/// A line of an IRC session.
#[derive(Clone, Copy, Debug)]
pub struct Irc<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Irc<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Irc<'a> {
    /// Whether the client said it.
    #[inline]
    pub fn is_orig(&self) -> Option<bool> {
        self.0.flag(5)
    }

    /// Who said it: `nick!user@host`, or a server.
    #[inline]
    pub fn source(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The command, or the three digits of a reply.
    #[inline]
    pub fn command(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The channel or nickname that it is for.
    #[inline]
    pub fn target(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// A channel's key, or a password.
    #[inline]
    pub fn key(&self) -> &'a [u8] {
        self.0.bytes(9)
    }

    /// What was said.
    #[inline]
    pub fn text(&self) -> &'a [u8] {
        self.0.bytes(10)
    }
}
