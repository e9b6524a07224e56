//! The smallest sensor: one interface into logs, until its standard input ends. For `tests/live`; people use `hyakuyo watch`.
//!
//! `live INTERFACE FOLDER [SOCKETS] [WORKERS] [RING_MB] [FILTER]`; says "ready" when it listens, and at the end what it counted.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a program of its own: it knows the clock and opens files")]

use capture::ring::{self, Live, Next};
use model::Timestamp;
use pipeline::{Options, Session, Settings};
use sinks::{Format, Logs};
use std::fs::{File, create_dir_all};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let (interface, folder) = (args.get(1).ok_or("an interface")?, PathBuf::from(args.get(2).ok_or("a folder")?));
    let number = |place: usize, default: usize| args.get(place).and_then(|text| text.parse().ok()).unwrap_or(default);
    let rings = ring::open(&ring::Settings {
        interface: interface.clone(),
        filter: args.get(6).cloned(),
        ring_bytes: (number(5, 64) as u64) << 20,
        promiscuous: true,
        sockets: number(3, 1),
    })?;
    create_dir_all(&folder)?;
    let options = Options {
        verify_checksums: false,
        workers: number(4, 1),
        extract_to: None,
        understand: std::env::var_os("LOGS_ONLY").is_none(),
        settings: Settings::default(),
        given: enrich::Given::default(),
    };
    let mut logs = Logs::new(Format::Zeek, {
        let folder = folder.clone();
        Box::new(move |name| File::create(folder.join(name)).map(|file| Box::new(file) as Box<dyn std::io::Write + Send>))
    });
    let live = Live::start(rings)?;
    let mut session = Session::new(&options);
    let ended = Arc::new(AtomicBool::new(false));
    std::thread::spawn({
        let ended = Arc::clone(&ended);
        move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            ended.store(true, Ordering::Release);
        }
    });
    println!("ready");
    std::io::stdout().flush()?;
    let (mut findings, mut high) = (0, 0);
    loop {
        match live.next(Duration::from_millis(100)) {
            Next::Frames(frames) => {
                high = high.max(frames.len());
                session.frames(frames, &mut logs);
                live.give_back(session.spare());
            }
            Next::Nothing => session.advance(now(), &mut logs),
            Next::End => break,
        }
        findings += session.findings().len();
        if ended.load(Ordering::Acquire) {
            live.stop();
        }
    }
    let (counts, waits, error) = (live.counts(), live.waits(), live.error());
    session.lost("kernel_drops", counts.dropped);
    let outcome = session.finish(&mut logs);
    logs.finish(now()).map_err(|(log, error)| format!("{log}: {error}"))?;
    println!(
        "passed {} taken {} dropped {} left {} damaged {} frozen {} waits {waits} packets {} findings {findings} batch {high} error {}",
        counts.passed,
        counts.taken,
        counts.dropped,
        counts.left(),
        counts.damaged,
        counts.frozen,
        outcome.packets,
        error.unwrap_or_default(),
    );
    Ok(())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
