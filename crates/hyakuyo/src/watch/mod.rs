//! `hyakuyo watch`: interfaces, followed files and syslog as one, watched as they go on; findings told as they happen.
//!
//! One file of settings ([`config`]) says everything; [`restore`] goes on where the last run stood, [`engine`] works, [`notify`] tells.
//! SIGHUP takes new settings over, SIGTERM and SIGINT end it with everything written.

mod config;
mod counters;
mod engine;
mod folders;
mod metrics;
mod notify;
mod restore;
mod rights;
mod signals;
mod sources;
mod state;

use crate::args::{CheckConfig, MailHelper, Watch};
use crate::read::at;
use crate::settings::read_text;
use crate::terminal::{self, safe};
use anyhow::{Context as _, Result, bail};
use capture::ring::{self, Live, Next};
use config::{Config, To};
use engine::{Engine, now};
use intake::{Intake, ReceiveError, Receiver};
use notify::Helper;
use signals::{Signals, Told};
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a delivery is waited for before the time is looked at.
const WAIT: Duration = Duration::from_millis(100);
/// The same for frames, beside which deliveries come.
const LIVE_WAIT: Duration = Duration::from_millis(20);
/// Deliveries that are taken between two batches of frames, so that neither waits for the other.
const DELIVERIES_BETWEEN: usize = 32;
/// How long frames that are underway at the end are waited for.
const END_MAX: Duration = Duration::from_secs(5);
/// Time passes in the engine so often, also while much comes.
const ADVANCE: Duration = Duration::from_millis(200);
/// A row for each counter is written so often.
const STATS: Duration = Duration::from_secs(60);
/// Metrics are brought up to date so often.
const METRICS: Duration = Duration::from_secs(5);

/// Runs `check-config`.
pub(crate) fn check_config(args: &CheckConfig) -> Result<bool> {
    let Some(path) = &args.config else {
        terminal::print(config::EXAMPLE)?;
        return Ok(true);
    };
    let config = load(path)?;
    let sources = config.interfaces.len() + config.files.len() + config.syslog.len();
    let say = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let told = say(config.notify.sinks.len(), "place");
    terminal::print(&format!("{}: good; {} to watch, {told} to tell\n", safe(&path.display().to_string()), say(sources, "source")))?;
    Ok(true)
}

/// Runs the hidden command that sends mails.
pub(crate) fn mail_helper(args: &MailHelper) -> Result<()> {
    notify::serve(&args.command)
}

/// Runs `watch`.
pub(crate) fn run(args: &Watch) -> Result<()> {
    let config = load(&args.config)?;
    let signals = Signals::catch()?;
    let _lock = lock(&config)?;
    let helpers = helpers(&config)?;
    let mut rings = Vec::new();
    for settings in sources::rings(&config) {
        rings.extend(ring::open(&settings)?);
    }
    let confined = config.sandbox.clone();
    if confined.enabled {
        rights::confine(&config, &args.config);
    }
    let board = metrics::board();
    if let Some(at) = config.metrics {
        let at = metrics::serve(at, &board)?;
        eprintln!("hyakuyo: metrics at http://{at}/metrics");
    }
    let mut engine = restore::engine(config, helpers, board)?;
    let (intake, receiver) = Intake::open(&engine.intake, &engine.positions)?;
    if confined.enabled {
        rights::become_other(&confined, &engine)?;
    }
    let live = if rings.is_empty() { None } else { Some(Live::start(rings)?) };
    let sources = Sources { intake, receiver, live };
    engine.checkpoint()?;
    eprintln!("hyakuyo: watching; logs in {}", safe(&engine.folder.path().display().to_string()));
    watch(&mut engine, &sources, &signals, &args.config)?;
    sources.end(&mut engine)?;
    engine.end(now())
}

/// Where everything comes from.
struct Sources {
    intake: Intake,
    receiver: Receiver,
    live: Option<Live>,
}

impl Sources {
    /// Takes what has come, waiting for it a moment. False where nothing will come any more.
    fn take(&self, engine: &mut Engine) -> Result<bool> {
        let Some(live) = &self.live else {
            return match self.receiver.recv(WAIT) {
                Ok(delivery) => engine.delivery(&delivery).map(|()| true),
                Err(ReceiveError::Timeout) => Ok(true),
                Err(ReceiveError::Closed) => Ok(false),
            };
        };
        let more = match live.next(LIVE_WAIT) {
            Next::Frames(frames) => {
                live.give_back(engine.frames(frames));
                true
            }
            Next::Nothing => true,
            Next::End => bail!("capturing has ended: {}", live.error().unwrap_or_default()),
        };
        for _ in 0..DELIVERIES_BETWEEN {
            let Ok(delivery) = self.receiver.try_recv() else { break };
            engine.delivery(&delivery)?;
        }
        Ok(more)
    }

    /// What was lost before it came here.
    fn losses(&self, engine: &mut Engine) {
        if let Some(live) = &self.live {
            engine.session.lost("kernel_drops", live.counts().dropped);
            engine.session.lost("frames_damaged", live.counts().damaged);
        }
    }

    /// Nothing more is wanted: what is underway comes in.
    fn end(self, engine: &mut Engine) -> Result<()> {
        self.losses(engine);
        if let Some(live) = &self.live {
            live.stop();
            let until = Instant::now() + END_MAX;
            while Instant::now() < until {
                match live.next(LIVE_WAIT) {
                    Next::Frames(frames) => live.give_back(engine.frames(frames)),
                    Next::Nothing => {}
                    Next::End => break,
                }
            }
        }
        self.intake.stop();
        while let Ok(delivery) = self.receiver.try_recv() {
            engine.delivery(&delivery)?;
        }
        Ok(())
    }
}

/// One watcher to an output folder: two would write over each other.
fn lock(config: &Config) -> Result<File> {
    let state = config.output.folder.join(folders::STATE);
    fs::create_dir_all(&state).map_err(|error| at(&state, &error).context("the output folder cannot be made"))?;
    let path = state.join("lock");
    let file = File::create(&path).map_err(|error| at(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("{}: another hyakuyo writes there", config.output.folder.display()),
        Err(TryLockError::Error(error)) => Err(at(&path, &error)),
    }
}

/// The processes that run mail commands, begun while that is allowed.
fn helpers(config: &Config) -> Result<Vec<Helper>> {
    let mails = config.notify.sinks.iter().filter_map(|sink| match &sink.to {
        To::Mail { command, .. } => Some(command),
        _ => None,
    });
    mails.map(|command| Helper::begin(command, None)).collect()
}

/// When something is done next.
struct Due {
    every: Duration,
    next: Instant,
}

impl Due {
    fn new(every: Duration) -> Self {
        Self { every, next: Instant::now() + every }
    }

    fn now(&mut self) -> bool {
        let now = Instant::now();
        let due = now >= self.next;
        if due {
            self.next = now + self.every;
        }
        due
    }
}

/// The loop, until it is told to end.
fn watch(engine: &mut Engine, sources: &Sources, signals: &Signals, path: &Path) -> Result<()> {
    let output = engine.config.output.clone();
    let (mut advance, mut checkpoint, mut story) = (Due::new(ADVANCE), Due::new(output.checkpoint), Due::new(output.story));
    let (mut stats, mut metrics) = (Due::new(STATS), Due::new(METRICS));
    loop {
        if !sources.take(engine)? {
            return Ok(());
        }
        if advance.now() {
            let now = now();
            engine.advance(now)?;
            engine.rotate(now)?;
            match signals.told() {
                Some(Told::End) => return Ok(()),
                Some(Told::Reload) => {
                    reload(engine, path)?;
                    story = Due::new(engine.config.output.story);
                    checkpoint = Due::new(engine.config.output.checkpoint);
                }
                None => {}
            }
        }
        if stats.now() {
            sources.losses(engine);
            engine.stats(now(), &sources.intake.counters(), sources.receiver.waiting_bytes() as u64);
        }
        if metrics.now() {
            sources.losses(engine);
            let page = counters::page(engine, &sources.intake.counters(), sources.receiver.waiting_bytes() as u64);
            metrics::show(&engine.board, page);
        }
        if story.now() {
            engine.save_story(now())?;
        }
        if checkpoint.now() {
            engine.checkpoint()?;
        }
    }
}

/// Takes new settings over, where they are good. What was opened at the start stays until the next.
fn reload(engine: &mut Engine, path: &Path) -> Result<()> {
    let new = match load(path) {
        Ok(new) => new,
        Err(error) => {
            eprintln!("hyakuyo: {}; the settings stay as they are", safe(&format!("{error:#}")));
            return Ok(());
        }
    };
    let old = &engine.config;
    let mut later = Vec::new();
    for (name, same) in [
        ("[output] folder, format, workers", {
            let of = |config: &Config| (config.output.folder.clone(), config.output.format, config.output.workers);
            of(&new) == of(old)
        }),
        ("[[interface]]", new.interfaces == old.interfaces),
        ("[[file]]", new.files == old.files),
        ("[[syslog]]", new.syslog == old.syslog),
        ("places of [notify]", new.notify.sinks == old.notify.sinks && new.notify.sensor == old.notify.sensor),
        ("[metrics]", new.metrics == old.metrics),
        ("[sandbox]", new.sandbox == old.sandbox),
        ("[limits]", new.limits == old.limits),
    ] {
        if !same {
            later.push(name);
        }
    }
    engine.session.replace(&new.settings, new.given.clone());
    engine.notifier.replace(&new.notify);
    let kept = engine.config.clone();
    let output = config::Output { folder: kept.output.folder, format: kept.output.format, workers: kept.output.workers, ..new.output };
    engine.config = Config {
        output,
        interfaces: kept.interfaces,
        files: kept.files,
        syslog: kept.syslog,
        metrics: kept.metrics,
        sandbox: kept.sandbox,
        limits: kept.limits,
        ..new
    };
    engine.enter_folder()?;
    let rest = if later.is_empty() { String::new() } else { format!("; at the next start: {}", later.join(", ")) };
    eprintln!("hyakuyo: the settings were taken over{rest}");
    Ok(())
}

/// The settings of a file; what is wrong with them is printed.
fn load(path: &Path) -> Result<Config> {
    let text = read_text(path, config::CONFIG_BYTES_MAX).map_err(|error| at(path, &error))?;
    let whole = std::path::absolute(path).with_context(|| path.display().to_string())?;
    let base = whole.parent().unwrap_or(Path::new("/"));
    config::parse(&path.display().to_string(), &text, base).map_err(|problems| {
        for problem in &problems {
            for line in problem.to_string().lines() {
                eprintln!("{}", safe(line));
            }
        }
        let count = if problems.len() == 1 { "one error".to_owned() } else { format!("{} errors", problems.len()) };
        anyhow::anyhow!("{}: {count}; see above", path.display())
    })
}
