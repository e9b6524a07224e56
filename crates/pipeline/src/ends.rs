//! Which side of a flow sent a packet, and which side is the originator.

use crate::catalogue::catalogue;
use contract::{FlowInfo, Side, Transport};
use flow::{FlowKey, IpPacket, Tcp};
use model::Addr;

/// Both ends of a packet, and the key of its flow.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) src: (Addr, u16),
    pub(crate) dst: (Addr, u16),
    pub(crate) key: FlowKey,
}

impl Ends {
    pub(crate) fn of(packet: &IpPacket<'_>, (src, dst): (u16, u16)) -> Self {
        let (src, dst) = ((packet.src, src), (packet.dst, dst));
        Self { src, dst, key: FlowKey::new(src, dst, packet.protocol) }
    }
}

pub(crate) fn side_of(info: &FlowInfo, src: (Addr, u16)) -> Side {
    if src == info.orig { Side::Orig } else { Side::Resp }
}

pub(crate) fn is_broadcast(addr: Addr) -> bool {
    addr == Addr::v4([255; 4])
}

/// Whether the first packet seen of a flow was probably the server's.
pub(crate) fn looks_reversed(transport: Option<Transport>, src: u16, dst: u16, tcp: Option<&Tcp<'_>>) -> bool {
    let server = |port| transport.is_some_and(|transport| catalogue().is_server_port(transport, port));
    match (transport, tcp) {
        (Some(Transport::Udp), _) => server(src) && !server(dst),
        (Some(Transport::Tcp), Some(tcp)) => {
            let (syn, ack) = (tcp.flags.syn(), tcp.flags.ack());
            if syn && !ack || !server(src) {
                return false;
            }
            !server(dst) || (!syn && src < dst)
        }
        _ => false,
    }
}
