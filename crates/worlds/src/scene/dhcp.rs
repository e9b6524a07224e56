//! A machine gets its address (RFC 2131): discover, offer, request, acknowledgement.

use crate::cast::{RESOLVER, ROUTER};
use crate::stage::Stage;
use model::{Addr, Timestamp};
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
    let nobody = Host { addr: Addr::v4([0; 4]), ..host };
    let everybody = Host { addr: Addr::v4([255; 4]), mac: Mac::BROADCAST, ..host };
    let mut now = at;
    for (kind, from_client) in [(DISCOVER, true), (OFFER, false), (REQUEST, true), (ACK, false)] {
        let payload = message(kind, id, name, host);
        if from_client {
            stage.network.udp(now, (nobody, 68), (everybody, 67), &payload);
        } else {
            stage.network.udp(now, (ROUTER, 67), (host, 68), &payload);
        }
        now = now + stage.about_ms(3);
    }
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

fn message(kind: u8, id: u32, name: &str, host: Host) -> Vec<u8> {
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
            option(54, ROUTER.addr.as_slice());
        }
        option(12, name.as_bytes());
        option(60, if host.system == System::Windows { b"MSFT 5.0" } else { b"dhcpcd-9.4.1" });
        option(55, &[1, 3, 6, 15, 31, 33, 43, 44, 46, 47]);
    } else {
        option(54, ROUTER.addr.as_slice());
        option(51, &LEASE_SECS.to_be_bytes());
        option(1, &[255, 255, 255, 0]);
        option(3, ROUTER.addr.as_slice());
        option(6, RESOLVER.addr.as_slice());
        option(15, b"office.example");
    }
    bytes.push(255);
    bytes.resize(bytes.len().max(300), 0);
    bytes
}
