//! `hyakuyo demo-capture`: writes the made-up office, and says what is in it.

use crate::args::DemoCapture;
use anyhow::Context as _;
use std::fs::File;
use std::io::{BufWriter, ErrorKind};

/// Writes the capture.
///
/// # Errors
/// Where the file exists already, or cannot be written.
pub(crate) fn run(demo: &DemoCapture) -> anyhow::Result<()> {
    let name = demo.file.display();
    let opened = if demo.force { File::create(&demo.file) } else { File::create_new(&demo.file) };
    let file = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            anyhow::bail!("{name} exists already; name another file, or overwrite it with --force")
        }
        opened => opened.with_context(|| format!("{name} cannot be written"))?,
    };
    let world = worlds::office(demo.seed);
    world.write(BufWriter::new(file)).with_context(|| format!("{name} cannot be written"))?;
    let story = &world.story;
    println!("{name}: an hour in a small office, {} frames; all of it is made up, and its malware does nothing.", world.frames.len());
    println!("To be found in it:");
    println!("  {} fetches a program of {} bytes from {}{}", story.victim, story.program.len(), story.dropper.1, story.dropper.2);
    println!("  it reports to {}{} every {} seconds", story.gate.1, story.gate.2, story.beacon_secs);
    println!("  it takes orders over IRC from {}, port {}, channel {}", story.orders.0, story.orders.1, story.orders.2);
    println!("Next: hyakuyo read {name}");
    Ok(())
}
