//! IRC (RFC 1459, 2810-2813): sessions of people and of bots, and the files that they send each other (DCC).
//!
//! `irc.log` holds Zeek's rows: the names that a client takes and the channels that it joins. `irc_session.log` is ours:
//! every command and telling reply with channel, key and text, since for a bot these are its orders and reports. IRC is
//! recognised on any port, as strictly as by Zeek's signatures. Left out: links between servers that are compressed.

mod analyzer;
pub mod codec;
mod lines;
pub mod log;
mod probe;

use crate::ftp::data::StreamAsFile;
use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// IRC.
#[derive(Debug)]
pub struct Irc;

impl Protocol for Irc {
    fn name(&self) -> &'static str {
        "irc"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 6666), (Transport::Tcp, 6667), (Transport::Tcp, 6668), (Transport::Tcp, 6669)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &log::SESSION]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        probe::probe(heads)
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::IrcAnalyzer>::default()
    }
}

/// A file on its way between two IRC clients; opened only where a `DCC SEND` announced it.
#[derive(Debug)]
pub struct IrcDccData;

impl Protocol for IrcDccData {
    fn name(&self) -> &'static str {
        "irc-dcc-data"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(StreamAsFile::new("irc-dcc-data", "IRC_DATA", true))
    }
}
