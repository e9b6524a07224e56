//! What the settings say of sources, as `intake` takes it; and its deliveries, as the journal writes them down.

use super::config::{Config, Listen, Syslog};
use super::state::Entry;
use capture::ring;
use enrich::roles::Net;
use intake::{Begin, ConnectionLimits, Delivery, Files, Origin, Position, Positions, Sender, Settings, Source, Tls};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// All sources but interfaces.
pub(super) fn settings(config: &Config) -> Settings {
    let files = config.files.iter().map(|follow| {
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        let files = Files {
            patterns: vec![text(&follow.path)],
            rotated: follow.rotated.iter().map(|folder| text(folder)).collect(),
            begin: if follow.from_start { Begin::Start } else { Begin::End },
            poll: follow.poll,
        };
        Source { name: text(&follow.path), origin: Origin::Files(files) }
    });
    let syslog = config.syslog.iter().map(|syslog| Source { name: syslog.listen.to_string(), origin: origin(syslog) });
    Settings { sources: files.chain(syslog).collect() }
}

fn origin(syslog: &Syslog) -> Origin {
    let limits = ConnectionLimits::default();
    match (&syslog.listen, &syslog.tls) {
        (Listen::Udp(listen), _) => Origin::Udp { listen: *listen },
        (Listen::Tls(listen), Some((certificate, key))) => {
            let tls = Tls { certificate: certificate.clone(), key: key.clone(), clients: syslog.clients.clone() };
            Origin::Tls { listen: *listen, tls, limits }
        }
        // The settings are refused where TLS has no certificate.
        (Listen::Tcp(listen) | Listen::Tls(listen), _) => Origin::Tcp { listen: *listen, limits },
        (Listen::Unix(path), _) => Origin::UnixDatagram { path: path.clone() },
    }
}

/// Who may send to each source, by its number; everybody where nobody is named.
pub(super) fn allowed(config: &Config) -> Vec<Vec<Net>> {
    config.files.iter().map(|_| Vec::new()).chain(config.syslog.iter().map(|syslog| syslog.from.clone())).collect()
}

/// Interfaces, as `capture` takes them.
pub(super) fn rings(config: &Config) -> impl Iterator<Item = ring::Settings> {
    config.interfaces.iter().map(|interface| ring::Settings {
        interface: interface.name.clone(),
        filter: interface.filter.clone(),
        ring_bytes: interface.ring_bytes,
        promiscuous: interface.promiscuous,
        sockets: 1,
    })
}

/// The zones of sources' times that do not say theirs.
pub(super) fn zones(config: &Config) -> HashMap<String, TimeZone> {
    let files = config.files.iter().map(|follow| (follow.path.to_string_lossy().into_owned(), follow.zone.clone()));
    files.chain(config.syslog.iter().map(|syslog| (syslog.listen.to_string(), syslog.zone.clone()))).collect()
}

/// A delivery as the journal takes it.
pub(super) fn entry(delivery: &Delivery, settings: &Settings) -> Entry {
    Entry {
        number: 0,
        arrived: delivery.arrived,
        source: settings.sources.get(usize::from(delivery.source.0)).map(|source| source.name.clone()).unwrap_or_default(),
        sender: match &delivery.sender {
            Sender::File(path) => path.to_string_lossy().into_owned(),
            Sender::Host(host) => host.to_string(),
            Sender::Local => String::new(),
        },
        position: delivery.position.as_ref().map(write_position).unwrap_or_default(),
        quiet_secs: 0,
        records: delivery.records.iter().map(<[u8]>::to_vec).collect(),
    }
}

/// A position in the journal.
#[derive(Serialize, Deserialize)]
enum Written {
    /// A file's, as `intake` writes positions.
    File(String),
    /// The file of this number is gone.
    Gone(u64),
    /// A stream's.
    Cursor(String, String),
    /// A source was looked at.
    Begun(String),
}

fn write_position(position: &Position) -> String {
    let written = match position {
        Position::File(_) => {
            let mut alone = Positions::default();
            alone.apply(position);
            Written::File(alone.to_string())
        }
        Position::Gone(number) => Written::Gone(*number),
        Position::Cursor(source, cursor) => Written::Cursor(source.clone(), cursor.clone()),
        Position::Begun(source) => Written::Begun(source.clone()),
    };
    serde_json::to_string(&written).unwrap_or_default()
}

/// Takes a position of the journal over.
pub(super) fn apply(positions: &mut Positions, text: &str) {
    let Ok(written) = serde_json::from_str(text) else { return };
    match written {
        Written::File(text) => {
            let alone: Positions = text.parse().unwrap_or_default();
            alone.files().for_each(|mark| positions.apply(&Position::File(mark.clone())));
        }
        Written::Gone(number) => positions.apply(&Position::Gone(number)),
        Written::Cursor(source, cursor) => positions.apply(&Position::Cursor(source, cursor)),
        Written::Begun(source) => positions.apply(&Position::Begun(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use intake::{FileId, FileMark, FileState, Print};

    #[test]
    fn positions_come_back_from_the_journal() {
        let mark = |inode| FileMark {
            number: inode,
            file: FileId { device: 7, inode },
            path: "/var/log/a \u{fc}.log".into(),
            offset: 70,
            head: Print::of(b"head"),
            tail: Print::of(b"tail"),
            modified_ns: 5,
            state: FileState::Reading,
        };
        let all = [
            Position::Begun("files".to_owned()),
            Position::File(mark(1)),
            Position::Cursor("journal".to_owned(), "s=1".to_owned()),
            Position::File(mark(2)),
            Position::File(mark(3)),
            Position::Gone(3),
            Position::Gone(1),
        ];
        let (mut direct, mut written) = (Positions::default(), Positions::default());
        for position in &all {
            direct.apply(position);
            apply(&mut written, &write_position(position));
            assert_eq!(direct, written, "{position:?}");
        }
        assert_eq!(direct.files().count(), 1);
    }
}
