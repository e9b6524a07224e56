//! OpenVPN's server: who came in with which certificate or name, who was refused, which address each was given.
//!
//! `10.0.0.5:1036 [client1] Peer Connection Initiated with [AF_INET]10.0.0.5:1036`, `client1/10.0.0.5:1036 MULTI_sva: pool returned
//! IPv4=10.8.0.6`, `… TLS Error: TLS handshake failed`, `… AUTH_FAILED`. Everything else is a row of `device`. Source: OpenVPN's messages.

use crate::kinds::logon as kind;
use crate::rows::{self, Logon};
use crate::text::{addr, after, before, between, end, has, split, word};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Openvpn;

impl LogFormat for Openvpn {
    fn name(&self) -> &'static str {
        "openvpn"
    }

    fn about(&self) -> &'static str {
        "OpenVPN servers"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && is_ours(record) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages)
    }
}

/// What is said, behind the program or the file's own time.
fn said<'a>(record: &Record<'a>) -> &'a [u8] {
    if is_named(record.program) { record.text } else { record.own }.trim_ascii_start()
}

fn is_named(program: &[u8]) -> bool {
    program.starts_with(b"openvpn") || program.starts_with(b"ovpn-")
}

fn is_ours(record: &Record<'_>) -> bool {
    const SAID: &[&[u8]] = &[
        b"OpenVPN 2.",
        b"[AF_INET",
        b"Peer Connection Initiated with",
        b"TLS Error: ",
        b"TLS Auth Error",
        b"MULTI: ",
        b"MULTI_sva",
        b"VERIFY OK",
        b"VERIFY ERROR",
        b"AUTH_FAILED",
        b"PUSH: ",
        b"SENT CONTROL",
        b"Incoming Control Channel",
        b"Outgoing Control Channel",
        b"Data Channel",
        b"Control Channel:",
        b"peer info: ",
        b"Initialization Sequence Completed",
        b"OpenSSL: error",
        b"library versions: OpenSSL",
    ];
    if is_named(record.program) {
        return true;
    }
    let text = said(record);
    let from_client = peer(text).1.0.is_some() && !has(text, b"\"") && word(text).0.contains(&b':');
    (record.program.is_empty() || from_client)
        && (SAID.iter().any(|part| has(text, part)) || from_client && has(text, b"Authentication succeeded"))
}

/// `client1/10.0.0.5:1036`, `10.0.0.5:1036`, `10.0.0.5:1036/client1`: the name, and the end.
fn peer(text: &[u8]) -> (&[u8], rows::End) {
    let first = word(text).0;
    let (left, right) = split(first, b'/').unwrap_or((b"", first));
    let (from_right, from_left) = (end(right, b':'), end(left, b':'));
    if from_right.0.is_some() { (left, from_right) } else { (right, from_left) }
}

struct Messages;

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        if !is_ours(record) {
            return Err(DecodeError::new("no message of OpenVPN", 0));
        }
        let text = said(record);
        let (name, mut source) = peer(text);
        if source.0.is_none() {
            source = after(text, b"[AF_INET]").or_else(|| after(text, b"[AF_INET6]")).map_or((None, 0), |rest| end(word(rest).0, b':'));
        }
        // Behind syslog, the host is the server; in its own file it is not told.
        let host = if is_named(record.program) { record.host } else { b"" };
        let base = Logon { service: "vpn", user: name, source, action: "logon", ..Logon::default() };
        let logon = if has(text, b"Peer Connection Initiated with") {
            let user = between(text, b" [", b"]").filter(|user| *user != b"UNDEF" && !user.starts_with(b"AF_INET")).unwrap_or(name);
            (!user.is_empty()).then_some(Logon { user, success: Some(true), ..base })
        } else if let Some(user) = between(text, b"TLS: Username/Password authentication succeeded for username '", b"'") {
            Some(Logon { user, success: Some(true), method: b"password", ..base })
        } else if has(text, b"AUTH_FAILED")
            || has(text, b"TLS Auth Error")
            || has(text, b"VERIFY ERROR")
            || has(text, b"TLS handshake failed")
        {
            Some(Logon { success: Some(false), reason: after(text, b": ").unwrap_or(text), ..base })
        } else if has(text, b"client-instance exiting") || has(text, b"client-instance restarting") {
            Some(Logon { action: "logoff", reason: before(after(text, b"received, ").unwrap_or_default(), b","), ..base })
        } else {
            None
        };
        let given = after(text, b"pool returned IPv4=").map(|rest| before(rest, b",")).and_then(addr);
        match (logon, given) {
            (Some(logon), _) => out(logon.row(at, host)),
            // The address is told apart from the connection: as a change of what is known of the user.
            (None, Some(given)) => out(Logon { action: "change", ..base }.row(at, host).with(kind::ASSIGNED, given)),
            (None, None) => {
                let row = rows::told(at, record, "openvpn", b"", source.0, text);
                out(if host.is_empty() { row.with(crate::device::DEVICE, model::Value::Unset) } else { row });
            }
        }
        Ok(())
    }
}
