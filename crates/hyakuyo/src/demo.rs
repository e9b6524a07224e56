//! `hyakuyo demo-capture`: writes a made-up network's capture, what is true of it, and says what is in it.

use crate::args::{DemoCapture, MadeUp};
use crate::terminal;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::Path;
use worlds::{Campus, Outside, Truth};

/// Writes the capture.
///
/// # Errors
/// Where a file exists already, or cannot be written.
pub(crate) fn run(demo: &DemoCapture) -> anyhow::Result<()> {
    let has_truth = matches!(demo.world, MadeUp::Campus | MadeUp::Closed);
    if !has_truth && (demo.truth.is_some() || demo.roles.is_some()) {
        anyhow::bail!("only the worlds `campus` and `closed` have --truth and --roles");
    }
    let file = create(&demo.file, demo.force)?;
    let mut told = match demo.world {
        MadeUp::Office => office(demo, file),
        MadeUp::Campus | MadeUp::Closed => campus(demo, file),
        MadeUp::IrcBot => irc(demo, file, &worlds::irc::bots(demo.port, demo.seed), "four bots take orders"),
        MadeUp::IrcChat => irc(demo, file, &worlds::irc::chat(demo.port, demo.seed), "four people talk"),
    }?;
    // Writing to a String cannot fail.
    let _ = writeln!(told, "Next: hyakuyo read {}", demo.file.display());
    terminal::print(&told)?;
    Ok(())
}

fn create(path: &Path, force: bool) -> anyhow::Result<File> {
    let name = path.display();
    let opened = if force { File::create(path) } else { File::create_new(path) };
    match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            anyhow::bail!("{name} exists already; name another file, or overwrite it with --force")
        }
        opened => opened.with_context(|| format!("{name} cannot be written")),
    }
}

fn office(demo: &DemoCapture, file: File) -> anyhow::Result<String> {
    let name = demo.file.display();
    let world = worlds::office(demo.seed);
    world.write(BufWriter::new(file)).with_context(|| format!("{name} cannot be written"))?;
    let (story, mut told) = (&world.story, String::new());
    let _ = writeln!(
        told,
        "{name}: an hour in a small office, {} frames; all of it is made up, and its malware does nothing.",
        world.frames.len()
    );
    let _ = writeln!(told, "To be found in it:");
    let _ =
        writeln!(told, "  {} fetches a program of {} bytes from {}{}", story.victim, story.program.len(), story.dropper.1, story.dropper.2);
    let _ = writeln!(told, "  it reports to {}{} every {} seconds", story.gate.1, story.gate.2, story.beacon_secs);
    let _ = writeln!(told, "  it takes orders over IRC from {}, port {}, channel {}", story.orders.0, story.orders.1, story.orders.2);
    Ok(told)
}

fn campus(demo: &DemoCapture, file: File) -> anyhow::Result<String> {
    let name = demo.file.display();
    let outside = if demo.reserved { Outside::Reserved } else { Outside::Spread };
    let campus = Campus { seed: demo.seed, hosts: demo.hosts.into(), hours: demo.hours, closed: demo.world == MadeUp::Closed, outside };
    let truth_to = demo.truth.as_ref().map(|path| create(path, demo.force)).transpose()?;
    let roles_to = demo.roles.as_ref().map(|path| create(path, demo.force)).transpose()?;
    let (truth, tally) = campus.write(BufWriter::new(file)).with_context(|| format!("{name} cannot be written"))?;
    if let Some(mut to) = truth_to {
        to.write_all(format!("{:#}\n", truth.json()).as_bytes()).context("the truth cannot be written")?;
    }
    if let Some(mut to) = roles_to {
        to.write_all(truth.roles_toml().as_bytes()).context("the roles cannot be written")?;
    }
    let mut told = String::new();
    let _ = writeln!(
        told,
        "{name}: {} hours of a campus with {} desks, {} frames of {} bytes (at most {} held at once); all of it is made up.",
        demo.hours, demo.hosts, tally.frames, tally.bytes, tally.held_frames_max
    );
    planted(&truth, &mut told);
    Ok(told)
}

fn planted(truth: &Truth, told: &mut String) {
    let _ = writeln!(told, "To be found in it:");
    for deed in truth.planted.iter().filter(|deed| deed.required) {
        let _ = writeln!(told, "  {:<15} {:<15} {}", deed.detector, deed.host.to_string(), deed.note);
    }
}

fn irc(demo: &DemoCapture, file: File, frames: &[(model::Timestamp, Vec<u8>)], what: &str) -> anyhow::Result<String> {
    let name = demo.file.display();
    worlds::write(frames, BufWriter::new(file)).with_context(|| format!("{name} cannot be written"))?;
    Ok(format!("{name}: {what} over IRC on port {}, {} frames; all of it is made up.\n", demo.port, frames.len()))
}
