//! What is remembered of one look-up, request, file, handshake or mail.

use super::memory::Remembered;
use contract::seen::{Dns, File, Http, Pe, Ssl};
use model::{Addr, Timestamp, Uid, Value};

/// The longest name, in bytes (RFC 1035 section 2.3.4).
const NAME_BYTES_MAX: usize = 255;
/// The longest URL part, type or subject that is remembered: longer ones are data, not names.
const TEXT_BYTES_MAX: usize = 512;
/// Addresses of one answer that are remembered.
const ANSWERS_MAX: usize = 8;

pub(crate) type Bytes = Box<[u8]>;

pub(crate) fn text(bytes: &[u8]) -> Bytes {
    bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes).into()
}

/// A question to a name server.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) at: Timestamp,
    pub(crate) uid: Option<Uid>,
    pub(crate) client: Addr,
    pub(crate) server: Addr,
    /// In lower case.
    pub(crate) name: Bytes,
    pub(crate) answers: Box<[Addr]>,
}

impl Lookup {
    pub(crate) fn of(dns: &Dns<'_>, client: Addr, server: Addr) -> Self {
        let name = dns.query();
        let addr = |answer: &[u8]| std::str::from_utf8(answer).ok()?.parse::<std::net::IpAddr>().ok().map(Addr::from);
        Self {
            at: dns.ts(),
            uid: dns.uid(),
            client,
            server,
            name: name.get(..NAME_BYTES_MAX).unwrap_or(name).to_ascii_lowercase().into(),
            answers: dns.answers().filter_map(addr).take(ANSWERS_MAX).collect(),
        }
    }
}

/// A request over HTTP.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) at: Timestamp,
    pub(crate) uid: Option<Uid>,
    pub(crate) client: Addr,
    pub(crate) server: Addr,
    pub(crate) port: u16,
    pub(crate) method: Bytes,
    pub(crate) host: Bytes,
    pub(crate) uri: Bytes,
    pub(crate) referrer: Bytes,
    pub(crate) agent: Bytes,
    /// The first body of the answer.
    pub(crate) file: Option<Uid>,
    /// The first body of the request.
    pub(crate) upload: Option<Uid>,
}

impl Request {
    pub(crate) fn of(http: &Http<'_>, client: Addr, (server, port): (Addr, u16)) -> Self {
        let first = |files: &[Value]| {
            files.first().and_then(|file| match file {
                Value::Uid(uid) => Some(*uid),
                _ => None,
            })
        };
        Self {
            at: http.ts(),
            uid: http.uid(),
            client,
            server,
            port,
            method: text(http.method()),
            host: text(http.host()),
            uri: text(http.uri()),
            referrer: text(http.referrer()),
            agent: text(http.user_agent()),
            file: first(http.resp_fuids()),
            upload: first(http.orig_fuids()),
        }
    }
}

/// A file that was transferred.
#[derive(Debug)]
pub(crate) struct Transfer {
    pub(crate) at: Timestamp,
    pub(crate) uid: Option<Uid>,
    pub(crate) fuid: Option<Uid>,
    /// Who opened the connection.
    pub(crate) client: Addr,
    pub(crate) server: Addr,
    /// Whether the client sent it.
    pub(crate) is_orig: bool,
    pub(crate) source: Bytes,
    pub(crate) mime: Bytes,
    pub(crate) name: Bytes,
    /// What its text can be turned into; empty for most.
    pub(crate) wrapped: Bytes,
    pub(crate) bytes: u64,
    pub(crate) missing: u64,
    pub(crate) entropy: f32,
    pub(crate) md5: Option<[u8; 16]>,
    pub(crate) sha1: Option<[u8; 20]>,
    pub(crate) sha256: Option<[u8; 32]>,
}

impl Transfer {
    pub(crate) fn of(file: &File<'_>, client: Addr, server: Addr) -> Self {
        Self {
            at: file.ts(),
            uid: file.uid(),
            fuid: file.fuid(),
            client,
            server,
            is_orig: file.is_orig().unwrap_or_default(),
            source: text(file.source()),
            mime: text(file.mime_type()),
            name: text(file.filename()),
            wrapped: text(file.wrapped()),
            bytes: file.seen_bytes().unwrap_or_default(),
            missing: file.missing_bytes().unwrap_or_default(),
            entropy: file.entropy().unwrap_or_default() as f32,
            md5: from_hex(file.md5()),
            sha1: from_hex(file.sha1()),
            sha256: from_hex(file.sha256()),
        }
    }

    /// Who got it.
    pub(crate) const fn receiver(&self) -> Addr {
        if self.is_orig { self.server } else { self.client }
    }

    /// Who had it.
    pub(crate) const fn sender(&self) -> Addr {
        if self.is_orig { self.client } else { self.server }
    }
}

/// A digest from its text.
fn from_hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// A digest as text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a Windows program's headers say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) compiled: Option<Timestamp>,
    pub(crate) signed: Option<bool>,
    pub(crate) imports: Option<bool>,
    /// The most random section: its name and its entropy in bits per byte.
    pub(crate) densest: Option<(Bytes, f64)>,
    pub(crate) overlay_bytes: u64,
}

impl Program {
    pub(crate) fn of(pe: &Pe<'_>) -> Self {
        let entropies = pe.section_entropies().iter().map(|value| match value {
            Value::Double(bits) => *bits,
            _ => 0.0,
        });
        Self {
            compiled: pe.compile_ts(),
            signed: pe.has_cert_table(),
            imports: pe.has_import_table(),
            densest: pe.section_names().zip(entropies).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, bits)| (text(name), bits)),
            overlay_bytes: pe.overlay_bytes().unwrap_or_default(),
        }
    }
}

/// A TLS handshake.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) at: Timestamp,
    pub(crate) uid: Option<Uid>,
    pub(crate) client: Addr,
    pub(crate) server: Addr,
    pub(crate) port: u16,
    pub(crate) name: Bytes,
    pub(crate) ja3: Bytes,
    pub(crate) ja4: Bytes,
    /// The fingerprint of the server's certificate.
    pub(crate) certificate: Bytes,
}

impl Handshake {
    pub(crate) fn of(ssl: &Ssl<'_>, client: Addr, (server, port): (Addr, u16)) -> Self {
        Self {
            at: ssl.ts(),
            uid: ssl.uid(),
            client,
            server,
            port,
            name: ssl.server_name().get(..NAME_BYTES_MAX).unwrap_or(ssl.server_name()).to_ascii_lowercase().into(),
            ja3: text(ssl.ja3()),
            ja4: text(ssl.ja4()),
            certificate: text(ssl.cert_chain_fps().next().unwrap_or_default()),
        }
    }
}

/// A certificate.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) subject: Bytes,
    pub(crate) issuer: Bytes,
}

/// What a host gave away in the open: a mail, a file by FTP or SMB.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) at: Timestamp,
    pub(crate) uid: Option<Uid>,
    pub(crate) fuid: Option<Uid>,
    pub(crate) client: Addr,
    pub(crate) server: Addr,
    /// The protocol.
    pub(crate) by: &'static str,
    /// The mail's sender, the FTP user.
    pub(crate) account: Bytes,
    /// The mail's recipients, the file's name.
    pub(crate) what: Bytes,
    pub(crate) subject: Bytes,
}

impl Remembered for Lookup {
    fn at(&self) -> Timestamp {
        self.at
    }
    fn host(&self) -> Addr {
        self.client
    }
    fn other(&self) -> Addr {
        self.server
    }
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.name) + size_of_val(&*self.answers)
    }
}

impl Remembered for Request {
    fn at(&self) -> Timestamp {
        self.at
    }
    fn host(&self) -> Addr {
        self.client
    }
    fn other(&self) -> Addr {
        self.server
    }
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.method)
            + size_of_val(&*self.host)
            + size_of_val(&*self.uri)
            + size_of_val(&*self.referrer)
            + size_of_val(&*self.agent)
    }
}

impl Remembered for Transfer {
    fn at(&self) -> Timestamp {
        self.at
    }
    fn host(&self) -> Addr {
        self.client
    }
    fn other(&self) -> Addr {
        self.server
    }
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.source) + size_of_val(&*self.mime) + size_of_val(&*self.name) + size_of_val(&*self.wrapped)
    }
}

impl Remembered for Handshake {
    fn at(&self) -> Timestamp {
        self.at
    }
    fn host(&self) -> Addr {
        self.client
    }
    fn other(&self) -> Addr {
        self.server
    }
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.name) + size_of_val(&*self.ja3) + size_of_val(&*self.ja4) + size_of_val(&*self.certificate)
    }
}

impl Remembered for Sent {
    fn at(&self) -> Timestamp {
        self.at
    }
    fn host(&self) -> Addr {
        self.client
    }
    fn other(&self) -> Addr {
        self.server
    }
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.account) + size_of_val(&*self.what) + size_of_val(&*self.subject)
    }
}
