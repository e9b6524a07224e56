//! What is to be taken in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Sources at most: each has its share of the room, and some a thread.
pub const SOURCES_MAX: usize = 64;

/// All sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// In the order of their numbers.
    pub sources: Vec<Source>,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name: for people, and for the position of what has no file. No two the same.
    pub name: String,
    /// What it is.
    pub origin: Origin,
}

/// Where records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Files that others write.
    Files(Files),
    /// Syslog by datagrams.
    Udp {
        /// Where to listen; see [`listen_address`].
        listen: SocketAddr,
    },
    /// Syslog by TCP, lines or counted.
    Tcp {
        /// Where to listen.
        listen: SocketAddr,
        /// What its connections may take.
        limits: ConnectionLimits,
    },
    /// The same within TLS (RFC 5425).
    Tls {
        /// Where to listen.
        listen: SocketAddr,
        /// What to show and whom to trust.
        tls: Tls,
        /// What its connections may take.
        limits: ConnectionLimits,
    },
    /// A Unix socket for datagrams, as `/dev/log` is. Every program of this machine may write to it.
    UnixDatagram {
        /// Where.
        path: PathBuf,
    },
    /// A Unix socket for streams.
    UnixStream {
        /// Where.
        path: PathBuf,
        /// What its connections may take.
        limits: ConnectionLimits,
    },
    /// What another program writes: a named pipe, or the standard input where there is no path. `journalctl -o export -f` is read
    /// on from the last stored position, if it begins no later.
    Pipe {
        /// The pipe.
        path: Option<PathBuf>,
    },
}

/// Keys and certificates, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The own certificate, and those between it and the root.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Roots of clients' certificates; where given, who shows none of theirs is refused.
    pub clients: Option<PathBuf>,
}

/// What the connections of a listener may take. An unfinished record takes 64 KiB at most, so a thousand connections 64 MiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections at a time. When they are full, the address with the most of them gives up its idlest for an address with fewer.
    pub connections: usize,
    /// Connections of one address at a time: relays use one or a few.
    pub of_address: usize,
    /// How long a connection may say nothing before its first record ends.
    pub first: Duration,
    /// How long it may say nothing later. Long: a sender writes its next record into a connection that was ended, and loses it.
    pub idle: Duration,
    /// How long a record may take.
    pub record: Duration,
    /// Bytes without the end of a record, after which a connection is ended: nobody logs lines so long.
    pub unended_bytes: u64,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 1_000,
            of_address: 100,
            first: Duration::from_secs(60),
            idle: Duration::from_secs(24 * 3_600),
            record: Duration::from_secs(300),
            unended_bytes: 16 << 20,
        }
    }
}

/// Where to listen: `514` is a port of this machine alone (127.0.0.1); others are reached where an address says so (`0.0.0.0:514`,
/// `[::]:514`, `192.0.2.1:514`).
pub fn listen_address(text: &str) -> Option<SocketAddr> {
    let own = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    text.parse().ok().or_else(|| text.parse().ok().map(own))
}

/// Files that others write, and rotate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Which: absolute paths in whose parts `*`, `?`, `[a-z]` may stand, and `**` for any number of folders. Packed ones (`.gz`, `.zst`) are
    /// read once, whole. A file that two sources name belongs to the first.
    pub patterns: Vec<String>,
    /// Where rotated files lie that are not beside their log (logrotate's `olddir`): searched for what was not read before rotation, and
    /// read for nothing else.
    pub rotated: Vec<String>,
    /// Where to begin in files that are there when the source is looked at for the very first time.
    pub begin: Begin,
    /// Not to trust the kernel's word for changes (network file systems never tell): look every second.
    pub poll: bool,
}

/// Where to begin in a file that was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// At its first record.
    #[default]
    Start,
    /// Behind its last: what comes from now on.
    End,
}

/// Settings that cannot be.
#[derive(Debug)]
pub enum OpenError {
    /// More sources than [`SOURCES_MAX`].
    TooManySources(usize),
    /// Two sources of one name.
    SameName(String),
    /// A pattern that is not an absolute path, or is malformed.
    Pattern {
        /// Of which source.
        source: String,
        /// The pattern.
        pattern: String,
    },
    /// The system refused what a source needs.
    System {
        /// Which source.
        source: String,
        /// What was tried.
        what: String,
        /// What it said.
        error: std::io::Error,
    },
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooManySources(count) => write!(f, "{count} sources; {SOURCES_MAX} are the most"),
            Self::SameName(name) => write!(f, "two sources are named {name:?}"),
            Self::Pattern { source, pattern } => {
                write!(f, "source {source:?}: {pattern:?} is not an absolute path with *, ?, [a-z] or ** in its parts")
            }
            Self::System { source, what, error } => write!(f, "source {source:?}: {what}: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl Settings {
    /// The folders that must stay readable while it runs, for a sandbox: those in which followed files lie or may come to lie.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        for source in &self.sources {
            let Origin::Files(files) = &source.origin else { continue };
            let patterns = files.patterns.iter().chain(&files.rotated);
            all.extend(patterns.filter_map(|pattern| crate::follow::Pattern::parse(pattern)).map(|pattern| pattern.fixed().to_owned()));
        }
        all.sort();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_of_this_machine() {
        let address = |text| listen_address(text).map(|address| address.to_string());
        assert_eq!(address("514").as_deref(), Some("127.0.0.1:514"));
        assert_eq!(address("[::]:514").as_deref(), Some("[::]:514"));
        assert_eq!(address("0.0.0.0:6514").as_deref(), Some("0.0.0.0:6514"));
        assert_eq!([address("localhost:1"), address(""), address("70000"), address("1.2.3.4")], [None, None, None, None]);
    }
}
