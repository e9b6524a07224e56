//! Kerberos 5 (RFC 4120): over UDP and TCP, and inside of GSSAPI tokens.
//!
//! One row per connection: the first exchange that comes to an end. Left out: everything that is encrypted.

mod analyzer;
pub(crate) mod ber;
mod codec;
pub mod log;
mod names;

use crate::x509::{self, Place};
use codec::{Failure, Message, Reply, Request, Ticket};
use contract::{Analyzer, Emit, FileId, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::{Event, Kind, Timestamp};

/// The catalogue's row for UDP.
#[derive(Debug)]
pub struct Krb;

/// The catalogue's row for TCP.
#[derive(Debug)]
pub struct KrbTcp;

impl Protocol for Krb {
    fn name(&self) -> &'static str {
        "krb"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 88)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &x509::log::KIND, &model::kinds::weird::KIND]
    }

    /// The begin of a request or its answer on either side.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        if begins(heads.orig) == Verdict::Yes || begins(heads.resp) == Verdict::Yes { Verdict::Yes } else { Verdict::No }
    }
    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Udp::default())
    }
}

impl Protocol for KrbTcp {
    fn name(&self) -> &'static str {
        "krb_tcp"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 88)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &x509::log::KIND, &model::kinds::weird::KIND]
    }

    /// A client that begins with the length of a request, and the request. Zeek tries the port only.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        match heads.orig {
            [0, 0, _, _, message @ ..] => begins(message),
            [] | [0] | [0, 0] | [0, 0, _] => Verdict::Unsure,
            _ => Verdict::No,
        }
    }
    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Tcp::default())
    }
}

/// Whether bytes begin with a message between client and KDC: its tag, a sequence, version 5, and the type that the tag
/// says.
fn begins(bytes: &[u8]) -> Verdict {
    const SEEN_BYTES: usize = 24;
    let version_at = match bytes.first() {
        None => return Verdict::Unsure,
        Some(0x6a | 0x6c) => 0xa1,
        Some(0x6b | 0x6d | 0x7e) => 0xa0,
        Some(_) => return Verdict::No,
    };
    if bytes.len() < SEEN_BYTES {
        return Verdict::Unsure;
    }
    let inside = ber::Element::read_lax(bytes).and_then(|outer| ber::Element::read_lax(outer.content));
    let Some(inside) = inside.filter(|inside| inside.tag == 0x30) else { return Verdict::No };
    match inside.content {
        [a, 3, 2, 1, 5, b, 3, 2, 1, kind, ..] if *a == version_at && *b == version_at + 1 && *kind == bytes[0] & 0x1f => Verdict::Yes,
        _ => Verdict::No,
    }
}

/// Refusals that are part of every exchange.
const ORDINARY_REFUSALS: [&[u8]; 2] = [b"NEEDED_PREAUTH", b"Need to use PA-ENC-TIMESTAMP/PA-PK-AS-REQ"];

const FORWARDABLE: u32 = 0x4000_0000;
const RENEWABLE: u32 = 0x0080_0000;

/// What carries the messages of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// The name for `conn.log`.
    pub service: &'static str,
}

impl Carrier {
    /// Datagrams, and tokens inside other protocols.
    pub const DATAGRAMS: Self = Self { service: "krb" };
    /// A TCP stream.
    pub const STREAM: Self = Self { service: "krb_tcp" };
}

/// The exchange of one connection.
#[derive(Debug, Default)]
pub struct Session {
    row: Option<Box<Event>>,
    written: bool,
    certificates: u32,
}

impl Session {
    /// Reads a message.
    ///
    /// # Errors
    /// Where it is not one.
    pub fn message(&mut self, at: Timestamp, carrier: Carrier, bytes: &[u8], out: &mut dyn Emit) -> Result<(), Malformed> {
        let message = codec::parse(bytes).ok_or(Malformed)?;
        out.confirm(carrier.service);
        if let Message::Request(Request { certificate: Some(bytes), .. }) | Message::Reply(Reply { certificate: Some(bytes), .. }) =
            &message
        {
            self.certificate(at, matches!(message, Message::Request(_)), bytes, out);
        }
        if matches!(message, Message::Other) {
            return Ok(());
        }
        if self.written {
            return Ok(());
        }
        let row = self.row.get_or_insert_with(|| Box::new(out.flow().event(&log::KIND, at)));
        let over = match &message {
            Message::Request(request) => asked(row, request),
            Message::Reply(reply) => granted(row, reply),
            Message::Show(ticket) => shown(row, ticket),
            Message::Shown => {
                row.set(log::SUCCESS, true);
                true
            }
            Message::Error(failure) if failure.text.is_some_and(|text| ORDINARY_REFUSALS.contains(&text)) => {
                self.row = None;
                return Ok(());
            }
            Message::Error(failure) => refused(row, failure),
            Message::Other => false,
        };
        if over {
            self.write(out);
        }
        Ok(())
    }

    /// The connection is over.
    pub fn close(&mut self, out: &mut dyn Emit) {
        self.write(out);
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.row.as_ref().map_or(0, |row| row.held_bytes())
    }

    fn write(&mut self, out: &mut dyn Emit) {
        if let Some(row) = self.row.take() {
            self.written = true;
            out.event(*row);
        }
    }

    /// A certificate, by which client or server proves who they are (RFC 4556).
    fn certificate(&mut self, at: Timestamp, client: bool, bytes: &[u8], out: &mut dyn Emit) {
        let number = u64::from(self.certificates);
        self.certificates = self.certificates.wrapping_add(1);
        let first = ber::Element::read(bytes).map_or(bytes, |first| &bytes[..bytes.len() - first.rest.len()]);
        x509::report(Place { at, host: true, client, number }, first, out);
        if self.written {
            return;
        }
        // The id that weirds about this certificate bear.
        let uid = out.flow().uid.to_string();
        let id = FileId::file(&[uid.as_bytes(), b"SSL", &[u8::from(client)], &number.to_le_bytes()]);
        let row = self.row.get_or_insert_with(|| Box::new(out.flow().event(&log::KIND, at)));
        row.set(if client { log::CLIENT_CERT_FUID } else { log::SERVER_CERT_FUID }, id);
        if let Some(certificate) = x509::certificate::parse(first) {
            row.set(if client { log::CLIENT_CERT_SUBJECT } else { log::SERVER_CERT_SUBJECT }, x509::name::text(certificate.subject));
        }
    }
}

fn asked(row: &mut Event, request: &Request<'_>) -> bool {
    if request.for_service {
        row.set(log::REQUEST_TYPE, "TGS");
    } else {
        row.set(log::REQUEST_TYPE, "AS");
        row.set(log::CLIENT, name_and_realm(request.client.as_deref(), request.realm));
    }
    if let Some(service) = &request.service {
        row.set(log::SERVICE, service.clone());
    }
    if let Some(from) = request.from {
        row.set(log::FROM, from);
    }
    if let Some(till) = request.till {
        row.set(log::TILL, till);
    }
    if let Some(options) = request.options {
        row.set(log::FORWARDABLE, options & FORWARDABLE != 0);
        row.set(log::RENEWABLE, options & RENEWABLE != 0);
    }
    false
}

fn granted(row: &mut Event, reply: &Reply<'_>) -> bool {
    if row.get(log::CLIENT).is_unset() && (reply.client.is_some() || reply.realm.is_some()) {
        row.set(log::CLIENT, name_and_realm(reply.client.as_deref(), reply.realm));
    }
    row.set(log::SERVICE, reply.ticket.service.clone());
    row.set(log::CIPHER, names::cipher(reply.ticket.cipher));
    row.set(log::SUCCESS, true);
    true
}

fn shown(row: &mut Event, ticket: &Ticket<'_>) -> bool {
    row.set(log::REQUEST_TYPE, "AP");
    row.set(log::SERVICE, ticket.service.clone());
    row.set(log::CIPHER, names::cipher(ticket.cipher));
    row.set(log::CLIENT, name_and_realm(None, Some(ticket.realm)));
    false
}

fn refused(row: &mut Event, failure: &Failure<'_>) -> bool {
    if row.get(log::CLIENT).is_unset() && (failure.client.is_some() || failure.client_realm.is_some()) {
        let client = match &failure.client {
            Some(client) => name_and_realm(Some(client), failure.client_realm),
            None => failure.client_realm.unwrap_or_default().to_vec(),
        };
        row.set(log::CLIENT, client);
    }
    if let Some(service) = &failure.service {
        row.set(log::SERVICE, service.clone());
    }
    row.set(log::SUCCESS, false);
    match (failure.text, names::error(failure.code)) {
        (Some(text), _) => row.set(log::ERROR_MSG, text),
        (None, Some(name)) => row.set(log::ERROR_MSG, name),
        (None, None) => {}
    }
    true
}

fn name_and_realm(name: Option<&[u8]>, realm: Option<&[u8]>) -> Vec<u8> {
    [name.unwrap_or_default(), realm.unwrap_or_default()].join(&b'/')
}

/// Not a message of Kerberos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;
