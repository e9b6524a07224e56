//! The catalogue of log formats: what firewalls, proxies, name servers, mail servers and systems write, turned into events of the
//! same kinds as packets give. One folder each, one row here each.
//!
//! A source's bytes become records ([`Framing`]), a record loses its envelope ([`Envelope`]), and the format that recognises
//! the text decodes it. Adding a format is a new folder, its `pub mod` line, and its row in [`CATALOGUE`]. The laws in
//! `tests/laws.rs` run over every row.
//!
//! [`zeek`] stands apart: its logs, which are also ours, are events already and are only read back.

pub mod auditd;
pub mod aws;
pub mod bind;
pub mod cef;
pub mod checkpoint;
pub mod cisco;
pub mod dnsmasq;
pub mod eve;
pub mod exim;
pub mod fortigate;
pub mod haproxy;
pub mod ios;
pub mod ipfilter;
pub mod ipfw;
pub mod json;
pub mod keyvalue;
pub mod logons;
pub mod netfilter;
pub mod openvpn;
pub mod paloalto;
pub mod pf;
pub mod plain;
pub mod postfix;
pub mod sendmail;
pub mod sonicwall;
pub mod squid;
pub mod srx;
pub mod strongswan;
pub mod unbound;
pub mod w3c;
pub mod web;
pub mod windows;
pub mod zeek;

mod clocks;
mod columns;
mod envelope;
mod evtx;
mod fields;
mod framing;
mod kinds;
mod mails;
mod reader;
mod rows;
mod stamp;
mod text;
mod traffic;
mod tree;
mod words;

pub use clocks::Skew;
pub use envelope::Envelope;
pub use framing::Framing;
pub use kinds::{alert, device, logon, raw};
pub use reader::{Counts, Reader, SourceAbout, Unread, recognised};
pub use stamp::{Calendar, Stamps};

use contract::LogFormat;
use model::Kind;

/// Every log format. The order is that of the alphabet and decides nothing but who is asked first.
pub static CATALOGUE: &[&dyn LogFormat] = &[
    &auditd::Auditd,
    &aws::Aws,
    &bind::Bind,
    &cef::Cef,
    &checkpoint::Checkpoint,
    &cisco::Cisco,
    &dnsmasq::Dnsmasq,
    &eve::Eve,
    &exim::Exim,
    &fortigate::Fortigate,
    &haproxy::Haproxy,
    &ios::Ios,
    &ipfilter::Ipfilter,
    &ipfw::Ipfw,
    &json::JsonLines,
    &keyvalue::KeyValue,
    &logons::Logons,
    &netfilter::Netfilter,
    &openvpn::Openvpn,
    &paloalto::Paloalto,
    &pf::Pf,
    &plain::Plain,
    &postfix::Postfix,
    &sendmail::Sendmail,
    &sonicwall::Sonicwall,
    &squid::Squid,
    &srx::Srx,
    &strongswan::Strongswan,
    &unbound::Unbound,
    &w3c::W3c,
    &web::Web,
    &windows::Windows,
];

/// The kinds that only log formats write.
pub fn own_kinds() -> Vec<&'static Kind> {
    let mut all: Vec<&'static Kind> = vec![&kinds::alert::KIND, &kinds::logon::KIND, &kinds::device::KIND, &kinds::raw::KIND];
    all.extend(CATALOGUE.iter().flat_map(|row| row.kinds()));
    all
}
