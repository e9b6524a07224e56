//! What is known stays within bounds, whoever comes.

use contract::Known as _;
use contract::seen::Eyes;
use enrich::{Given, Knowledge};
use model::Addr;
use testkit::behaviour::{conn, dns, http};

/// More than this no table of knowledge may hold together, in bytes.
const HELD_MAX: usize = 160 << 20;

#[test]
fn a_flood_of_hosts_and_names_is_let_go_and_counted() {
    let mut knowledge = Knowledge::new(Given::default());
    let mut eyes = Eyes::default();
    for number in 0..80_000_u32 {
        let inside = Addr::v4((0x0a00_0000 + number).to_be_bytes());
        let outside = Addr::v4((0x2d00_0000 + number).to_be_bytes());
        let name = format!("host{number}.example");
        let (client, server) = (format!("{inside}:5000"), format!("{outside}:80"));
        let at = f64::from(number) / 100.0;
        for making in [
            dns(at, &client, "10.255.255.53:53", &name, "A", "NOERROR"),
            http(at, &client, &server, "GET", &name, "/robots.txt"),
            conn(at, &client, &server, "SF"),
            conn(at, &client, "10.255.0.1:80", "SF"),
        ] {
            let event = making.event();
            knowledge.learn(&eyes.see(&event));
        }
    }
    assert!(knowledge.held_bytes() < HELD_MAX, "{} bytes", knowledge.held_bytes());
    assert!(knowledge.dropped().iter().map(|(_, count)| count).sum::<u64>() > 30_000, "{:?}", knowledge.dropped());
    let last = Addr::v4((0x2d00_0000_u32 + 79_999).to_be_bytes());
    assert_eq!(knowledge.name(Addr::v4((0x0a00_0000_u32 + 79_999).to_be_bytes()), last), Some(&b"host79999.example"[..]));
}
