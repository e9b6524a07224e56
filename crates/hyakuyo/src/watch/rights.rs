//! Rights given up: files and system calls before any thread begins (landlock holds for those that begin later), the user once sockets
//! and ports are open.
//!
//! Another user is become only where the settings name one: followed logs mostly belong to root and a group, and whoever starts as root
//! without naming a user wants them read.

use super::config::{Config, Listen, Sandbox, To};
use super::engine::Engine;
use super::folders::{self, STATE};
use super::sources;
use crate::terminal::safe;
use anyhow::Result;
use sandbox::{Become, Needs, Sockets};
use std::path::{Path, PathBuf};

/// Where settings, certificates and signatures lie, which are read again when settings are taken over.
const SETTINGS: &str = "/etc";

/// Leaves only the files and system calls that are needed.
pub(super) fn confine(config: &Config, settings: &Path) {
    let parent = |path: &Path| path.parent().map(Path::to_owned);
    let mut needs = Needs { writes: vec![config.output.folder.clone()], reads: vec![PathBuf::from(SETTINGS)], ..Needs::default() };
    needs.reads.extend(std::path::absolute(settings).ok().and_then(|path| parent(&path)));
    needs.reads.extend(sources::settings(config).folders());
    let mut talks = config.metrics.is_some();
    for syslog in &config.syslog {
        match &syslog.listen {
            Listen::Unix(path) => needs.writes.extend(parent(path)),
            _ => talks = true,
        }
        let certificates = syslog.tls.iter().flat_map(|(certificate, key)| [certificate, key]).chain(&syslog.clients);
        needs.reads.extend(certificates.filter_map(|path| parent(path)));
    }
    for sink in &config.notify.sinks {
        match &sink.to {
            To::Json(path) => needs.writes.extend(parent(path)),
            To::Syslog { .. } | To::Webhook { .. } => talks = true,
            // The process that runs commands is apart.
            To::Terminal | To::Mail { .. } => {}
        }
    }
    needs.sockets = if talks { Sockets::Ip } else { Sockets::Local };
    for missing in sandbox::enter(&needs).missing() {
        eprintln!("hyakuyo: {}", safe(&missing));
    }
}

/// Becomes the user that the settings name, who is given the folders that are written.
pub(super) fn become_other(sandbox: &Sandbox, engine: &Engine) -> Result<()> {
    let Some(user) = &sandbox.user else { return Ok(()) };
    let root = &engine.config.output.folder;
    let mut owns = vec![root.clone(), root.join(STATE)];
    owns.extend(folders::dated(root)?.into_iter().map(|name| root.join(name)));
    if let Some(now) = sandbox::drop_rights(&Become { user: Some(user.clone()), caller: None }, &owns)? {
        eprintln!("hyakuyo: goes on as {}", safe(&now.name));
    }
    Ok(())
}
