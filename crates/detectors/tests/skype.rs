//! `skype`: fires for the request for its version, with the version, and for the ladder; silent for others' requests and ways.

use detectors::skype::Skype;
use testkit::behaviour::{Stage, conn, http};

#[test]
fn the_request_names_the_version() {
    let ask = |uri: &str| {
        let mut stage = Stage::new(&Skype);
        stage.see(&http(1.0, "10.0.0.5:4000", "8.8.8.8:80", "GET", "ui.skype.com", uri).event());
        stage.findings().iter().map(|finding| String::from_utf8_lossy(&finding.subject).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask("/ui/2/2.2.0.35/en/getlatestversion?ver=2.2.0.35&uhash=1"), ["2.2.0.35"]);
    assert_eq!(ask("/getlatestversion?ver=2.2.0.35"), [""; 0]);
}

#[test]
fn the_ladder_needs_all_rungs_with_the_same_peer() {
    let climb = |peers: u32, rungs: &[(&str, u32)]| {
        let all: Vec<_> = (0..peers)
            .flat_map(|number| {
                let rung = move |(proto, port): &(&str, u32)| {
                    let port = if *port == 0 { 3000 + number } else { *port };
                    let making = conn(f64::from(number), "10.0.0.5:20000", &format!("8.8.8.{}:{port}", number + 1), "S0");
                    making.text("proto", proto)
                };
                rungs.iter().map(rung).collect::<Vec<_>>()
            })
            .collect();
        Stage::new(&Skype).names(all)
    };
    assert_eq!(climb(3, &[("udp", 0), ("tcp", 0), ("tcp", 443)]), [("skype", "10.0.0.5".to_owned())]);
    assert_eq!(climb(2, &[("udp", 0), ("tcp", 0), ("tcp", 443)]), []);
    assert_eq!(climb(9, &[("tcp", 0), ("tcp", 443), ("tcp", 80)]), []);
    assert_eq!(climb(9, &[("udp", 0), ("tcp", 443)]), []);
}
