//! TCP segments in any order, with any flags, overlaps, holes and repetitions, on well-formed packets, read to the end.
#![no_main]

use capture::write::{Precision, Writer};
use hyakuyo_fuzz::{Input, read_all};
use libfuzzer_sys::fuzz_target;
use model::{Addr, Interval, Timestamp};
use testkit::packet::{self, Ip, Mac, Segment};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (first, port) = (input.byte(), [80, 21, 25, 445, 443, 53, 6667, 9999][usize::from(input.byte() % 8)]);
    // Near the end of the numbers, so that they wrap around.
    let base = if first % 2 == 0 { u32::MAX - 500 } else { 1000 };
    let ends = [(Addr::v4([10, 0, 0, 1]), 40_000), (Addr::v4([192, 0, 2, 1]), port)];
    let mut at = Timestamp::from_secs(1_000_000);
    let Ok(mut capture) = Writer::new(Vec::new(), 1, Precision::Micros) else { return };
    while !input.0.is_empty() {
        let (head, flags) = (input.byte(), input.byte());
        let (from, to) = if head & 1 == 0 { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
        at = at + Interval::from_millis(if head & 2 == 0 { 10 } else { i64::from(input.byte()) * 4000 });
        let far = if head & 4 == 0 { 1 } else { 65_537 };
        let seq = base.wrapping_add(u32::from(input.word() % 1024).wrapping_mul(far));
        let ack = base.wrapping_add(u32::from(input.word() % 1024).wrapping_mul(far));
        let length = usize::from(input.byte());
        let header = Ip { src: from.0, dst: to.0, ttl: 64, id: 1 };
        let segment = Segment { seq, ack, flags, window: u16::from(head) << 8, options: &[] };
        let segment = packet::tcp(header, (from.1, to.1), segment, input.bytes(length));
        let packet = packet::ip(header, packet::TCP, &segment);
        if capture.frame(at, &packet::ethernet_ip(Mac([2; 6]), Mac([4; 6]), &packet)).is_err() {
            return;
        }
    }
    if let Ok(bytes) = capture.finish() {
        read_all(bytes);
    }
});
