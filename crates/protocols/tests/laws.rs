//! The laws of DESIGN.md section 4, over every row of the catalogue. Sample dialogues are data: `dialogues/NAME/*.txt`, as
//! `testkit::dialogue` describes them. `LAW_OF=dns cargo test -p protocols --test laws` checks one row.

#![allow(clippy::disallowed_methods, reason = "tests read their dialogues from files, and what to check from the environment")]

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

#[test]
fn every_protocol_is_described() {
    let page = include_str!("../../../docs/protocols.md");
    for protocol in CATALOGUE {
        let name = format!("`{}`", protocol.name());
        let line = page
            .lines()
            .find(|line| line.strip_prefix("| ").and_then(|line| line.split('|').next()).is_some_and(|cell| cell.contains(&name)));
        let Some(line) = line else { panic!("docs/protocols.md says nothing about {name}") };
        let ports = line.split('|').nth(2).unwrap_or_default();
        for (transport, port) in protocol.ports() {
            let written = ports.split(|c: char| !c.is_ascii_digit()).any(|word| word == port.to_string());
            assert!(written, "docs/protocols.md leaves out {transport:?} port {port} of {name}");
        }
    }
}

/// What real programs said: every dialogue of the test data's captures. Takes minutes, so only when asked for:
/// `cargo test --release -p protocols --test laws -- --ignored --nocapture`, with `LAW_OF` and `LAW_CAPTURES` (a folder) if wished.
#[test]
#[ignore = "takes minutes, and needs the test data"]
fn real_dialogues_keep_the_laws() {
    let only = std::env::var("LAW_OF").ok();
    let home = std::env::var("HOME").unwrap_or_default();
    let folder = std::env::var("LAW_CAPTURES").unwrap_or_else(|_| format!("{home}/.cache/hyakuyo-corpus"));
    let mut captures = Vec::new();
    collect(Path::new(&folder), &mut captures);
    captures.sort();
    let mut told = std::collections::BTreeMap::<&str, (usize, Vec<String>)>::new();
    for capture in captures {
        for dialogue in testkit::harvest::dialogues(&capture) {
            for protocol in CATALOGUE.iter().filter(|protocol| only.as_ref().is_none_or(|only| only == protocol.name())) {
                let (tried, breaches) = told.entry(protocol.name()).or_default();
                // Enough of each protocol, and enough breaches to work on.
                if *tried < 400 && breaches.len() < 5 && laws::concerns(*protocol, &dialogue) {
                    *tried += 1;
                    breaches.extend(laws::check_dialogue(*protocol, &dialogue).err().map(|breach| breach.chars().take(1500).collect()));
                }
            }
        }
    }
    let mut text = String::new();
    for (name, (tried, breaches)) in &told {
        println!("{name}: {tried} dialogues, {} breaches", breaches.len());
        text.extend(breaches.iter().map(|breach| format!("{breach}\n\n")));
    }
    assert!(text.is_empty(), "laws are broken:\n{text}");
}

fn collect(folder: &Path, captures: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, captures);
        } else if path.extension().is_some_and(|end| ["pcap", "pcapng", "cap", "trace"].iter().any(|known| end == *known)) {
            captures.push(path);
        }
    }
}
