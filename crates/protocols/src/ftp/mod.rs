//! FTP: the control connection (RFC 959, with RFC 2428 and RFC 4217) and its data connections.
//!
//! The control connection's commands become rows of `ftp.log`; data connections are announced to the engine, which lets
//! `ftp-data` read them, and that hands their stream over as a file. Left out: FTP over TLS behind `AUTH TLS` (the `ssl`
//! protocol reads on), and the commands inside GridFTP's protection (`ENC`).

mod analyzer;
pub mod codec;
pub mod data;
mod gridftp;
pub mod log;
pub mod path;
pub mod pending;
mod probe;
pub mod session;

pub use data::FtpData;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// FTP's control connection.
#[derive(Debug)]
pub struct Ftp;

impl Protocol for Ftp {
    fn name(&self) -> &'static str {
        "ftp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 21), (Transport::Tcp, 2811)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &crate::ssl::log::KIND, &crate::x509::log::KIND, &crate::x509::log::KNOWN]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        probe::probe(heads)
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::FtpAnalyzer>::default()
    }
}
