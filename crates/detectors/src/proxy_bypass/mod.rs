//! Around the proxy (B11): in a closed network everything must pass a proxy, and whatever goes around it is found.
//!
//! Definition (DETECTIONS.md `proxy_bypass`): where settings name proxies, any TCP or UDP flow from inside to outside whose
//! sender is no proxy, mail server or resolver, and whose receiver is none of them. Silent where settings name none: then the
//! network is not closed. Left out: what goes through the proxy and should not.

use crate::contact::{Contact, is_host};
use bounded::Table;
use contract::seen::{Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, SAMPLE_MAX, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct ProxyBypass;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "proxy_bypass",
    name: "proxy_bypass",
    title: Words { en: "goes around the proxy", ja: "プロキシを通らずに外部と通信している" },
    rule: Words {
        en: "a flow from inside to outside that is neither from nor to a proxy, mail server or resolver, where settings name proxies",
        ja: "設定にプロキシがあるのに、プロキシ・メールサーバー・リゾルバーのいずれも介さない内部から外部への通信",
    },
    next: Words {
        en: "see what it was for: programs with settings of their own do this, and so do bots that know nothing of proxies",
        ja: "目的を調べる。独自の設定を持つソフトウェアのほか、プロキシを知らないボットもこのように動く",
    },
    source: "DETECTIONS.md proxy_bypass; S1",
    severity: Severity::Medium,
    stage: Stage::Habit,
    part: Part::Actor,
    techniques: &["T1090"],
    excluded: &[
        Role::Proxies,
        Role::MailServers,
        Role::ListMailers,
        Role::Resolvers,
        Role::Crawlers,
        Role::Monitors,
        Role::ScannersAuthorised,
    ],
}];

/// Hosts that are watched at a time.
const HOSTS_MAX: usize = 4096;

impl Behaviour for ProxyBypass {
    fn name(&self) -> &'static str {
        "proxy_bypass"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        &[]
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Addr, Host>::held_bytes_max(HOSTS_MAX) + HOSTS_MAX * SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>())
    }
    fn open(&self, _settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch { hosts: Table::new(HOSTS_MAX) })
    }
}

#[derive(Debug, Default)]
struct Host {
    flows: u64,
    reached: u64,
    first: Option<Timestamp>,
    peers: Vec<Addr>,
    proofs: Vec<Uid>,
}

struct Watch {
    hosts: Table<Addr, Host>,
}

/// Who may go outside, and through whom others may.
const WAYS: [Role; 3] = [Role::Proxies, Role::MailServers, Role::Resolvers];

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Conn(conn) = seen else { return };
        if !known.is_given(Role::Proxies) || !matches!(conn.proto(), Proto::Tcp | Proto::Udp) {
            return;
        }
        let (Some((host, _)), Some((server, _))) = (conn.orig(), conn.resp()) else { return };
        // What a proxy itself tells of went through it.
        if conn.service().split(|byte| *byte == b',').any(|one| one == b"proxy") {
            return;
        }
        if !known.is_inside(host) || known.is_inside(server) || !is_host(server) {
            return;
        }
        if WAYS.iter().any(|role| known.role(host, *role).is_some() || known.role(server, *role).is_some()) {
            return;
        }
        let contact = Contact::of(conn);
        if contact == Contact::Unclear && conn.history().starts_with(b"^") {
            return;
        }
        let at = conn.ts();
        let state = self.hosts.entry(host, Host::default);
        state.flows += 1;
        state.reached += u64::from(matches!(contact, Contact::Answered | Contact::Empty));
        state.first = Some(state.first.map_or(at, |first| first.min(at)));
        if state.peers.len() < SAMPLE_MAX && !state.peers.contains(&server) {
            state.peers.push(server);
            state.proofs.extend(conn.uid());
        }
        if state.flows.is_power_of_two() {
            let finding = Finding::new(&DEFINITIONS[0], host, at, 90)
                .since(state.first.unwrap_or(at))
                .times(state.flows)
                .peers(state.peers.iter().copied())
                .proofs(state.proofs.iter().copied())
                .measure("flows", state.flows as f64, 1.0, "")
                .note("flows that were answered", state.reached as f64, "");
            out.finding(finding);
        }
    }

    fn held_bytes(&self) -> usize {
        self.hosts.held_bytes() + self.hosts.len() * SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>())
    }

    fn dropped(&self) -> u64 {
        self.hosts.dropped()
    }
}
