//! What is seen of what was transferred: files, programs, mail, FTP.

use super::super::Row;
use super::FlowRow;
use model::{Timestamp, Uid, Value};
use std::ops::Deref;

pub(in crate::seen) const FILE: &[&str] = &[
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "fuid",
    "source",
    "mime_type",
    "filename",
    "is_orig",
    "seen_bytes",
    "total_bytes",
    "missing_bytes",
    "md5",
    "sha1",
    "sha256",
    "entropy",
    "parent_fuid",
    "wrapped",
];

/// A file that was transferred.
#[derive(Clone, Copy, Debug)]
pub struct File<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for File<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> File<'a> {
    /// The file's id.
    #[inline]
    pub fn fuid(&self) -> Option<Uid> {
        self.0.id(5)
    }

    /// The protocol that carried it.
    #[inline]
    pub fn source(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// Its type, by content.
    #[inline]
    pub fn mime_type(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// Its name.
    #[inline]
    pub fn filename(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// Whether the originator sent it.
    #[inline]
    pub fn is_orig(&self) -> Option<bool> {
        self.0.flag(9)
    }

    /// Bytes that came.
    #[inline]
    pub fn seen_bytes(&self) -> Option<u64> {
        self.0.count(10)
    }

    /// Bytes that it has.
    #[inline]
    pub fn total_bytes(&self) -> Option<u64> {
        self.0.count(11)
    }

    /// Bytes that are missing.
    #[inline]
    pub fn missing_bytes(&self) -> Option<u64> {
        self.0.count(12)
    }

    /// MD5, in hexadecimal.
    #[inline]
    pub fn md5(&self) -> &'a [u8] {
        self.0.bytes(13)
    }

    /// SHA-1.
    #[inline]
    pub fn sha1(&self) -> &'a [u8] {
        self.0.bytes(14)
    }

    /// SHA-256.
    #[inline]
    pub fn sha256(&self) -> &'a [u8] {
        self.0.bytes(15)
    }

    /// Entropy, in bits per byte.
    #[inline]
    pub fn entropy(&self) -> Option<f64> {
        self.0.double(16)
    }

    /// The file that it was in.
    #[inline]
    pub fn parent_fuid(&self) -> Option<Uid> {
        self.0.id(17)
    }

    /// What its text can be turned into, where it is all digits: `hex`, `base64`, `reversed`, the type inside.
    #[inline]
    pub fn wrapped(&self) -> &'a [u8] {
        self.0.bytes(18)
    }
}

pub(in crate::seen) const PE: &[&str] = &[
    "id",
    "machine",
    "compile_ts",
    "is_exe",
    "section_names",
    "section_entropies",
    "imphash",
    "has_cert_table",
    "has_import_table",
    "overlay_bytes",
];

/// A Windows program.
#[derive(Clone, Copy, Debug)]
pub struct Pe<'a>(pub(in crate::seen) Row<'a>);

impl<'a> Pe<'a> {
    /// When it happened.
    #[inline]
    pub fn ts(&self) -> Timestamp {
        self.0.event().ts()
    }

    /// The file.
    #[inline]
    pub fn fuid(&self) -> Option<Uid> {
        self.0.id(0)
    }

    /// For which processor.
    #[inline]
    pub fn machine(&self) -> &'a [u8] {
        self.0.bytes(1)
    }

    /// When it was linked, by its own word.
    #[inline]
    pub fn compile_ts(&self) -> Option<Timestamp> {
        self.0.time(2)
    }

    /// Whether it runs by itself (else a library).
    #[inline]
    pub fn is_exe(&self) -> Option<bool> {
        self.0.flag(3)
    }

    /// Its sections.
    #[inline]
    pub fn section_names(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(4)
    }

    /// Their entropies, in bits per byte.
    #[inline]
    pub fn section_entropies(&self) -> &'a [Value] {
        self.0.list(5)
    }

    /// The hash of its imports.
    #[inline]
    pub fn imphash(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// Whether it is signed.
    #[inline]
    pub fn has_cert_table(&self) -> Option<bool> {
        self.0.flag(7)
    }

    /// Whether it imports anything.
    #[inline]
    pub fn has_import_table(&self) -> Option<bool> {
        self.0.flag(8)
    }

    /// Bytes behind its last section.
    #[inline]
    pub fn overlay_bytes(&self) -> Option<u64> {
        self.0.count(9)
    }
}

pub(in crate::seen) const SMTP: &[&str] = &[
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "helo",
    "mailfrom",
    "rcptto",
    "from",
    "subject",
    "last_reply",
    "user_agent",
    "tls",
    "fuids",
];

/// A mail.
#[derive(Clone, Copy, Debug)]
pub struct Smtp<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Smtp<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Smtp<'a> {
    /// How the client called itself.
    #[inline]
    pub fn helo(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The envelope's sender.
    #[inline]
    pub fn mailfrom(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The envelope's recipients.
    #[inline]
    pub fn rcptto(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(7)
    }

    /// The `From` header.
    #[inline]
    pub fn from(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// The `Subject` header.
    #[inline]
    pub fn subject(&self) -> &'a [u8] {
        self.0.bytes(9)
    }

    /// The server's last reply.
    #[inline]
    pub fn last_reply(&self) -> &'a [u8] {
        self.0.bytes(10)
    }

    /// The client's program.
    #[inline]
    pub fn user_agent(&self) -> &'a [u8] {
        self.0.bytes(11)
    }

    /// Whether it went on in TLS.
    #[inline]
    pub fn tls(&self) -> Option<bool> {
        self.0.flag(12)
    }

    /// Its files.
    #[inline]
    pub fn fuids(&self) -> &'a [Value] {
        self.0.list(13)
    }
}

pub(in crate::seen) const FTP: &[&str] =
    &["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "user", "command", "arg", "reply_code", "mime_type", "file_size", "fuid"];

/// An FTP command.
#[derive(Clone, Copy, Debug)]
pub struct Ftp<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Ftp<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Ftp<'a> {
    /// The user.
    #[inline]
    pub fn user(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The command.
    #[inline]
    pub fn command(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// What it is about.
    #[inline]
    pub fn arg(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The reply's code.
    #[inline]
    pub fn reply_code(&self) -> Option<u64> {
        self.0.count(8)
    }

    /// The file's type.
    #[inline]
    pub fn mime_type(&self) -> &'a [u8] {
        self.0.bytes(9)
    }

    /// The file's size.
    #[inline]
    pub fn file_size(&self) -> Option<u64> {
        self.0.count(10)
    }

    /// The file.
    #[inline]
    pub fn fuid(&self) -> Option<Uid> {
        self.0.id(11)
    }
}
