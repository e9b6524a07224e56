//! What a folder's logs and story say of one destination.

use crate::logs::{Row, each_row, logs_named, story_in};
use crate::read::STORY;
use crate::terminal;
use anyhow::Result;
use model::{Civil, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

/// Things of one sort that are kept: more is no answer that a person reads.
const KEPT_MAX: usize = 10_000;
/// The longest value that is kept, in characters: an address of a web page.
const VALUE_CHARS_MAX: usize = 200;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// An address.
    Address(IpAddr),
    /// A name, in lower case; names below it count too.
    Name(String),
}

impl Wanted {
    /// From what the user typed.
    pub(super) fn new(what: &str) -> Option<Self> {
        let what = what.trim().trim_matches(['[', ']']);
        if let Ok(ip) = what.parse() {
            return Some(Self::Address(ip));
        }
        let name = what.trim_end_matches('.').to_ascii_lowercase();
        let is_name = !name.is_empty() && name.len() <= 253 && name.split('.').all(is_label);
        is_name.then_some(Self::Name(name))
    }

    fn names(&self, name: &str) -> bool {
        let Self::Name(wanted) = self else { return false };
        let name = name.to_ascii_lowercase();
        name == *wanted || name.strip_suffix(wanted.as_str()).is_some_and(|above| above.ends_with('.'))
    }
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.len() <= 63 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// How one client used the destination.
#[derive(Clone, Debug, Default)]
struct Contact {
    times: u64,
    first: f64,
    last: f64,
    sent: u64,
    got: u64,
    ports: BTreeSet<String>,
}

/// Everything that is known of it.
#[derive(Debug, Default)]
pub(super) struct Dossier {
    pub(super) names: BTreeSet<String>,
    pub(super) addresses: BTreeSet<String>,
    pub(super) places: BTreeSet<String>,
    pub(super) requests: BTreeSet<String>,
    pub(super) agents: BTreeSet<String>,
    pub(super) certificates: BTreeSet<String>,
    pub(super) files: BTreeSet<String>,
    pub(super) findings: Vec<String>,
    pub(super) indicators: Vec<String>,
    prints: BTreeSet<String>,
    contacts: BTreeMap<String, Contact>,
    clients: BTreeSet<String>,
}

fn keep(set: &mut BTreeSet<String>, value: &str) {
    if set.len() < KEPT_MAX && !value.is_empty() {
        set.insert(terminal::cut(value, VALUE_CHARS_MAX).into_owned());
    }
}

/// Reads a folder for what it says of a destination.
pub(super) fn gather(wanted: &Wanted, folder: &Path) -> Result<Dossier> {
    let mut all = Dossier::default();
    match wanted {
        Wanted::Address(ip) => keep(&mut all.addresses, &ip.to_string()),
        Wanted::Name(name) => keep(&mut all.names, name),
    }
    let mut each = |log: &str, visit: &mut dyn FnMut(&mut Dossier, &Row<'_>)| -> Result<()> {
        for path in logs_named(folder, log)? {
            each_row(&path, &mut |row| visit(&mut all, row))?;
        }
        Ok(())
    };
    // Names and addresses first, since all else is found by them.
    each("dns", &mut |all, row| all.answer(wanted, row))?;
    each("ssl", &mut |all, row| all.named(wanted, row, "server_name"))?;
    each("http", &mut |all, row| all.named(wanted, row, "host"))?;
    each("conn", &mut |all, row| all.connection(wanted, row))?;
    each("http", &mut |all, row| all.request(wanted, row))?;
    each("ssl", &mut |all, row| all.handshake(wanted, row))?;
    each("x509", &mut |all, row| all.certificate(row))?;
    each("files", &mut |all, row| all.file(row))?;
    if folder.join(STORY).is_file() {
        all.story(wanted, &story_in(folder)?);
    }
    Ok(all)
}

impl Dossier {
    /// Whether anybody went there, or anything gave it a name.
    pub(super) fn is_known(&self) -> bool {
        !self.contacts.is_empty() || !(self.names.is_empty() || self.addresses.is_empty()) || !self.findings.is_empty()
    }

    /// A name server's answer that links the name and an address.
    fn answer(&mut self, wanted: &Wanted, row: &Row<'_>) {
        let (Some(query), Some(answers)) = (row.get("query"), row.get("answers")) else { return };
        let addresses = answers.split(',').filter(|answer| answer.parse::<IpAddr>().is_ok());
        match wanted {
            Wanted::Address(ip) => {
                let ip = ip.to_string();
                if addresses.into_iter().any(|answer| answer == ip) {
                    keep(&mut self.names, query);
                }
            }
            Wanted::Name(_) if wanted.names(query) => {
                keep(&mut self.names, query);
                addresses.into_iter().for_each(|answer| keep(&mut self.addresses, answer));
            }
            Wanted::Name(_) => {}
        }
    }

    /// A client called an address by a name.
    fn named(&mut self, wanted: &Wanted, row: &Row<'_>, column: &str) {
        let (Some(name), Some(server)) = (row.get(column), row.get("id.resp_h")) else { return };
        let name = name.split(':').next().unwrap_or(name);
        if wanted.names(name) {
            keep(&mut self.names, name);
            keep(&mut self.addresses, server);
        } else if matches!(wanted, Wanted::Address(_)) && self.addresses.contains(server) && name.parse::<IpAddr>().is_err() {
            keep(&mut self.names, name);
        }
    }

    fn is_there(&self, row: &Row<'_>) -> bool {
        row.get("id.resp_h").is_some_and(|server| self.addresses.contains(server))
    }

    fn connection(&mut self, wanted: &Wanted, row: &Row<'_>) {
        let Some(client) = row.get("id.orig_h") else { return };
        if self.clients.len() < KEPT_MAX && row.get("local_orig") == Some("T") && row.get("local_resp") != Some("T") {
            self.clients.insert(client.to_owned());
        }
        // An address may serve many names: where the flow has one, it decides.
        let is_other = matches!(wanted, Wanted::Name(_)) && row.get("resp_name").is_some_and(|name| !wanted.names(name));
        if !self.is_there(row) || is_other {
            return;
        }
        if let Some(name) = row.get("resp_name") {
            keep(&mut self.names, name);
        }
        if let Some(server) = row.get("id.resp_h") {
            let system = row.get("resp_asn").map(|number| format!("AS{number} {}", row.get("resp_org").unwrap_or_default()));
            let words: Vec<String> = row.get("resp_cc").map(str::to_owned).into_iter().chain(system).collect();
            if !words.is_empty() {
                keep(&mut self.places, &format!("{server}: {}", words.join(", ").trim_end()));
            }
        }
        if self.contacts.len() >= KEPT_MAX && !self.contacts.contains_key(client) {
            return;
        }
        let number = |column: &str| row.get(column).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let at: f64 = row.get("ts").and_then(|text| text.parse().ok()).unwrap_or(0.0);
        let contact = self.contacts.entry(client.to_owned()).or_insert_with(|| Contact { first: at, last: at, ..Contact::default() });
        contact.times += 1;
        (contact.first, contact.last) = (contact.first.min(at), contact.last.max(at));
        contact.sent += number("orig_bytes");
        contact.got += number("resp_bytes");
        let service = row.get("service").map_or(String::new(), |service| format!(" {service}"));
        let port = format!("{}/{}{service}", row.get("id.resp_p").unwrap_or("?"), row.get("proto").unwrap_or("?"));
        keep(&mut contact.ports, &port);
    }

    fn request(&mut self, wanted: &Wanted, row: &Row<'_>) {
        let host = row.get("host").unwrap_or_default();
        let is_wanted = match wanted {
            Wanted::Address(_) => self.is_there(row),
            Wanted::Name(_) => wanted.names(host.split(':').next().unwrap_or(host)),
        };
        if !is_wanted {
            return;
        }
        keep(&mut self.agents, row.get("user_agent").unwrap_or_default());
        let words = ["method", "host", "uri", "status_code"].iter().filter_map(|column| row.get(column));
        keep(&mut self.requests, &words.collect::<Vec<_>>().join(" "));
    }

    fn handshake(&mut self, wanted: &Wanted, row: &Row<'_>) {
        let is_other = matches!(wanted, Wanted::Name(_)) && row.get("server_name").is_some_and(|name| !wanted.names(name));
        if self.is_there(row) && !is_other {
            for print in row.get("cert_chain_fps").unwrap_or_default().split(',').take(1) {
                keep(&mut self.prints, print);
            }
        }
    }

    fn certificate(&mut self, row: &Row<'_>) {
        let Some(print) = row.get("fingerprint").filter(|print| self.prints.contains(*print)) else { return };
        let of = |column: &str| row.get(column).unwrap_or("-");
        let subject = format!("{}, signed by {}", of("certificate.subject"), of("certificate.issuer"));
        let until = row
            .get("certificate.not_valid_after")
            .and_then(|text| text.parse().ok())
            .map_or(String::new(), |at: f64| format!(", until {}", time(at)));
        let line = format!("{subject}{until} ({})", print.get(..16).unwrap_or(print));
        keep(&mut self.certificates, &line);
    }

    fn file(&mut self, row: &Row<'_>) {
        // Zeek's own logs of some versions name hosts in columns of their own.
        let ends = ["id.resp_h", "id.orig_h", "tx_hosts"];
        if !ends.iter().filter_map(|column| row.get(column)).any(|host| self.addresses.contains(host)) {
            return;
        }
        let words = ["source", "mime_type", "filename", "seen_bytes", "sha256"].iter().filter_map(|column| row.get(column));
        keep(&mut self.files, &words.collect::<Vec<_>>().join("  "));
    }

    fn story(&mut self, wanted: &Wanted, story: &story::Story) {
        let is_it = |text: &str| {
            let host = text.split("://").last().unwrap_or(text).split(['/', ':']).next().unwrap_or(text);
            self.addresses.contains(text) || self.addresses.contains(host) || wanted.names(host)
        };
        let about = |finding: &&story::FindingRow| {
            is_it(&finding.host) || is_it(&finding.subject) || (finding.peers.len() == 1 && finding.peers.iter().any(|peer| is_it(peer)))
        };
        self.findings = story
            .findings
            .iter()
            .filter(about)
            .take(KEPT_MAX)
            .map(|finding| {
                format!("{}  {}  {}, {}, {} %", finding.id, finding.host, finding.title.en, finding.severity, finding.confidence)
            })
            .collect();
        self.indicators = story
            .indicators
            .iter()
            .filter(|indicator| is_it(&indicator.value))
            .map(|indicator| format!("{} {}, {} %: {}", indicator.kind, indicator.value, indicator.confidence, indicator.because.en))
            .collect();
    }

    /// Who went there, a line each, the busiest first.
    pub(super) fn contacts(&self) -> Vec<String> {
        let mut all: Vec<_> = self.contacts.iter().collect();
        all.sort_by(|(a_host, a), (b_host, b)| b.times.cmp(&a.times).then(a_host.cmp(b_host)));
        let line = |(client, contact): (&String, &Contact)| {
            let ports: Vec<_> = contact.ports.iter().take(4).map(String::as_str).collect();
            let times = if contact.times == 1 { "once".to_owned() } else { format!("{} times", terminal::grouped(contact.times)) };
            format!(
                "{client}  {times}, {} to {}, ↑{} ↓{}, {}",
                time(contact.first),
                time(contact.last),
                terminal::bytes(contact.sent),
                terminal::bytes(contact.got),
                ports.join(" ")
            )
        };
        all.into_iter().map(line).collect()
    }

    /// How common it is.
    pub(super) fn in_short(&self) -> String {
        let of = self.clients.len().max(self.contacts.len());
        match self.contacts.len() {
            0 => "nobody went there".to_owned(),
            clients => format!("{clients} of {of} hosts went there"),
        }
    }

    pub(super) fn json(&self) -> Value {
        let contacts: Vec<Value> = self
            .contacts
            .iter()
            .map(|(client, contact)| {
                json!({
                    "client": client, "times": contact.times, "first": time(contact.first), "last": time(contact.last),
                    "orig_bytes": contact.sent, "resp_bytes": contact.got, "ports": contact.ports,
                })
            })
            .collect();
        json!({
            "names": self.names, "addresses": self.addresses, "places": self.places, "contacts": contacts,
            "hosts": self.contacts.len(), "of_hosts": self.clients.len().max(self.contacts.len()), "requests": self.requests,
            "user_agents": self.agents, "certificates": self.certificates, "files": self.files, "findings": self.findings,
            "indicators": self.indicators,
        })
    }
}

/// Seconds since 1970 as a date and time, UTC.
fn time(secs: f64) -> String {
    Civil::of(Timestamp::default() + model::Interval::from_secs_f64(secs)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_a_name_count_and_others_do_not() {
        let wanted = Wanted::new("Example.COM.").expect("a name");
        for (name, expected) in [("example.com", true), ("www.EXAMPLE.com", true), ("notexample.com", false), ("example.com.au", false)] {
            assert_eq!(wanted.names(name), expected, "{name}");
        }
        assert_eq!(Wanted::new("[2001:DB8::1]"), Some(Wanted::Address("2001:db8::1".parse().expect("an address"))));
        for text in ["", "a b", "x..y", "http://x/", "$(reboot)", "a\r\nb"] {
            assert_eq!(Wanted::new(text), None, "{text}");
        }
    }
}
