//! Geneve (RFC 8926): frames or IP packets inside UDP, with options between.
//!
//! ```text
//! | version 2 bits, option length 6 bits (in words) | flags 1 | protocol 2 | network id 3 | reserved 1 | options | payload |
//! ```

use crate::inner::OnPort;
use contract::{Emit, Inner, InnerLink, Transport, Violation};
use model::Timestamp;

/// The row of the catalogue. A header of zeros would pass: the port is needed.
pub(crate) static GENEVE: OnPort = OnPort { name: "geneve", ports: &[(Transport::Udp, 6081)], read };

fn read(at: Timestamp, data: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
    let [first, _, high, low, _, _, _, _, rest @ ..] = data else { return Err(Violation::new("Geneve header truncation")) };
    let version = first >> 6;
    if version != 0 {
        out.weird("geneve_invalid_version", &version.to_string(), "GENEVE");
        return Ok(());
    }
    let options = usize::from(first & 0x3f) * 4;
    let Some(payload) = rest.get(options..) else { return Err(Violation::new("Geneve option header truncation")) };
    out.confirm("geneve");
    if payload.is_empty() {
        out.weird("geneve_empty_packet", "", "GENEVE");
        return Ok(());
    }
    let link = match u16::from_be_bytes([*high, *low]) {
        0x6558 => InnerLink::Ethernet,
        0x0800 | 0x86dd => InnerLink::Ip,
        _ => return Ok(()),
    };
    out.packet(at, Inner { tunnel: "Tunnel::GENEVE", link, bytes: payload });
    Ok(())
}
