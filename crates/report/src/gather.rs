//! What the page needs beside the story, read from the logs row by row: bytes over time, hosts and their names, files,
//! requests. Bounded: what finds no room is counted, and the page says so.

use crate::traffic::{Flow, Traffic};
use std::collections::{BTreeMap, HashMap, HashSet};
use story::Story;

/// Hosts that are kept: beyond this a capture is a scan, whose targets nobody reads one by one.
const HOSTS_MAX: usize = 50_000;
/// Files and requests that are kept: a page shows a few dozen of them.
const ROWS_MAX: usize = 2_000;
/// Names of one address that are kept: content networks have thousands.
const NAMES_MAX: usize = 4;
/// Times of one request that are kept, for the interval between them: enough for a median that no pause moves.
const TIMES_MAX: usize = 128;
/// The longest text that is kept of a cell, in bytes: a URL of a browser's length.
const CELL_BYTES_MAX: usize = 2_048;

/// The logs that are read, in the order in which they are best read.
pub const LOGS: &[&str] = &["dns", "http", "ssl", "conn", "files"];

/// A row of a log, by the names of its columns. Cells are as in Zeek's TSV, lists separated by commas.
pub trait Cells {
    /// The cell of a column; `None` where it is unset, empty or not there.
    fn cell(&self, column: &str) -> Option<&str>;
}

/// What is known of a host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    pub(crate) names: Vec<String>,
    pub(crate) connections: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
}

/// A file that matters.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileRow {
    pub(crate) at: i64,
    pub(crate) fuid: String,
    pub(crate) name: String,
    pub(crate) mime: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) times: u64,
}

/// Requests that matter, alike ones together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) first: i64,
    pub(crate) times: u64,
    /// When, as far as that is kept.
    pub(crate) when: Vec<i64>,
    pub(crate) status: String,
    pub(crate) bytes: u64,
    pub(crate) mime: String,
}

impl Request {
    /// The median of the times between two, in microseconds; `None` where there are too few to speak of a rhythm.
    pub(crate) fn every(&self) -> Option<i64> {
        const FEWEST: usize = 4;
        let mut when = self.when.clone();
        when.sort_unstable();
        let mut between: Vec<i64> = when.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
        between.sort_unstable();
        let median = between.get(between.len() / 2).copied();
        median.filter(|every| when.len() >= FEWEST && *every >= 1_000_000)
    }
}

/// Who asks what: client, method, URL.
pub(crate) type Asked = (String, String, String);

/// All that was read.
#[derive(Debug, Default)]
pub struct Gathered {
    accused: HashSet<String>,
    ids: HashSet<String>,
    suspicious: HashSet<String>,
    sources: HashSet<String>,
    pub(crate) traffic: Traffic,
    pub(crate) hosts: HashMap<String, Host>,
    /// Bytes between an accused host and a peer.
    pub(crate) pairs: BTreeMap<(String, String), u64>,
    pub(crate) files: Vec<FileRow>,
    pub(crate) requests: BTreeMap<Asked, Request>,
    dropped: u64,
}

/// Types of files that run.
const PROGRAMS: &[&str] = &[
    "application/x-dosexec",
    "application/x-executable",
    "application/x-elf",
    "application/x-sharedlib",
    "application/x-mach-o-executable",
    "application/java-archive",
    "application/vnd.ms-cab-compressed",
    "application/msword",
    "text/x-msdos-batch",
    "text/x-powershell",
];

impl Gathered {
    /// Ready to read the logs that belong to a story.
    pub fn new(story: &Story) -> Self {
        let incidents = story.incidents.iter();
        let found = story.findings.iter().filter(|finding| !finding.incident.is_empty());
        let mut ids: HashSet<String> = found.flat_map(|finding| finding.evidence.iter().cloned()).collect();
        for incident in incidents.clone() {
            ids.extend(incident.story.iter().flat_map(|sentence| sentence.ids.iter().cloned()));
            if let Some(source) = &incident.source {
                ids.extend(source.ids.iter().cloned());
                ids.insert(source.fuid.clone());
            }
        }
        ids.extend(story.indicators.iter().filter(|one| one.block).flat_map(|one| one.ids.iter().cloned()));
        ids.remove("");
        let blocked = story.indicators.iter().filter(|one| one.block && matches!(one.kind.as_str(), "domain" | "ip"));
        Self {
            accused: incidents.clone().map(|incident| incident.host.clone()).collect(),
            ids,
            suspicious: blocked.map(|one| one.value.clone()).collect(),
            sources: incidents.filter_map(|incident| incident.source.as_ref()).map(|source| source.fuid.clone()).collect(),
            ..Self::default()
        }
    }

    /// How much found no room.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Reads a row of one of [`LOGS`].
    pub fn row(&mut self, log: &str, row: &dyn Cells) {
        let Some(at) = row.cell("ts").and_then(micros) else { return };
        match log {
            "conn" => self.connection(at, row),
            "dns" => self.look_up(row),
            "ssl" => self.named(row.cell("id.resp_h"), row.cell("server_name")),
            "http" => self.request(at, row),
            "files" => self.file(at, row),
            _ => {}
        }
    }

    fn connection(&mut self, at: i64, row: &dyn Cells) {
        let (Some(orig), Some(resp)) = (row.cell("id.orig_h"), row.cell("id.resp_h")) else { return };
        let count = |name| row.cell(name).and_then(|text| text.parse::<u64>().ok());
        let sent = count("orig_ip_bytes").or_else(|| count("orig_bytes")).unwrap_or(0);
        let received = count("resp_ip_bytes").or_else(|| count("resp_bytes")).unwrap_or(0);
        let end = at.saturating_add(row.cell("duration").and_then(micros).unwrap_or(0).max(0));
        let by_accused = self.accused.contains(orig);
        let to_accused = self.accused.contains(resp);
        let (out, back) = if by_accused { (sent, received) } else { (received, sent) };
        self.traffic.add(&Flow { at, end, accused: by_accused || to_accused, sent: out, received: back });
        for (host, peer, out, back, accused) in [(orig, resp, sent, received, by_accused), (resp, orig, received, sent, to_accused)] {
            if accused {
                let key = (host.to_owned(), peer.to_owned());
                if self.pairs.len() < HOSTS_MAX || self.pairs.contains_key(&key) {
                    *self.pairs.entry(key).or_default() += out.saturating_add(back);
                } else {
                    self.dropped += 1;
                }
            }
            if let Some(seen) = self.host(host) {
                seen.connections += 1;
                seen.sent = seen.sent.saturating_add(out);
                seen.received = seen.received.saturating_add(back);
                seen.first = Some(seen.first.map_or(at, |first| first.min(at)));
                seen.last = Some(seen.last.map_or(end, |last| last.max(end)));
            }
        }
    }

    fn host(&mut self, address: &str) -> Option<&mut Host> {
        if self.hosts.len() >= HOSTS_MAX && !self.hosts.contains_key(address) && !self.accused.contains(address) {
            self.dropped += 1;
            return None;
        }
        Some(self.hosts.entry(address.to_owned()).or_default())
    }

    fn look_up(&mut self, row: &dyn Cells) {
        let (Some(query), Some(answers)) = (row.cell("query"), row.cell("answers")) else { return };
        for answer in answers.split(',').filter(|answer| answer.parse::<std::net::IpAddr>().is_ok()) {
            self.named(Some(answer), Some(query));
        }
    }

    fn named(&mut self, address: Option<&str>, name: Option<&str>) {
        let (Some(address), Some(name)) = (address, name) else { return };
        if name == address || !name.contains('.') || name.parse::<std::net::IpAddr>().is_ok() {
            return;
        }
        let name = kept(name).trim_end_matches('.').to_ascii_lowercase();
        let Some(host) = self.host(address) else { return };
        if host.names.len() < NAMES_MAX && !host.names.contains(&name) {
            host.names.push(name);
        }
    }

    fn request(&mut self, at: i64, row: &dyn Cells) {
        let (Some(client), Some(server)) = (row.cell("id.orig_h"), row.cell("id.resp_h")) else { return };
        let host = row.cell("host").unwrap_or(server);
        self.named(Some(server), Some(host.split(':').next().unwrap_or(host)));
        let proven = row.cell("uid").is_some_and(|uid| self.ids.contains(uid));
        let suspicious = self.suspicious.contains(host) || self.suspicious.contains(server);
        if !(self.accused.contains(client) && (proven || suspicious)) {
            return;
        }
        let uri = row.cell("uri").unwrap_or("");
        let url = if uri.starts_with("http://") { kept(uri).to_owned() } else { kept(&format!("http://{host}{uri}")).to_owned() };
        let key = (client.to_owned(), kept(row.cell("method").unwrap_or("-")).to_owned(), url);
        if self.requests.len() >= ROWS_MAX && !self.requests.contains_key(&key) {
            self.dropped += 1;
            return;
        }
        let seen = self.requests.entry(key).or_insert_with(|| Request { first: at, ..Request::default() });
        seen.first = seen.first.min(at);
        seen.times += 1;
        if seen.when.len() < TIMES_MAX {
            seen.when.push(at);
        }
        row.cell("status_code").unwrap_or("").clone_into(&mut seen.status);
        kept(row.cell("resp_mime_types").unwrap_or("")).clone_into(&mut seen.mime);
        seen.bytes = seen.bytes.max(row.cell("response_body_len").and_then(|text| text.parse().ok()).unwrap_or(0));
    }

    fn file(&mut self, at: i64, row: &dyn Cells) {
        let text = |name| kept(row.cell(name).unwrap_or("")).to_owned();
        let (fuid, mime) = (text("fuid"), text("mime_type"));
        let proven = self.ids.contains(&fuid) || self.sources.contains(&fuid);
        let (from, to) = ends(row);
        let concerns = self.accused.is_empty() || self.accused.contains(from) || self.accused.contains(to);
        let runs = concerns && PROGRAMS.contains(&mime.as_str());
        if !proven && !runs {
            return;
        }
        let bytes = ["seen_bytes", "total_bytes"].iter().find_map(|name| row.cell(name)?.parse().ok()).unwrap_or(0);
        let file =
            FileRow { at, fuid, name: text("filename"), mime, bytes, sha256: text("sha256"), from: from.into(), to: to.into(), times: 1 };
        let same = |known: &&mut FileRow| {
            !known.sha256.is_empty() && known.sha256 == file.sha256 && known.from == file.from && known.to == file.to
        };
        if let Some(known) = self.files.iter_mut().find(same) {
            known.times += 1;
        } else if self.files.len() < ROWS_MAX {
            self.files.push(file);
        } else {
            self.dropped += 1;
        }
    }

    /// The name by which an address is best known; empty where there is none.
    pub(crate) fn name(&self, address: &str) -> &str {
        self.hosts.get(address).and_then(|host| host.names.first()).map_or("", String::as_str)
    }
}

/// Sender and receiver of a file: Zeek's newer `id` columns with the direction, or its older lists of hosts.
fn ends(row: &dyn Cells) -> (&str, &str) {
    let first = |name| row.cell(name).and_then(|hosts: &str| hosts.split(',').next());
    match (first("tx_hosts"), first("rx_hosts")) {
        (Some(from), Some(to)) => (from, to),
        _ => {
            let (orig, resp) = (row.cell("id.orig_h").unwrap_or(""), row.cell("id.resp_h").unwrap_or(""));
            if row.cell("is_orig") == Some("T") { (orig, resp) } else { (resp, orig) }
        }
    }
}

/// As much of a cell as is kept.
fn kept(text: &str) -> &str {
    match text.char_indices().find(|(at, _)| *at >= CELL_BYTES_MAX) {
        Some((at, _)) => text.get(..at).unwrap_or(text),
        None => text,
    }
}

/// Seconds with a fraction as microseconds, without the roundings of a float.
pub(crate) fn micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let negative = whole.starts_with('-');
    let whole: i64 = whole.parse().ok()?;
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let fraction: i64 = fraction.parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(if negative { -fraction } else { fraction })
}
