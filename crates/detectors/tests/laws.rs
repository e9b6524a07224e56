//! Laws for every row of the catalogue.

use contract::Chosen;
use detectors::CATALOGUE;
use std::collections::HashSet;
use testkit::behaviour::{Stage, conn, dns, http, irc};

#[test]
fn names_are_unique_and_the_catalogue_is_in_order() {
    let names: Vec<_> = CATALOGUE.iter().map(|row| row.name()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted);
    let definitions: Vec<_> = CATALOGUE.iter().flat_map(|row| row.definitions()).collect();
    let unique: HashSet<_> = definitions.iter().map(|definition| definition.name).collect();
    assert_eq!(unique.len(), definitions.len(), "a definition's name is used twice");
}

#[test]
fn definitions_say_all_that_a_person_needs_in_both_languages() {
    for row in CATALOGUE {
        for definition in row.definitions() {
            let words = [definition.title, definition.rule, definition.next];
            assert!(words.iter().all(|words| !words.en.is_empty() && !words.ja.is_empty()), "{}", definition.name);
            assert!(!definition.source.is_empty() && definition.detector == row.name(), "{}", definition.name);
            assert!(definition.techniques.iter().all(|id| id.starts_with('T')), "{}", definition.name);
        }
        for setting in row.settings() {
            assert!(!setting.doc.is_empty() && setting.default.is_finite(), "{} {}", row.name(), setting.name);
            Chosen::default().get(row.settings(), setting.name);
        }
    }
}

/// Many hosts, names and ports: whatever a detector keeps, it keeps within what it states.
#[test]
fn what_is_held_stays_under_the_stated_limit() {
    const EVENTS: u32 = 60_000;
    for row in CATALOGUE {
        let mut stage = Stage::new(*row);
        for number in 0..EVENTS {
            let [_, a, b, c] = number.to_be_bytes();
            let (orig, resp) = (format!("10.{a}.{b}.{c}:{}", 1024 + number % 60_000), format!("8.{c}.{b}.{a}:{}", 1 + number % 65_000));
            let secs = f64::from(number) / 50.0;
            let events = [
                conn(secs, &orig, &resp, if number % 2 == 0 { "S0" } else { "SF" }).with("orig_bytes", u64::from(number)),
                dns(secs, &orig, "10.0.0.53:53", &format!("n{number}.d{c}{b}.example"), "MX", "NXDOMAIN"),
                http(secs, &orig, &resp, "POST", &format!("h{number}.example"), &format!("/{number}.exe")),
                irc(secs, &orig, &resp, number % 2 == 0, "PRIVMSG", "#c", &format!(".dl http://x.example/{number}.exe")),
            ];
            events.into_iter().for_each(|making| stage.see(&making.event()));
            if number % 5_000 == 0 {
                stage.tick(secs);
                let (held, _) = stage.held();
                assert!(held <= row.held_bytes_max(), "{} holds {held} bytes of {}", row.name(), row.held_bytes_max());
            }
        }
        let (held, _) = stage.held();
        assert!(held <= row.held_bytes_max(), "{} holds {held} bytes of {}", row.name(), row.held_bytes_max());
    }
}

#[test]
fn the_same_events_give_the_same_findings() {
    let run = |row: &'static dyn contract::Behaviour| {
        let mut stage = Stage::new(row);
        for number in 0..3_000_u32 {
            let secs = f64::from(number);
            let resp = format!("198.51.{}.{}:445", number / 250, number % 250 + 1);
            stage.see(&conn(secs, &format!("10.0.0.{}:2000", number % 7 + 1), &resp, "S0").event());
            stage.see(&dns(secs, "10.0.0.9:2000", "10.0.0.53:53", &format!("q{number}.example"), "MX", "NXDOMAIN").event());
        }
        stage.findings()
    };
    for row in CATALOGUE {
        assert_eq!(run(*row), run(*row), "{}", row.name());
    }
}
