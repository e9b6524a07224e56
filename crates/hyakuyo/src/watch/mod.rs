//! `hyakuyo watch`: interfaces, followed files and syslog as one, watched as they go on; findings told as they happen.
//!
//! One file of settings ([`config`]) says everything. What it says of sources is checked by `hyakuyo check-config`.

#[allow(dead_code, reason = "the engine that takes it up follows")]
mod config;

use crate::args::{CheckConfig, Watch};
use crate::read::at;
use crate::settings::read_text;
use crate::terminal::{self, safe};
use anyhow::{Result, bail};
use config::Config;
use std::path::Path;

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

/// Runs `watch`.
pub(crate) fn run(args: &Watch) -> Result<()> {
    let _config = load(&args.config)?;
    bail!("watching is not ready yet")
}

/// The settings of a file; what is wrong with them is printed.
fn load(path: &Path) -> Result<Config> {
    let text = read_text(path, config::CONFIG_BYTES_MAX).map_err(|error| at(path, &error))?;
    let base = path.parent().unwrap_or(Path::new("."));
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
