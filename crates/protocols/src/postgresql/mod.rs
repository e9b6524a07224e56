//! PostgreSQL (its protocol 3.0): who logs in where, which queries are made, and how they go.
//!
//! Source: PostgreSQL's documentation, chapter "Frontend/Backend Protocol". Left out: the extended query protocol's steps,
//! copying, cancel requests, and passwords, which are never written down.

mod analyzer;
pub mod codec;
pub mod log;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// PostgreSQL over TCP.
#[derive(Debug)]
pub struct Postgresql;

impl Protocol for Postgresql {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        // None: Zeek does not count 5432 among the servers' ports, and the content is sure enough.
        &[]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let head = heads.orig;
        let (Some(length), Some(code)) = (codec::u32_at(head, 0), codec::u32_at(head, 4)) else {
            return if head.first().is_some_and(|byte| *byte != 0) { Verdict::No } else { Verdict::Unsure };
        };
        let wants_tls = length == 8 && code == codec::SSL_REQUEST;
        let starts = (9..=codec::STARTUP_BYTES_MAX).contains(&length) && code == codec::VERSION_3;
        match heads.resp.first() {
            _ if !wants_tls && !starts => Verdict::No,
            None => Verdict::Unsure,
            Some(b'S' | b'N') if wants_tls => Verdict::Yes,
            Some(b'R' | b'E' | b'N') if starts => Verdict::Yes,
            Some(_) => Verdict::No,
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::PostgresqlAnalyzer>::default()
    }
}
