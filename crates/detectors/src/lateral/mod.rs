//! Movement from host to host inside a Windows network.
//!
//! Definition: remote procedure calls that make another host do something ([`calls`]: services, tasks, WMI, DCOM, registry,
//! printer drivers, forced logons, replication of the directory, enumeration of accounts and shares), programs opened on
//! administrative shares, floods of logons at a domain controller (Zerologon), service tickets that can be cracked, and
//! WinRM. Interface and operation are visible even where the call's content is encrypted. Source: MITRE ATT&CK TA0008; the
//! MS-* documents of the interfaces. Left out: what the calls carry; who is allowed to administer, which only roles can say
//! (`monitors`, `scanners_authorised`).

mod calls;
mod definitions;

use bounded::Table;
use contract::seen::{DceRpc, Http, Kerberos, Mark, Ntlm, Seen, SmbFile, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Setting, Severity, Tell};
use definitions::{ADMIN_SHARE, DEFINITIONS, LOGON_FLOOD, PROGRAM_FROM_SHARE, REMOTE_SHELL, SHARE_ENUMERATION, WEAK_TICKETS};
use model::{Addr, Interval, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Lateral;

const SETTINGS: &[Setting] = &[
    Setting { name: "logons_min", default: 10.0, doc: "NetrServerAuthenticate calls of one host that make a flood." },
    Setting { name: "tickets_min", default: 3.0, doc: "Service accounts whose RC4 tickets one host collects." },
    Setting { name: "shares_hosts_min", default: 3.0, doc: "Hosts whose shares or sessions one host lists." },
    Setting { name: "window_secs", default: 600.0, doc: "Within how many seconds." },
];

/// Hosts that are watched: those that speak these protocols as clients.
const HOSTS_MAX: usize = 16_384;
/// Things that are told apart within a window for one host: more than any threshold asks for.
const EACH_MAX: usize = 32;
/// Pairs of hosts by a share that was named by address.
const PAIRS_MAX: usize = 4_096;

impl Behaviour for Lateral {
    fn name(&self) -> &'static str {
        "lateral"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::DceRpc, What::SmbFile, What::Kerberos, What::Ntlm, What::Http, What::Mark]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Addr, Host>::held_bytes_max(HOSTS_MAX)
            + HOSTS_MAX * 4 * EACH_MAX * size_of::<(u64, Timestamp)>()
            + Table::<(Addr, Addr), Visit>::held_bytes_max(PAIRS_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let count = |name| settings.count(SETTINGS, name).clamp(2, EACH_MAX as u64) as usize;
        Box::new(Watch {
            logons_min: count("logons_min"),
            tickets_min: count("tickets_min"),
            shares_hosts_min: count("shares_hosts_min"),
            window: settings.secs(SETTINGS, "window_secs"),
            hosts: Table::new(HOSTS_MAX),
            pairs: Table::new(PAIRS_MAX),
            kept: 0,
        })
    }
}

/// Different things within a window: hashes, each with the time when it was last seen.
#[derive(Debug, Default)]
struct Recent(Vec<(u64, Timestamp)>);

impl Recent {
    /// Takes one in; how many there are within the window, and whether the list grew.
    fn add(&mut self, thing: u64, at: Timestamp, window: Interval) -> (usize, bool) {
        let before = self.0.len();
        self.0.retain(|(_, then)| at.since(*then) <= window);
        if let Some((_, then)) = self.0.iter_mut().find(|(known, _)| *known == thing) {
            *then = at;
        } else if self.0.len() < EACH_MAX {
            self.0.push((thing, at));
        }
        (self.0.len(), self.0.len() > before)
    }
}

/// What is remembered of a host.
#[derive(Debug, Default)]
struct Host {
    logons: Recent,
    logon_count: u64,
    tickets: Recent,
    listed: Recent,
    shells: Recent,
}

/// What is remembered of a client and a server whose share it named by address.
#[derive(Debug, Default)]
struct Visit {
    anonymous: bool,
    fetched: bool,
}

struct Watch {
    logons_min: usize,
    tickets_min: usize,
    shares_hosts_min: usize,
    window: Interval,
    hosts: Table<Addr, Host>,
    pairs: Table<(Addr, Addr), Visit>,
    /// Entries in all the lists of hosts, those that were let go included.
    kept: usize,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, _known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::DceRpc(call) => self.call(call, out),
            Seen::SmbFile(file) => self.file(file, out),
            Seen::Kerberos(ticket) => self.ticket(ticket, out),
            Seen::Ntlm(logon) => self.logon(logon, out),
            Seen::Mark(mark) if mark.what() == b"rpc_refused" => refused(mark, out),
            Seen::Http(http) if http.uri().starts_with(b"/wsman") => self.shell(http, out),
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        let lists = self.kept.min(HOSTS_MAX * 4 * EACH_MAX) * size_of::<(u64, Timestamp)>();
        self.hosts.held_bytes() + lists + self.pairs.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.hosts.dropped() + self.pairs.dropped()
    }
}

impl Watch {
    fn call(&mut self, call: &DceRpc<'_>, out: &mut dyn Tell) {
        let (Some((host, _)), Some((server, _))) = (call.orig(), call.resp()) else { return };
        let (endpoint, operation, at) = (call.endpoint(), call.operation(), call.ts());
        if host == server {
            return;
        }
        if calls::authenticates(endpoint, operation) {
            return self.authenticated(call, host, server, out);
        }
        if calls::lists_shares(endpoint, operation) {
            let state = self.hosts.entry(host, Host::default);
            let (count, grew) = state.listed.add(crate::hash(server.as_slice()), at, self.window);
            self.kept += usize::from(grew);
            if count >= self.shares_hosts_min {
                let finding = Finding::new(SHARE_ENUMERATION, host, at, 80).peer(server).proof(call.uid()).quote(operation);
                out.finding(finding.times(count as u64).measure("hosts", count as f64, self.shares_hosts_min as f64, ""));
            }
            return;
        }
        let Some((.., definition, severity, confidence)) = calls::tells(endpoint, operation) else { return };
        let finding = Finding::new(definition, host, at, *confidence).about(server.to_string().as_bytes()).severity(*severity);
        out.finding(finding.peer(server).proof(call.uid()).quote(operation));
    }

    fn authenticated(&mut self, call: &DceRpc<'_>, host: Addr, server: Addr, out: &mut dyn Tell) {
        let state = self.hosts.entry(host, Host::default);
        state.logon_count += 1;
        // Each call is a thing of its own; the list holds no more than the threshold can ask for.
        let (count, grew) = state.logons.add(state.logon_count, call.ts(), self.window);
        self.kept += usize::from(grew);
        if count >= self.logons_min {
            let finding = Finding::new(LOGON_FLOOD, host, call.ts(), 95).peer(server).proof(call.uid()).times(state.logon_count);
            out.finding(finding.measure("logons", count as f64, self.logons_min as f64, ""));
        }
    }

    fn file(&mut self, file: &SmbFile<'_>, out: &mut dyn Tell) {
        let (Some((host, _)), Some((server, _))) = (file.orig(), file.resp()) else { return };
        if host == server {
            return;
        }
        let (share, name) = (file.path(), file.name());
        if is_administrative(share) {
            let runs = is_program(name);
            let (severity, confidence) = if runs { (Severity::High, 90) } else { (Severity::Medium, 70) };
            let finding = Finding::new(ADMIN_SHARE, host, file.ts(), confidence).about(server.to_string().as_bytes()).severity(severity);
            out.finding(finding.peer(server).proof(file.uid()).quote(&[share, b"\\", name].concat()));
        } else if is_library(name) && is_bare(share) {
            let visit = self.pairs.entry((host, server), Visit::default);
            visit.fetched = true;
            let severity = if visit.anonymous { Severity::High } else { Severity::Medium };
            let finding = Finding::new(PROGRAM_FROM_SHARE, host, file.ts(), 88).about(server.to_string().as_bytes()).severity(severity);
            out.finding(finding.peer(server).proof(file.uid()).quote(&[share, b"\\", name].concat()));
        }
    }

    fn logon(&mut self, logon: &Ntlm<'_>, out: &mut dyn Tell) {
        let (Some((host, _)), Some((server, _))) = (logon.orig(), logon.resp()) else { return };
        if !logon.username().is_empty() || logon.success() != Some(true) || host == server {
            return;
        }
        let visit = self.pairs.entry((host, server), Visit::default);
        visit.anonymous = true;
        if visit.fetched {
            let finding = Finding::new(PROGRAM_FROM_SHARE, host, logon.ts(), 88).about(server.to_string().as_bytes());
            out.finding(finding.severity(Severity::High).peer(server).proof(logon.uid()));
        }
    }

    fn ticket(&mut self, ticket: &Kerberos<'_>, out: &mut dyn Tell) {
        let Some((host, _)) = ticket.orig() else { return };
        let service = ticket.service();
        if ticket.request_type() != b"TGS" || !ticket.cipher().starts_with(b"rc4") || is_computers(service) {
            return;
        }
        let state = self.hosts.entry(host, Host::default);
        let (count, grew) = state.tickets.add(crate::hash(service), ticket.ts(), self.window);
        self.kept += usize::from(grew);
        if count >= self.tickets_min {
            let finding = Finding::new(WEAK_TICKETS, host, ticket.ts(), 90).times(count as u64).quote(service).proof(ticket.uid());
            let finding = finding.peers(ticket.resp().map(|(server, _)| server));
            out.finding(finding.measure("services", count as f64, self.tickets_min as f64, ""));
        }
    }

    fn shell(&mut self, http: &Http<'_>, out: &mut dyn Tell) {
        let (Some((host, _)), Some((server, _))) = (http.orig(), http.resp()) else { return };
        if host == server || http.method() != b"POST" {
            return;
        }
        let state = self.hosts.entry(host, Host::default);
        let (count, grew) = state.shells.add(crate::hash(server.as_slice()), http.ts(), self.window);
        self.kept += usize::from(grew);
        let (severity, confidence) = if count >= 2 { (Severity::High, 88) } else { (Severity::Medium, 80) };
        let finding = Finding::new(REMOTE_SHELL, host, http.ts(), confidence).severity(severity).peer(server).proof(http.uid());
        out.finding(finding.quote(http.user_agent()).measure("hosts", count as f64, 2.0, ""));
    }
}

/// A call that the server refused: an attempt all the same.
fn refused(mark: &Mark<'_>, out: &mut dyn Tell) {
    let (Some((host, _)), Some((server, _))) = (mark.orig(), mark.resp()) else { return };
    let mut words = mark.text().splitn(2, |byte| *byte == b' ');
    let (endpoint, operation) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if let (Some((.., definition, severity, confidence)), true) = (calls::tells(endpoint, operation), host != server) {
        let finding = Finding::new(definition, host, mark.ts(), *confidence).about(server.to_string().as_bytes()).severity(*severity);
        out.finding(finding.peer(server).proof(mark.uid()).quote(operation));
    }
}

/// `\\HOST\C$`, `\\HOST\ADMIN$`: the shares that every Windows offers to administrators. `IPC$` is for calls.
fn is_administrative(share: &[u8]) -> bool {
    let name = share.rsplit(|byte| *byte == b'\\').next().unwrap_or_default();
    match name.strip_suffix(b"$") {
        Some([drive]) => drive.is_ascii_alphabetic(),
        Some(name) => name.eq_ignore_ascii_case(b"ADMIN"),
        None => false,
    }
}

/// Names of what Windows runs, by itself or by a host program.
fn is_program(name: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 14] =
        [b".exe", b".dll", b".bat", b".cmd", b".ps1", b".vbs", b".js", b".msi", b".scr", b".sys", b".hta", b".com", b".cpl", b".mof"];
    ENDINGS.iter().any(|ending| crate::ends_with(name, ending))
        // Build files that a program of Windows itself runs, where such files are put to be run.
        || crate::ends_with(name, b".xml") && name.to_ascii_lowercase().starts_with(b"windows\\tasks\\")
}

fn is_library(name: &[u8]) -> bool {
    [&b".dll"[..], b".exe", b".sys", b".ps1"].iter().any(|ending| crate::ends_with(name, ending))
}

/// Whether a share's host is named by its address: `\\192.0.2.1\share`.
fn is_bare(share: &[u8]) -> bool {
    let host = share.split(|byte| *byte == b'\\').find(|part| !part.is_empty()).unwrap_or_default();
    std::str::from_utf8(host).is_ok_and(|text| text.parse::<std::net::IpAddr>().is_ok())
}

/// Whether a service belongs to a computer, whose password cannot be guessed, or to the domain itself.
fn is_computers(service: &[u8]) -> bool {
    const OWN: [&[u8]; 10] =
        [b"krbtgt/", b"cifs/", b"host/", b"ldap/", b"gc/", b"dns/", b"rpcss/", b"http/", b"termsrv/", b"restrictedkrbhost/"];
    let lower = service.to_ascii_lowercase();
    service.ends_with(b"$") || OWN.iter().any(|own| lower.starts_with(own)) || lower == b"krbtgt"
}
