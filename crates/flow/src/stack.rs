//! What a SYN or SYN+ACK tells of its sender's TCP stack, in the notation of p0f's raw signatures:
//!
//! ```text
//! ver:ittl:olen:mss:wsize,scale:olayout:quirks:pclass        4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0
//! ```
//!
//! The initial time to live is the guess that p0f makes (the nearest of 32, 64, 128, 255 above what was left), so that the
//! same stack has the same signature from any distance; the window is the plain number. Source: p0f 3, README, section 5.
//! Left out: the MTU, and what only several packets show.

use crate::ip::IpPacket;
use std::io::Write as _;

/// Options in one header: forty bytes of one each.
const OPTIONS_MAX: usize = 40;

/// The initial times to live that systems use.
const INITIAL_TTLS: [u8; 4] = [32, 64, 128, 255];

/// What a header tells besides its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackFacts {
    /// Hops that were left.
    pub ttl: u8,
    /// The sender's timestamp (RFC 7323), where there is one.
    pub ts_value: Option<u32>,
}

/// The initial time to live of a packet that came with `ttl`.
pub fn initial_ttl(ttl: u8) -> u8 {
    INITIAL_TTLS.into_iter().find(|initial| ttl <= *initial).unwrap_or(u8::MAX)
}

/// Writes the signature of a packet that carries a SYN over what `out` held; `None` where its headers aren't all there.
pub fn stack_signature(packet: &IpPacket<'_>, out: &mut Vec<u8>) -> Option<StackFacts> {
    out.clear();
    let tcp = packet.payload;
    let header = usize::from(tcp.get(12)? >> 4) * 4;
    let options = tcp.get(20..header)?;
    let is_v4 = packet.bytes.first()? >> 4 == 4;
    let mut quirks = Quirks::default();
    let ip_options = if is_v4 { quirks.ipv4(packet.bytes)? } else { quirks.ipv6(packet.bytes)? };
    let is_plain_syn = tcp.get(13)? & 0x17 == 0x02;
    let seen = Options::read(options, is_plain_syn, &mut quirks);
    quirks.tcp(tcp)?;
    let window = u16::from_be_bytes([*tcp.get(14)?, *tcp.get(15)?]);
    let version = if is_v4 { 4 } else { 6 };
    // Writing to a vector cannot fail.
    let _ = write!(out, "{version}:{}:{ip_options}:{}:{window},{}:", initial_ttl(packet.ttl), seen.mss, seen.scale);
    seen.write_layout(out);
    out.push(b':');
    quirks.write(out);
    out.extend_from_slice(if packet.payload_bytes as usize > header { b":+" } else { b":0" });
    Some(StackFacts { ttl: packet.ttl, ts_value: seen.timestamp })
}

/// The names of quirks, in p0f's order.
const QUIRKS: [&str; 17] =
    ["df", "id+", "id-", "ecn", "0+", "flow", "seq-", "ack+", "ack-", "uptr+", "urgf+", "pushf+", "ts1-", "ts2+", "opt+", "exws", "bad"];

/// Which quirks were seen: a bit for each name.
#[derive(Clone, Copy, Debug, Default)]
struct Quirks(u32);

impl Quirks {
    fn note(&mut self, name: &str, is_so: bool) {
        if let (true, Some(place)) = (is_so, QUIRKS.iter().position(|known| *known == name)) {
            self.0 |= 1 << place;
        }
    }

    /// Notes what the IPv4 header shows, and gives the length of its options.
    fn ipv4(&mut self, header: &[u8]) -> Option<usize> {
        let (first, tos, id, flags) =
            (*header.first()?, *header.get(1)?, [*header.get(4)?, *header.get(5)?], u16::from_be_bytes([*header.get(6)?, *header.get(7)?]));
        let (has_id, dont) = (id != [0, 0], flags & 0x4000 != 0);
        self.note("ecn", tos & 3 != 0);
        self.note("0+", flags & 0x8000 != 0);
        self.note("df", dont);
        self.note("id+", dont && has_id);
        self.note("id-", !dont && !has_id);
        Some((usize::from(first & 15) * 4).saturating_sub(20))
    }

    /// The same of IPv6, whose extension headers p0f does not look at.
    fn ipv6(&mut self, header: &[u8]) -> Option<usize> {
        let first = u32::from_be_bytes(*header.first_chunk::<4>()?);
        self.note("flow", first & 0xf_ffff != 0);
        self.note("ecn", first >> 20 & 3 != 0);
        Some(0)
    }

    fn tcp(&mut self, tcp: &[u8]) -> Option<()> {
        let header = tcp.first_chunk::<20>()?;
        let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let flags = header[13];
        let (ack, urgent) = (flags & 0x10 != 0, flags & 0x20 != 0);
        self.note("ecn", flags & 0xc0 != 0 || header[12] & 1 != 0);
        self.note("seq-", number(4) == 0);
        self.note("ack-", ack && number(8) == 0);
        self.note("ack+", !ack && number(8) != 0 && flags & 4 == 0);
        self.note("urgf+", urgent);
        self.note("uptr+", !urgent && header[18..20] != [0, 0]);
        self.note("pushf+", flags & 8 != 0);
        Some(())
    }

    fn write(self, out: &mut Vec<u8>) {
        let mut comma = "";
        for (_, name) in QUIRKS.iter().enumerate().filter(|(place, _)| self.0 >> place & 1 != 0) {
            out.extend_from_slice(comma.as_bytes());
            out.extend_from_slice(name.as_bytes());
            comma = ",";
        }
    }
}

/// TCP's options, as far as they are told.
struct Options {
    layout: [u8; OPTIONS_MAX],
    count: usize,
    /// Bytes behind the end of the list.
    padding: usize,
    mss: u16,
    scale: u8,
    timestamp: Option<u32>,
}

impl Options {
    fn read(mut rest: &[u8], is_plain_syn: bool, quirks: &mut Quirks) -> Self {
        let mut seen = Self { layout: [0; OPTIONS_MAX], count: 0, padding: 0, mss: 0, scale: 0, timestamp: None };
        while let [kind, after @ ..] = rest {
            if let Some(place) = seen.layout.get_mut(seen.count) {
                *place = *kind;
                seen.count += 1;
            }
            match kind {
                0 => {
                    seen.padding = after.len();
                    quirks.note("opt+", after.iter().any(|byte| *byte != 0));
                    break;
                }
                1 => rest = after,
                _ => match seen.option(*kind, after, is_plain_syn, quirks) {
                    Some(behind) => rest = behind,
                    None => {
                        quirks.note("bad", true);
                        break;
                    }
                },
            }
        }
        seen
    }

    /// Reads an option from its length on, and gives what follows; `None` where it does not fit.
    fn option<'a>(&mut self, kind: u8, after: &'a [u8], is_plain_syn: bool, quirks: &mut Quirks) -> Option<&'a [u8]> {
        let stated = usize::from(*after.first()?);
        // The known ones are taken at their proper length, whatever they state.
        let proper = match kind {
            2 => 4,
            3 => 3,
            4 => 2,
            8 => 10,
            5 if !(10..=34).contains(&stated) => return None,
            _ if !(2..=40).contains(&stated) => return None,
            _ => stated,
        };
        quirks.note("bad", stated != proper);
        let value = after.get(1..proper - 1)?;
        match (kind, value) {
            (2, [high, low]) => self.mss = u16::from_be_bytes([*high, *low]),
            (3, [scale]) => {
                self.scale = *scale;
                quirks.note("exws", *scale > 14);
            }
            (8, [a, b, c, d, echo @ ..]) => {
                let own = u32::from_be_bytes([*a, *b, *c, *d]);
                self.timestamp = Some(own);
                quirks.note("ts1-", own == 0);
                quirks.note("ts2+", is_plain_syn && echo.iter().any(|byte| *byte != 0));
            }
            _ => {}
        }
        after.get(proper - 1..)
    }

    fn write_layout(&self, out: &mut Vec<u8>) {
        for (at, kind) in self.layout.iter().take(self.count).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            // Writing to a vector cannot fail.
            let _ = match kind {
                0 => write!(out, "eol+{}", self.padding),
                1 => out.write_all(b"nop"),
                2 => out.write_all(b"mss"),
                3 => out.write_all(b"ws"),
                4 => out.write_all(b"sok"),
                5 => out.write_all(b"sack"),
                8 => out.write_all(b"ts"),
                other => write!(out, "?{other}"),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ip;

    /// A packet of IPv4 with a TCP header that has these flags and options.
    fn packet(ttl: u8, frag: u16, id: u16, flags: u8, window: u16, options: &[u8]) -> Vec<u8> {
        let tcp_bytes = 20 + options.len();
        let mut bytes = vec![0x45, 0, 0, (20 + tcp_bytes) as u8];
        bytes.extend_from_slice(&id.to_be_bytes());
        bytes.extend_from_slice(&frag.to_be_bytes());
        bytes.extend_from_slice(&[ttl, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        let ack = if flags & 16 != 0 { 7_u32 } else { 0 };
        bytes.extend_from_slice(&[0x13, 0x88, 0, 80, 0, 0, 0, 1]);
        bytes.extend_from_slice(&ack.to_be_bytes());
        bytes.extend_from_slice(&[(tcp_bytes as u8 / 4) << 4, flags]);
        bytes.extend_from_slice(&window.to_be_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(options);
        bytes
    }

    fn check(bytes: &[u8], expected: &str, facts: Option<StackFacts>) {
        let parsed = ip::parse(bytes, bytes.len() as u32, false, &mut |_, _, _| ()).expect("a packet");
        let mut out = b"what stood there".to_vec();
        assert_eq!(stack_signature(&parsed, &mut out), facts);
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn an_ordinary_syn_is_written_as_p0f_writes_it() {
        let options = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 2, 0, 0, 0, 0, 1, 3, 3, 7];
        let facts = |ttl, ts_value| Some(StackFacts { ttl, ts_value });
        check(&packet(57, 0x4000, 9, 2, 29_200, &options), "4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0", facts(57, Some(0x102)));
        check(&packet(128, 0x4000, 9, 0x12, 8_192, &[2, 4, 5, 0xb4]), "4:128:0:1460:8192,0:mss:df,id+:0", facts(128, None));
        check(&packet(128, 0, 0, 0xc2, 8_192, &[]), "4:128:0:0:8192,0::id-,ecn:0", facts(128, None));
    }

    #[test]
    fn odd_options_are_quirks_and_never_read_past_the_header() {
        let facts = |ts_value| Some(StackFacts { ttl: 64, ts_value });
        check(&packet(64, 0x8000, 1, 2, 1, &[2, 4, 5, 0xb4, 3, 3, 15, 0]), "4:64:0:1460:1,15:mss,ws,eol+0:0+,exws:0", facts(None));
        check(&packet(64, 0, 1, 2, 1, &[0, 1, 0, 1]), "4:64:0:0:1,0:eol+3:opt+:0", facts(None));
        check(&packet(64, 0, 1, 2, 1, &[77, 4, 1, 1, 2, 9, 5, 0xb4]), "4:64:0:1460:1,0:?77,mss:bad:0", facts(None));
        check(&packet(64, 0, 1, 2, 1, &[77, 0, 1, 1]), "4:64:0:0:1,0:?77:bad:0", facts(None));
        check(&packet(64, 0, 1, 2, 1, &[1, 1, 1, 8]), "4:64:0:0:1,0:nop,nop,nop,ts:bad:0", facts(None));
        let options = [8, 10, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1];
        check(&packet(64, 0, 1, 2, 1, &options), "4:64:0:0:1,0:ts,nop,nop:ts1-,ts2+:0", facts(Some(0)));
        check(&packet(64, 0, 1, 0x12, 1, &options), "4:64:0:0:1,0:ts,nop,nop:ts1-:0", facts(Some(0)));
    }

    #[test]
    fn initial_times_to_live_are_the_nearest_above() {
        for (ttl, expected) in [(0, 32), (32, 32), (33, 64), (64, 64), (65, 128), (128, 128), (129, 255), (255, 255)] {
            assert_eq!(initial_ttl(ttl), expected);
        }
    }
}
