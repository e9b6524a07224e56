//! What the network holds: `known_hosts.log` (inside hosts that completed a TCP handshake) and `known_services.log`
//! (inside services that answered), each host and service once a day.
//!
//! Raw material are the engine's internal events `_established`, `_confirmed` and `_removed`, which end here. Semantics:
//! Zeek's policy scripts `known-hosts` and `known-services`. Inside means Zeek's private address space
//! ([`model::Addr::is_private`]). Left out: the optional stores, and configured local networks.

mod hosts;
pub mod log;
mod services;

pub use hosts::KnownHosts;
pub use services::KnownServices;

use model::Interval;

/// How long a host or a service is known before it is told again.
const REMEMBERED: Interval = Interval::from_secs(24 * 60 * 60);

/// How many hosts or services are remembered at most; what comes beyond is told again every time it is forgotten. A site
/// of 100,000 hosts fits; an address scan that is answered by a tarpit must not eat the memory.
const REMEMBERED_MAX: usize = 200_000;
