//! The stage on which scenes are played: the network, the ports that are next, and what the name server remembers.

use crate::cast::{FORWARDER, RESOLVER};
use crate::scene::dns;
use model::{Addr, Interval, Timestamp};
use std::collections::BTreeMap;
use testkit::dice::Dice;
use testkit::network::{Host, Network, Path};

/// The lowest port that systems choose for themselves (RFC 6335).
const FIRST_EPHEMERAL_PORT: u16 = 49_152;

/// How long the name server remembers, in seconds; its records say so, too.
pub(crate) const REMEMBERED_SECS: u32 = 300;

pub(crate) struct Stage {
    pub(crate) network: Network,
    ports: BTreeMap<Addr, u16>,
    /// Until when the office's name server knows a name.
    remembered: BTreeMap<&'static str, Timestamp>,
}

impl Stage {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { network: Network::new(seed), ports: BTreeMap::new(), remembered: BTreeMap::new() }
    }

    pub(crate) const fn dice(&mut self) -> &mut Dice {
        self.network.dice()
    }

    /// A time of so many milliseconds, more or less.
    pub(crate) fn about_ms(&mut self, ms: u64) -> Interval {
        Interval::from_nanos(self.dice().between(ms * 500_000, ms * 1_500_000) as i64)
    }

    /// The next port that a host opens a connection from.
    pub(crate) fn port(&mut self, host: Host) -> u16 {
        let start = FIRST_EPHEMERAL_PORT + u16::from(host.addr.octets()[15]) * 37;
        let port = self.ports.entry(host.addr).or_insert(start);
        let own = *port;
        *port = if own == u16::MAX { FIRST_EPHEMERAL_PORT } else { own + 1 };
        own
    }

    /// A host asks the office's name server for a name's address, which asks outside where it does not remember. The time
    /// when the answer is there.
    pub(crate) fn resolve(&mut self, at: Timestamp, client: Host, name: &'static str, answer: &dns::Answer) -> Timestamp {
        let known = self.remembered.get(name).is_some_and(|until| *until > at);
        let question = dns::Question { name, kind: answer.kind() };
        let mut answered = at + self.about_ms(1);
        if !known {
            let asked = answered;
            answered = asked + self.about_ms(14);
            self.ask_name(asked, answered, (RESOLVER, FORWARDER), &question, Some(answer));
            self.remembered.insert(name, answered + Interval::from_secs(REMEMBERED_SECS.into()));
            answered = answered + Interval::from_nanos(300_000);
        }
        self.ask_name(at, answered, (client, RESOLVER), &question, Some(answer));
        answered + Interval::from_nanos(400_000)
    }

    /// A question to a name server and its reply; without an answer the name does not exist.
    pub(crate) fn ask_name(
        &mut self,
        asked: Timestamp,
        answered: Timestamp,
        ends: (Host, Host),
        question: &dns::Question<'_>,
        answer: Option<&dns::Answer>,
    ) {
        let (port, id) = (self.port(ends.0), self.dice().roll() as u16);
        self.network.udp(asked, (ends.0, port), (ends.1, 53), &question.query(id));
        self.network.udp(answered, (ends.1, 53), (ends.0, port), &question.reply(id, answer));
    }

    /// A host opens a TCP connection.
    pub(crate) fn connect(&mut self, at: Timestamp, client: Host, server: (Host, u16), path: Path) -> testkit::network::Connection<'_> {
        let port = self.port(client);
        self.network.connect(at, (client, port), server, path)
    }
}
