//! A campus: an office of some hundred machines for a day, with all that makes such a network hard to judge (mail servers that
//! really send, a crawler, a monitor, machines that talk to machines at home, delivering networks, dead servers), and with
//! attacks of every kind planted among it. What was planted, and who has which role, is written down while it happens.
//!
//! The frames come as a stream in the order of time ([`Campus::stream`]); memory holds only those of sessions under way. The
//! same settings give the same bytes on every machine.

mod agenda;
mod cast;
mod deeds;
mod ground;
mod guests;
mod peers;
mod people;
mod planted;
mod services;
mod sites;
mod space;
mod words;

pub use agenda::{FrameSink, Tally};
pub use space::Outside;

use crate::truth::Truth;
use agenda::Agenda;
use cast::{Day, LABORATORY, SERVERS};
use ground::Ground;
use model::Addr;
use planted::Cast;
use std::io::{self, Write};
use testkit::dice::Dice;
use testkit::network::System;

/// The smallest campus: that many desks have a part each.
const DESKS_MIN: usize = 60;
/// The largest: its networks hold so many.
const DESKS_MAX: usize = 480;
/// The longest, in hours: people come once.
const HOURS_MAX: u32 = 24;

/// What kind of campus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campus {
    /// Another number, another day.
    pub seed: u64,
    /// How many desks, from 60 to 480; what lies outside is taken to the next of both.
    pub hosts: usize,
    /// How many hours, from 1 to 24: from midnight on for 20 and more, from half past eight for fewer.
    pub hours: u32,
    /// Whether the web is reached through a proxy alone; then few other things are planted.
    pub closed: bool,
    /// Where the numbers of the hosts outside come from.
    pub outside: Outside,
}

impl Default for Campus {
    fn default() -> Self {
        Self { seed: 1, hosts: 200, hours: 24, closed: false, outside: Outside::Spread }
    }
}

impl Campus {
    /// Makes the day: hands every frame to `sink` in the order of time, and tells the truth about it.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn stream(&self, sink: &mut FrameSink<'_>) -> io::Result<(Truth, Tally)> {
        let day = Day::new(self.hours.clamp(1, HOURS_MAX));
        let mut ground = Ground::new(self.seed, space::Space::new(self.seed, self.outside), self.closed);
        let mut agenda = Agenda::default();
        let mut dice = Dice::new(self.seed ^ 0xca3f);
        let desks = cast::desks(&mut dice, day, self.hosts.clamp(DESKS_MIN, DESKS_MAX));
        roles(&mut ground.truth, self.closed);
        people::live(&mut agenda, &mut ground, day, &desks);
        people::copy_zone(&mut agenda, day);
        services::serve(&mut agenda, &mut ground, day, &desks);
        guests::come(&mut agenda, &mut ground, day, &desks);
        let mut cast = Cast { day, desks: desks.iter() };
        if self.closed {
            planted::plant_closed(&mut agenda, &mut ground, &mut cast);
        } else {
            planted::plant(&mut agenda, &mut ground, &mut cast);
            peers::share(&mut agenda, &mut ground, &mut cast);
        }
        let tally = agenda.run(&mut ground, day.end, sink)?;
        let mut truth = ground.truth;
        truth.settle();
        Ok((truth, tally))
    }

    /// Writes the day as a pcap file.
    ///
    /// # Errors
    /// Where `to` cannot be written.
    pub fn write<W: Write>(&self, to: W) -> io::Result<(Truth, Tally)> {
        let mut writer = capture::write::Writer::new(to, crate::ETHERNET, capture::write::Precision::Micros)?;
        let made = self.stream(&mut |at, frame| writer.frame(at, frame))?;
        writer.finish()?;
        Ok(made)
    }
}

/// Who has which role.
fn roles(truth: &mut Truth, closed: bool) {
    let addrs = |hosts: &[testkit::network::Host]| hosts.iter().map(|host| host.addr).collect::<Vec<Addr>>();
    let network = |role, network: &str, reason| crate::truth::Role { role, hosts: vec![network.to_owned()], reason };
    truth.roles.push(network("local_nets", "10.20.0.0/16", "the campus"));
    truth.roles.push(network("darknet", "10.20.128.0/17", "the part of the campus that nobody uses"));
    truth.role("resolvers", addrs(&cast::RESOLVERS), "the campus's name servers, which copy each other's zone");
    truth.role("mail_servers", addrs(&cast::MAIL_SERVERS), "they send and take the campus's mail");
    truth.role("list_mailers", [cast::LIST_MAILER.addr], "sends the newsletter");
    truth.role("crawlers", [cast::CRAWLER.addr], "reads the web for the library's search");
    truth.role("monitors", [cast::MONITOR.addr], "looks whether everything is up");
    truth.role("scanners_authorised", [cast::SECURITY_SCANNER.addr], "looks for open ports by order of the network's office");
    truth.role("nat_known", [space::inside(5, LABORATORY, System::Linux).addr], "the laboratory's router");
    if closed {
        truth.role("proxies", [cast::PROXY.addr], "the only way to the web");
    }
    debug_assert!(SERVERS.iter().all(|host| host.addr.is_private()), "servers are inside");
}
