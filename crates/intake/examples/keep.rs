//! A consumer that can be killed at any time, for `tests/intake/rotate`: it keeps lines in one file and, in one step, how many of
//! them count and where the intake stands.
//!
//! `keep STATE OUT PATTERN…`: STATE is the length of OUT and the positions behind it; what OUT holds beyond that length is forgotten.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a tool for a test, which ends where something fails")]

use intake::{Files, Intake, Origin, Positions, Settings, Source};
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

/// Deliveries that are kept in one step, so that some are always lost with the process.
const DELIVERIES: usize = 8;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (state, out, patterns) = (Path::new(&words[0]), &words[1], words[2..].to_vec());
    let kept = std::fs::read_to_string(state).unwrap_or_else(|_| "0\n".to_owned());
    let (length, positions) = kept.split_once('\n').unwrap();
    let mut positions: Positions = positions.parse().unwrap();
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(out).unwrap();
    file.set_len(length.parse().unwrap()).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    let origin = Origin::Files(Files { patterns, ..Files::default() });
    let settings = Settings { sources: vec![Source { name: "files".into(), origin }] };
    let (intake, receiver) = Intake::open(&settings, &positions).unwrap();
    let mut told = String::new();
    loop {
        let (mut taken, mut text) = (0, Vec::new());
        while taken < DELIVERIES
            && let Ok(delivery) = receiver.recv(Duration::from_millis(50))
        {
            taken += 1;
            for record in delivery.records.iter() {
                text.extend_from_slice(record);
                text.push(b'\n');
            }
            delivery.position.iter().for_each(|position| positions.apply(position));
        }
        if taken > 0 {
            file.write_all(&text).unwrap();
            let new = state.with_extension("new");
            let length = file.stream_position().unwrap();
            File::create(&new).unwrap().write_all(format!("{length}\n{positions}").as_bytes()).unwrap();
            std::fs::rename(new, state).unwrap();
        }
        let counters = format!("{:?}", intake.counters()[0].all.named().skip(2).collect::<Vec<_>>());
        if counters != told {
            eprintln!("{counters}");
            told = counters;
        }
    }
}
