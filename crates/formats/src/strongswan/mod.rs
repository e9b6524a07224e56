//! strongSwan's charon, and Libreswan's pluto as far as it says the same.
//!
//! `06[IKE] <conn|7> IKE_SA conn[7] established between 10.0.0.1[gate]...203.0.113.7[user]`, `authentication of 'x' with … successful`,
//! `EAP method … failed for peer x`, `assigning virtual IP 10.8.0.6 to peer 'x'`. Logons are rows of `logon`, the rest rows of `device`.
//! A session's address is told in other lines than its user: the thread's session number joins them, for some hundred at a time.
//! Source: strongSwan's messages.

use crate::kinds::logon as kind;
use crate::rows::{self, Logon};
use crate::text::{addr, after, before, between, has, split, split_last, word};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Addr, Event, Kind, Timestamp};
use std::collections::VecDeque;

/// Sessions whose peers are remembered: more than begin within the minutes in which a session authenticates.
const SESSIONS_MAX: usize = 500;

/// The row of the catalogue.
#[derive(Debug)]
pub struct Strongswan;

impl LogFormat for Strongswan {
    fn name(&self) -> &'static str {
        "strongswan"
    }

    fn about(&self) -> &'static str {
        "strongSwan's charon (IPsec)"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && is_ours(record) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::<Messages>::default()
    }
}

fn is_ours(record: &Record<'_>) -> bool {
    record.program.starts_with(b"charon") || record.program == b"ipsec" || record.program == b"pluto" || thread(record.own).is_some()
}

/// `06[IKE] `: what follows it.
fn thread(text: &[u8]) -> Option<&[u8]> {
    let rest = text.get(2..)?.strip_prefix(b"[")?;
    let (part, rest) = split(rest, b']')?;
    let fits = text[..2].iter().all(u8::is_ascii_digit) && part.len() == 3 && part.iter().all(u8::is_ascii_uppercase);
    fits.then(|| rest.trim_ascii_start())
}

/// Who is at a session's other end.
struct Peer {
    session: Box<[u8]>,
    addr: Addr,
    /// When that was said first.
    since: Timestamp,
}

#[derive(Default)]
struct Messages {
    peers: VecDeque<Peer>,
    dropped: u64,
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        if !is_ours(record) {
            return Err(DecodeError::new("no message of strongSwan", 0));
        }
        let named = !record.program.is_empty();
        let text = if named { record.text } else { record.own }.trim_ascii_start();
        let text = thread(text).unwrap_or(text);
        // `<name|7> ` or `<7> `.
        let (session, said) = match text.strip_prefix(b"<").and_then(|text| split(text, b'>')) {
            Some((inside, rest)) => (split_last(inside, b'|').map_or(inside, |(_, number)| number), rest.trim_ascii_start()),
            None => (&b""[..], text),
        };
        let source = self.learn(session, said, at);
        match logon(said) {
            Some(logon) => {
                let assigned = after(said, b"assigning virtual IP ").and_then(|rest| addr(word(rest).0));
                let logon = Logon { source: (logon.source.0.or(source), 0), ..logon };
                out(logon.row(at, if named { record.host } else { b"" }).with(kind::ASSIGNED, assigned));
            }
            None => out(rows::told(at, record, "charon", b"", source, said)),
        }
        Ok(())
    }

    fn since(&self) -> Option<Timestamp> {
        self.peers.iter().map(|peer| peer.since).min()
    }

    fn held_bytes(&self) -> usize {
        self.peers.iter().map(|peer| peer.session.len() + size_of::<Peer>()).sum()
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl Messages {
    /// Remembers who is at a session's other end; tells it where the line does not.
    fn learn(&mut self, session: &[u8], said: &[u8], at: Timestamp) -> Option<Addr> {
        /// Sessions are numbered.
        const NUMBER_BYTES_MAX: usize = 20;
        let seen = after(said, b"received packet: from ")
            .map(|rest| before(rest, b"["))
            .or_else(|| said.ends_with(b" is initiating an IKE_SA").then(|| word(said).0))
            .and_then(addr);
        let known = self.peers.iter().position(|peer| *peer.session == *session);
        match (seen, known) {
            (Some(seen), Some(place)) => {
                if let Some(entry) = self.peers.get_mut(place) {
                    entry.addr = seen;
                }
                Some(seen)
            }
            (Some(seen), None) if !session.is_empty() && session.len() <= NUMBER_BYTES_MAX => {
                if self.peers.len() >= SESSIONS_MAX {
                    self.peers.pop_front();
                    self.dropped += 1;
                }
                self.peers.push_back(Peer { session: session.into(), addr: seen, since: at });
                Some(seen)
            }
            (seen, place) => {
                seen.or_else(|| place.and_then(|place| self.peers.get(place)).filter(|_| !session.is_empty()).map(|entry| entry.addr))
            }
        }
    }
}

fn logon(said: &[u8]) -> Option<Logon<'_>> {
    let base = Logon { service: "vpn", action: "logon", ..Logon::default() };
    if let Some(rest) = said.strip_prefix(b"authentication of '")
        && !has(said, b"(myself)")
    {
        let (user, rest) = split(rest, b'\'')?;
        let method = after(rest, b"with ").map(|rest| word(rest).0).unwrap_or_default();
        return Some(Logon { user, success: Some(rest.ends_with(b"successful")), method, ..base });
    }
    if let Some(user) = between(said, b"no EAP key found for hosts ", b"\n").or_else(|| said.strip_prefix(b"no EAP key found for hosts ")) {
        let user = split_last(user.strip_suffix(b"'")?, b'\'')?.1;
        return Some(Logon { user, success: Some(false), method: b"eap", reason: b"no key for the user", ..base });
    }
    if let Some(user) = after(said, b"failed for peer ") {
        return Some(Logon { user, success: Some(false), method: b"eap", reason: before(said, b" for peer"), ..base });
    }
    if let Some(user) =
        between(said, b"no shared key found for '", b"'").or_else(|| between(said, b"XAuth authentication of '", b"' failed"))
    {
        return Some(Logon { user, success: Some(false), reason: said, ..base });
    }
    if let Some(user) = between(said, b"XAuth authentication of '", b"' successful") {
        return Some(Logon { user, success: Some(true), method: b"xauth", ..base });
    }
    if said.starts_with(b"assigning virtual IP ") {
        return Some(Logon { user: between(said, b"'", b"'")?, action: "change", ..base });
    }
    if has(said, b"] established between ") && said.starts_with(b"IKE_SA ") {
        let far = after(said, b"...")?;
        let user = between(far, b"[", b"]").unwrap_or_default();
        return Some(Logon { user, source: (addr(before(far, b"[")), 0), success: Some(true), method: b"ikev2", ..base });
    }
    if said.starts_with(b"deleting IKE_SA ") {
        let far = after(said, b"...")?;
        return Some(Logon {
            user: between(far, b"[", b"]").unwrap_or_default(),
            source: (addr(before(far, b"[")), 0),
            action: "logoff",
            ..base
        });
    }
    None
}
