//! The catalogue of behaviours: one folder each, one row here each.
//!
//! A behaviour's folder opens with its definition and the source of it, lists its settings with their defaults, and holds one
//! case that fires and one that stays silent. Adding one is a new folder, its `pub mod` line, and its row in [`CATALOGUE`]. The
//! laws in `tests/laws.rs` run over every row.

pub mod beacon;
pub mod bot_ports;
pub mod brute_force;
pub mod c2;
pub mod darknet_inside;
pub mod dns_ids;
pub mod dns_tunnel;
pub mod dos;
pub mod exe_download;
pub mod exfil;
pub mod exploit;
pub mod hidden_nat;
pub mod im;
pub mod injection;
pub mod irc_bot;
pub mod lateral;
pub mod mass_mailer;
pub mod mining;
pub mod odd_port;
pub mod p2p;
pub mod persistence;
pub mod profile;
pub mod proxy_bypass;
pub mod scan;
pub mod skype;
pub mod tunnel;
pub mod vpn;
pub mod worm;

mod contact;
mod distinct;
mod domain;
mod ports;
mod suffixes;

use contract::Behaviour;

/// Every behaviour that is looked for. The order is that of the alphabet; it decides the order of what is said at one moment.
pub static CATALOGUE: &[&dyn Behaviour] = &[
    &beacon::Beacon,
    &bot_ports::BotPorts,
    &brute_force::BruteForce,
    &c2::C2,
    &darknet_inside::DarknetInside,
    &dns_ids::DnsIds,
    &dns_tunnel::DnsTunnel,
    &dos::Dos,
    &exe_download::ExeDownload,
    &exfil::Exfil,
    &exploit::Exploit,
    &hidden_nat::HiddenNat,
    &im::Im,
    &injection::Injection,
    &irc_bot::IrcBot,
    &lateral::Lateral,
    &mass_mailer::MassMailer,
    &mining::Mining,
    &odd_port::OddPort,
    &p2p::P2p,
    &persistence::Persistence,
    &profile::Profile,
    &proxy_bypass::ProxyBypass,
    &scan::Scan,
    &skype::Skype,
    &tunnel::Tunnel,
    &vpn::Vpn,
    &worm::Worm,
];

/// FNV-1a: what is only compared and counted need not be kept.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Whether a text ends so, whatever the case of its letters.
pub(crate) fn ends_with(text: &[u8], ending: &[u8]) -> bool {
    text.len() >= ending.len() && text[text.len() - ending.len()..].eq_ignore_ascii_case(ending)
}

/// Whether a part stands somewhere in a text.
pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
