//! The campus is the same every time, of a handy size, held in little memory, and true.

use model::{Addr, Timestamp};
use std::collections::BTreeSet;
use worlds::{Campus, Truth};

/// Frames and bytes of the full day at most, so that tests and measurements stay quick.
const FRAMES_MAX: u64 = 420_000;
const BYTES_MAX: u64 = 150_000_000;

struct Made {
    truth: Truth,
    frames: u64,
    bytes: u64,
    held: usize,
    sum: u64,
    hosts: BTreeSet<Addr>,
}

fn make(campus: Campus) -> Made {
    let (mut sum, mut last, mut hosts) = (17u64, Timestamp::default(), BTreeSet::new());
    let mut sink = |at: Timestamp, frame: &[u8]| {
        assert!(at >= last, "frames are in the order of time");
        last = at;
        for byte in frame.iter().chain(&at.nanos().to_le_bytes()) {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if frame[12..14] == [8, 0] {
            hosts.extend(Addr::from_slice(&frame[26..30]));
        }
        Ok(())
    };
    let (truth, tally) = campus.stream(&mut sink).expect("a sink that takes everything");
    Made { truth, frames: tally.frames, bytes: tally.bytes, held: tally.held_frames_max, sum, hosts }
}

#[test]
fn the_same_settings_give_the_same_bytes() {
    let small = Campus { hosts: 70, hours: 2, ..Campus::default() };
    let (one, two, other) = (make(small), make(small), make(Campus { seed: 2, ..small }));
    assert_eq!((one.sum, &one.truth), (two.sum, &two.truth));
    assert_ne!(one.sum, other.sum);
}

#[test]
fn the_full_day_is_handy_and_true() {
    let made = make(Campus::default());
    assert!((200_000..FRAMES_MAX).contains(&made.frames), "{} frames", made.frames);
    assert!(made.bytes < BYTES_MAX, "{} bytes", made.bytes);
    assert!(made.held < 40_000, "{} frames were held at once", made.held);
    assert!(made.hosts.len() > 3_000, "{} hosts", made.hosts.len());
    let detectors: BTreeSet<&str> = made.truth.planted.iter().filter(|deed| deed.required).map(|deed| deed.detector).collect();
    for detector in [
        "scan",
        "worm",
        "mass_mailer",
        "irc_bot",
        "p2p",
        "skype",
        "tunnel",
        "dns_tunnel",
        "dns_ids",
        "beacon",
        "hidden_nat",
        "exe_download",
        "odd_port",
        "dos",
        "darknet_inside",
        "brute_force",
    ] {
        assert!(detectors.contains(detector), "nothing is planted for {detector}");
    }
    for deed in &made.truth.planted {
        assert!(made.hosts.contains(&deed.host), "{} is said to do something, and sends nothing", deed.host);
    }
}

#[test]
fn a_closed_network_has_one_that_goes_around_the_proxy() {
    let made = make(Campus { hosts: 80, hours: 3, closed: true, ..Campus::default() });
    assert_eq!(made.truth.planted.iter().filter(|deed| deed.detector == "proxy_bypass").count(), 1);
    assert!(made.truth.roles_toml().contains("role = \"proxies\""));
}
