//! What is seen of Windows networks: SMB, remote procedure calls, logons.

use super::FlowRow;
use model::Uid;
use std::ops::Deref;

pub(in crate::seen) const SMB_FILE: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "fuid", "action", "path", "name", "size"];

/// Something done to a file over SMB.
#[derive(Clone, Copy, Debug)]
pub struct SmbFile<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for SmbFile<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> SmbFile<'a> {
    /// The file.
    #[inline]
    pub fn fuid(&self) -> Option<Uid> {
        self.0.id(5)
    }

    /// `SMB::FILE_OPEN`, `SMB::FILE_WRITE` …
    #[inline]
    pub fn action(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The share.
    #[inline]
    pub fn path(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The file's name.
    #[inline]
    pub fn name(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// Its size in bytes.
    #[inline]
    pub fn size(&self) -> Option<u64> {
        self.0.count(9)
    }
}

pub(in crate::seen) const SMB_MAPPING: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "path", "service", "share_type"];

/// A share that was opened over SMB.
#[derive(Clone, Copy, Debug)]
pub struct SmbMapping<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for SmbMapping<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> SmbMapping<'a> {
    /// The share.
    #[inline]
    pub fn path(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The service's type.
    #[inline]
    pub fn service(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// `DISK`, `PIPE`, `PRINT`.
    #[inline]
    pub fn share_type(&self) -> &'a [u8] {
        self.0.bytes(7)
    }
}

pub(in crate::seen) const DCE_RPC: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "named_pipe", "endpoint", "operation"];

/// A remote procedure call.
#[derive(Clone, Copy, Debug)]
pub struct DceRpc<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for DceRpc<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> DceRpc<'a> {
    /// The pipe, or the port.
    #[inline]
    pub fn named_pipe(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The interface: `svcctl`, `samr` …
    #[inline]
    pub fn endpoint(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The procedure.
    #[inline]
    pub fn operation(&self) -> &'a [u8] {
        self.0.bytes(7)
    }
}

pub(in crate::seen) const KERBEROS: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "request_type", "client", "service", "success", "error_msg", "cipher"];

/// A Kerberos request.
#[derive(Clone, Copy, Debug)]
pub struct Kerberos<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Kerberos<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Kerberos<'a> {
    /// `AS` or `TGS`.
    #[inline]
    pub fn request_type(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// Who asks.
    #[inline]
    pub fn client(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// For what.
    #[inline]
    pub fn service(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// Whether it was granted.
    #[inline]
    pub fn success(&self) -> Option<bool> {
        self.0.flag(8)
    }

    /// Why not.
    #[inline]
    pub fn error_msg(&self) -> &'a [u8] {
        self.0.bytes(9)
    }

    /// The ticket's encryption.
    #[inline]
    pub fn cipher(&self) -> &'a [u8] {
        self.0.bytes(10)
    }
}

pub(in crate::seen) const NTLM: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "username", "hostname", "domainname", "success"];

/// An NTLM logon.
#[derive(Clone, Copy, Debug)]
pub struct Ntlm<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Ntlm<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Ntlm<'a> {
    /// The user.
    #[inline]
    pub fn username(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The client's name.
    #[inline]
    pub fn hostname(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The domain.
    #[inline]
    pub fn domainname(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// Whether it succeeded.
    #[inline]
    pub fn success(&self) -> Option<bool> {
        self.0.flag(8)
    }
}
