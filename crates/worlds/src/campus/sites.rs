//! What people look at: a thousand and a half web sites with names that people would choose, few of them looked at often and
//! most of them rarely; a part of them behind networks that deliver for many (CDN), whose names have many addresses.

use super::space::{Space, mix};
use super::words;
use crate::cast::Security;
use crate::scene::dns::{Answer, Record};
use model::Addr;
use std::sync::LazyLock;
use testkit::dice::Dice;

/// How many sites there are.
const SITES: usize = 1500;

/// How many networks deliver for others.
const CARRIERS: u64 = 6;

static FIRST: LazyLock<Vec<&'static str>> = LazyLock::new(|| words::FIRST.split_whitespace().collect());
static SECOND: LazyLock<Vec<&'static str>> = LazyLock::new(|| words::SECOND.split_whitespace().collect());

/// A web site.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) addr: Addr,
    pub(crate) security: Security,
    pub(crate) round_trip_ms: i64,
    /// Which network delivers for it.
    carrier: Option<u64>,
    number: u64,
}

/// A domain that somebody might have registered.
pub(crate) fn domain(key: u64) -> String {
    let first = FIRST[(mix(key) % FIRST.len() as u64) as usize];
    let second = SECOND[(mix(key ^ 0xd0) % SECOND.len() as u64) as usize];
    format!("{first}{}{second}.example", if key.is_multiple_of(3) { "" } else { "-" })
}

/// A site by its number.
pub(crate) fn site(space: Space, number: u64) -> Site {
    let mixed = mix(number ^ 0x517e);
    let prefix = words::HOSTS[(mixed >> 9) as usize % words::HOSTS.len()];
    let domain = domain(number);
    let name = if prefix.is_empty() { domain } else { format!("{prefix}.{domain}") };
    let carrier = (mixed >> 40).is_multiple_of(7).then_some(mixed % CARRIERS);
    let security = match mixed % 20 {
        0..3 => Security::None,
        3..7 => Security::Tls12,
        _ => Security::Tls13,
    };
    let addr = carrier.map_or_else(|| space.spread(mixed), |carrier| edge(space, carrier, number % 60));
    Site { name, addr, security, round_trip_ms: 6 + (mixed >> 20) as i64 % 170, carrier, number }
}

/// One of the sites, a popular one more often.
pub(crate) fn pick(space: Space, dice: &mut Dice) -> Site {
    let rank = dice.below(1024) as u64;
    site(space, (SITES as u64 * rank * rank * rank) >> 30)
}

/// The server of a delivering network: its servers are in two blocks.
fn edge(space: Space, carrier: u64, number: u64) -> Addr {
    space.in_block(mix(carrier ^ 0xed6e) ^ (number & 1), number)
}

impl Site {
    /// The same site, asked without TLS.
    pub(crate) fn in_the_open(self) -> Self {
        Self { security: Security::None, ..self }
    }

    /// What name servers say; `turn` moves the addresses on, as delivering networks do.
    pub(crate) fn answer(&self, space: Space, turn: u64) -> (u32, Answer) {
        let Some(carrier) = self.carrier else {
            return (900, Answer::Records(vec![Record::address(900, self.addr)]));
        };
        let canonical = format!("e{}.edge.{}", self.number, domain(0xca11 + carrier));
        let mut records = vec![Record::alias(300, &canonical)];
        let own = Record::address(60, self.addr).of(&canonical);
        records.push(own);
        for other in 1..4 + self.number % 4 {
            records.push(Record::address(60, edge(space, carrier, (self.number + (turn + other) % 12) % 60)).of(&canonical));
        }
        (60, Answer::Records(records))
    }
}

#[cfg(test)]
mod tests {
    use super::super::space::Outside;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_many_and_popular_sites_few() {
        let names: BTreeSet<String> = (0..6000).map(domain).collect();
        assert!(names.len() > 5000, "{} names", names.len());
        let (space, mut dice) = (Space::new(1, Outside::Spread), Dice::new(1));
        let seen: BTreeSet<String> = (0..2000).map(|_| pick(space, &mut dice).name).collect();
        assert!((300..900).contains(&seen.len()), "{} of 2000 visits", seen.len());
    }
}
