//! Another user, without a way back.

use crate::Error;
use nix::unistd::{Gid, Uid, User, geteuid, setgroups, setresgid, setresuid};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

/// Files in a folder that are given to the new user with it: logs of a run before. A folder with more is not ours.
const GIVEN_MAX: usize = 10_000;

/// Whom to become, where the process is root's.
#[derive(Clone, Debug, Default)]
pub struct Become {
    /// The user that settings name.
    pub user: Option<String>,
    /// Else the one who called (`SUDO_UID` and `SUDO_GID`); else `nobody`.
    pub caller: Option<(u32, u32)>,
}

/// Who the process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user's name, or number where it has none.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its group's.
    pub gid: u32,
}

pub(crate) fn drop_rights(become_whom: &Become, owns: &[PathBuf]) -> Result<Option<Identity>, Error> {
    let refused = |step: &'static str| move |error: nix::Error| Error::Refused(step, error.to_string());
    let mut now = None;
    if geteuid().is_root() {
        let whom = identity(become_whom)?;
        if whom.uid == 0 {
            return Ok(None);
        }
        for path in owns {
            give(path, &whom).map_err(|error| Error::Refused("giving the folder to the user", format!("{}: {error}", path.display())))?;
        }
        let (uid, gid) = (Uid::from_raw(whom.uid), Gid::from_raw(whom.gid));
        setgroups(&[gid]).map_err(refused("leaving groups"))?;
        setresgid(gid, gid, gid).map_err(refused("changing the group"))?;
        setresuid(uid, uid, uid).map_err(refused("changing the user"))?;
        if setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0)).is_ok() {
            return Err(Error::Refused("changing the user", "there was a way back".to_owned()));
        }
        now = Some(whom);
    }
    let none = CapabilitySets { effective: CapabilitySet::empty(), permitted: CapabilitySet::empty(), inheritable: CapabilitySet::empty() };
    set_capabilities(None, none).map_err(|error| Error::Refused("giving up capabilities", error.to_string()))?;
    set_no_new_privs(true).map_err(|error| Error::Refused("refusing new rights", error.to_string()))?;
    Ok(now)
}

fn identity(become_whom: &Become) -> Result<Identity, Error> {
    let of = |user: User| Identity { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() };
    let named = |name: &str| User::from_name(name).ok().flatten().map(of).ok_or_else(|| Error::NoUser(name.to_owned()));
    match (&become_whom.user, become_whom.caller) {
        (Some(name), _) => named(name),
        (None, Some((uid, gid))) if uid != 0 => {
            let name = User::from_uid(Uid::from_raw(uid)).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name);
            Ok(Identity { name, uid, gid })
        }
        (None, _) => named("nobody"),
    }
}

/// Gives a folder and the plain files in it, but none that lie deeper, and follows no links.
fn give(path: &Path, whom: &Identity) -> std::io::Result<()> {
    chown(path, Some(whom.uid), Some(whom.gid))?;
    if path.is_dir() {
        for entry in fs::read_dir(path)?.flatten().take(GIVEN_MAX) {
            if entry.file_type().is_ok_and(|kind| kind.is_file()) {
                chown(entry.path(), Some(whom.uid), Some(whom.gid))?;
            }
        }
    }
    Ok(())
}
