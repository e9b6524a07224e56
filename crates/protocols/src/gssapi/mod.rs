//! GSSAPI tokens (RFC 2743 section 3.1) as SPNEGO negotiates them (RFC 4178): they carry NTLM or Kerberos.
//!
//! Not a row of the catalogue: tokens come from the protocols that carry them (SMB, DCE/RPC, LDAP). Left out: integrity
//! checks of the negotiation, and signed or sealed messages, which are told from tokens and passed over.

use crate::kerberos::ber::Element;
use crate::kerberos::{self, Carrier};
use crate::ntlm;
use contract::Emit;
use model::{Timestamp, kinds::analyzer};

/// OIDs of Kerberos 5: the standard's, and the one that Windows 2000 sends.
const KERBEROS: [&[u8]; 2] =
    [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02], &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02]];

/// The logons of one connection.
#[derive(Debug, Default)]
pub struct Security {
    ntlm: ntlm::Session,
    kerberos: kerberos::Session,
    negotiation: Negotiation,
    wary: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Negotiation {
    #[default]
    None,
    Seen,
    Broken,
}

impl Security {
    /// For protocols that send signatures where tokens were, so that a negotiation may turn out to be none: its service
    /// is confirmed at the end only.
    pub fn wary() -> Self {
        Self { wary: true, ..Self::default() }
    }

    /// Reads a GSSAPI token, or an NTLM token that stands in its place.
    pub fn gssapi(&mut self, at: Timestamp, token: &[u8], out: &mut dyn Emit) {
        match self.negotiation(at, token, out) {
            Ok(()) if self.negotiation == Negotiation::None => {
                self.negotiation = Negotiation::Seen;
                if !self.wary {
                    out.confirm("gssapi");
                }
            }
            Err(reason) if self.negotiation != Negotiation::Broken => {
                self.negotiation = Negotiation::Broken;
                complain(at, "GSSAPI", reason, out);
            }
            _ => {}
        }
    }

    /// Reads an NTLM token.
    pub fn ntlm(&mut self, at: Timestamp, token: &[u8], out: &mut dyn Emit) {
        // A malformed token ends nothing: Zeek ignores violations of this analyzer.
        let _ = self.ntlm.token(at, token, out);
    }

    /// Reads a message of Kerberos.
    pub fn kerberos(&mut self, at: Timestamp, message: &[u8], out: &mut dyn Emit) {
        let _ = self.kerberos.message(at, Carrier::DATAGRAMS, message, out);
    }

    /// The connection is over.
    pub fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        if self.negotiation == Negotiation::Seen {
            out.confirm("gssapi");
        }
        self.ntlm.close(out);
        self.kerberos.close(out);
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.ntlm.held_bytes() + self.kerberos.held_bytes()
    }

    fn negotiation(&mut self, at: Timestamp, token: &[u8], out: &mut dyn Emit) -> Result<(), String> {
        if let [5 | 4, 4, ..] = token {
            return Ok(()); // A signed or sealed message of Kerberos (RFC 4121 section 4.2.6).
        }
        let outer = Element::read_lax(token).ok_or_else(|| beyond("ASN1EncodingMeta", 2, token.len()))?;
        if outer.tag != 0x60 {
            return self.response(at, &token[token.len() - outer.content.len() - outer.rest.len()..], out);
        }
        let oid = Element::read(outer.content).ok_or_else(|| beyond("ASN1Encoding:content", 2, outer.content.len()))?;
        if KERBEROS.contains(&oid.content) {
            if let Some(message) = oid.rest.get(2..) {
                self.kerberos(at, message, out);
            }
            return Ok(());
        }
        let start = Element::read_lax(oid.rest).and_then(|wrapped| Element::read_lax(wrapped.content));
        let start = start.ok_or_else(|| beyond("ASN1EncodingMeta", 2, oid.rest.len()))?;
        self.arguments(at, "GSSAPI_NEG_TOKEN_INIT_Arg:args", start.content, false, out)
    }

    /// `NegTokenResp`, after its outermost tag.
    fn response(&mut self, at: Timestamp, bytes: &[u8], out: &mut dyn Emit) -> Result<(), String> {
        let Some(sequence) = Element::read_lax(bytes) else { return Err(beyond("ASN1EncodingMeta", 2, bytes.len())) };
        let header = bytes.len() - sequence.content.len() - sequence.rest.len();
        self.arguments(at, "GSSAPI_NEG_TOKEN_RESP_Arg:args", &bytes[header..], true, out)
    }

    fn arguments(&mut self, at: Timestamp, place: &str, mut bytes: &[u8], answers: bool, out: &mut dyn Emit) -> Result<(), String> {
        while !bytes.is_empty() {
            let Some(argument) = Element::read_lax(bytes) else { return Err(beyond("ASN1EncodingMeta", 2, bytes.len())) };
            if argument.content.len() < argument.announced {
                let header = bytes.len() - argument.content.len() - argument.rest.len();
                return Err(beyond(place, header + argument.announced, bytes.len()));
            }
            let index = argument.tag & 0x1f;
            let value = Element::read_lax(argument.content);
            match (index, answers, value) {
                (0, true, Some(state)) => self.ntlm.negotiated(state.number(), out),
                (2, _, Some(token)) => self.mechanism(at, token.content, out),
                (0..=3, ..) => {}
                _ => return Err(format!("Binpac exception: binpac exception: invalid case index: {place}: {index}")),
            }
            bytes = argument.rest;
        }
        Ok(())
    }

    /// The token of the mechanism that was chosen.
    fn mechanism(&mut self, at: Timestamp, token: &[u8], out: &mut dyn Emit) {
        match token {
            [b'N', b'T', b'L', b'M', b'S', b'S', b'P', ..] => self.ntlm(at, token, out),
            [0x60, ..] => {
                let message = Element::read_lax(token).and_then(|outer| Element::read(outer.content)).and_then(|oid| oid.rest.get(2..));
                if let Some(message) = message {
                    self.kerberos(at, message, out);
                }
            }
            [0x6e | 0x6f, ..] => self.kerberos(at, token, out),
            _ => {}
        }
    }
}

fn beyond(place: &str, wanted: usize, there: usize) -> String {
    format!("Binpac exception: binpac exception: out_of_bound: {place}: {wanted} > {there}")
}

/// A row in `analyzer.log`: a protocol inside another broke off.
pub(crate) fn complain(at: Timestamp, name: &'static str, reason: String, out: &mut dyn Emit) {
    let flow = out.flow();
    let (uid, orig, resp, transport) = (flow.uid, flow.orig, flow.resp, flow.transport);
    let mut row = model::Event::new(&analyzer::KIND, at);
    row.set(analyzer::ANALYZER_KIND, "protocol");
    row.set(analyzer::ANALYZER_NAME, name);
    row.set(analyzer::UID, uid);
    row.set(analyzer::ORIG_H, orig.0);
    row.set(analyzer::ORIG_P, model::Value::Port(orig.1));
    row.set(analyzer::RESP_H, resp.0);
    row.set(analyzer::RESP_P, model::Value::Port(resp.1));
    row.set(analyzer::PROTO, transport.name());
    row.set(analyzer::FAILURE_REASON, reason);
    out.event(row);
}
