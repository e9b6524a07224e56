//! Routes: the rules of each source, and which sources an event belongs to.
//!
//! An event is shown only to the rules of its own sources. What kind of row belongs to which source is found out once for each kind, for
//! Windows' events once for each channel and number; what is left to decide for each event is who told it and which side is ours.

use crate::fields::Fields;
use crate::source::Source;
use contract::Known;
use model::{Column, Event, Kind};
use rsigma_eval::Engine;
use std::collections::HashMap;

/// The rules of one source.
pub(crate) struct Route {
    pub(crate) source: Source,
    pub(crate) engine: Engine,
    /// The fields that they look at.
    used: Vec<Box<str>>,
}

impl Route {
    pub(crate) const fn new(source: Source, engine: Engine, used: Vec<Box<str>>) -> Self {
        Self { source, engine, used }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route").field("source", &self.source).field("rules", &self.engine.rule_count()).finish_non_exhaustive()
    }
}

/// The kinds whose rows may belong to a source.
pub(crate) fn kinds_of(source: &Source, kinds: &[&'static Kind]) -> Vec<&'static Kind> {
    kinds.iter().copied().filter(|kind| may_belong(source, kind)).collect()
}

fn may_belong(source: &Source, kind: &Kind) -> bool {
    match source {
        Source::Proxy | Source::Webserver => kind.name == "http",
        Source::Dns | Source::Lookups => kind.name == "dns",
        Source::Firewall | Source::Connections => kind.name == "conn",
        Source::Zeek(Some(log)) => kind.name == &**log,
        Source::Zeek(None) => !kind.name.starts_with('_') && !is_windows(kind),
        Source::Windows | Source::WindowsCategory(_) | Source::WindowsService(_) => is_windows(kind),
        Source::Linux(_) | Source::Said(_) => ["logon", "device", "raw"].contains(&kind.name),
    }
}

fn is_windows(kind: &Kind) -> bool {
    kind.find("channel").is_some() && kind.find("event_id").is_some()
}

/// A route that events of a kind may take.
#[derive(Debug)]
pub(crate) struct Way {
    /// The route's number.
    pub(crate) route: usize,
    pub(crate) fields: Fields,
}

/// What is known of a kind: its ways, and the columns by which they are chosen.
#[derive(Debug)]
struct Plan {
    ways: Vec<Way>,
    told_by: Option<Column>,
    orig: Option<Column>,
    resp: Option<Column>,
    channel: Option<Column>,
    event_id: Option<Column>,
    /// Columns in which a program of Unix is named.
    program: Option<Column>,
    line: Option<Column>,
    windows: bool,
}

/// Channels and numbers of Windows' events whose ways are remembered: more than one computer has.
const WINDOWS_MAX: usize = 16_384;

/// Finds the ways of events.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    /// By the address of the kind: kinds are statics, of which a run meets a few dozen.
    plans: Vec<(usize, Plan)>,
    latest: usize,
    windows: HashMap<(usize, u64, u64), Box<[u16]>, bounded::Hasher>,
}

impl Ways {
    /// The number of the plan for a kind, and whether it has any ways.
    pub(crate) fn plan(&mut self, routes: &[Route], kind: &'static Kind) -> Option<usize> {
        let key = std::ptr::from_ref(kind).addr();
        if self.plans.get(self.latest).is_none_or(|(known, _)| *known != key) {
            self.latest = match self.plans.iter().position(|(known, _)| *known == key) {
                Some(place) => place,
                None => {
                    self.plans.push((key, Plan::new(routes, kind)));
                    self.plans.len() - 1
                }
            };
        }
        self.plans.get(self.latest).is_some_and(|(_, plan)| !plan.ways.is_empty()).then_some(self.latest)
    }

    /// The ways of an event, as numbers within its plan.
    pub(crate) fn of(&mut self, routes: &[Route], plan: usize, event: &Event, known: &dyn Known, out: &mut Vec<u16>) {
        out.clear();
        let Some((_, it)) = self.plans.get(plan) else { return };
        if it.windows {
            return self.windows(routes, plan, event, out);
        }
        let told = it.told_by.and_then(|column| event.get(column).as_bytes());
        let format = told.map(|told| told.split(|byte| *byte == b' ').next().unwrap_or_default());
        for (place, way) in it.ways.iter().enumerate() {
            if routes.get(way.route).is_some_and(|route| it.takes(&route.source, event, format, known)) {
                out.push(place as u16);
            }
        }
    }

    fn windows(&mut self, routes: &[Route], plan: usize, event: &Event, out: &mut Vec<u16>) {
        let Some((_, it)) = self.plans.get(plan) else { return };
        let channel = it.channel.and_then(|column| event.get(column).as_bytes()).unwrap_or_default();
        let event_id = it.event_id.and_then(|column| event.get(column).as_count()).unwrap_or_default();
        let key = (plan, bounded::fingerprint(channel), event_id);
        if let Some(ways) = self.windows.get(&key) {
            return out.extend_from_slice(ways);
        }
        let channel = String::from_utf8_lossy(channel).to_ascii_lowercase();
        let holds = |way: &Way| routes.get(way.route).is_some_and(|route| route.source.holds_windows(&channel, event_id));
        out.extend(it.ways.iter().enumerate().filter(|(_, way)| holds(way)).map(|(place, _)| place as u16));
        if self.windows.len() < WINDOWS_MAX {
            self.windows.insert(key, out.as_slice().into());
        }
    }

    /// A way by its plan and number.
    pub(crate) fn way(&self, plan: usize, way: u16) -> Option<&Way> {
        self.plans.get(plan)?.1.ways.get(usize::from(way))
    }
}

impl Plan {
    fn new(routes: &[Route], kind: &'static Kind) -> Self {
        let ways = routes.iter().enumerate().filter(|(_, route)| may_belong(&route.source, kind));
        Self {
            ways: ways.map(|(number, route)| Way { route: number, fields: Fields::new(&route.source, kind, &route.used) }).collect(),
            told_by: kind.find("told_by"),
            orig: kind.find("id.orig_h"),
            resp: kind.find("id.resp_h"),
            channel: kind.find("channel"),
            event_id: kind.find("event_id"),
            program: kind.find("program").or_else(|| kind.find("service")),
            line: kind.find("line"),
            windows: is_windows(kind),
        }
    }

    /// Whether an event of this kind belongs to a source; `format` is the log format that told it, `None` for packets.
    fn takes(&self, source: &Source, event: &Event, format: Option<&[u8]>, known: &dyn Known) -> bool {
        let inside =
            |column: Option<Column>| column.and_then(|column| event.get(column).as_addr()).is_none_or(|addr| known.is_inside(addr));
        match (source, format) {
            // What packets show is of a proxy's kind where one of ours asks, of a web server's where one of ours is asked.
            (Source::Proxy, None) => inside(self.orig),
            (Source::Webserver, None) => inside(self.resp),
            (Source::Proxy, Some(format)) => format != b"web",
            (Source::Webserver, Some(format)) => format != b"squid",
            (Source::Firewall, format) => format.is_some(),
            (Source::Linux(service), format) => format != Some(b"cisco") && self.is_of_program(service.as_deref(), event),
            (Source::Said(wanted), Some(format)) => format == wanted.as_bytes(),
            (Source::Said(_), None) => false,
            _ => true,
        }
    }

    /// Whether a row tells of a program of Unix. Services that are no program (`auth`, `syslog`) take all of them.
    fn is_of_program(&self, service: Option<&str>, event: &Event) -> bool {
        let Some(service) = service.filter(|service| !["auth", "syslog", "pam"].contains(service)) else { return true };
        let program = self.program.and_then(|column| event.get(column).as_bytes()).unwrap_or_default();
        // The rows of logons name the service that was logged on to.
        let program = if program == b"ssh" { b"sshd" } else { program };
        let line = self.line.and_then(|column| event.get(column).as_bytes()).unwrap_or_default();
        program == service.as_bytes() || line.windows(service.len().max(1)).any(|part| part == service.as_bytes())
    }
}
