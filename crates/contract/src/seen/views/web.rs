//! What is seen of names and of the web: DNS, HTTP, TLS, certificates.

use super::super::Row;
use super::{FlowRow, Proto};
use model::{Interval, Timestamp, Value};
use std::ops::Deref;

pub(in crate::seen) const DNS: &[&str] = &[
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "query",
    "qtype_name",
    "rcode_name",
    "answers",
    "TTLs",
    "rejected",
    "AA",
    "rtt",
];

/// A question to a name server, with its answer.
#[derive(Clone, Copy, Debug)]
pub struct Dns<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Dns<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Dns<'a> {
    /// What carries it.
    #[inline]
    pub fn proto(&self) -> Proto {
        Proto::of(self.0.bytes(5))
    }

    /// The name that was asked for.
    #[inline]
    pub fn query(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The type that was asked for: `A`, `MX` …
    #[inline]
    pub fn qtype_name(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The answer's code: `NOERROR`, `NXDOMAIN` …; empty where none came.
    #[inline]
    pub fn rcode_name(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// The answer's records, as text.
    #[inline]
    pub fn answers(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(9)
    }

    /// How long each may be kept.
    #[inline]
    pub fn ttls(&self) -> &'a [Value] {
        self.0.list(10)
    }

    /// Whether the server refused.
    #[inline]
    pub fn rejected(&self) -> Option<bool> {
        self.0.flag(11)
    }

    /// Whether the answer is authoritative.
    #[inline]
    pub fn aa(&self) -> Option<bool> {
        self.0.flag(12)
    }

    /// From question to answer.
    #[inline]
    pub fn rtt(&self) -> Option<Interval> {
        self.0.interval(13)
    }
}

pub(in crate::seen) const HTTP: &[&str] = &[
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "method",
    "host",
    "uri",
    "referrer",
    "user_agent",
    "request_body_len",
    "response_body_len",
    "status_code",
    "proxied",
    "username",
    "orig_fuids",
    "resp_fuids",
    "resp_mime_types",
    "resp_filenames",
    "orig_mime_types",
];

/// A request and its reply.
#[derive(Clone, Copy, Debug)]
pub struct Http<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Http<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Http<'a> {
    /// The method.
    #[inline]
    pub fn method(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The `Host` header.
    #[inline]
    pub fn host(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// What was requested.
    #[inline]
    pub fn uri(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// The `Referer` header.
    #[inline]
    pub fn referrer(&self) -> &'a [u8] {
        self.0.bytes(8)
    }

    /// The `User-Agent` header.
    #[inline]
    pub fn user_agent(&self) -> &'a [u8] {
        self.0.bytes(9)
    }

    /// Bytes of the request's body.
    #[inline]
    pub fn request_body_len(&self) -> Option<u64> {
        self.0.count(10)
    }

    /// Bytes of the reply's body.
    #[inline]
    pub fn response_body_len(&self) -> Option<u64> {
        self.0.count(11)
    }

    /// The reply's status.
    #[inline]
    pub fn status_code(&self) -> Option<u64> {
        self.0.count(12)
    }

    /// Headers that tell of a proxy.
    #[inline]
    pub fn proxied(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(13)
    }

    /// The user of basic authentication.
    #[inline]
    pub fn username(&self) -> &'a [u8] {
        self.0.bytes(14)
    }

    /// Files in the request.
    #[inline]
    pub fn orig_fuids(&self) -> &'a [Value] {
        self.0.list(15)
    }

    /// Files in the reply.
    #[inline]
    pub fn resp_fuids(&self) -> &'a [Value] {
        self.0.list(16)
    }

    /// Their types, by content.
    #[inline]
    pub fn resp_mime_types(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(17)
    }

    /// Their names, as the server gave them.
    #[inline]
    pub fn resp_filenames(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(18)
    }

    /// Types of the files in the request.
    #[inline]
    pub fn orig_mime_types(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(19)
    }
}

pub(in crate::seen) const SSL: &[&str] = &[
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "version",
    "cipher",
    "server_name",
    "established",
    "resumed",
    "next_protocol",
    "cert_chain_fps",
    "sni_matches_cert",
    "validation_status",
    "ja3",
    "ja3s",
    "ja4",
    "client_cert_chain_fps",
];

/// A TLS handshake.
#[derive(Clone, Copy, Debug)]
pub struct Ssl<'a>(pub(in crate::seen) FlowRow<'a>);

impl<'a> Deref for Ssl<'a> {
    type Target = FlowRow<'a>;
    #[inline]
    fn deref(&self) -> &FlowRow<'a> {
        &self.0
    }
}

impl<'a> Ssl<'a> {
    /// The version.
    #[inline]
    pub fn version(&self) -> &'a [u8] {
        self.0.bytes(5)
    }

    /// The cipher suite.
    #[inline]
    pub fn cipher(&self) -> &'a [u8] {
        self.0.bytes(6)
    }

    /// The name that the client asked for (SNI).
    #[inline]
    pub fn server_name(&self) -> &'a [u8] {
        self.0.bytes(7)
    }

    /// Whether the handshake was completed.
    #[inline]
    pub fn established(&self) -> Option<bool> {
        self.0.flag(8)
    }

    /// Whether an earlier session was resumed.
    #[inline]
    pub fn resumed(&self) -> Option<bool> {
        self.0.flag(9)
    }

    /// The protocol inside, by ALPN.
    #[inline]
    pub fn next_protocol(&self) -> &'a [u8] {
        self.0.bytes(10)
    }

    /// The server's certificates, by fingerprint.
    #[inline]
    pub fn cert_chain_fps(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(11)
    }

    /// Whether the certificate is for the name.
    #[inline]
    pub fn sni_matches_cert(&self) -> Option<bool> {
        self.0.flag(12)
    }

    /// What checking the certificate said.
    #[inline]
    pub fn validation_status(&self) -> &'a [u8] {
        self.0.bytes(13)
    }

    /// The client's fingerprint (JA3).
    #[inline]
    pub fn ja3(&self) -> &'a [u8] {
        self.0.bytes(14)
    }

    /// The server's fingerprint (JA3S).
    #[inline]
    pub fn ja3s(&self) -> &'a [u8] {
        self.0.bytes(15)
    }

    /// The client's fingerprint (JA4).
    #[inline]
    pub fn ja4(&self) -> &'a [u8] {
        self.0.bytes(16)
    }

    /// The client's certificates, by fingerprint.
    #[inline]
    pub fn client_cert_chain_fps(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(17)
    }
}

pub(in crate::seen) const X509_COLUMNS: &[&str] = &[
    "fingerprint",
    "certificate.subject",
    "certificate.issuer",
    "certificate.not_valid_before",
    "certificate.not_valid_after",
    "san.dns",
    "host_cert",
];

/// A certificate.
#[derive(Clone, Copy, Debug)]
pub struct X509<'a>(pub(in crate::seen) Row<'a>);

impl<'a> X509<'a> {
    /// When it happened.
    #[inline]
    pub fn ts(&self) -> Timestamp {
        self.0.event().ts()
    }

    /// SHA-256 of the certificate.
    #[inline]
    pub fn fingerprint(&self) -> &'a [u8] {
        self.0.bytes(0)
    }

    /// Whom it names.
    #[inline]
    pub fn subject(&self) -> &'a [u8] {
        self.0.bytes(1)
    }

    /// Who signed it.
    #[inline]
    pub fn issuer(&self) -> &'a [u8] {
        self.0.bytes(2)
    }

    /// From when on it is valid.
    #[inline]
    pub fn not_before(&self) -> Option<Timestamp> {
        self.0.time(3)
    }

    /// Until when it is valid.
    #[inline]
    pub fn not_after(&self) -> Option<Timestamp> {
        self.0.time(4)
    }

    /// Further names.
    #[inline]
    pub fn san_dns(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.texts(5)
    }

    /// Whether it is a server's own.
    #[inline]
    pub fn host_cert(&self) -> Option<bool> {
        self.0.flag(6)
    }
}
