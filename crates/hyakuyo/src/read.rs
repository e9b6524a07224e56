//! `hyakuyo read`: captures in, logs and a summary out.

use crate::args::{self, Read};
use crate::inputs::{self, Inputs};
use crate::language;
use crate::recognition;
use crate::rules;
use crate::settings;
use crate::summary::{Report, Summary};
use crate::telling::{self, Show};
use crate::terminal::{self, Style};
use anyhow::{Context as _, Result, anyhow, bail};
use capture::Source;
use contract::Sink;
use enrich::Given;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::{Event, Timestamp};
use pipeline::{Options, Settings};
use sinks::{Format, Logs};
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where logs go when their folder cannot be named after one capture.
const NAMELESS: &str = "hyakuyo-logs";

/// Runs the command.
pub(crate) fn run(args: &Read) -> Result<()> {
    let Inputs { mut source, logs, total } = Inputs::open(&args.files, &inputs::zone(args.zone.as_deref())?)?;
    let folder = args.out.clone().unwrap_or_else(|| folder_for(&args.files));
    let roles = args.roles.as_deref().map(settings::parse_roles).transpose()?;
    let (stacks, geo) = (settings::stacks(args.p0f.as_deref())?, settings::geo(&args.geo)?);
    let mut chosen = Settings::parse(&args.settings).map_err(|error| anyhow!("--set {error}"))?;
    chosen.rules.extend(rules::sigma(&args.sigma)?);
    chosen.rules.extend(rules::alarms(&args.alarms)?);
    prepare(&folder)?;
    let roles = settings::keep_roles(roles, &folder)?;
    if let Some(extract) = &args.extract {
        fs::create_dir_all(extract).map_err(|error| at(extract, &error).context("the folder for files cannot be made"))?;
    }
    let options = Options {
        verify_checksums: !args.ignore_checksums,
        workers: args.workers.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get),
        extract_to: args.extract.clone(),
        understand: !args.logs_only,
        settings: chosen,
        given: Given { roles, stacks, geo },
    };
    let format = match args.format {
        args::Format::Zeek => Format::Zeek,
        args::Format::Json => Format::Json,
    };
    let mut both = Both { logs: Logs::new(format, creator(folder.clone())), summary: (!args.quiet && !args.json).then(Summary::default) };
    let bar = progress(args.quiet, total);
    let mut outcome = pipeline::read_all(source.as_mut(), logs, &options, &mut both, &mut |bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    let damage = source.as_ref().map_or(&[][..], Source::damage);

    let close = outcome.span.map_or(Timestamp::default(), |(_, last)| last);
    let written = both.logs.finish(close).map_err(|(log, error)| at(&folder.join(log), &error))?;
    if let Some(story) = &mut outcome.story {
        story.made.by = format!("hyakuyo {}", env!("CARGO_PKG_VERSION"));
        story.made.from = args.files.iter().map(|file| input(file)).collect();
        save(story, &folder.join(STORY))?;
    }
    if args.json {
        if let Some(story) = &outcome.story {
            terminal::print(&(terminal::safe_json(&serde_json::to_string_pretty(story)?).into_owned() + "\n"))
                .context("standard output")?;
        }
    } else if let Some(summary) = both.summary {
        let (files, extracted, whole) = (args.files.as_slice(), args.extract.as_deref(), damage.is_empty());
        let language = language::chosen(args.lang);
        let report = Report { files, folder: &folder, extracted, outcome: &outcome, whole, language, written: &written };
        let mut text = summary.text(&report, Style::stdout());
        if let Some(story) = outcome.story.as_ref().filter(|story| story.made.packets > 0 || story.made.events > 0) {
            let show = Show { language, style: Style::stdout(), width: telling::line_width(), folder: &folder };
            text.push_str(&telling::text(story, show));
        }
        terminal::print(&text).context("standard output")?;
    }
    for log in &outcome.logs {
        eprint!("{}", recognition::told(log));
    }
    for damage in damage {
        eprintln!("hyakuyo: {}", terminal::safe(&damage.to_string()));
    }
    Ok(())
}

/// The file beside the logs that holds the story.
pub(crate) const STORY: &str = "story.json";

/// What is said of a capture; its hash is left to those who need it, since it costs as much as the half of reading.
fn input(file: &Path) -> story::Input {
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    story::Input { name, bytes: fs::metadata(file).map_or(0, |about| about.len()), sha256: String::new() }
}

fn save(story: &story::Story, path: &Path) -> Result<()> {
    let text = terminal::safe_json(&serde_json::to_string_pretty(story)?).into_owned() + "\n";
    fs::write(path, text).map_err(|error| at(path, &error))
}

/// The logs and the summary, side by side.
struct Both {
    logs: Logs,
    summary: Option<Summary>,
}

impl Sink for Both {
    fn event(&mut self, event: &Event) {
        self.logs.event(event);
        if let Some(summary) = &mut self.summary {
            summary.event(event);
        }
    }
}

/// `./infection` for `captures/infection.pcapng.gz`; a neutral name for several files and for standard input.
fn folder_for(files: &[PathBuf]) -> PathBuf {
    let [file] = files else { return PathBuf::from(NAMELESS) };
    let Some(name) = file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-") else { return PathBuf::from(NAMELESS) };
    let mut stem = name;
    for ending in [".gz", ".zst", ".pcap", ".pcapng", ".cap", ".dmp", ".trace"] {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    if stem.is_empty() {
        return PathBuf::from(NAMELESS);
    }
    let folder = PathBuf::from(stem);
    // A capture without an ending stands where its folder would be.
    if folder.is_file() { PathBuf::from(format!("{stem}.logs")) } else { folder }
}

/// Makes the folder and takes away the logs of an earlier run, which would mix with the new ones. Only files that carry a
/// log's name go, and only where nothing but a file is meant.
fn prepare(folder: &Path) -> Result<()> {
    if folder.is_file() {
        bail!("{}: is a file; name a folder for the logs with -o", folder.display());
    }
    fs::create_dir_all(folder).map_err(|error| at(folder, &error).context("the folder for the logs cannot be made"))?;
    let logs = pipeline::kinds().into_iter().map(|kind| format!("{}.log", kind.name));
    for name in logs.chain([STORY.to_owned()]) {
        let log = folder.join(name);
        match fs::remove_file(&log) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&log, &error)),
            _ => {}
        }
    }
    Ok(())
}

fn creator(folder: PathBuf) -> sinks::Create {
    Box::new(move |name| File::create(folder.join(name)).map(|file| Box::new(file) as Box<dyn Write + Send>))
}

fn progress(quiet: bool, total: Option<u64>) -> ProgressBar {
    const REDRAWS_PER_SECOND: u8 = 10;
    if quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND));
    let shape = match total {
        Some(_) => "{wide_bar:.cyan/black} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}",
        None => "{spinner:.cyan} {bytes}  {bytes_per_sec}  {elapsed}",
    };
    if let Ok(style) = ProgressStyle::with_template(shape) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// The system's words without its number, behind the path that they are about.
pub(crate) fn at(path: &Path, error: &io::Error) -> anyhow::Error {
    anyhow!("{}: {}", path.display(), words(error))
}

/// The system's words without its number.
pub(crate) fn words(error: &io::Error) -> String {
    let words = error.to_string();
    words.split_once(" (os error").map_or(words.as_str(), |(words, _)| words).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_named_after_the_capture() {
        for (files, expected) in [
            (&["a/infection.pcap"][..], "infection"),
            (&["2020-10-12.pcapng.gz"], "2020-10-12"),
            (&["x.cap.zst"], "x"),
            (&["-"], NAMELESS),
            (&[".pcap"], NAMELESS),
            (&["a.pcap", "b.pcap"], NAMELESS),
        ] {
            let files: Vec<_> = files.iter().map(PathBuf::from).collect();
            assert_eq!(folder_for(&files), PathBuf::from(expected));
        }
    }
}
