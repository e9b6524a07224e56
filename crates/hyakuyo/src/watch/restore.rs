//! The start: where the last run stood, and from there on.

use super::config::Config;
use super::engine::{Engine, Rows, now};
use super::folders::{self, Folder};
use super::metrics;
use super::notify::{Helper, Notifier};
use super::sources;
use super::state::{Checkpoint, Journal, Senders};
use crate::logs::{each_row, evidence_in, logs_named};
use crate::read::at;
use anyhow::{Context as _, Result};
use intake::Positions;
use model::{Interval, Timestamp};
use pipeline::{Options, Session};
use std::collections::HashSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How the settings want it analyzed.
fn options(config: &Config) -> Options {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Options {
        verify_checksums: !config.interfaces.iter().any(|interface| interface.ignore_checksums),
        // Records are understood by one; only packets need more.
        workers: if config.interfaces.is_empty() { 1 } else { config.output.workers.unwrap_or_else(cores) },
        extract_to: None,
        understand: true,
        settings: config.settings.clone(),
        given: config.given.clone(),
    }
}

/// An engine that stands where another was.
pub(super) fn nothing() -> Session {
    let (settings, given) = (pipeline::Settings::default(), enrich::Given::default());
    Session::new(&Options { verify_checksums: true, workers: 1, extract_to: None, understand: false, settings, given })
}

/// Goes on where the last run stood, or begins.
pub(super) fn engine(config: Config, helpers: Vec<Helper>, board: metrics::Shared) -> Result<Engine> {
    let root = config.output.folder.clone();
    let state = root.join(folders::STATE);
    let checkpoint = Checkpoint::load(&state).map_err(|error| at(&state, &error)).context("the checkpoint")?;
    let going_on = checkpoint.is_some();
    let checkpoint = checkpoint.unwrap_or_default();
    if going_on {
        folders::take_back(&root, &checkpoint.folder, &checkpoint.logs).map_err(|error| at(&root, &error))?;
    }
    let mut positions: Positions = if going_on { checkpoint.positions.parse().context("the checkpoint")? } else { Positions::default() };

    let now = now();
    // A clock that was set back must not write before what stands.
    let name = folders::name_at(now, config.output.rotate).max(checkpoint.folder.clone());
    let folder = Folder::begin(&root, &name)?;
    let rows = Rows { logs: folder.logs(config.output.format)?, span: None, rows: 0 };
    let mut senders = Senders::new(config.limits.sources, checkpoint.senders, checkpoint.last);
    senders.set_zones(sources::zones(&config));
    let mut entries = Vec::new();
    let mut journal =
        Journal::open(&state, config.limits.resume_bytes, &mut |entry| entries.push(entry)).map_err(|error| at(&state, &error))?;
    journal.go_on_behind(checkpoint.last);
    let notifier = Notifier::open(&config.notify, &checkpoint.told, helpers);
    let (session, intake) = (Session::new(&options(&config)), sources::settings(&config));
    let allowed = sources::allowed(&config);
    let mut engine = Engine {
        config,
        intake,
        session,
        rows,
        folder,
        senders,
        journal,
        positions: Positions::default(),
        notifier,
        board,
        written: HashSet::new(),
        checkpoints: 0,
        allowed,
        unwanted: 0,
    };
    engine.enter_folder()?;
    if going_on {
        remember(&mut engine, now)?;
        engine.tell(now);
    }
    for entry in &entries {
        if entry.number > checkpoint.last {
            sources::apply(&mut positions, &entry.position);
        }
        engine.understand(entry);
    }
    engine.senders.caught_up();
    engine.positions = positions;
    Ok(engine)
}

/// Remembers what the logs of the set span say.
fn remember(engine: &mut Engine, now: Timestamp) -> Result<()> {
    let span = i64::try_from(engine.config.memory.span.as_secs()).unwrap_or(i64::MAX);
    let since = now + Interval::from_nanos(-Interval::from_secs(span).nanos());
    let root = engine.config.output.folder.clone();
    let first = folders::name_at(since, super::config::Rotate::Day);
    let names = folders::dated(&root).map_err(|error| at(&root, &error))?;
    for name in names.into_iter().filter(|name| name.as_str() >= first.as_str()) {
        let folder = root.join(name);
        if !has_evidence(&folder)? {
            continue;
        }
        for (known_at, event) in evidence_in(&folder)? {
            if known_at >= since {
                engine.rows.note(&event);
                engine.session.remember(known_at, event);
            }
        }
        for log in logs_named(&folder, "finding")? {
            each_row(&log, &mut |row| engine.written.extend(row.get("id").map(str::to_owned)))?;
        }
    }
    Ok(())
}

fn has_evidence(folder: &PathBuf) -> Result<bool> {
    let kinds: HashSet<String> = pipeline::kinds().into_iter().map(|kind| format!("{}.log", kind.name)).collect();
    let no_evidence = ["finding.log", "stats.log", "packet_filter.log", "capture_loss.log"];
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let name = entry.map_err(|error| at(folder, &error))?.file_name().to_string_lossy().into_owned();
        if kinds.contains(&name) && !no_evidence.contains(&name.as_str()) {
            return Ok(true);
        }
    }
    Ok(false)
}
