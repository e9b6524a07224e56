//! The application layer of one flow: the search for its protocol, the analyzers that read it, and what they ask for.

use crate::catalogue::catalogue;
use crate::detection::{Detection, Found, Kept};
use crate::marks::Marks;
use crate::out::{Out, Told};
use crate::shared::Shared;
use contract::{Analyzer, Child, Chunk, FlowInfo, Next, Protocol, Side, Transport, Violation};
use model::kinds::{analyzer, mark};
use model::{Event, Interval, Timestamp, Value};

/// After so many payload bytes a broken rule no longer means that it was another protocol all along (Zeek's
/// `DPD::ignore_violations_after`).
const VIOLATIONS_UNTIL_BYTES: u64 = 10 * 1024;
/// Analyzers of one flow: nested protocols (a proxy, then TLS, then something in it) need a few; more is an attack.
const ANALYZERS_MAX: usize = 8;
/// A flow's application layer.
#[derive(Default)]
pub(crate) struct App {
    running: Vec<Running>,
    detection: Option<Box<Detection>>,
    told: Told,
    bytes: u64,
    marks: Marks,
    started: bool,
    /// The search for a protocol began anew within the chunk at hand.
    handed_over: bool,
    /// Bytes of a side were missing.
    had_gap: bool,
}

struct Running {
    protocol: &'static dyn Protocol,
    analyzer: Box<dyn Analyzer>,
    silent: bool,
    confirmed: bool,
    violated: bool,
    /// It broke its protocol's rules, and a packet came since. As Zeek takes such analyzers away with the next packet only,
    /// their timers last until then.
    gone: bool,
}

impl App {
    /// The services that content has proved.
    pub(crate) fn services(&self) -> &[&'static str] {
        &self.told.services
    }

    /// How long a flow of datagrams may rest, by the protocol that reads it.
    pub(crate) fn datagram_idle(&self) -> Option<Interval> {
        self.running.iter().filter(|one| !one.gone).find_map(|one| one.protocol.datagram_idle())
    }

    /// Whether a limit of an analyzer was reached since the last call.
    pub(crate) const fn take_limited(&mut self) -> bool {
        std::mem::replace(&mut self.told.limited, false)
    }

    /// Whether an analyzer turned the roles since the last call.
    pub(crate) const fn take_flipped(&mut self) -> bool {
        std::mem::replace(&mut self.told.flipped, false)
    }

    /// Whether a service was confirmed since the last call.
    pub(crate) const fn take_news(&mut self) -> bool {
        std::mem::replace(&mut self.told.news, false)
    }

    /// Whether an analyzer saw something weird.
    pub(crate) const fn take_weird(&mut self) -> bool {
        std::mem::replace(&mut self.told.weird, false)
    }

    /// Opens the analyzers that the flow's port or its announcement calls for.
    fn start(&mut self, info: &mut FlowInfo, shared: &mut Shared) {
        self.started = true;
        if let Some(expectation) = shared.expected(shared.order.time, info) {
            info.note = expectation.note;
            self.told.announced = true;
            if let Some(protocol) = catalogue().named(expectation.protocol) {
                self.open(protocol, info);
            }
        } else {
            for protocol in catalogue().on_port(info.transport, info.resp.1) {
                self.open(*protocol, info);
            }
        }
        self.detection = Some(Box::default());
    }

    fn open(&mut self, protocol: &'static dyn Protocol, info: &FlowInfo) -> bool {
        if self.running.len() >= ANALYZERS_MAX {
            return false;
        }
        self.running.push(Running {
            protocol,
            analyzer: protocol.open(info),
            silent: false,
            confirmed: false,
            violated: false,
            gone: false,
        });
        true
    }

    /// Reads the next piece of the flow.
    pub(crate) fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, info: &mut FlowInfo, shared: &mut Shared) {
        if !self.started {
            self.start(info, shared);
        }
        match chunk {
            Chunk::Data(data) => {
                self.bytes += data.len() as u64;
                if let Some((what, text)) = self.marks.look(side, data, info, self.told.services.is_empty()) {
                    let row = info.event(&mark::KIND, at).with(mark::WHAT, what).with(mark::IS_ORIG, side.is_orig());
                    shared.row(row.with(mark::TEXT, text));
                }
            }
            Chunk::Gap(_) => self.had_gap = true,
            Chunk::End => {}
        }
        let mut side = side;
        self.handed_over = false;
        for place in 0..self.running.len() {
            let before = self.told.flipped;
            self.feed_one(place, at, side, chunk, info, shared);
            if self.told.flipped != before {
                side = side.other();
            }
        }
        if !self.handed_over {
            self.detect(at, side, chunk, info, shared);
        }
    }

    fn detect(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, info: &mut FlowInfo, shared: &mut Shared) {
        let Some(detection) = &mut self.detection else { return };
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(bytes) => return detection.note(side, Kept::Gap(bytes)),
            Chunk::End => {
                if !detection.is_fresh() {
                    detection.note(side, Kept::End);
                }
                return;
            }
        };
        let running = &self.running;
        let known = |name: &str| running.iter().find(|one| !one.gone && one.protocol.name() == name).map(|one| one.violated);
        match detection.data(side, data, info, &known) {
            Found::NotYet => {}
            Found::None => self.detection = None,
            Found::Protocols(found) => {
                let kept = self.detection.take().map(|detection| detection.into_kept()).unwrap_or_default();
                for protocol in found {
                    self.read_from_start(protocol, at, &kept, info, shared);
                }
            }
        }
    }

    /// Lets a protocol that was found only now read what was kept. As in Zeek that happens now, so its rows carry this time.
    fn read_from_start(
        &mut self,
        protocol: &'static dyn Protocol,
        at: Timestamp,
        kept: &[(Side, Kept)],
        info: &mut FlowInfo,
        shared: &mut Shared,
    ) {
        if !self.open(protocol, info) {
            return;
        }
        let place = self.running.len() - 1;
        for (side, what) in kept {
            let chunk = match what {
                Kept::Data(data) => Chunk::Data(data),
                Kept::Gap(bytes) => Chunk::Gap(*bytes),
                Kept::End => Chunk::End,
            };
            // What the protocol hands to a child is the child's from there on.
            let last = self.running.len() - 1;
            // What it broke is judged once all that was kept is read, as Zeek does: the other side may be whole.
            if self.running[place].violated {
                self.running[place].silent = false;
            }
            if self.running[place].silent && last > place {
                self.feed_one(last, at, *side, chunk, info, shared);
            } else {
                self.feed_one(place, at, *side, chunk, info, shared);
            }
        }
        self.running[place].silent |= self.running[place].violated;
    }

    fn feed_one(&mut self, place: usize, at: Timestamp, side: Side, chunk: Chunk<'_>, info: &mut FlowInfo, shared: &mut Shared) {
        let one = &mut self.running[place];
        if one.silent {
            one.gone = one.violated;
            return;
        }
        let mut out = Out { info, shared, told: &mut self.told, confirmed: &mut one.confirmed };
        let next = one.analyzer.feed(at, side, chunk, &mut out);
        shared.flush_file_rows();
        match next {
            Ok(Next::Continue) => {}
            Ok(Next::Done) => one.silent = true,
            Ok(Next::Become { child, consumed }) => {
                one.silent = true;
                let rest = match chunk {
                    Chunk::Data(data) => Chunk::Data(data.get(consumed..).unwrap_or_default()),
                    other => other,
                };
                self.hand_over(child, at, side, rest, info, shared);
            }
            Err(violation) => self.violated(place, at, &violation, info, shared),
        }
    }

    fn hand_over(&mut self, child: Child, at: Timestamp, side: Side, rest: Chunk<'_>, info: &mut FlowInfo, shared: &mut Shared) {
        let something = rest != Chunk::Data(&[]);
        match child {
            Child::Named(name) => {
                let Some(protocol) = catalogue().named(name) else { return };
                if self.open(protocol, info) && something {
                    self.feed_one(self.running.len() - 1, at, side, rest, info, shared);
                }
            }
            Child::Detect => {
                self.detection = Some(Box::default());
                // The rest of the chunk at hand is all of it that the new search sees.
                self.handed_over = true;
                if something {
                    self.detect(at, side, rest, info, shared);
                }
            }
        }
    }

    fn violated(&mut self, place: usize, at: Timestamp, violation: &Violation, info: &FlowInfo, shared: &mut Shared) {
        let one = &mut self.running[place];
        one.silent = true;
        if self.bytes > VIOLATIONS_UNTIL_BYTES {
            return;
        }
        if info.transport == Transport::Tcp && (info.midstream || self.had_gap) {
            // What is known in parts only proves nothing against a protocol (Zeek's `TCP_ApplicationAnalyzer`).
            return;
        }
        one.violated = true;
        let name = one.protocol.name();
        // What it carried may have been confirmed (a logon inside SMB) where it was not.
        if !one.confirmed || !self.told.services.contains(&name) {
            return;
        }
        self.told.services.retain(|service| *service != name);
        let row = Event::new(&analyzer::KIND, at)
            .with(analyzer::ANALYZER_KIND, "protocol")
            .with(analyzer::ANALYZER_NAME, name.to_ascii_uppercase())
            .with(analyzer::UID, info.uid)
            .with(analyzer::ORIG_H, info.orig.0)
            .with(analyzer::ORIG_P, Value::Port(info.orig.1))
            .with(analyzer::RESP_H, info.resp.0)
            .with(analyzer::RESP_P, Value::Port(info.resp.1))
            .with(analyzer::PROTO, info.transport.name())
            .with(analyzer::FAILURE_REASON, violation.reason.to_string());
        shared.row(row);
    }

    /// A side broke the connection off.
    pub(crate) fn reset(&mut self, at: Timestamp, info: &mut FlowInfo, shared: &mut Shared) {
        for one in self.running.iter_mut().filter(|one| !one.violated) {
            let mut out = Out { info, shared, told: &mut self.told, confirmed: &mut one.confirmed };
            one.analyzer.reset(at, &mut out);
            shared.flush_file_rows();
        }
    }

    /// The flow is over.
    pub(crate) fn close(&mut self, at: Timestamp, info: &mut FlowInfo, shared: &mut Shared) {
        if !self.started && shared.waits_for_flows() {
            // It carried nothing, but an announced flow is what it was announced to be all the same.
            self.start(info, shared);
        }
        for one in &mut self.running {
            let mut out = Out { info, shared, told: &mut self.told, confirmed: &mut one.confirmed };
            one.analyzer.close(at, &mut out);
            shared.flush_file_rows();
        }
        shared.files.flow_closed(at, info.uid, &mut shared.file_rows);
        shared.flush_file_rows();
        self.running.clear();
        self.detection = None;
    }
}
