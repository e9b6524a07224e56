//! Everything at work: records and time into the engine, rows into the folders, findings to those who are told, and a checkpoint each
//! second.
//!
//! One thread owns all of it. A delivery is written into the journal, understood, and its place applied; at a checkpoint the logs are
//! flushed, then what they hold is written down. Between the two nothing happens, so that both say the same moment.

use super::config::Config;
use super::folders::{self, Folder};
use super::metrics;
use super::notify::{Notifier, ToldBefore};
use super::sources;
use super::state::{Checkpoint, Entry, Journal, Out, Senders};
use crate::read::{STORY, at};
use crate::settings::ROLES;
use anyhow::Result;
use capture::FrameBatch;
use contract::Sink;
use enrich::roles::Net;
use intake::{Delivery, Positions, Sender};
use model::kinds::stats;
use model::{Event, Interval, Timestamp};
use pipeline::{News, Session};
use sinks::Logs;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use story::Made;

/// A sender of which something is held is told of the time when nothing has come for so long.
const QUIET: Interval = Interval::from_secs(60);
/// How long places are waited for at the end.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// The clock.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Rows on their way into the logs, with the time that they span.
pub(super) struct Rows {
    pub(super) logs: Logs,
    pub(super) span: Option<(Timestamp, Timestamp)>,
    pub(super) rows: u64,
}

impl Rows {
    /// Takes note of an event's time.
    pub(super) fn note(&mut self, event: &Event) {
        let at = event.ts();
        self.span = Some(self.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }
}

impl Sink for Rows {
    fn event(&mut self, event: &Event) {
        self.note(event);
        self.rows += 1;
        self.logs.event(event);
    }
}

/// Everything.
pub(super) struct Engine {
    pub(super) config: Config,
    pub(super) intake: intake::Settings,
    pub(super) session: Session,
    pub(super) rows: Rows,
    pub(super) folder: Folder,
    pub(super) senders: Senders,
    pub(super) journal: Journal,
    pub(super) positions: Positions,
    pub(super) notifier: Notifier,
    pub(super) board: metrics::Shared,
    /// Findings whose rows were written in an earlier run.
    pub(super) written: HashSet<String>,
    pub(super) checkpoints: u64,
    /// Who may send to each source.
    pub(super) allowed: Vec<Vec<Net>>,
    /// Records of others.
    pub(super) unwanted: u64,
}

impl Engine {
    fn state(&self) -> PathBuf {
        self.config.output.folder.join(folders::STATE)
    }

    /// Takes a delivery: written down first, understood then.
    pub(super) fn delivery(&mut self, delivery: &Delivery) -> Result<()> {
        let allowed = self.allowed.get(usize::from(delivery.source.0)).map(Vec::as_slice).unwrap_or_default();
        if let Sender::Host(host) = delivery.sender
            && !allowed.is_empty()
            && !allowed.iter().any(|net| net.holds(host))
        {
            self.unwanted += delivery.records.len() as u64;
            return Ok(());
        }
        let mut entry = sources::entry(delivery, &self.intake);
        self.append(&mut entry)?;
        if let Some(position) = &delivery.position {
            self.positions.apply(position);
        }
        self.understand(&entry);
        Ok(())
    }

    fn append(&mut self, entry: &mut Entry) -> Result<()> {
        self.journal.append(entry).map_err(|error| at(&self.state(), &error))
    }

    /// Understands what stands in the journal.
    pub(super) fn understand(&mut self, entry: &Entry) {
        self.senders.take(entry, &mut Out { session: &mut self.session, sink: &mut self.rows });
    }

    /// Takes frames; gives an empty buffer back.
    pub(super) fn frames(&mut self, frames: FrameBatch) -> FrameBatch {
        self.session.frames(frames, &mut self.rows);
        self.session.spare()
    }

    /// Time passes: rows come out, findings are told.
    pub(super) fn advance(&mut self, now: Timestamp) -> Result<()> {
        for mut entry in self.senders.quiet(now, QUIET) {
            self.append(&mut entry)?;
            self.understand(&entry);
        }
        self.session.advance(now, &mut self.rows);
        self.tell(now);
        metrics::alive(&self.board);
        Ok(())
    }

    /// Tells what is new: a row each, and a word to those who want to know.
    pub(super) fn tell(&mut self, now: Timestamp) {
        let news = self.session.findings();
        self.write_findings(&news);
        self.notifier.tell(news, now);
    }

    fn write_findings(&mut self, news: &[News]) {
        for one in news {
            // What an earlier run wrote is found again while that is remembered, and has its row.
            if !self.written.remove(&one.row.id) {
                self.rows.event(&one.event);
            }
        }
    }

    /// Makes everything safe: after a sudden end it is gone on from here.
    pub(super) fn checkpoint(&mut self) -> Result<()> {
        let told = self.notifier.before();
        self.save(told)
    }

    fn save(&mut self, told: BTreeMap<String, ToldBefore>) -> Result<()> {
        self.rows.logs.flush().map_err(|(log, error)| at(&self.folder.path().join(log), &error))?;
        let (senders, needed) = self.senders.marks(&self.session, self.journal.next());
        let logs = self.folder.sync().map_err(|error| at(self.folder.path(), &error))?;
        let mut checkpoint = Checkpoint {
            folder: self.folder.name().to_owned(),
            logs,
            last: self.journal.next() - 1,
            senders,
            positions: self.positions.to_string(),
            told,
            ..Checkpoint::default()
        };
        let state = self.state();
        self.journal.sync().and_then(|()| checkpoint.save(&state)).map_err(|error| at(&state, &error))?;
        self.checkpoints += 1;
        // Only now, since the checkpoint before may have needed more.
        self.journal.forget_before(needed).map_err(|error| at(&state, &error))
    }

    /// Begins a new folder where the hour or the day has turned, and removes old ones where that is wanted.
    pub(super) fn rotate(&mut self, now: Timestamp) -> Result<()> {
        let name = folders::name_at(now, self.config.output.rotate);
        // A clock that was set back writes on where it is.
        if name.as_str() <= self.folder.name() {
            return Ok(());
        }
        self.save_story(now)?;
        let folder = Folder::begin(&self.config.output.folder, &name)?;
        let logs = folder.logs(self.config.output.format)?;
        let old = std::mem::replace(&mut self.rows.logs, logs);
        old.finish(now).map_err(|(log, error)| at(&self.folder.path().join(log), &error))?;
        self.folder.sync().map_err(|error| at(self.folder.path(), &error))?;
        self.folder = folder;
        self.enter_folder()?;
        self.checkpoint()?;
        self.remove_oldest()
    }

    /// What lies in each folder beside the logs.
    pub(super) fn enter_folder(&mut self) -> Result<()> {
        self.notifier.set_folder(&self.folder.path().display().to_string());
        if let Some(roles) = &self.config.roles {
            let path = self.folder.path().join(ROLES);
            folders::replace(&path, roles.as_bytes()).map_err(|error| at(&path, &error))?;
        }
        Ok(())
    }

    fn remove_oldest(&self) -> Result<()> {
        let Some(keep) = self.config.output.keep_bytes else { return Ok(()) };
        let root = &self.config.output.folder;
        for name in folders::remove_oldest(root, self.folder.name(), keep).map_err(|error| at(root, &error))? {
            eprintln!("hyakuyo: {} was removed, since all folders hold more than they may", root.join(name).display());
        }
        Ok(())
    }

    /// Writes the story of what is remembered into the current folder.
    pub(super) fn save_story(&mut self, now: Timestamp) -> Result<()> {
        let made = self.made(now);
        match self.session.story(made) {
            Some(story) => write_story(&story, self.folder.path()),
            None => Ok(()),
        }
    }

    fn made(&mut self, now: Timestamp) -> Made {
        let input = |name: String| story::Input { name, ..story::Input::default() };
        let interfaces = self.config.interfaces.iter().map(|interface| interface.name.clone());
        let others = self.intake.sources.iter().map(|source| source.name.clone());
        Made {
            by: format!("hyakuyo {}", env!("CARGO_PKG_VERSION")),
            from: interfaces.chain(others).map(input).collect(),
            first: self.rows.span.map(|(first, _)| story::stamp(first)),
            last: self.rows.span.map(|(_, last)| story::stamp(last.min(now))),
            packets: self.session.taken().0,
            losses: self.session.losses().into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
            ..Made::default()
        }
    }

    /// The counters as rows of `stats.log`.
    pub(super) fn stats(&mut self, now: Timestamp, intake: &[intake::SourceCounts], waiting: u64) {
        for (name, count) in super::counters::rows(self, intake, waiting) {
            let event = Event::new(&stats::KIND, now).with(stats::NAME, name.as_bytes()).with(stats::COUNT, count);
            self.rows.event(&event);
        }
    }

    /// The end: everything comes out, is told and made safe.
    pub(super) fn end(mut self, now: Timestamp) -> Result<()> {
        self.tell(now);
        let made = self.made(now);
        let session = std::mem::replace(&mut self.session, super::restore::nothing());
        let outcome = session.finish(&mut self.rows);
        self.senders.conclude();
        if let Some(story) = outcome.story {
            let made = Made { events: story.made.events, ..made };
            write_story(&story::Story { made, ..story }, self.folder.path())?;
        }
        // Those who are told have their time before it is written down what they were told.
        self.notifier.close(CLOSE_MAX);
        self.checkpoint()
    }
}

fn write_story(story: &story::Story, folder: &Path) -> Result<()> {
    let path = folder.join(STORY);
    let text = serde_json::to_string_pretty(story)? + "\n";
    folders::replace(&path, text.as_bytes()).map_err(|error| at(&path, &error))
}
