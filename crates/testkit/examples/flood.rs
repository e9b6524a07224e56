//! Floods, as captures on standard output: what a table, a queue or a buffer must not grow with.
//!
//! `flood flows N`: N datagrams and SYNs between random addresses, 20,000 a second.
//! `flood half-open N`: N connections that are answered and never finished, all within a second.
//! `flood hosts N`: a day in which N hosts, half of them inside, look up names, ask web servers, knock and are refused.
//! `flood holes`: one connection that sends a byte in every 64 KiB of 4 GiB, acknowledged only at its start.

use model::{Addr, Interval, Timestamp};
use std::io::{self, BufWriter, Write};
use testkit::packet::{self, Ip, Segment, ip};

/// What one run may cost at most, so that a slip of the finger fills no disk.
const PACKETS_MAX: u64 = 50_000_000;

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let count = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(1_000_000_u64).min(PACKETS_MAX);
    let mut out = Capture::begin(BufWriter::with_capacity(1 << 20, io::stdout().lock()))?;
    match words.first().map(String::as_str) {
        Some("flows") => flows(&mut out, count)?,
        Some("hosts") => hosts(&mut out, count)?,
        Some("half-open") => half_open(&mut out, count)?,
        Some("holes") => holes(&mut out)?,
        _ => {
            eprintln!("flood: say `flows N`, `hosts N`, `half-open N` or `holes`");
            std::process::exit(2);
        }
    }
    out.to.flush()
}

/// A pcap file of bare IP packets.
struct Capture<W> {
    to: W,
    now: Timestamp,
}

impl<W: Write> Capture<W> {
    fn begin(mut to: W) -> io::Result<Self> {
        to.write_all(&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 101, 0, 0, 0])?;
        Ok(Self { to, now: Timestamp::from_secs(1_700_000_000) })
    }

    fn packet(&mut self, packet: &[u8], after: Interval) -> io::Result<()> {
        self.now = self.now + after;
        let micros = self.now.nanos() / 1000;
        let length = packet.len() as u32;
        for word in [(micros / 1_000_000) as u32, (micros % 1_000_000) as u32, length, length] {
            self.to.write_all(&word.to_le_bytes())?;
        }
        self.to.write_all(packet)
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn address(number: u64) -> Addr {
    Addr::v4((scramble(number) as u32).to_be_bytes())
}

fn header(src: Addr, dst: Addr) -> Ip {
    Ip { src, dst, ttl: 64, id: 1 }
}

fn syn(seq: u32) -> Segment<'static> {
    Segment { seq, flags: 2, window: 65535, ..Segment::default() }
}

fn datagram(header: Ip, ports: (u16, u16)) -> Vec<u8> {
    ip(header, 17, &packet::udp(header, ports, b"flood"))
}

fn segment(header: Ip, ports: (u16, u16), segment: Segment<'_>, payload: &[u8]) -> Vec<u8> {
    ip(header, 6, &packet::tcp(header, ports, segment, payload))
}

fn flows(out: &mut Capture<impl Write>, count: u64) -> io::Result<()> {
    for number in 0..count {
        let (src, dst) = (address(2 * number), address(2 * number + 1));
        let ports = (scramble(number + 7) as u16, scramble(number + 8) as u16);
        let packet =
            if number % 2 == 0 { datagram(header(src, dst), ports) } else { segment(header(src, dst), ports, syn(number as u32), &[]) };
        out.packet(&packet, Interval::from_nanos(50_000))?;
    }
    Ok(())
}

/// Each host asks a name server for a name of its own (which half of the names are), is answered, requests a page, and knocks at
/// two doors that stay shut: what detectors keep tables of.
fn hosts(out: &mut Capture<impl Write>, count: u64) -> io::Result<()> {
    const DAY_NANOS: u64 = 86_400_000_000_000;
    const PACKETS_EACH: u64 = 9;
    let step = Interval::from_nanos((DAY_NANOS / count.max(1) / PACKETS_EACH) as i64);
    let resolver = Addr::v4([198, 51, 100, 53]);
    for number in 0..count {
        let [_, b, c, d] = (number as u32).to_be_bytes();
        let host = if number % 2 == 0 { Addr::v4([10, b, c, d]) } else { Addr::v4([80 + b % 16, b, c, d]) };
        let server = address(number * 3);
        let port = 1024 + (scramble(number) % 60_000) as u16;
        let (question, answer) = lookup(number);
        out.packet(&ip(header(host, resolver), 17, &packet::udp(header(host, resolver), (port, 53), &question)), step)?;
        out.packet(&ip(header(resolver, host), 17, &packet::udp(header(resolver, host), (53, port), &answer)), step)?;
        let (there, back) = (header(host, server), header(server, host));
        let request = format!("GET /{number} HTTP/1.1\r\nHost: h{}.example\r\nUser-Agent: a{}\r\n\r\n", number % 5000, number % 3000);
        let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        out.packet(&segment(there, (port, 80), syn(0), &[]), step)?;
        out.packet(&segment(back, (80, port), Segment { seq: 0, ack: 1, flags: 0x12, window: 65535, ..Segment::default() }, &[]), step)?;
        let said = Segment { seq: 1, ack: 1, flags: 0x18, window: 65535, ..Segment::default() };
        out.packet(&segment(there, (port, 80), said, request.as_bytes()), step)?;
        let length = request.len() as u32;
        out.packet(
            &segment(back, (80, port), Segment { seq: 1, ack: 1 + length, flags: 0x19, window: 65535, ..Segment::default() }, reply),
            step,
        )?;
        let last = Segment { seq: 1 + length, ack: 2 + reply.len() as u32, flags: 0x11, window: 65535, ..Segment::default() };
        out.packet(&segment(there, (port, 80), last, &[]), step)?;
        out.packet(&segment(header(host, address(number * 5)), (port, 445), syn(7), &[]), step)?;
        out.packet(&datagram(header(host, address(number * 7)), (port, 6881)), step)?;
    }
    Ok(())
}

/// A question for an address, and the answer that there is no such name (RFC 1035 section 4).
fn lookup(number: u64) -> (Vec<u8>, Vec<u8>) {
    let name = if number.is_multiple_of(2) { format!("n{number}") } else { format!("n{}", number % 1000) };
    let mut question = vec![(number >> 8) as u8, number as u8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, name.len() as u8];
    question.extend_from_slice(name.as_bytes());
    question.extend_from_slice(b"\x07example\x00\x00\x01\x00\x01");
    let mut answer = question.clone();
    (answer[2], answer[3]) = (0x81, 0x83);
    (question, answer)
}

fn half_open(out: &mut Capture<impl Write>, count: u64) -> io::Result<()> {
    let server = Addr::v4([198, 51, 100, 80]);
    for number in 0..count {
        let (client, port) = (address(number), scramble(number) as u16);
        out.packet(&segment(header(client, server), (port, 80), syn(1000), &[]), Interval::from_nanos(5_000))?;
        let answer = Segment { seq: 5000, ack: 1001, flags: 0x12, window: 65535, ..Segment::default() };
        out.packet(&segment(header(server, client), (80, port), answer, &[]), Interval::from_nanos(5_000))?;
    }
    Ok(())
}

fn holes(out: &mut Capture<impl Write>) -> io::Result<()> {
    let (client, server) = (Addr::v4([10, 0, 0, 1]), Addr::v4([198, 51, 100, 80]));
    let (there, back) = (header(client, server), header(server, client));
    let step = Interval::from_nanos(100_000);
    out.packet(&segment(there, (4000, 9000), syn(0), &[]), step)?;
    out.packet(&segment(back, (9000, 4000), Segment { seq: 0, ack: 1, flags: 0x12, window: 65535, ..Segment::default() }, &[]), step)?;
    let data = |seq| Segment { seq, ack: 1, flags: 0x18, window: 65535, ..Segment::default() };
    out.packet(&segment(there, (4000, 9000), data(1), b"a"), step)?;
    out.packet(&segment(back, (9000, 4000), Segment { seq: 1, ack: 2, flags: 0x10, window: 65535, ..Segment::default() }, &[]), step)?;
    for number in 1..65_536_u32 {
        out.packet(&segment(there, (4000, 9000), data(number << 16), b"x"), step)?;
    }
    Ok(())
}
