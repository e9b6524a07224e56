//! One flow of DHCP: each datagram is a message, told to the correlator.

use super::codec::{self, Message};
use super::log::message as log;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Addr, Interval, Timestamp};

/// The state of one flow: none, since messages of a transaction come in several flows.
#[derive(Debug, Default)]
pub(super) struct Dhcp;

/// The type of a client identifier that is an Ethernet address.
const ETHERNET: u8 = 1;

impl Analyzer for Dhcp {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(datagram) = chunk else { return Ok(Next::Continue) };
        let message = Message::parse(datagram)?;
        tell(at, side, &message, out);
        if message.kind == 0 {
            return Err(Violation::new("no DHCP message type option"));
        }
        out.confirm("dhcp");
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}

    fn held_bytes(&self) -> usize {
        0
    }
}

fn tell(at: Timestamp, side: Side, message: &Message<'_>, out: &mut dyn Emit) {
    let mut row = out.flow().event(&log::KIND, at);
    row.set(log::IS_ORIG, side.is_orig());
    row.set(log::XID, message.xid);
    row.set(log::MSG_TYPE, message.kind);
    row.set(log::CHADDR, codec::mac(message.chaddr));
    if let Some((ETHERNET, address)) = message.client_id {
        row.set(log::CLIENT_ID, codec::mac(address).unwrap_or_default());
    }
    if message.yiaddr != [0; 4] {
        row.set(log::YIADDR, Addr::v4(message.yiaddr));
    }
    row.set(log::HOST_NAME, message.host_name);
    row.set(log::CLIENT_FQDN, message.client_fqdn);
    row.set(log::DOMAIN, message.domain_name);
    row.set(log::REQUESTED, message.requested);
    row.set(log::LEASE, message.lease_secs.map(|secs| Interval::from_secs(i64::from(secs))));
    row.set(log::TEXT, message.message);
    out.event(row);
}
