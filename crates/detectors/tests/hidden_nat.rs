//! `hidden_nat`: fires for two signs within an hour, stays silent for one, and for what a single machine shows.

use contract::Role;
use detectors::hidden_nat::HiddenNat;
use model::{FLOW_KEYS, Kind, kinds::stack};
use testkit::behaviour::{Making, Stage, http};

const KIND: &Kind = &stack::KIND;

fn syn(secs: f64, ttl: u64, signature: &str) -> Making {
    assert_eq!(stack::KIND.keys.len(), FLOW_KEYS.len());
    Making::of(KIND, secs, "10.0.0.5:4000", "8.8.8.8:443").with("is_orig", true).with("ttl", ttl).text("signature", signature)
}

const WINDOWS: &str = "4:128+0:0:1460:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0";
const LINUX: &str = "4:64+0:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0";

fn agent(secs: f64, text: &str) -> Making {
    http(secs, "10.0.0.5:4000", "8.8.8.8:80", "GET", "a.example", "/").text("user_agent", text)
}

#[test]
fn two_signs() {
    // Others come straight, so that a hop is unusual here.
    let other = |secs: f64| {
        Making::of(KIND, secs, "10.0.0.7:4000", "8.8.8.8:443").with("is_orig", true).with("ttl", 128_u64).text("signature", WINDOWS)
    };
    let found = |events: Vec<Making>| {
        let others = (0..3_u8).map(|number| other(f64::from(number) / 10.0));
        Stage::new(&HiddenNat).names(others.chain(events)).len()
    };
    assert_eq!(found(vec![syn(1.0, 127, WINDOWS), syn(2.0, 63, LINUX)]), 1);
    assert_eq!(found(vec![syn(1.0, 128, WINDOWS), syn(2.0, 64, LINUX)]), 0);
    assert_eq!(found(vec![syn(1.0, 128, WINDOWS), syn(2.0, 128, WINDOWS)]), 0);
    let browsers = || vec![agent(3.0, "Mozilla/5.0 (Windows NT 10.0)"), agent(4.0, "Mozilla/5.0 (iPhone; CPU)")];
    assert_eq!(found([browsers(), vec![syn(1.0, 128, WINDOWS), syn(2.0, 64, LINUX)]].concat()), 1);
    assert_eq!(found(browsers()), 0);
}

#[test]
fn hours_are_apart_and_known_routers_are_excused_by_their_role() {
    let apart =
        vec![syn(1.0, 128, WINDOWS), syn(2.0, 64, LINUX), agent(9000.0, "Mozilla/5.0 (X11; Linux)"), agent(9001.0, "Mozilla/5.0 (iPhone)")];
    assert_eq!(Stage::new(&HiddenNat).names(apart), []);
    let mut stage = Stage::new(&HiddenNat);
    [syn(1.0, 127, WINDOWS), syn(2.0, 63, LINUX)].into_iter().for_each(|making| stage.see(&making.event()));
    assert!(stage.findings().iter().all(|finding| finding.definition.excluded.contains(&Role::NatKnown)));
}
