//! `hyakuyo report`: the story and the logs of a folder as one page to send on.

use crate::args::{self, Report};
use crate::language;
use crate::logs::{each_row, logs_named, story_in};
use crate::read::at;
use crate::terminal::{self, shell_word};
use anyhow::{Context as _, Result};
use report::{Cells, Gathered, Hashed, LOGS, Lang, Page, Proof, Zone};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs the command.
pub(crate) fn run(args: &Report) -> Result<()> {
    let story = story_in(&args.folder)?;
    let mut gathered = Gathered::new(&story);
    for log in LOGS {
        for path in logs_named(&args.folder, log)? {
            each_row(&path, &mut |row| gathered.row(log, row))?;
        }
    }
    let inputs = story.made.from.iter().map(|input| proof(input, args)).collect::<Result<_>>()?;
    let lang = match language::chosen(args.lang) {
        args::Language::En => Lang::En,
        args::Language::Ja => Lang::Ja,
    };
    let zone = Zone::parse(&args.zone).with_context(|| format!("{}: is no zone; write it as +09:00", args.zone))?;
    let (program, command) = (format!("hyakuyo {}", env!("CARGO_PKG_VERSION")), command(args));
    let page = Page { story: &story, gathered: &gathered, lang, zone, program: &program, command: &command, made_at: made_at(), inputs };
    let html = page.html();
    if args.out.as_os_str() == "-" {
        return terminal::print(&html).context("standard output");
    }
    fs::write(&args.out, html).map_err(|error| at(&args.out, &error))?;
    terminal::print(&format!("The report is in {}\n", args.out.display())).context("standard output")
}

/// The command as one would type it again.
fn command(args: &Report) -> String {
    let word = |path: &Path| shell_word(&path.to_string_lossy());
    let mut command = format!("hyakuyo report {} -o {}", word(&args.folder), word(&args.out));
    match args.lang {
        Some(args::Language::En) => command.push_str(" --lang en"),
        Some(args::Language::Ja) => command.push_str(" --lang ja"),
        None => {}
    }
    if args.zone != "UTC" {
        command.push_str(&format!(" --zone {}", shell_word(&args.zone)));
    }
    for capture in &args.capture {
        command.push_str(&format!(" --capture {}", word(capture)));
    }
    command
}

/// Now, or the time that `SOURCE_DATE_EPOCH` (reproducible-builds.org) says, in microseconds.
fn made_at() -> Option<i64> {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|secs| secs.parse::<i64>().ok());
    let secs = given.or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok()))?;
    secs.checked_mul(1_000_000)
}

/// The file that the story was read from, hashed where it is found: where `--capture` says, beside the folder, in it, or here.
fn proof(input: &story::Input, args: &Report) -> Result<Proof> {
    let mut proof = Proof { name: input.name.clone(), bytes: input.bytes, sha256: input.sha256.clone(), hashed: Hashed::Stated };
    if !proof.sha256.is_empty() {
        return Ok(proof);
    }
    proof.hashed = Hashed::Missing;
    for path in places(&input.name, args) {
        let Ok(about) = fs::metadata(&path) else { continue };
        if about.is_file() && about.len() == input.bytes {
            proof.sha256 = sha256(&path)?;
            proof.hashed = Hashed::Found;
            return Ok(proof);
        }
        if about.is_file() {
            proof.hashed = Hashed::OtherLength;
        }
    }
    Ok(proof)
}

fn places(name: &str, args: &Report) -> Vec<PathBuf> {
    let Some(name) = Path::new(name).file_name() else { return Vec::new() };
    let given = args.capture.iter().filter(|path| path.file_name() == Some(name) || args.capture.len() == 1).cloned();
    let beside = fs::canonicalize(&args.folder).ok().and_then(|folder| folder.parent().map(|parent| parent.join(name)));
    given.chain(beside).chain([args.folder.join(name), PathBuf::from(name)]).collect()
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|error| at(path, &error))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(|error| at(path, &error))?;
        match buffer.get(..read) {
            Some(bytes) if read > 0 => hasher.update(bytes),
            _ => break,
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Cells for crate::logs::Row<'_> {
    fn cell(&self, column: &str) -> Option<&str> {
        self.get(column)
    }
}
