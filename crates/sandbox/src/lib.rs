//! Rights given up once everything is open: another user, no files but those that are needed (landlock), no system calls that a
//! sensor never makes (seccomp). Whoever finds a hole in a decoder then holds a process that can write logs and little else.
//!
//! The three steps belong behind the opening of interfaces, ports and keys, and before any thread is started: landlock holds for the
//! thread that asks for it and for those that it starts. What the kernel does not offer is told and not taken for an error,
//! unless it is required.
//!
//! Leaves out: namespaces and limits of resources, which are the service manager's (`packaging/`).

mod calls;
mod files;
mod user;

pub use calls::Sockets;
pub use user::{Become, Identity};

use std::fmt;
use std::path::PathBuf;

/// What is still needed afterwards.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Folders and files that are written: the logs', and where state is kept.
    pub writes: Vec<PathBuf>,
    /// Folders and files that are read: followed files (their folders, since they rotate), settings that may be read again.
    pub reads: Vec<PathBuf>,
    /// Which sockets are still made.
    pub sockets: Sockets,
    /// Whether programs are run (a command that sends mail): then seccomp lets them, and files may be executed.
    pub runs_programs: bool,
}

/// How far a protection reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// As far as it was asked for.
    Whole,
    /// The kernel knows a part of it.
    Partly(String),
    /// Not at all.
    Not(String),
}

/// What holds from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Over files.
    pub files: Reach,
    /// Over system calls.
    pub calls: Reach,
}

impl Told {
    /// Whether nothing is missing.
    pub fn is_whole(&self) -> bool {
        self.files == Reach::Whole && self.calls == Reach::Whole
    }

    /// What is missing, a sentence each.
    pub fn missing(&self) -> Vec<String> {
        let say = |what: &str, reach: &Reach| match reach {
            Reach::Whole => None,
            Reach::Partly(why) => Some(format!("{what} are protected in part: {why}")),
            Reach::Not(why) => Some(format!("{what} are not protected: {why}")),
        };
        say("files (landlock)", &self.files).into_iter().chain(say("system calls (seccomp)", &self.calls)).collect()
    }
}

/// Why rights could not be given up.
#[derive(Debug)]
pub enum Error {
    /// There is no such user.
    NoUser(String),
    /// The system refused a step.
    Refused(&'static str, String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUser(name) => write!(f, "there is no user {name}"),
            Self::Refused(step, why) => write!(f, "{step}: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// Becomes another user where the process is root's, and gives up all capabilities in any case. The paths that are to be written
/// are given to that user first. Returns who it is now, where that changed.
///
/// # Errors
/// Where there is no such user, or the system refuses: nothing should go on then.
pub fn drop_rights(become_whom: &Become, owns: &[PathBuf]) -> Result<Option<Identity>, Error> {
    user::drop_rights(become_whom, owns)
}

/// Gives up all files and system calls but those that are needed, for this thread and those that it starts (system calls: for
/// all threads).
pub fn enter(needs: &Needs) -> Told {
    // Files first: setting that up takes system calls of its own.
    let files = files::restrict(needs);
    let calls = calls::restrict(needs);
    Told { files, calls }
}
