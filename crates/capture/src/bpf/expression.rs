//! A filter expression, understood: tcpdump's language (pcap-filter(7)) as far as it names hosts, nets, ports, protocols, VLANs and
//! lengths. `and` and `or` bind equally, from the left, as there; `not` binds closest; what a name lacks is taken from the one
//! before (`port 80 or 443`).

use super::words::{Word, words};
use std::fmt;
use std::net::IpAddr;

/// Parentheses and `not`s that may stand inside each other: an expression of a person has a few.
const DEPTH_MAX: usize = 64;

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The place of the wrong word, in bytes (of a compiled program: its line).
    pub at: usize,
    /// Its length.
    pub length: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.at + 1, self.message)
    }
}

impl std::error::Error for FilterError {}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Is(Primitive),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
}

/// What a packet may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Primitive {
    Protocol(Protocol),
    Net { direction: Direction, within: Option<Protocol>, addr: IpAddr, bits: u8 },
    Ports { direction: Direction, transport: Option<Protocol>, low: u16, high: u16 },
    EtherHost { direction: Direction, mac: [u8; 6] },
    EtherType(u16),
    IpProtocol { within: Option<Protocol>, number: u8 },
    Vlan(Option<u16>),
    Multicast,
    LengthUpTo(u32),
    LengthFrom(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Ether,
    Ip,
    Ip6,
    Arp,
    Rarp,
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Icmp6,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Direction {
    #[default]
    Either,
    Source,
    Destination,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Host,
    Net,
    Port,
    Range,
    Proto,
}

/// What a name stands for: kept for the names after it.
#[derive(Clone, Copy, Debug, Default)]
struct Qualifiers {
    protocol: Option<Protocol>,
    direction: Option<Direction>,
    what: Option<What>,
}

/// Understands an expression.
pub(super) fn parse(text: &str) -> Result<Expression, FilterError> {
    let mut parser = Parser { text, words: words(text), next: 0, before: Qualifiers::default(), depth: 0 };
    let parsed = parser.expression()?;
    match parser.peek() {
        None => Ok(parsed),
        Some(word) => Err(wrong(word, format!("`{}` is not expected here", word.text))),
    }
}

fn wrong(word: Word<'_>, message: String) -> FilterError {
    FilterError { at: word.at, length: word.text.len(), message }
}

struct Parser<'a> {
    text: &'a str,
    words: Vec<Word<'a>>,
    next: usize,
    before: Qualifiers,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Word<'a>> {
        self.words.get(self.next).copied()
    }

    fn take(&mut self, text: &str) -> bool {
        let taken = self.peek().is_some_and(|word| word.text == text);
        self.next += usize::from(taken);
        taken
    }

    fn word(&mut self, wanted: &str) -> Result<Word<'a>, FilterError> {
        let word = self.peek().ok_or_else(|| FilterError { at: self.text.len(), length: 0, message: format!("{wanted} is missing") })?;
        self.next += 1;
        Ok(word)
    }

    fn expression(&mut self) -> Result<Expression, FilterError> {
        let mut left = self.factor()?;
        loop {
            if self.take("and") || self.take("&&") {
                left = Expression::And(Box::new(left), Box::new(self.factor()?));
            } else if self.take("or") || self.take("||") {
                left = Expression::Or(Box::new(left), Box::new(self.factor()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn factor(&mut self) -> Result<Expression, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(wrong(self.word("an end")?, "this is nested too deeply".to_owned()));
        }
        let factor = if self.take("not") || self.take("!") {
            Expression::Not(Box::new(self.factor()?))
        } else if self.take("(") {
            let inner = self.expression()?;
            if !self.take(")") {
                let end = self.word("a closing parenthesis")?;
                return Err(wrong(end, "a closing parenthesis is missing".to_owned()));
            }
            inner
        } else {
            Expression::Is(self.primitive()?)
        };
        self.depth -= 1;
        Ok(factor)
    }

    fn primitive(&mut self) -> Result<Primitive, FilterError> {
        let begin = self.next;
        if let Some(whole) = self.whole()? {
            return Ok(whole);
        }
        let mut qualifiers = Qualifiers::default();
        while let Some(word) = self.peek() {
            if let Some(protocol) = protocol(word.text).filter(|_| qualifiers.protocol.is_none() && qualifiers.what.is_none()) {
                qualifiers.protocol = Some(protocol);
            } else if let Some(direction) = self.direction(word.text).filter(|_| qualifiers.direction.is_none()) {
                qualifiers.direction = Some(direction);
                continue;
            } else if let Some(what) = what(word.text).filter(|_| qualifiers.what.is_none()) {
                qualifiers.what = Some(what);
            } else {
                break;
            }
            self.next += 1;
        }
        let ends = self.peek().is_none_or(|word| matches!(word.text, "and" | "or" | "&&" | "||" | ")"));
        match qualifiers {
            Qualifiers { protocol: Some(protocol), direction: None, what: None } if ends => {
                self.before = qualifiers;
                if protocol == Protocol::Ether {
                    return Err(wrong(self.words[begin], "`ether` takes an address: ether host 00:11:22:33:44:55".to_owned()));
                }
                return Ok(Primitive::Protocol(protocol));
            }
            Qualifiers { protocol: None, direction: None, what: None } => qualifiers = self.before,
            _ => self.before = qualifiers,
        }
        let name = self.word("a host, net, port or protocol")?;
        self.named(name, qualifiers)
    }

    /// Primitives that are not made of qualifiers and a name.
    fn whole(&mut self) -> Result<Option<Primitive>, FilterError> {
        let Some(word) = self.peek() else { return Ok(None) };
        let second = self.words.get(self.next + 1).map_or("", |word| word.text);
        let skip = if word.text == "ether" && matches!(second, "broadcast" | "multicast") { 2 } else { 1 };
        let whole = match if skip == 2 { second } else { word.text } {
            "vlan" => {
                let id = self.words.get(self.next + 1).and_then(|word| word.text.parse::<u16>().ok());
                self.next += 1 + usize::from(id.is_some());
                if id.is_some_and(|id| id > 4095) {
                    return Err(wrong(self.words[self.next - 1], "a VLAN's number is at most 4095".to_owned()));
                }
                return Ok(Some(Primitive::Vlan(id)));
            }
            "broadcast" => Primitive::EtherHost { direction: Direction::Destination, mac: [0xff; 6] },
            "multicast" => Primitive::Multicast,
            sign @ ("less" | "greater") => {
                self.next += 1;
                let length = self.word("a length")?;
                let number = length.text.parse().map_err(|_| wrong(length, "a length is a number of bytes".to_owned()))?;
                return Ok(Some(if sign == "less" { Primitive::LengthUpTo(number) } else { Primitive::LengthFrom(number) }));
            }
            _ => return Ok(None),
        };
        self.next += skip;
        Ok(Some(whole))
    }

    /// `src`, `dst`, `src or dst`, `src and dst`; takes the words.
    fn direction(&mut self, first: &str) -> Option<Direction> {
        let one = match first {
            "src" => Direction::Source,
            "dst" => Direction::Destination,
            _ => return None,
        };
        let word = |place: usize| self.words.get(self.next + place).map_or("", |word| word.text);
        let both = match (word(1), word(2)) {
            ("or" | "||", "src" | "dst") if word(2) != first => Some(Direction::Either),
            ("and" | "&&", "src" | "dst") if word(2) != first => Some(Direction::Both),
            _ => None,
        };
        self.next += if both.is_some() { 3 } else { 1 };
        Some(both.unwrap_or(one))
    }

    fn named(&mut self, name: Word<'a>, qualifiers: Qualifiers) -> Result<Primitive, FilterError> {
        let direction = qualifiers.direction.unwrap_or_default();
        let fail = |message: &str| Err(wrong(name, message.to_owned()));
        match (qualifiers.what.unwrap_or(What::Host), qualifiers.protocol) {
            (What::Host, Some(Protocol::Ether)) => match mac(name.text) {
                Some(mac) => Ok(Primitive::EtherHost { direction, mac }),
                None => fail("an Ethernet address is written 00:11:22:33:44:55"),
            },
            (What::Host | What::Net, Some(Protocol::Tcp | Protocol::Udp | Protocol::Sctp | Protocol::Icmp | Protocol::Icmp6)) => {
                fail("hosts and nets go with ip, ip6, arp or rarp; write `tcp and host …`")
            }
            (What::Host, within) => match name.text.parse::<IpAddr>() {
                Ok(addr) => fits(name, within, Primitive::Net { direction, within, addr, bits: if addr.is_ipv4() { 32 } else { 128 } }),
                Err(_) => fail("a host is written as its address, 192.0.2.1 or 2001:db8::1 (names are not looked up)"),
            },
            (What::Net, within) => {
                let (addr, bits) = self.net(name)?;
                fits(name, within, Primitive::Net { direction, within, addr, bits })
            }
            (What::Port | What::Range, transport @ (None | Some(Protocol::Tcp | Protocol::Udp | Protocol::Sctp))) => {
                let (low, high) = if qualifiers.what == Some(What::Range) {
                    name.text.split_once('-').unwrap_or((name.text, ""))
                } else {
                    (name.text, name.text)
                };
                match (port(low), port(high)) {
                    (Some(low), Some(high)) => Ok(Primitive::Ports { direction, transport, low: low.min(high), high: low.max(high) }),
                    _ => fail("a port is a number up to 65535, a range two of them: 6660-6669"),
                }
            }
            (What::Port | What::Range, _) => fail("ports go with tcp, udp or sctp"),
            (What::Proto, Some(Protocol::Ether)) => match ether_type(name.text) {
                Some(number) => Ok(Primitive::EtherType(number)),
                None => fail("an EtherType is a name (ip, ip6, arp, rarp) or a number"),
            },
            (What::Proto, within @ (None | Some(Protocol::Ip | Protocol::Ip6))) => match ip_protocol(name.text) {
                Some(number) => Ok(Primitive::IpProtocol { within, number }),
                None => fail("a protocol is a name (tcp, udp, icmp, icmp6, sctp, igmp, gre, esp, ah …) or a number up to 255"),
            },
            (What::Proto, _) => fail("`proto` goes with ether, ip or ip6"),
        }
    }

    /// `10.0.0.0/8`, `10.1`, `10.0.0.0 mask 255.0.0.0`, `2001:db8::/32`.
    fn net(&mut self, name: Word<'a>) -> Result<(IpAddr, u8), FilterError> {
        let fail = |message: &str| wrong(name, message.to_owned());
        const FORM: &str = "a net is written 10.0.0.0/8, 10.0.0.0 mask 255.0.0.0 or 2001:db8::/32";
        let (text, bits) = name.text.split_once('/').map_or((name.text, None), |(text, bits)| (text, Some(bits)));
        let parts = text.split('.').count();
        let addr: IpAddr = match text.parse() {
            Ok(addr) => addr,
            Err(_) if parts < 4 => format!("{text}{}", ".0".repeat(4 - parts)).parse().map_err(|_| fail(FORM))?,
            Err(_) => return Err(fail(FORM)),
        };
        let most = if addr.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(|| fail(FORM))?,
            None if self.take("mask") => {
                let mask = self.word("a mask")?;
                let bits = mask.text.parse().ok().map(|mask: std::net::Ipv4Addr| u32::from(mask));
                let bits = bits.filter(|mask| addr.is_ipv4() && mask.leading_ones() == mask.count_ones());
                bits.map(|mask| mask.leading_ones() as u8).ok_or_else(|| wrong(mask, "a mask is written 255.255.0.0".to_owned()))?
            }
            None if addr.is_ipv4() && parts < 4 => 8 * parts as u8,
            None => most,
        };
        let beyond = match addr {
            IpAddr::V4(addr) => u32::from(addr).checked_shl(u32::from(bits)).unwrap_or(0) != 0,
            IpAddr::V6(addr) => u128::from(addr).checked_shl(u32::from(bits)).unwrap_or(0) != 0,
        };
        if beyond {
            return Err(fail("this net has bits behind its mask: which one is wrong?"));
        }
        Ok((addr, bits))
    }
}

/// Addresses of one family do not go with the other's protocol.
fn fits(name: Word<'_>, within: Option<Protocol>, it: Primitive) -> Result<Primitive, FilterError> {
    let Primitive::Net { addr, .. } = it else { return Ok(it) };
    match within {
        Some(Protocol::Ip | Protocol::Arp | Protocol::Rarp) if addr.is_ipv6() => Err(wrong(name, "this is an IPv6 address".to_owned())),
        Some(Protocol::Ip6) if addr.is_ipv4() => Err(wrong(name, "this is an IPv4 address".to_owned())),
        _ => Ok(it),
    }
}

fn protocol(word: &str) -> Option<Protocol> {
    Some(match word {
        "ether" => Protocol::Ether,
        "ip" => Protocol::Ip,
        "ip6" => Protocol::Ip6,
        "arp" => Protocol::Arp,
        "rarp" => Protocol::Rarp,
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        "icmp" => Protocol::Icmp,
        "icmp6" => Protocol::Icmp6,
        _ => return None,
    })
}

fn what(word: &str) -> Option<What> {
    Some(match word {
        "host" => What::Host,
        "net" => What::Net,
        "port" => What::Port,
        "portrange" => What::Range,
        "proto" => What::Proto,
        _ => return None,
    })
}

/// A port by its number or name. A name stands for the number alone (tcpdump also takes the transport from /etc/services).
fn port(text: &str) -> Option<u16> {
    const NAMES: [(&str, u16); 16] = [
        ("ftp-data", 20),
        ("ftp", 21),
        ("ssh", 22),
        ("telnet", 23),
        ("smtp", 25),
        ("domain", 53),
        ("bootps", 67),
        ("bootpc", 68),
        ("http", 80),
        ("pop3", 110),
        ("ntp", 123),
        ("imap2", 143),
        ("snmp", 161),
        ("ldap", 389),
        ("https", 443),
        ("syslog", 514),
    ];
    text.parse().ok().or_else(|| NAMES.iter().find(|(name, _)| *name == text).map(|(_, port)| *port))
}

fn ip_protocol(text: &str) -> Option<u8> {
    const NAMES: [(&str, u8); 11] = [
        ("icmp", 1),
        ("igmp", 2),
        ("tcp", 6),
        ("udp", 17),
        ("gre", 47),
        ("esp", 50),
        ("ah", 51),
        ("icmp6", 58),
        ("ospf", 89),
        ("pim", 103),
        ("sctp", 132),
    ];
    let name = text.trim_start_matches('\\');
    name.parse().ok().or_else(|| NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number))
}

fn ether_type(text: &str) -> Option<u16> {
    match text.trim_start_matches('\\') {
        "ip" => Some(0x0800),
        "arp" => Some(0x0806),
        "rarp" => Some(0x8035),
        "ip6" => Some(0x86dd),
        name => name.strip_prefix("0x").map_or_else(|| name.parse().ok(), |hex| u16::from_str_radix(hex, 16).ok()),
    }
}

fn mac(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split([':', '-']);
    for byte in &mut mac {
        *byte = parts.next().filter(|part| (1..=2).contains(&part.len())).and_then(|part| u8::from_str_radix(part, 16).ok())?;
    }
    parts.next().is_none().then_some(mac)
}
