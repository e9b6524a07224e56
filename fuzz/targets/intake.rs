//! Streams of any bytes: the same records however they are cut, none beyond its limit, and little held.
#![no_main]

use hyakuyo_fuzz::Input;
use intake::Records;
use intake::framing::{Framed, Framing};
use libfuzzer_sys::fuzz_target;

fn feed(framing: &mut Framing, bytes: &[u8], all: &mut Vec<Vec<u8>>) -> Framed {
    let (mut at, mut sum) = (0, Framed::default());
    while at < bytes.len() {
        let mut records = Records::default();
        let (taken, framed) = framing.take(&bytes[at..], &mut records);
        assert!(taken > 0 || !records.is_empty(), "no way on");
        at += taken;
        sum += framed;
        all.extend(records.iter().map(<[u8]>::to_vec));
    }
    assert!(framing.held_bytes() <= 4 * intake::RECORD_BYTES_MAX);
    sum
}

fn end(mut framing: Framing, all: &mut Vec<Vec<u8>>) -> Framed {
    let mut records = Records::default();
    let framed = framing.finish(&mut records);
    all.extend(records.iter().map(<[u8]>::to_vec));
    framed
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let size = usize::from(input.byte()) + 1;
    let bytes = input.0;
    let (mut whole, mut pieces) = (Vec::new(), Vec::new());
    let mut framing = Framing::default();
    let mut told = feed(&mut framing, bytes, &mut whole);
    told += end(framing, &mut whole);
    let (mut framing, mut sum) = (Framing::default(), Framed::default());
    for piece in bytes.chunks(size) {
        sum += feed(&mut framing, piece, &mut pieces);
    }
    sum += end(framing, &mut pieces);
    assert_eq!((whole, told), (pieces, sum));
    let _ = String::from_utf8_lossy(bytes).parse::<intake::Positions>();
});
