//! What users say of their own network: files of settings, read, checked, and kept beside the logs for later commands.

use crate::read::at;
use crate::terminal;
use anyhow::{Result, anyhow, bail};
use enrich::{Database, Geo, Roles};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The copy of the roles beside the logs.
pub(crate) const ROLES: &str = "roles.toml";
/// The longest file of roles: [`enrich::Roles`] takes some 65,000 hosts, of at most 50 bytes each.
pub(crate) const ROLES_BYTES_MAX: u64 = 8 << 20;
/// Where Debian's p0f puts its signatures.
const INSTALLED_STACKS: &str = "/etc/p0f/p0f.fp";
/// The longest file of signatures: p0f's own has 30 kB.
const STACKS_BYTES_MAX: u64 = 4 << 20;

/// Keeps the roles of a file beside the logs; without one, takes those that are kept there already.
pub(crate) fn keep_roles(given: Option<(Roles, String)>, folder: &Path) -> Result<Arc<Roles>> {
    let kept = folder.join(ROLES);
    let Some((roles, text)) = given else {
        if kept.is_file() {
            let kept = terminal::safe(&kept.display().to_string()).into_owned();
            eprintln!("hyakuyo: roles are taken from {kept}, which an earlier run left; --roles names another file");
        }
        return kept_roles(folder);
    };
    // The file may be the copy itself, which stays as it is.
    if fs::read(&kept).ok().as_deref() != Some(text.as_bytes()) {
        fs::write(&kept, text).map_err(|error| at(&kept, &error))?;
    }
    Ok(Arc::new(roles))
}

/// The roles that are kept beside the logs, if any are.
pub(crate) fn kept_roles(folder: &Path) -> Result<Arc<Roles>> {
    let kept = folder.join(ROLES);
    if kept.is_file() { parse_roles(&kept).map(|(roles, _)| Arc::new(roles)) } else { Ok(Arc::default()) }
}

/// A file's roles and its text. What is wrong with it is told with its lines.
pub(crate) fn parse_roles(path: &Path) -> Result<(Roles, String)> {
    let text = read_text(path, ROLES_BYTES_MAX).map_err(|error| at(path, &error))?;
    match Roles::parse(&path.display().to_string(), &text) {
        Ok(roles) => Ok((roles, text)),
        Err(problems) => {
            for problem in &problems {
                for line in problem.to_string().lines() {
                    eprintln!("{}", terminal::safe(line));
                }
            }
            bail!("{}: these roles can't be used as they are; see above", path.display())
        }
    }
}

/// The signatures of a file; without one, of p0f's own where that is installed. What is wrong with them is told with its lines.
pub(crate) fn stacks(given: Option<&Path>) -> Result<Arc<Database>> {
    stacks_of(given).map_err(|error| {
        for line in error.to_string().lines() {
            eprintln!("{}", terminal::safe(line));
        }
        anyhow!("{}: these signatures can't be used as they are; see above", given.unwrap_or(Path::new(INSTALLED_STACKS)).display())
    })
}

/// The same, with what is wrong in the error.
pub(crate) fn stacks_of(given: Option<&Path>) -> Result<Arc<Database>> {
    let path = given.unwrap_or(Path::new(INSTALLED_STACKS));
    if given.is_none() && !path.is_file() {
        return Ok(Arc::default());
    }
    let text = read_text(path, STACKS_BYTES_MAX).map_err(|error| at(path, &error))?;
    Database::parse(&path.display().to_string(), &text).map(Arc::new).map_err(|problem| anyhow!("{problem}"))
}

/// The files of countries and systems.
pub(crate) fn geo(files: &[PathBuf]) -> Result<Arc<Geo>> {
    let mut geo = Geo::default();
    for path in files {
        let bytes = fs::read(path).map_err(|error| at(path, &error))?;
        geo.add(bytes).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    }
    Ok(Arc::new(geo))
}

/// A text file within a limit.
pub(crate) fn read_text(path: &Path, bytes_max: u64) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(bytes_max + 1).read_to_string(&mut text)?;
    if text.len() as u64 > bytes_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("longer than {bytes_max} bytes")));
    }
    Ok(text)
}
