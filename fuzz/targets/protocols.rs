//! Every protocol of the catalogue on any dialogue: no panic, memory within its limit, events that fit, and the same ones however
//! the stream is cut.
#![no_main]

use contract::{Heads, Protocol, Side};
use hyakuyo_fuzz::{Input, dialogue};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use testkit::laws;

/// Where only one protocol is to be looked at, while it is worked on: `FUZZ_PROTOCOL=http fuzz/run 60 protocols`.
static ONE: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("FUZZ_PROTOCOL").ok());

fn named(name: &str) -> Option<&'static dyn Protocol> {
    protocols::CATALOGUE.iter().copied().find(|protocol| protocol.name() == name)
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let place = usize::from(input.byte()) % protocols::CATALOGUE.len();
    let protocol = ONE.as_deref().and_then(named).unwrap_or(protocols::CATALOGUE[place]);
    let how = input.byte();
    let transport = protocol.transports()[usize::from(how & 3) % protocol.transports().len()];
    let port = protocol.ports().iter().find(|(over, _)| *over == transport).map_or(9999, |&(_, port)| port);
    let dialogue = dialogue(&mut input, transport, port);
    let (orig, resp) = (dialogue.said(Side::Orig), dialogue.said(Side::Resp));
    let _ = protocol.probe(&Heads { transport, orig: &orig, resp: &resp, orig_port: dialogue.orig_port, resp_port: port });
    let said = laws::play(protocol, &dialogue, &dialogue.pieces);
    assert!(said.held_bytes_most <= protocol.held_bytes_max(), "{} holds {} bytes", protocol.name(), said.held_bytes_most);
    let breach = laws::events_fit(protocol, &dialogue).err();
    // Splitting costs a dozen runs: one input in four pays them.
    let breach = if how >= 0xc0 && !laws::BOUND_TO_PACKETS.contains(&protocol.name()) { breach.or_else(|| laws::splits_do_not_matter(protocol, &dialogue).err()) } else { breach };
    if let Some(breach) = breach {
        panic!("{breach}");
    }
});
