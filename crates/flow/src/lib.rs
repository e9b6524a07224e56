//! From frames to flows: link layers and tunnels are taken off, fragments put together, packets assigned to flows, and TCP
//! streams rebuilt. Names no application protocol.
//!
//! The meaning of every state, history letter, counter and timeout is Zeek's, since the logs are judged against Zeek's.
//!
//! ```text
//! frame -> [link] -> IP packet -> [fragments] -> [transport] -> [table]: flow -> [tcp]: stream chunks
//! ```

mod checksum;
mod decode;
mod fragments;
mod ip;
mod key;
mod link;
mod record;
mod stack;
mod table;
pub mod tcp;
mod transport;

pub use decode::{Decoder, Hears, Spreader, Tunnel, Tunnels};
pub use fragments::{FragmentLimits, Fragments};
pub use ip::{IpPacket, Protocol};
pub use key::{FlowKey, icmp_counterpart, pair_hash, peek_pair};
pub use record::{Counters, Facts, History};
pub use stack::{StackFacts, initial_ttl, stack_signature};
pub use table::{Expiry, Slot, Table};
pub use transport::{Icmp, Tcp, TcpFlags, TransportError, Udp, checksum_ok, ports};
