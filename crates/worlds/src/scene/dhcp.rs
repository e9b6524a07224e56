//! A machine gets its address (RFC 2131): discover, offer, request, acknowledgement.

use crate::cast::{RESOLVER, ROUTER};
use crate::stage::Stage;
use model::{Addr, Interval, Timestamp};
use testkit::network::{Host, System};
use testkit::packet::Mac;

/// How long an address is lent, in seconds.
const LEASE_SECS: u32 = 28_800;

const DISCOVER: u8 = 1;
const OFFER: u8 = 2;
const REQUEST: u8 = 3;
const ACK: u8 = 5;

pub(crate) fn lease(stage: &mut Stage, at: Timestamp, name: &str, host: Host) {
    let id = stage.dice().roll() as u32;
    let mut now = at;
    let network = Network { router: ROUTER, resolver: RESOLVER, domain: "office.example" };
    let mut dice = stage.dice().split();
    exchange(&mut stage.network, id, name, host, network, &mut || {
        let own = now;
        now = now + Interval::from_nanos(dice.between(1_500_000, 4_500_000) as i64);
        own
    });
    let gratuitous = Host { mac: Mac::BROADCAST, ..host };
    stage.network.frame(
        now,
        testkit::packet::ethernet(
            host.mac,
            Mac::BROADCAST,
            0x0806,
            &testkit::packet::arp(1, (host.mac, host.addr), (gratuitous.mac, host.addr)),
        ),
    );
}

/// What a network tells those that join it.
#[derive(Clone, Copy)]
pub(crate) struct Network {
    /// Who lends the addresses, and is the way out.
    pub(crate) router: Host,
    pub(crate) resolver: Host,
    pub(crate) domain: &'static str,
}

/// The four messages; `clock` says when each is sent.
pub(crate) fn exchange(
    frames: &mut testkit::network::Network,
    id: u32,
    name: &str,
    host: Host,
    network: Network,
    clock: &mut dyn FnMut() -> Timestamp,
) {
    let nobody = Host { addr: Addr::v4([0; 4]), ..host };
    let everybody = Host { addr: Addr::v4([255; 4]), mac: Mac::BROADCAST, ..host };
    for (kind, from_client) in [(DISCOVER, true), (OFFER, false), (REQUEST, true), (ACK, false)] {
        let payload = message(kind, id, name, host, network);
        if from_client {
            frames.udp(clock(), (nobody, 68), (everybody, 67), &payload);
        } else {
            frames.udp(clock(), (network.router, 67), (host, 68), &payload);
        }
    }
}

fn message(kind: u8, id: u32, name: &str, host: Host, network: Network) -> Vec<u8> {
    let from_client = matches!(kind, DISCOVER | REQUEST);
    let yours = if from_client { &[0; 4] } else { host.addr.as_slice() };
    let mut bytes = vec![if from_client { 1 } else { 2 }, 1, 6, 0];
    bytes.extend(id.to_be_bytes());
    bytes.extend([0; 8]);
    bytes.extend(yours);
    bytes.extend([0; 8]);
    bytes.extend(host.mac.0);
    bytes.resize(236, 0);
    bytes.extend([0x63, 0x82, 0x53, 0x63]);
    let mut option = |code: u8, value: &[u8]| {
        bytes.extend([code, value.len() as u8]);
        bytes.extend(value);
    };
    option(53, &[kind]);
    if from_client {
        option(61, &[&[1][..], &host.mac.0].concat());
        if kind == REQUEST {
            option(50, host.addr.as_slice());
            option(54, network.router.addr.as_slice());
        }
        option(12, name.as_bytes());
        option(60, if matches!(host.system, System::Windows | System::Windows7) { b"MSFT 5.0" } else { b"dhcpcd-9.4.1" });
        option(55, &[1, 3, 6, 15, 31, 33, 43, 44, 46, 47]);
    } else {
        option(54, network.router.addr.as_slice());
        option(51, &LEASE_SECS.to_be_bytes());
        option(1, &[255, 255, 255, 0]);
        option(3, network.router.addr.as_slice());
        option(6, network.resolver.addr.as_slice());
        option(15, network.domain.as_bytes());
    }
    bytes.push(255);
    bytes.resize(bytes.len().max(300), 0);
    bytes
}
