//! Writes what fuzzing starts from: the protocols' dialogues, and small captures of a folder.
//!
//! usage: seeds CORPUS_FOLDER [CAPTURES_FOLDER]

use std::fs;
use std::path::{Path, PathBuf};
use testkit::dialogue::Dialogue;

/// Captures larger than this make each run slow.
const CAPTURE_BYTES_MAX: u64 = 12_000;

/// How many captures are taken.
const CAPTURES_MAX: usize = 600;

/// How many real dialogues are taken for each protocol.
const DIALOGUES_MAX: usize = 60;

/// How an input asks that its dialogue be split, too. Every other one does.
const SPLIT: u8 = 0xc0;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let corpus = arguments.next().unwrap_or_else(|| "corpus".into());
    let dialogues = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/protocols/tests/dialogues");
    fs::create_dir_all(corpus.join("protocols"))?;
    for (place, protocol) in protocols::CATALOGUE.iter().enumerate() {
        let known = Dialogue::load_folder(&dialogues.join(protocol.name())).map_err(|error| std::io::Error::other(error.to_string()))?;
        for (number, dialogue) in known.iter().enumerate() {
            let how = if number % 2 == 0 { SPLIT } else { 0 };
            let bytes = [&[place as u8, how][..], &hyakuyo_fuzz::dialogue_bytes(dialogue)].concat();
            fs::write(corpus.join("protocols").join(format!("{}-{number}", protocol.name())), bytes)?;
        }
    }
    let mut captures = Vec::new();
    if let Some(folder) = arguments.next() {
        collect(&folder, &mut captures)?;
    }
    captures.sort();
    logs(&corpus)?;
    harvest(&corpus, &captures)?;
    // Evenly from all over the folder, so that no project's captures crowd out the others'.
    let step = captures.len().div_ceil(CAPTURES_MAX).max(1);
    for target in ["capture", "pipeline"] {
        fs::create_dir_all(corpus.join(target))?;
        for (number, path) in captures.iter().step_by(step).enumerate() {
            fs::copy(path, corpus.join(target).join(format!("seed-{number}")))?;
        }
    }
    Ok(())
}

/// What formats and settings start from: the lines that their tests hold, read as text with all that stands around them.
fn logs(corpus: &Path) -> std::io::Result<()> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    for (target, folder) in [("formats", "formats/tests"), ("roles", "enrich/src/roles")] {
        fs::create_dir_all(corpus.join(target))?;
        for entry in fs::read_dir(crates.join(folder))?.flatten() {
            let Ok(text) = fs::read_to_string(entry.path()) else { continue };
            // A test's literal is a line or a few; its escapes are taken back.
            for (number, literal) in text.split('"').filter(|literal| literal.len() > 20).take(DIALOGUES_MAX * 4).enumerate() {
                let text = literal.replace("\\n\\", "\n").replace("\\n", "\n").replace("\\\"", "\"");
                let head: &[u8] = if target == "formats" { &[number as u8, number as u8 | 1] } else { &[] };
                let name = format!("{}-{number}", entry.file_name().to_string_lossy());
                fs::write(corpus.join(target).join(name), [head, text.trim_start().as_bytes()].concat())?;
            }
        }
    }
    Ok(())
}

/// Some real dialogues for each protocol.
fn harvest(corpus: &Path, captures: &[PathBuf]) -> std::io::Result<()> {
    let mut taken = vec![0; protocols::CATALOGUE.len()];
    for capture in captures {
        for dialogue in testkit::harvest::dialogues(capture) {
            for (place, protocol) in protocols::CATALOGUE.iter().enumerate() {
                if taken[place] >= DIALOGUES_MAX || !testkit::laws::concerns(*protocol, &dialogue) {
                    continue;
                }
                let transport = protocol.transports().iter().position(|over| *over == dialogue.transport).unwrap_or(0);
                let how = transport as u8 | if taken[place] % 2 == 0 { SPLIT } else { 0 };
                let bytes = [&[place as u8, how][..], &hyakuyo_fuzz::dialogue_bytes(&dialogue)].concat();
                if bytes.len() < CAPTURE_BYTES_MAX as usize {
                    fs::write(corpus.join("protocols").join(format!("{}-real-{}", protocol.name(), taken[place])), bytes)?;
                    taken[place] += 1;
                }
            }
        }
    }
    Ok(())
}

fn collect(folder: &Path, captures: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, captures)?;
        } else if path.extension().is_some_and(|end| ["pcap", "pcapng", "cap", "trace"].iter().any(|known| end == *known))
            && entry.metadata()?.len() <= CAPTURE_BYTES_MAX
        {
            captures.push(path);
        }
    }
    Ok(())
}
