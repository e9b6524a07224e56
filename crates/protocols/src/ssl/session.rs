//! What a handshake says, gathered into one row of `ssl.log`: the state shared by TLS, DTLS and QUIC.
//!
//! Source: RFC 5246, RFC 8446, RFC 6347; the meaning of each column is Zeek's (`base/protocols/ssl`, policies
//! `validate-certs`, `log-hostcerts-only` and `log-ocsp`).

use super::fingerprint::{self, Carrier};
use super::hello::{self, ClientHello, Cursor, Extension, ServerHello};
use super::{log, names};
use crate::x509::{self, Place, certificate};
use crate::{ocsp, x509::log as x509_log};
use contract::{Emit, FileAbout, Side, Violation};
use model::{Event, Timestamp, Value};

/// The longest history that is kept (Zeek's `SSL::max_ssl_history_length`).
const HISTORY_MAX: usize = 100;

/// Certificates of one side beyond this many are not looked at; chains have three or four.
const CHAIN_MAX: usize = 32;

/// Bytes of the server's chain that are kept for validation; longer chains stay unvalidated.
const CHAIN_BYTES_MAX: usize = 128 << 10;

/// A retry request has this instead of a random number (RFC 8446 section 4.1.3).
const RETRY_RANDOM: [u8; 32] =
    *b"\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C";

/// One handshake.
#[derive(Debug)]
pub(crate) struct Session {
    carrier: Carrier,
    service: &'static str,
    row: Option<Event>,
    logged: bool,
    confirmed: bool,
    established: bool,
    flipped: bool,
    retry_seen: bool,
    history: String,
    session_id: Option<[u8; 32]>,
    client_ticket: bool,
    client_key_exchange: bool,
    client_psk: bool,
    resumed: bool,
    version: Option<u16>,
    negotiated: u16,
    cipher: u16,
    server_name: Option<Box<[u8]>>,
    chains: [Vec<String>; 2],
    certificates_seen: [bool; 2],
    chain: Vec<Box<[u8]>>,
    leaf_is_certificate: bool,
    files: u64,
    heard: Option<Heard>,
}

/// What the hellos said that other logs (`quic.log`) want.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// A client's hello has come.
    pub(crate) client: bool,
    /// A server's hello has come.
    pub(crate) server: bool,
    /// SNI.
    pub(crate) server_name: Option<Box<[u8]>>,
    /// ALPN of the client.
    pub(crate) protocols: Vec<Box<[u8]>>,
}

impl Session {
    /// For a flow; `service` is what a good client's hello confirms.
    pub(crate) const fn new(carrier: Carrier, service: &'static str) -> Self {
        Self {
            carrier,
            service,
            row: None,
            logged: false,
            confirmed: false,
            established: false,
            flipped: false,
            retry_seen: false,
            history: String::new(),
            session_id: None,
            client_ticket: false,
            client_key_exchange: false,
            client_psk: false,
            resumed: false,
            version: None,
            negotiated: 0,
            cipher: 0,
            server_name: None,
            chains: [Vec::new(), Vec::new()],
            certificates_seen: [false; 2],
            chain: Vec::new(),
            leaf_is_certificate: false,
            files: 0,
            heard: None,
        }
    }

    /// The version that the server chose; 0 before it did.
    pub(crate) const fn negotiated(&self) -> u16 {
        self.negotiated
    }

    /// Whether the content proved to be TLS.
    pub(crate) const fn confirmed(&self) -> bool {
        self.confirmed
    }

    /// Whether the row is written.
    pub(crate) const fn logged(&self) -> bool {
        self.logged
    }

    /// What was heard since the last call.
    pub(crate) fn take_heard(&mut self) -> Heard {
        self.heard.take().unwrap_or_default()
    }

    /// Bytes held.
    pub(crate) fn held_bytes(&self) -> usize {
        let texts = self.chains.iter().map(|chain| chain.len() * 96).sum::<usize>();
        self.row.as_ref().map_or(0, Event::held_bytes)
            + texts
            + self.chain.iter().map(|der| der.len()).sum::<usize>()
            + self.history.capacity()
    }

    /// The row, begun where it wasn't.
    pub(crate) fn begin(&mut self, at: Timestamp, out: &dyn Emit) -> &mut Event {
        self.row.get_or_insert_with(|| out.flow().event(&log::KIND, at))
    }

    const fn is_client(&self, side: Side) -> bool {
        side.is_orig() != self.flipped
    }

    fn letter(&mut self, client: bool, letter: char, out: &mut dyn Emit) {
        if self.history.len() == HISTORY_MAX {
            return;
        }
        self.history.push(if client { letter.to_ascii_uppercase() } else { letter });
        if self.history.len() == HISTORY_MAX {
            out.weird("SSL_max_ssl_history_length_reached", &HISTORY_MAX.to_string(), "SSL");
        }
    }

    /// A record in the clear has been read.
    pub(crate) fn plaintext(&mut self, at: Timestamp, application_data: bool, out: &mut dyn Emit) {
        self.begin(at, out);
        if application_data && self.version.is_some() && !self.established {
            out.weird("ssl_early_application_data", "", "");
        }
    }

    /// A ChangeCipherSpec.
    pub(crate) fn change_cipher(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) {
        self.begin(at, out);
        let client = self.is_client(side);
        self.letter(client, 'i', out);
        if client && self.client_ticket && !self.client_key_exchange {
            self.resumed = true;
        }
    }

    /// An alert.
    pub(crate) fn alert(&mut self, at: Timestamp, side: Side, description: u32, out: &mut dyn Emit) {
        self.begin(at, out).set(log::LAST_ALERT, names::alert(description));
        self.letter(self.is_client(side), 'l', out);
    }

    /// A heartbeat.
    pub(crate) fn heartbeat(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) {
        self.begin(at, out);
        self.letter(self.is_client(side), 'b', out);
    }

    /// Both sides are encrypted and data came: the row is written.
    pub(crate) fn establish(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.begin(at, out);
        self.established = true;
        if !self.logged {
            self.known_certificate(at, out);
        }
        self.finish(at, out);
    }

    /// Writes the row, if there is one that isn't written.
    pub(crate) fn finish(&mut self, at: Timestamp, out: &mut dyn Emit) {
        if self.logged {
            return;
        }
        let Some(mut row) = self.row.take() else { return };
        self.logged = true;
        row.set(log::ESTABLISHED, self.established);
        row.set(log::RESUMED, self.resumed);
        row.set(log::SSL_HISTORY, std::mem::take(&mut self.history));
        if self.certificates_seen.contains(&true) {
            let [client, server] = std::mem::take(&mut self.chains);
            row.set(log::CERT_CHAIN_FPS, Value::list(server));
            row.set(log::CLIENT_CERT_CHAIN_FPS, Value::list(client));
        }
        let leaf = self.chain.first().filter(|_| self.leaf_is_certificate).and_then(|der| certificate::parse(der));
        if let Some(leaf) = leaf {
            if let Some(name) = &self.server_name {
                row.set(log::SNI_MATCHES_CERT, leaf.is_for(name));
            }
            out.event(super::validate::chain_event(at, out.flow(), &self.chain));
        }
        self.chain.clear();
        out.event(row);
    }

    fn known_certificate(&self, at: Timestamp, out: &mut dyn Emit) {
        let (host, port) = out.flow().resp;
        let leaf = self.chain.first().filter(|_| self.leaf_is_certificate && host.is_private()).and_then(|der| certificate::parse(der));
        let Some(leaf) = leaf else { return };
        let row = Event::new(&x509_log::KNOWN, at)
            .with(x509_log::KNOWN_HOST, host)
            .with(x509_log::KNOWN_PORT, Value::Port(port))
            .with(x509_log::KNOWN_SUBJECT, x509::name::text(leaf.subject))
            .with(x509_log::KNOWN_ISSUER, x509::name::text(leaf.issuer))
            .with(x509_log::KNOWN_SERIAL, x509::der::integer_hex(leaf.serial))
            .with(x509_log::KNOWN_FINGERPRINT, x509_log::fingerprint(&leaf));
        out.event(row);
    }

    /// One whole handshake message.
    ///
    /// # Errors
    /// Where it breaks the protocol so far that Zeek gives up.
    pub(crate) fn handshake(&mut self, at: Timestamp, side: Side, kind: u8, body: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let outcome = self.message(at, side, kind, body, out);
        if outcome.is_err() {
            // A message that breaks off has raised its extensions, but not itself.
            self.finish(at, out);
        }
        outcome
    }

    fn message(&mut self, at: Timestamp, side: Side, kind: u8, body: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut letter = match kind {
            0 => 'h',
            1 => 'c',
            2 => 's',
            3 => 'v',
            4 => 't',
            5 => 'e',
            6 => 'j',
            8 => 'o',
            11 => 'x',
            12 => 'k',
            13 => 'r',
            14 => 'n',
            15 => 'y',
            16 => 'g',
            20 => 'f',
            21 => 'w',
            22 => 'u',
            23 => 'a',
            24 => 'p',
            254 => 'm',
            _ => 'z',
        };
        match kind {
            0 => self.check_direction(at, false, side, out),
            1 => {
                self.check_direction(at, true, side, out);
                self.client_hello(at, side, &hello::client_hello(body), out)?;
            }
            2 => {
                self.check_direction(at, false, side, out);
                self.server_hello(at, side, &hello::server_hello(body), out)?;
                if std::mem::take(&mut self.retry_seen) {
                    letter = 'j';
                }
            }
            11 => self.certificates(at, side, body, out)?,
            12 => {
                if let Some(curve) = hello::exchanged_curve(body, self.cipher) {
                    self.begin(at, out).set(log::CURVE, names::curve(curve));
                }
            }
            16 => self.client_key_exchange |= self.is_client(side),
            22 => self.stapled(at, body, out)?,
            3..=6 | 8 | 13..=15 | 20 | 21 | 23 | 24 => {}
            _ => {
                let who = if side.is_orig() { "originator" } else { "responder" };
                return Err(Violation { reason: format!("unknown handshake message ({kind}) from {who}").into() });
            }
        }
        self.begin(at, out);
        self.letter(self.is_client(side), letter, out);
        Ok(())
    }

    /// Messages that only a client, or only a server, sends show whether the flow's sides are what they seem.
    fn check_direction(&mut self, at: Timestamp, client_sends: bool, side: Side, out: &mut dyn Emit) {
        if client_sends == side.is_orig() {
            if self.flipped {
                out.weird("SSL_unclear_connection_direction", "", "SSL");
            }
        } else if !self.flipped {
            self.flipped = true;
            self.begin(at, out);
            self.history.push('^');
        }
    }

    fn client_hello(&mut self, at: Timestamp, side: Side, hello: &ClientHello<'_>, out: &mut dyn Emit) -> Result<(), Violation> {
        self.extensions(at, side, true, &hello.extensions, out)?;
        if !hello.complete {
            return Err(broken("ClientHello"));
        }
        self.offered(hello.version, hello.session_id, at, out)?;
        let heard = self.heard.get_or_insert_default();
        heard.client = true;
        heard.server_name.clone_from(&self.server_name);
        let row = self.begin(at, out);
        if row.get(log::JA3).is_unset() {
            row.set(log::JA3, fingerprint::ja3(hello));
        }
        let ja4 = fingerprint::ja4(hello, self.carrier);
        self.begin(at, out).set(log::JA4, ja4);
        Ok(())
    }

    /// The client's version and session id, whichever form of hello carried them.
    ///
    /// # Errors
    /// Where no such version exists.
    pub(crate) fn offered(&mut self, version: u16, session_id: &[u8], at: Timestamp, out: &mut dyn Emit) -> Result<(), Violation> {
        self.begin(at, out);
        if !known_version(version) {
            return Err(Violation { reason: format!("unsupported client SSL version 0x{version:04x}").into() });
        }
        self.confirmed = true;
        out.confirm(self.service);
        let padded = padded(session_id);
        if padded != [0; 32] {
            self.session_id = Some(padded);
            self.client_ticket = false;
        }
        Ok(())
    }

    /// A letter for a message that is no handshake message (SSL 2.0).
    pub(crate) fn note(&mut self, client: bool, letter: char, out: &mut dyn Emit) {
        self.letter(client, letter, out);
    }

    fn server_hello(&mut self, at: Timestamp, side: Side, hello: &ServerHello<'_>, out: &mut dyn Emit) -> Result<(), Violation> {
        if hello.random.len() == 32 {
            self.negotiated = hello.version;
        }
        self.extensions(at, side, false, &hello.extensions, out)?;
        if !hello.complete {
            return Err(broken("ServerHello"));
        }
        self.chosen(at, hello.version, hello.cipher.into(), hello.session_id, out)?;
        self.cipher = hello.cipher;
        self.retry_seen = hello.random == RETRY_RANDOM;
        self.heard.get_or_insert_default().server = true;
        self.begin(at, out).set(log::JA3S, fingerprint::ja3s(hello));
        Ok(())
    }

    /// What the server chose, whichever form of hello carried it.
    ///
    /// # Errors
    /// Where no such version exists.
    pub(crate) fn chosen(
        &mut self,
        at: Timestamp,
        version: u16,
        cipher: u32,
        session_id: &[u8],
        out: &mut dyn Emit,
    ) -> Result<(), Violation> {
        let chosen = *self.version.get_or_insert(version);
        let row = self.begin(at, out);
        row.set(log::VERSION, names::version(chosen));
        row.set(log::CIPHER, names::cipher(cipher));
        let before_13 = chosen / 0xff != 0x7f && chosen != names::TLS_V13;
        if before_13 && self.session_id.is_some_and(|offered| offered == padded(session_id)) {
            self.resumed = true;
        }
        if known_version(version) {
            return Ok(());
        }
        Err(Violation { reason: format!("unsupported server SSL version 0x{version:04x}").into() })
    }

    fn extensions(
        &mut self,
        at: Timestamp,
        side: Side,
        in_client_hello: bool,
        list: &[Extension<'_>],
        out: &mut dyn Emit,
    ) -> Result<(), Violation> {
        let client = self.is_client(side);
        for &(number, content) in list {
            self.begin(at, out);
            match number {
                0 if !content.is_empty() => self.names(at, client, content, out)?,
                16 if !content.is_empty() => self.protocols(at, client, content, out)?,
                35 if client && !content.is_empty() => self.client_ticket = true,
                41 if client => self.client_psk = true,
                41 => self.resumed |= self.client_psk,
                43 if !client && content.len() >= 2 => {
                    let version = u16::from_be_bytes([content[0], content[1]]);
                    (self.version, self.negotiated) = (Some(version), version);
                    self.begin(at, out).set(log::VERSION, names::version(version));
                }
                40 | 51 if !in_client_hello && content.len() >= 2 => {
                    let group = u16::from_be_bytes([content[0], content[1]]);
                    self.begin(at, out).set(log::CURVE, names::curve(group));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn names(&mut self, at: Timestamp, client: bool, content: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let (names, others) = hello::server_names(content).ok_or_else(|| broken("ServerNameExt"))?;
        for kind in others {
            out.weird("ssl_ext_unknown_server_name_type", &kind.to_string(), "SSL");
        }
        if let Some(&first) = names.first().filter(|_| client) {
            out.inspect("tls.sni", first);
            self.server_name = Some(first.into());
            self.begin(at, out).set(log::SERVER_NAME, first);
            if names.len() > 1 {
                let all: Vec<_> = names.iter().map(|name| String::from_utf8_lossy(name)).collect();
                out.weird("SSL_many_server_names", &format!("[{}]", all.join(", ")), "");
            }
        }
        Ok(())
    }

    fn protocols(&mut self, at: Timestamp, client: bool, content: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let list = hello::protocols(content).ok_or_else(|| broken("ApplicationLayerProtocolNegotiationExtension"))?;
        if client {
            self.heard.get_or_insert_default().protocols = list.iter().map(|&name| name.into()).collect();
            self.begin(at, out).set(log::CLIENT_PROTOCOLS, Value::list_or_unset(list));
        } else if let Some(&first) = list.first() {
            self.begin(at, out).set(log::NEXT_PROTOCOL, first);
        }
        Ok(())
    }

    fn certificates(&mut self, at: Timestamp, side: Side, body: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let list = hello::certificates(body).ok_or_else(|| broken("Certificate"))?;
        self.certificate_list(at, self.is_client(side), &list, out);
        Ok(())
    }

    /// The certificates that one side presented, its own first.
    pub(crate) fn certificate_list(&mut self, at: Timestamp, client: bool, list: &[&[u8]], out: &mut dyn Emit) {
        for (place, &bytes) in list.iter().take(CHAIN_MAX).enumerate() {
            self.begin(at, out);
            if bytes.is_empty() {
                out.weird("zero_length_certificate", "", "");
                continue;
            }
            let place = Place { at, host: place == 0, client, number: self.files };
            self.files += 1;
            let first = !std::mem::replace(&mut self.certificates_seen[usize::from(!client)], true);
            let fingerprint = x509::report(place, bytes, out);
            if !client {
                if first {
                    self.leaf_is_certificate = fingerprint.is_some();
                }
                let held = self.chain.iter().map(|der| der.len()).sum::<usize>();
                if held + bytes.len() <= CHAIN_BYTES_MAX && (fingerprint.is_some() || first) {
                    self.chain.push(bytes.into());
                }
            }
            self.chains[usize::from(!client)].extend(fingerprint);
        }
    }

    /// A stapled OCSP response (RFC 6066 section 8), which is a file of its own.
    fn stapled(&mut self, at: Timestamp, body: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        const OCSP: u8 = 1;
        let mut cursor = Cursor(body);
        let (Some(kind), Some(_)) = (cursor.u8(), cursor.number(3)) else { return Err(broken("CertificateStatus")) };
        self.begin(at, out);
        if cursor.0.is_empty() {
            out.weird("SSL_zero_length_stapled_OCSP_message", "", "");
        } else if kind == OCSP {
            let key = [b"ocsp", &self.files.to_le_bytes()[..]].concat();
            self.files += 1;
            let file = out.file_open(&FileAbout {
                at,
                source: "SSL",
                side: Side::Resp,
                key: &key,
                shared: false,
                depth: 0,
                name: None,
                declared_mime: Some("application/ocsp-response"),
                total_bytes: None,
                parent: None,
            });
            out.file_data(at, file, cursor.0);
            out.file_end(at, file);
            ocsp::report(at, file, cursor.0, out);
        }
        Ok(())
    }
}

/// Whether a hello may say this version.
const fn known_version(version: u16) -> bool {
    matches!(
        version,
        names::SSL_V2 | names::SSL_V3..=names::TLS_V13 | names::DTLS_V10 | names::DTLS_V12 | names::DTLS_V13 | 0x7f00..=0x7fff
    )
}

/// A session id as Zeek compares it: filled up to 32 bytes, and nothing where it is longer.
fn padded(session_id: &[u8]) -> [u8; 32] {
    let mut filled = [0; 32];
    if let Some(head) = filled.get_mut(..session_id.len()) {
        head.copy_from_slice(session_id);
    }
    filled
}

fn broken(what: &str) -> Violation {
    Violation { reason: format!("Binpac exception: binpac exception: out_of_bound: {what}").into() }
}
