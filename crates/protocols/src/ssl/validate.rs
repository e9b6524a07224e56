//! Checking the servers' chains of certificates: sessions hand over their chains, and get an answer into their rows.
//!
//! It stands behind all workers because of what it remembers: intermediate certificates that led to a root once serve
//! later servers that forget to send them (Zeek's `SSL::ssl_cache_intermediate_ca`, and what browsers do). A chain that
//! fails is a notice, the same one once an hour.

use super::log;
use crate::x509::name;
use crate::x509::verify::{Link, Verdict, verify};
use contract::{Correlator, FlowInfo};
use model::kinds::notice;
use model::{Addr, Column, Event, FLOW_KEYS, Field, Interval, Kind, Timestamp, Type, Uid, Value, field};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// What a session hands over for validation; it is never logged.
pub const CHAIN: Kind = Kind { name: "_ssl_chain", doc: "Raw material: a server's certificates.", keys: FLOW_KEYS, fields: CHAIN_FIELDS };
const CHAIN_FIELDS: &[Field] = &[
    field("certificates", Type::STRINGS, "", "The certificates, DER, the host's own first."),
    field("proto", Type::ENUM, "", "The transport protocol."),
];
const CERTIFICATES: Column = CHAIN.column("certificates");
const PROTO: Column = CHAIN.column("proto");
const UID: Column = CHAIN.column("uid");
const ORIG_H: Column = CHAIN.column("id.orig_h");
const ORIG_P: Column = CHAIN.column("id.orig_p");
const RESP_H: Column = CHAIN.column("id.resp_h");
const RESP_P: Column = CHAIN.column("id.resp_p");

/// For how long the same notice is held back (Zeek's default).
const SUPPRESSED_FOR: Interval = Interval::from_secs(3600);

/// For how long an answer about the same chain stands (Zeek's `recently_validated_certs`).
const FRESH_FOR: Interval = Interval::from_secs(300);

/// Chains and notices that are remembered; beyond it the memory begins anew.
const REMEMBERED_MAX: usize = 20_000;

/// Bytes of intermediate certificates that are remembered.
const INTERMEDIATE_BYTES_MAX: usize = 4 << 20;

/// Connections whose row was written, that are remembered; beyond it the memory begins anew.
const CONNECTIONS_MAX: usize = 100_000;

/// A session's chain.
pub(crate) fn chain_event(at: Timestamp, flow: &FlowInfo, chain: &[Box<[u8]>]) -> Event {
    flow.event(&CHAIN, at).with(CERTIFICATES, Value::list(chain.iter().cloned())).with(PROTO, flow.transport.name())
}

/// An answer about a chain, and when it was last asked for.
#[derive(Debug)]
struct Answer {
    verdict: Verdict,
    at: Timestamp,
}

/// Validates chains.
#[derive(Debug, Default)]
pub struct Validation {
    /// The answer that waits for its session's row.
    waiting: Option<(Uid, &'static str)>,
    answers: HashMap<[u8; 32], Answer>,
    /// Intermediate certificates by the canonical name of the first.
    intermediates: HashMap<Vec<u8>, Vec<Box<[u8]>>>,
    intermediate_bytes: usize,
    noticed: HashMap<(Addr, u16, [u8; 32], u8), Timestamp>,
    /// Connections that have a row. As in Zeek each has one, also where TLS is found in it anew.
    logged: HashSet<Uid>,
}

impl Validation {
    fn judge(&mut self, ders: &[&[u8]], at: Timestamp) -> Option<Verdict> {
        let mut hash = Sha256::new();
        ders.iter().for_each(|der| hash.update(der));
        let key: [u8; 32] = hash.finalize().into();
        if let Some(answer) = self.answers.get_mut(&key).filter(|answer| at.since(answer.at) < FRESH_FOR) {
            answer.at = at;
            return Some(answer.verdict.clone());
        }
        let links: Vec<Link<'_>> = ders.iter().filter_map(|der| Link::new(der)).collect();
        let verdict = verify(&links, at)?;
        if let Some(first) = verdict.between.first().and_then(|&place| links.get(place + 1)) {
            let chain: Vec<Box<[u8]>> = verdict.between.iter().filter_map(|&place| ders.get(place + 1)).map(|&der| der.into()).collect();
            let bytes = chain.iter().map(|der| der.len()).sum::<usize>();
            if self.intermediate_bytes + bytes <= INTERMEDIATE_BYTES_MAX && !self.intermediates.contains_key(first.subject()) {
                self.intermediate_bytes += bytes;
                self.intermediates.insert(first.subject().to_vec(), chain);
            }
        }
        if self.answers.len() == REMEMBERED_MAX {
            self.answers.clear();
        }
        self.answers.insert(key, Answer { verdict: verdict.clone(), at });
        Some(verdict)
    }

    /// With intermediates known from before, where there are any for this issuer; else with what the server sent.
    fn judge_chain(&mut self, ders: &[&[u8]], at: Timestamp) -> Option<Verdict> {
        let leaf = Link::new(ders.first()?)?;
        if let Some(known) = self.intermediates.get(leaf.issuer()).cloned() {
            let with_known: Vec<&[u8]> = [ders[0]].into_iter().chain(known.iter().map(|der| &der[..])).collect();
            let verdict = self.judge(&with_known, at);
            if verdict.as_ref().is_some_and(|verdict| verdict.code == 0) {
                return verdict;
            }
        }
        self.judge(ders, at)
    }

    fn on_chain(&mut self, event: &Event, out: &mut Vec<Event>) {
        let Value::List(certificates) = event.get(CERTIFICATES) else { return };
        let ders: Vec<&[u8]> = certificates.iter().filter_map(Value::as_bytes).collect();
        let (at, Value::Uid(uid)) = (event.ts(), event.get(UID)) else { return };
        let Some(Verdict { words: Some(words), code, .. }) = self.judge_chain(&ders, at) else { return };
        self.waiting = Some((*uid, words));
        if code != 0 {
            out.extend(self.notice(event, ders.first().copied().unwrap_or_default(), words, code));
        }
    }

    fn notice(&mut self, event: &Event, leaf: &[u8], words: &str, code: u8) -> Option<Event> {
        let at = event.ts();
        let (Value::Uid(uid), Some(orig), Some(resp)) = (event.get(UID), event.get(ORIG_H).as_addr(), event.get(RESP_H).as_addr()) else {
            return None;
        };
        let port = |column| match event.get(column) {
            Value::Port(port) => *port,
            _ => 0,
        };
        let key = (resp, port(RESP_P), Sha256::digest(leaf).into(), code);
        if self.noticed.get(&key).is_some_and(|&since| at.since(since) < SUPPRESSED_FOR) {
            return None;
        }
        if self.noticed.len() == REMEMBERED_MAX {
            self.noticed.clear();
        }
        self.noticed.insert(key, at);
        let subject = crate::x509::certificate::parse(leaf).map(|certificate| name::text(certificate.subject));
        let file = Uid::file(&[uid.to_string().as_bytes(), b"SSL", &[0], &0u64.to_le_bytes()]);
        let row = Event::of_flow(&notice::KIND, at, *uid, (orig, port(ORIG_P)), (resp, port(RESP_P)));
        Some(
            row.with(notice::KIND.column("fuid"), file)
                .with(notice::PROTO, event.get(PROTO).clone())
                .with(notice::NOTE, "SSL::Invalid_Server_Cert")
                .with(notice::MSG, format!("SSL certificate validation failed with ({words})"))
                .with(notice::SUB, subject)
                .with(notice::SRC, orig)
                .with(notice::DST, resp)
                .with(notice::P, Value::Port(port(RESP_P)))
                .with(notice::ACTIONS, Value::list(["Notice::ACTION_LOG"]))
                .with(notice::EMAIL_DEST, Value::list::<&str>([]))
                .with(notice::SUPPRESS_FOR, SUPPRESSED_FOR),
        )
    }
}

impl Correlator for Validation {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&notice::KIND]
    }

    fn on_event(&mut self, event: &mut Event, out: &mut Vec<Event>) -> bool {
        if event.kind().name == CHAIN.name {
            self.on_chain(event, out);
            return false;
        }
        if event.kind().name == log::KIND.name
            && let &Value::Uid(uid) = event.get(UID)
        {
            if let Some((_, words)) = self.waiting.take_if(|(waits, _)| *waits == uid) {
                event.set(log::VALIDATION_STATUS, words);
            }
            if self.logged.len() == CONNECTIONS_MAX {
                self.logged.clear();
            }
            return self.logged.insert(uid);
        }
        true
    }

    fn on_tick(&mut self, _now: Timestamp, _last: bool, _out: &mut Vec<Event>) {}

    fn held_bytes(&self) -> usize {
        self.answers.len() * 96 + self.noticed.len() * 96 + self.logged.len() * 32 + self.intermediate_bytes
    }
}
