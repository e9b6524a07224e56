//! Each list as it is written, and read by the program that it is for, where that is installed.

use super::*;
use crate::{Incident, Input, Made, Text};
use std::process::Command;

fn indicator(kind: &str, value: &str, block: bool) -> Indicator {
    let because =
        Text { en: "an infected host keeps calling it".into(), ja: "感染したホストが繰り返し連絡している先".into() };
    Indicator { kind: kind.into(), value: value.into(), confidence: 90, because, also_hits: 0, block, ids: vec!["C1".into()] }
}

fn story() -> Story {
    Story {
        made: Made {
            by: "hyakuyo 1".into(),
            from: vec![Input { name: "a\nb.pcap".into(), ..Input::default() }],
            last: Some("2020-10-12T21:14:02.000000Z".into()),
            ..Made::default()
        },
        incidents: vec![Incident {
            host: "10.0.0.1".into(),
            title: Text { en: "infected".into(), ja: String::new() },
            ..Incident::default()
        }],
        indicators: vec![
            indicator("domain", "bad.example", true),
            indicator("domain", "gate.bad.example", true),
            indicator("domain", "ev\\x0ail; (.example", true),
            indicator("ip", "203.0.113.9", true),
            indicator("ip", "2001:db8::7", true),
            indicator("url", "http://203.0.113.9:8080/panel/a;b\"c\\xff|d.php?x=1&y=#2", true),
            indicator("url", "http://bad.example/gate.php", true),
            indicator("user_agent", "Mozilla/4.08 (Charon; Inferno)", true),
            indicator("sha256", &"ab".repeat(32), true),
            indicator("ja3", &"cd".repeat(16), false),
            indicator("domain", "shared.example", false),
            indicator("user_agent", "=cmd|' /C calc'!A0, \"x\"", false),
        ],
        ..Story::default()
    }
}

#[test]
fn what_is_not_fit_is_not_enforced() {
    for form in [Form::Suricata, Form::Nftables, Form::Rpz, Form::Squid] {
        let text = render(&story(), form);
        assert!(!text.contains("shared.example") && !text.contains("cdcd"), "{form:?}:\n{text}");
        assert!(text.is_ascii() && text.lines().nth(1).is_some_and(|line| line.contains("10.0.0.1: infected")), "{form:?}:\n{text}");
    }
    let csv = render(&story(), Form::Csv);
    assert_eq!(csv.lines().count(), 1 + story().indicators.len(), "{csv}");
    assert!(csv.contains("domain,shared.example,90,no,0,"), "{csv}");
    assert!(csv.contains("user_agent,\"'=cmd|' /C calc'!A0, \"\"x\"\"\",90,no"), "{csv}");
}

#[test]
fn values_are_escaped_by_the_rules_of_each_language() {
    let suricata = render(&story(), Form::Suricata);
    let url = "http.host; content:\"203.0.113.9\"; bsize:11; http.uri.raw; content:\"/panel/a|3B|b|22|c|FF 7C|d.php?x=1&y=#2\";";
    assert!(suricata.contains(url), "{suricata}");
    assert!(suricata.contains("content:\"Mozilla/4.08 (Charon|3B| Inferno)\"; bsize:30;"), "{suricata}");
    let sids: Vec<&str> = suricata.lines().filter_map(|line| line.split("sid:").nth(1)?.split(';').next()).collect();
    let mut distinct = sids.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!((sids.len(), distinct.len()), (14, 14), "{suricata}");
    assert!(sids.iter().all(|sid| sid.parse::<u32>().is_ok_and(|sid| (1_000_000..2_000_000).contains(&sid))), "{sids:?}");
    let rpz = render(&story(), Form::Rpz);
    assert!(rpz.contains("@ IN SOA localhost. root.localhost. ( 2020101221 "), "{rpz}");
    assert!(rpz.contains("\n*.bad.example IN CNAME .\n") && rpz.contains("\n32.9.113.0.203.rpz-ip IN CNAME .\n"), "{rpz}");
    assert!(rpz.contains("\n128.7.zz.db8.2001.rpz-ip IN CNAME .\n") && rpz.contains("; not a name that a zone can hold: ev"), "{rpz}");
    let squid = render(&story(), Form::Squid);
    assert!(squid.contains("dstdomain .bad.example\n") && !squid.contains(".gate.bad"), "{squid}");
    assert!(squid.contains("browser ^Mozilla/4\\.08.\\(Charon;.Inferno\\)$"), "{squid}");
    let nftables = render(&story(), Form::Nftables);
    assert!(nftables.contains("elements = { 203.0.113.9 }") && nftables.contains("elements = { 2001:db8::7 }"), "{nftables}");
}

#[test]
fn a_story_without_indicators_gives_lists_that_block_nothing() {
    let empty = Story::default();
    assert!(!render(&empty, Form::Nftables).contains("elements"));
    assert_eq!(render(&empty, Form::Squid).lines().filter(|line| !line.starts_with('#')).count(), 0);
}

/// Runs a checker over a list in a file; says so where the checker is not installed.
#[expect(clippy::disallowed_methods, reason = "a checker is a program that reads a file")]
fn accepted(program: &str, arguments: &[&str], name: &str, text: &str) {
    let folder = std::env::temp_dir().join(format!("hyakuyo-blocks-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let file = folder.join(name);
    std::fs::write(&file, text).expect("a list");
    let (file, folder_name) = (file.display().to_string(), folder.display().to_string());
    let arguments: Vec<String> = arguments.iter().map(|word| word.replace("FILE", &file).replace("FOLDER", &folder_name)).collect();
    match Command::new(program).args(&arguments).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => eprintln!("skipped: {program} is not installed"),
        Err(error) => panic!("{program}: {error}"),
        Ok(output) => {
            let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned();
            // Without the right to look at the kernel's tables nft checks nothing.
            if said.contains("Operation not permitted") {
                eprintln!("skipped: {program} may not ask the kernel here");
            } else {
                assert!(output.status.success() && !said.contains("ERROR"), "{program} {arguments:?}:\n{said}\n{text}");
            }
        }
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn the_programs_that_they_are_for_accept_the_lists() {
    let story = story();
    accepted("nft", &["-c", "-f", "FILE"], "hyakuyo.nft", &render(&story, Form::Nftables));
    accepted("named-checkzone", &["rpz.local", "FILE"], "rpz.zone", &render(&story, Form::Rpz));
    let squid = render(&story, Form::Squid) + "http_access deny all\nhttp_port 3128\n";
    accepted("squid", &["-k", "parse", "-f", "FILE"], "squid.conf", &squid);
    accepted("suricata", &["-T", "-S", "FILE", "-l", "FOLDER"], "local.rules", &render(&story, Form::Suricata));
}
