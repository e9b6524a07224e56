//! The signs of one host within an hour.

use super::clocks::Clocks;
use crate::distinct::Distinct;
use contract::seen::{Http, Stack};

/// Systems and agents that are told apart.
const EACH_MAX: usize = 6;
/// The longest text of them that is kept, in bytes.
const TEXT_BYTES_MAX: usize = 64;

/// What a host shows.
#[derive(Debug, Default)]
pub(super) struct Signs {
    hour: i64,
    /// The families of its stacks, and what they were known by.
    systems: Vec<(u64, Box<[u8]>)>,
    /// The systems of its browsers.
    agents: Vec<(&'static str, Box<[u8]>)>,
    /// The last agent, by hash: most requests repeat it.
    agent: u64,
    /// Bits: hop counts as seen, and whether one was one more than is usual here.
    hops: u16,
    is_away: bool,
    clocks: Clocks,
    proxied: Option<Box<[u8]>>,
    ports: Distinct,
    /// Ports of a usual hour, and how many hours are in it.
    usual_ports: f64,
    hours: u32,
    pub(super) is_told: bool,
}

/// The signs, each with what was counted; 0 for those that are absent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found([(&'static str, u32); 6]);

impl Found {
    pub(super) fn total(&self) -> u32 {
        self.0.iter().filter(|(_, value)| *value > 0).count() as u32
    }

    pub(super) fn all(self) -> impl Iterator<Item = (&'static str, u32)> {
        self.0.into_iter().filter(|(_, value)| *value > 0)
    }
}

/// Hops from the nearest default above: 32, 64, 128, 255.
pub(super) fn hops(ttl: u64) -> u8 {
    let default = [32, 64, 128, 255].into_iter().find(|default| *default >= ttl).unwrap_or(255);
    (default - ttl.min(255)) as u8
}

impl Signs {
    /// The most bytes that one can hold on the heap: what its parts can.
    pub(super) const HEAP_BYTES_MAX: usize = EACH_MAX
        * (size_of::<(u64, Box<[u8]>)>() + size_of::<(&str, Box<[u8]>)>() + 2 * TEXT_BYTES_MAX)
        + TEXT_BYTES_MAX
        + Clocks::HEAP_BYTES_MAX
        + Distinct::HEAP_BYTES_MAX;

    /// Begins a new hour, if it is one.
    pub(super) fn turn(&mut self, hour: i64) {
        if hour == self.hour {
            return;
        }
        if self.ports.count() > 0 {
            self.hours += 1;
            let weight = 1.0 / f64::from(self.hours.min(24));
            self.usual_ports += (f64::from(self.ports.count()) - self.usual_ports) * weight;
        }
        // What was seen just now stays: it belongs to the new hour, and one event more or less decides nothing.
        *self = Self {
            hour,
            systems: std::mem::take(&mut self.systems).into_iter().rev().take(1).collect(),
            usual_ports: self.usual_ports,
            hours: self.hours,
            is_told: self.is_told,
            ..Self::default()
        };
    }

    /// A SYN of it.
    pub(super) fn syn(&mut self, stack: &Stack<'_>, hops: Option<u8>, usual: u8, os: Option<&str>) {
        self.turn(super::hour(stack.ts()));
        let system = os.map_or_else(|| layout(stack.signature()), |os| family(os).as_bytes().to_vec());
        let key = crate::hash(&system);
        if !system.is_empty() && self.systems.len() < EACH_MAX && !self.systems.iter().any(|(known, _)| *known == key) {
            self.systems.push((key, cut(&system)));
        }
        if let Some(hops) = hops.filter(|hops| *hops < 16) {
            self.hops |= 1 << hops;
            self.is_away |= hops == usual + 1;
        }
        if let (Some(value), Some((peer, _))) = (stack.ts_value(), stack.resp()) {
            self.clocks.tick(stack.ts(), value, peer);
        }
    }

    /// A request of it.
    pub(super) fn request(&mut self, http: &Http<'_>) {
        self.turn(super::hour(http.ts()));
        if self.proxied.is_none() {
            self.proxied = http.proxied().next().map(cut);
        }
        let agent = crate::hash(http.user_agent());
        if agent == std::mem::replace(&mut self.agent, agent) {
            return;
        }
        if let Some(platform) = platform(http.user_agent())
            && self.agents.len() < EACH_MAX
            && !self.agents.iter().any(|(known, _)| *known == platform)
        {
            self.agents.push((platform, cut(http.user_agent())));
        }
    }

    /// A port of it.
    pub(super) fn port(&mut self, hour: i64, port: u16) {
        if hour == self.hour {
            self.ports.add(u64::from(port));
        }
    }

    /// The signs so far.
    pub(super) fn count(&self, times: f64, ports_min: u32) -> Found {
        /// So many hours make something usual.
        const HOURS_MIN: u32 = 24;
        let several = |count: usize| if count > 1 { count as u32 } else { 0 };
        let many = self.hours >= HOURS_MIN && f64::from(self.ports.count()) >= self.usual_ports * times && self.ports.count() >= ports_min;
        Found([
            ("systems by stack", several(self.systems.len())),
            ("hop counts too low", if self.is_away { 1 } else { several(self.hops.count_ones() as usize) }),
            ("clocks", several(self.clocks.count())),
            ("systems by browser", several(self.agents.len())),
            ("headers of a proxy", u32::from(self.proxied.is_some())),
            ("source ports", if many { self.ports.count() } else { 0 }),
        ])
    }

    /// What was seen, in its own words.
    pub(super) fn quotes(&self) -> impl Iterator<Item = &[u8]> {
        let systems = self.systems.iter().map(|(_, text)| &**text);
        systems.chain(self.agents.iter().map(|(_, text)| &**text)).chain(self.proxied.as_deref())
    }
}

fn cut(text: &[u8]) -> Box<[u8]> {
    text.get(..TEXT_BYTES_MAX).unwrap_or(text).into()
}

/// The family of a system's name: its first word.
fn family(os: &str) -> &str {
    os.split([' ', ':', '/']).next().unwrap_or(os)
}

/// Of a raw signature of p0f (`4:64+0:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0`), what a system does not change from one
/// connection to the next: the default hop count, and the options in their order.
fn layout(signature: &[u8]) -> Vec<u8> {
    let mut fields = signature.split(|byte| *byte == b':');
    let hops = fields.nth(1).unwrap_or_default();
    let hops = hops.split(|byte| *byte == b'+').next().unwrap_or_default();
    let options = fields.nth(3).unwrap_or_default();
    if options.is_empty() { Vec::new() } else { [hops, b":", options].concat() }
}

/// The system that a browser names. Programs that are no browsers name none, or any.
fn platform(agent: &[u8]) -> Option<&'static str> {
    const SYSTEMS: &[(&[u8], &str)] = &[
        (b"Android", "Android"),
        (b"iPhone", "iOS"),
        (b"iPad", "iOS"),
        (b"Windows NT 5", "Windows XP"),
        (b"Windows NT 6.1", "Windows 7"),
        (b"Windows NT", "Windows"),
        (b"Mac OS X", "macOS"),
        (b"CrOS", "ChromeOS"),
        (b"X11; ", "Linux"),
    ];
    let has = |part: &[u8]| agent.windows(part.len()).any(|window| window == part);
    if !agent.starts_with(b"Mozilla/") {
        return None;
    }
    SYSTEMS.iter().find(|(part, _)| has(part)).map(|(_, name)| *name)
}
