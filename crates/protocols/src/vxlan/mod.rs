//! VXLAN (RFC 7348): Ethernet frames inside UDP.
//!
//! ```text
//! | flags 1 (0x08: the network id counts) | reserved 3 | network id 3 | reserved 1 | Ethernet frame |
//! ```

use crate::inner::OnPort;
use contract::{Emit, Inner, InnerLink, Transport, Violation};
use model::Timestamp;

/// The row of the catalogue. Eight bytes that are nearly all free to choose prove nothing: the port is needed.
pub(crate) static VXLAN: OnPort = OnPort { name: "vxlan", ports: &[(Transport::Udp, 4789)], read };

fn read(at: Timestamp, data: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
    let [flags, _, _, _, _, _, _, _, frame @ ..] = data else { return Err(Violation::new("VXLAN header truncation")) };
    if flags & 0x08 == 0 {
        return Err(Violation::new("VXLAN 'I' flag not set"));
    }
    out.confirm("vxlan");
    if frame.is_empty() {
        out.weird("vxlan_empty_packet", "", "VXLAN");
    } else {
        out.packet(at, Inner { tunnel: "Tunnel::VXLAN", link: InnerLink::Ethernet, bytes: frame });
    }
    Ok(())
}
