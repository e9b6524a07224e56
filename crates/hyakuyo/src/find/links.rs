//! How rows of different logs hang together: by connection, by file, by certificate, and by the name that a client looked
//! up before it connected.

use super::term::TermKind;
use crate::rows::Field;
use std::collections::{HashMap, HashSet};

/// How many links of one sort are followed: more would be no answer that a person reads.
const LINKS_MAX: usize = 100_000;

/// A row while it is looked at.
pub(crate) struct Row<'r> {
    /// The log that it stands in.
    pub(crate) log: &'r str,
    /// Its cells.
    pub(crate) fields: &'r [Field<'r>],
}

/// What is looked for next. It only grows, so that following ends.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Connections of which every row is wanted.
    connections: HashSet<String>,
    /// Connections of which only the connection itself (and its TLS handshake) is wanted, since a file came through them.
    origins: HashSet<String>,
    files: HashSet<String>,
    certificates: HashSet<String>,
    /// Client and server, and when they first spoke: the look-up before that is wanted.
    lookups: HashMap<(String, String), i64>,
    /// Client and address, and when a name gave that address: the connections after that are wanted.
    answers: HashMap<(String, String), i64>,
}

/// How a row is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// It is part of the answer.
    Keep,
    /// It is the look-up before a connection, if no later one is found; client and server.
    LastBefore(Vec<(String, String)>),
}

impl Row<'_> {
    /// The cell of a column, where it is set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).and_then(|field| field.values().next())
    }

    /// The time in microseconds since the epoch.
    pub(crate) fn micros(&self) -> i64 {
        self.get("ts").and_then(micros).unwrap_or_default()
    }

    fn ends(&self) -> Option<(String, String)> {
        Some((self.get("id.orig_h")?.to_owned(), self.get("id.resp_h")?.to_owned()))
    }

    fn linked(&self, names: &'static [&'static str]) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |field| names.contains(&&*field.name)).flat_map(Field::values)
    }

    fn connections(&self) -> impl Iterator<Item = &str> {
        self.linked(&["uid", "uids", "conn_uids", "tunnel_parents"])
    }

    fn files(&self) -> impl Iterator<Item = &str> {
        const NAMES: &[&str] = &["fuid", "fuids", "orig_fuids", "resp_fuids", "cert_chain_fuids", "client_cert_chain_fuids", "parent_fuid"];
        let by_id: &[&str] = if matches!(self.log, "pe" | "x509" | "ocsp") { &["id"] } else { &[] };
        self.linked(NAMES).chain(self.linked(by_id))
    }

    fn certificates(&self) -> impl Iterator<Item = &str> {
        self.linked(&["fingerprint", "cert_chain_fps", "client_cert_chain_fps"])
    }
}

impl Wanted {
    /// Whether, and how, a row that doesn't name the term itself belongs to the answer.
    pub(crate) fn of(&self, row: &Row<'_>) -> Option<Want> {
        let keep = row.connections().any(|id| self.connections.contains(id))
            || (matches!(row.log, "conn" | "ssl") && row.connections().any(|id| self.origins.contains(id)))
            || (!self.files.is_empty() && row.files().any(|id| self.files.contains(id)))
            || (row.log == "x509" && row.certificates().any(|print| self.certificates.contains(print)))
            || (row.log == "conn" && self.is_answered(row));
        if keep {
            return Some(Want::Keep);
        }
        self.last_before(row)
    }

    /// Whether a row is a look-up that may be the last one before a connection.
    pub(crate) fn last_before(&self, row: &Row<'_>) -> Option<Want> {
        let lookups = self.lookups_of(row);
        if lookups.is_empty() { None } else { Some(Want::LastBefore(lookups)) }
    }

    /// Learns what a row of the answer leads to. `direct` rows name the term themselves.
    pub(crate) fn follow(&mut self, row: &Row<'_>, kind: TermKind, direct: bool) {
        match kind {
            TermKind::Connection => {
                self.add_files(row);
                self.add_certificates(row);
                self.add_lookup(row);
            }
            TermKind::File | TermKind::Hash => {
                if direct && kind == TermKind::Hash && matches!(row.log, "files" | "pe") {
                    self.add_files(row);
                }
                extend(&mut self.origins, row.connections());
                self.add_certificates(row);
                self.add_lookup(row);
            }
            TermKind::Address => {
                if direct && row.log == "files" {
                    self.add_files(row);
                }
            }
            TermKind::Name if direct => {
                extend(&mut self.origins, row.connections().filter(|_| row.log != "dns"));
                self.add_files(row);
                self.add_certificates(row);
                self.add_answers(row);
                self.add_lookup(row);
            }
            TermKind::Name => {
                if row.log == "conn" && self.is_answered(row) {
                    extend(&mut self.connections, row.connections());
                }
                self.add_files(row);
                self.add_certificates(row);
            }
        }
    }

    /// A number that grows with every link learnt.
    pub(crate) fn len(&self) -> usize {
        self.connections.len() + self.origins.len() + self.files.len() + self.certificates.len() + self.lookups.len() + self.answers.len()
    }

    fn add_files(&mut self, row: &Row<'_>) {
        extend(&mut self.files, row.files());
    }

    fn add_certificates(&mut self, row: &Row<'_>) {
        if row.log == "ssl" {
            extend(&mut self.certificates, row.certificates());
        }
    }

    fn add_lookup(&mut self, row: &Row<'_>) {
        if row.log == "dns" || self.lookups.len() >= LINKS_MAX {
            return;
        }
        if let Some(ends) = row.ends() {
            let at = row.micros();
            self.lookups.entry(ends).and_modify(|first| *first = at.min(*first)).or_insert(at);
        }
    }

    fn add_answers(&mut self, row: &Row<'_>) {
        if row.log != "dns" {
            return;
        }
        let (Some(client), at) = (row.get("id.orig_h"), row.micros()) else { return };
        for answer in row.linked(&["answers"]).filter(|answer| answer.parse::<std::net::IpAddr>().is_ok()) {
            if self.answers.len() < LINKS_MAX {
                let first = self.answers.entry((client.to_owned(), answer.to_owned())).or_insert(at);
                *first = at.min(*first);
            }
        }
    }

    fn is_answered(&self, row: &Row<'_>) -> bool {
        !self.answers.is_empty() && row.ends().and_then(|ends| self.answers.get(&ends)).is_some_and(|after| row.micros() >= *after)
    }

    fn lookups_of(&self, row: &Row<'_>) -> Vec<(String, String)> {
        if row.log != "dns" || self.lookups.is_empty() {
            return Vec::new();
        }
        let (Some(client), at) = (row.get("id.orig_h"), row.micros()) else { return Vec::new() };
        row.linked(&["answers"])
            .map(|answer| (client.to_owned(), answer.to_owned()))
            .filter(|ends| self.lookups.get(ends).is_some_and(|before| at <= *before))
            .collect()
    }
}

/// Seconds with up to six decimals, in microseconds.
pub(crate) fn micros(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let mut fraction = 0;
    for at in 0..6 {
        fraction = fraction * 10 + i64::from(decimals.as_bytes().get(at).map_or(0, |digit| digit.wrapping_sub(b'0').min(9)));
    }
    let secs: i64 = whole.parse().ok()?;
    let fraction = if whole.starts_with('-') { -fraction } else { fraction };
    secs.checked_mul(1_000_000)?.checked_add(fraction)
}

fn extend<'a>(set: &mut HashSet<String>, ids: impl Iterator<Item = &'a str>) {
    for id in ids {
        if set.len() >= LINKS_MAX {
            return;
        }
        if !set.contains(id) {
            set.insert(id.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_exactly() {
        for (text, expected) in [
            ("1602536538.381791", Some(1_602_536_538_381_791)),
            ("1.5", Some(1_500_000)),
            ("7", Some(7_000_000)),
            ("-0.5", Some(-500_000)),
            ("x", None),
            ("9223372036854775807.0", None),
        ] {
            assert_eq!(micros(text), expected, "{text}");
        }
    }
}
