//! The laws of DESIGN.md section 4, over every row of the catalogue. Sample dialogues are data: `dialogues/NAME/*.txt`, as
//! `testkit::dialogue` describes them. `LAW_OF=dns cargo test -p protocols --test laws` checks one row.

use protocols::CATALOGUE;
use std::path::Path;
use testkit::dialogue::Dialogue;
use testkit::laws;

#[test]
fn every_protocol_keeps_the_laws() {
    let only = std::env::var("LAW_OF").ok();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let mut breaches = Vec::new();
    for protocol in CATALOGUE {
        if only.as_ref().is_some_and(|only| only != protocol.name()) {
            continue;
        }
        let dialogues = Dialogue::load_folder(&folder.join(protocol.name())).expect("dialogues can be read");
        if let Err(breach) = laws::check(*protocol, &dialogues) {
            breaches.push(breach);
        }
    }
    assert!(breaches.is_empty(), "laws are broken:\n{}", breaches.join("\n"));
}

#[test]
fn the_catalogue_is_in_order() {
    let names: Vec<_> = CATALOGUE.iter().map(|protocol| protocol.name()).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "the catalogue's names are to be unique and in alphabetical order: {names:?}");
    for protocol in CATALOGUE {
        assert!(!protocol.transports().is_empty(), "{} runs over nothing", protocol.name());
        for (transport, _) in protocol.ports() {
            assert!(protocol.transports().contains(transport), "{} has a port on a transport that it does not run over", protocol.name());
        }
    }
}

#[test]
fn dialogues_belong_to_protocols() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(CATALOGUE.iter().any(|protocol| protocol.name() == name), "dialogues/{name} belongs to no protocol of the catalogue");
    }
}
