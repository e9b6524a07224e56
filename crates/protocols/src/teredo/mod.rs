//! Teredo (RFC 4380): IPv6 packets inside UDP, through address translators, with an authentication and an origin in front of
//! some.

use crate::inner::{Fit, fit};
use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Inner, InnerLink, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Teredo;

/// Addresses given out by Teredo servers begin with this (RFC 4380 section 4).
const PREFIX: [u8; 4] = [0x20, 0x01, 0, 0];
/// "No next header": a bubble, which only keeps the way open.
const NO_NEXT_HEADER: u8 = 59;

impl Protocol for Teredo {
    fn name(&self) -> &'static str {
        "teredo"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 3544)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        if looks_like(heads.orig) || looks_like(heads.resp) { Verdict::Yes } else { Verdict::No }
    }
    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<Reader>::default()
    }
}

/// An IPv6 packet with a Teredo address, or Teredo's own headers and an IPv6 packet behind.
fn looks_like(data: &[u8]) -> bool {
    if data.len() < 40 {
        return false;
    }
    if data[0] >> 4 == 6 {
        return data[8..12] == PREFIX || data[24..28] == PREFIX;
    }
    matches!(data, [0, 0 | 1, ..]) && strip(data).is_ok_and(|(packet, origin)| origin && packet.len() >= 40)
}

/// Takes the authentication and the origin off; says whether there was an origin.
///
/// ```text
/// authentication: | 0 1 | id length 1 | value length 1 | id | value | nonce 8 | confirmation 1 |     (section 5.1.1)
/// origin:         | 0 0 | port 2 | address 4 |
/// ```
fn strip(mut data: &[u8]) -> Result<(&[u8], bool), &'static str> {
    let (mut origin, mut authentication) = (false, false);
    loop {
        match data {
            [0, 0, ..] if !origin => {
                data = data.get(8..).ok_or("truncated_Teredo_origin_indication")?;
                origin = true;
            }
            [0, 1, rest @ ..] if !origin && !authentication => {
                let [id, value, ..] = rest else { return Err("truncated_Teredo_authentication") };
                data = data.get(13 + usize::from(*id) + usize::from(*value)..).ok_or("truncated_Teredo_authentication")?;
                authentication = true;
            }
            [0x60..=0x6f, _, ..] if data.len() >= 40 => return Ok((data, origin)),
            [0x60..=0x6f, _, ..] => return Err("truncated_IPv6_in_Teredo"),
            [_, _, ..] => return Err(""),
            _ => return Err("truncated_Teredo"),
        }
    }
}

#[derive(Debug, Default)]
struct Reader {
    /// Which sides have sent something valid.
    valid: [bool; 2],
}

impl Analyzer for Reader {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(data) = chunk else { return Ok(Next::Continue) };
        let packet = match strip(data) {
            Ok((packet, _)) => packet,
            Err(name) => {
                if self.valid == [true; 2] && !name.is_empty() {
                    out.weird(name, "", "TEREDO");
                }
                return Err(Violation::new("Bad Teredo encapsulation"));
            }
        };
        let bubble = packet[6] == NO_NEXT_HEADER && packet[4..6] == [0, 0];
        match fit(packet) {
            Fit::Whole => {}
            Fit::Long if bubble => out.weird("Teredo_bubble_with_payload", "", "TEREDO"),
            Fit::Long => return Err(Violation::new("Teredo payload length")),
            Fit::Short | Fit::NotIp => return Err(Violation::new("Truncated Teredo or invalid inner IP version")),
        }
        self.valid[side.index()] = true;
        if self.valid == [true; 2] {
            out.confirm("teredo");
        }
        out.packet(at, Inner { tunnel: "Tunnel::TEREDO", link: InnerLink::Ip, bytes: packet });
        Ok(Next::Continue)
    }
    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}
    fn held_bytes(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_in_front_come_off() {
        let mut packet = vec![0x60; 40];
        packet[8..12].copy_from_slice(&PREFIX);
        assert!(looks_like(&packet));
        let origin = [&[0, 0, 1, 2, 3, 4, 5, 6][..], &packet].concat();
        assert_eq!(strip(&origin), Ok((&packet[..], true)));
        let both = [&[0, 1, 1, 0, 9][..], &[0; 9], &origin].concat();
        assert_eq!(strip(&both), Ok((&packet[..], true)));
        assert_eq!(strip(&[0, 1, 200, 0]), Err("truncated_Teredo_authentication"));
        assert!(!looks_like(&[0; 60]));
    }
}
