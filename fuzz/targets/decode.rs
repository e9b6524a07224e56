//! Frames of any link type: link layers, IP, fragments, tunnels, and the headers of the transports.
#![no_main]

use flow::{Decoder, FragmentLimits, Hears, Icmp, IpPacket, Protocol, Tcp, Tunnel, Tunnels, Udp};
use hyakuyo_fuzz::Input;
use libfuzzer_sys::fuzz_target;
use model::{Addr, Interval, Timestamp, Uid};

/// Listens, and hands the content of datagrams back as if they were tunnels.
struct Ears(u32);

impl Hears for Ears {
    fn weird(&mut self, name: &'static str, _addl: &str, _source: &'static str, _ends: Option<(Addr, Addr)>, _tunnels: &Tunnels) {
        assert!(!name.is_empty());
    }
    fn ip_tunnel(&mut self, kind: &'static str, src: Addr, dst: Addr) -> Tunnel {
        Tunnel { uid: Uid::connection(&[src.octets(), dst.octets()]), kind, orig: (src, 0), resp: (dst, 0), is_flow: false }
    }
    fn packet(&mut self, decoder: &mut Decoder, at: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels) {
        self.0 += 1;
        assert!(self.0 < 10_000, "one frame gives packets without end");
        let _ = flow::checksum_ok(packet);
        if packet.protocol == Protocol::TCP {
            let _ = Tcp::parse(packet);
        } else if packet.protocol == Protocol::UDP {
            if let Ok(udp) = Udp::parse(packet) {
                let bytes = packet.payload.get(8..).unwrap_or(&[]);
                decoder.inner(at, if udp.dst_port % 2 == 0 { 1 } else { 101 }, bytes, bytes.len() as u32, tunnels, self);
            }
        } else {
            let _ = Icmp::parse(packet);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let links = [1, 113, 276, 101, 12, 228, 229, 0, 108, 105, 127, 119, 9, 50, 51, 104, 107, 239, 192, 163, 277];
    let link = links[usize::from(input.byte()) % links.len()];
    let mut decoder = Decoder::new(input.byte() % 2 == 1, FragmentLimits::default());
    let mut at = Timestamp::from_secs(1_000_000);
    let mut spreader = flow::Spreader::default();
    while !input.0.is_empty() {
        at = at + Interval::from_millis(i64::from(input.byte()) * 300);
        let length = usize::from(input.word()) % 1600;
        let frame = input.bytes(length);
        let _ = spreader.number(link, frame);
        decoder.frame(at, link, frame, frame.len() as u32 + u32::from(length % 7 == 0) * 100, &mut Ears(0));
    }
});
