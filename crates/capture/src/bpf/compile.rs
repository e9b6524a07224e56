//! From an expression to a program, by two steps: tests of single numbers, joined by and, or, not; then instructions.
//!
//! What each primitive tests is what libpcap tests (pcap-filter(7); compared in `tests/bpf.rs` with what tcpdump compiles), but for
//! one thing: the kernel takes the outer VLAN tag off before programs run, so that `vlan` asks the kernel, and moves no
//! offsets for what stands behind it.

use super::expression::{Direction, Expression, Primitive, Protocol};
use super::{Instruction, Layout, ancillary, code};
use std::net::IpAddr;

/// Taken of a packet that passes: all.
const WHOLE: u32 = 262_144;

/// Tests, joined.
enum Logic {
    Test { loads: Vec<Instruction>, compare: u16, k: u32 },
    All(Vec<Logic>),
    Any(Vec<Logic>),
    Not(Box<Logic>),
}

/// The program of an expression.
pub(super) fn compile(expression: &Expression, layout: Layout) -> Vec<Instruction> {
    let logic = Frame { layout }.logic(expression);
    let mut back = Backwards::default();
    let (no, yes) = (back.put(Instruction::new(code::RET_K, 0)), back.put(Instruction::new(code::RET_K, WHOLE)));
    let first = back.logic(&logic, yes, no);
    // The first instruction is the last that was put.
    if first + 1 != back.all.len() {
        back.jump(first);
    }
    back.all.reverse();
    back.all
}

/// A program that is written from its end, so that the targets of jumps are known. Places count from the end.
#[derive(Default)]
struct Backwards {
    all: Vec<Instruction>,
}

impl Backwards {
    fn put(&mut self, instruction: Instruction) -> usize {
        self.all.push(instruction);
        self.all.len() - 1
    }

    fn jump(&mut self, to: usize) -> usize {
        let distance = self.all.len() - 1 - to;
        self.put(Instruction::new(code::JA, distance as u32))
    }

    /// How far a comparison that is put next is from a place; where that is too far for it, by way of a jump.
    fn near(&mut self, to: usize) -> usize {
        // Two jumps may come between.
        if self.all.len() - 1 - to > usize::from(u8::MAX) - 2 { self.jump(to) } else { to }
    }

    fn logic(&mut self, logic: &Logic, yes: usize, no: usize) -> usize {
        match logic {
            Logic::Test { loads, compare, k } => {
                let (yes, no) = (self.near(yes), self.near(no));
                let here = self.all.len();
                let distance = |to: usize| u8::try_from(here - 1 - to).unwrap_or(u8::MAX);
                let mut place = self.put(Instruction { code: *compare, jump_true: distance(yes), jump_false: distance(no), k: *k });
                for load in loads.iter().rev() {
                    place = self.put(*load);
                }
                place
            }
            Logic::All(all) => all.iter().rev().fold(yes, |next, one| self.logic(one, next, no)),
            Logic::Any(all) => all.iter().rev().fold(no, |next, one| self.logic(one, yes, next)),
            Logic::Not(one) => self.logic(one, no, yes),
        }
    }
}

fn test(loads: &[(u16, u32)], compare: u16, k: u32) -> Logic {
    Logic::Test { loads: loads.iter().map(|(code, k)| Instruction::new(*code, *k)).collect(), compare, k }
}

/// A choice of ends.
fn ends(direction: Direction, source: Logic, destination: Logic) -> Logic {
    match direction {
        Direction::Source => source,
        Direction::Destination => destination,
        Direction::Either => Logic::Any(vec![source, destination]),
        Direction::Both => Logic::All(vec![source, destination]),
    }
}

const IP: u32 = 0x0800;
const IP6: u32 = 0x86dd;
const ARP: u32 = 0x0806;
const RARP: u32 = 0x8035;
const TCP: u32 = 6;
const UDP: u32 = 17;
const SCTP: u32 = 132;
/// IPv6's fragment header.
const FRAGMENT: u32 = 44;

/// Where things stand in a packet.
struct Frame {
    layout: Layout,
}

impl Frame {
    /// An offset behind the network layer's beginning.
    fn at(&self, offset: u32) -> u32 {
        match self.layout {
            Layout::Ethernet => 14 + offset,
            Layout::Network => offset,
        }
    }

    fn ether_type(&self, number: u32) -> Logic {
        match self.layout {
            Layout::Ethernet => test(&[(code::LD_H_ABS, 12)], code::JEQ_K, number),
            Layout::Network => test(&[(code::LD_W_ABS, ancillary::PROTOCOL)], code::JEQ_K, number),
        }
    }

    fn logic(&self, expression: &Expression) -> Logic {
        match expression {
            Expression::Is(primitive) => self.primitive(*primitive),
            Expression::Not(one) => Logic::Not(Box::new(self.logic(one))),
            Expression::And(one, other) => Logic::All(vec![self.logic(one), self.logic(other)]),
            Expression::Or(one, other) => Logic::Any(vec![self.logic(one), self.logic(other)]),
        }
    }

    fn primitive(&self, primitive: Primitive) -> Logic {
        match primitive {
            Primitive::Protocol(protocol) => self.protocol(protocol),
            Primitive::Net { direction, within, addr, bits } => self.net(direction, within, addr, bits),
            Primitive::Ports { direction, transport, low, high } => self.ports(direction, transport, low, high),
            Primitive::EtherHost { direction, mac } => ends(direction, self.mac(mac, 6), self.mac(mac, 0)),
            Primitive::EtherType(number) => self.ether_type(u32::from(number)),
            Primitive::IpProtocol { within: Some(Protocol::Ip), number } => self.ip_protocol(u32::from(number)),
            Primitive::IpProtocol { within: Some(_), number } => self.ip6_protocol(u32::from(number)),
            Primitive::IpProtocol { within: None, number } => {
                Logic::Any(vec![self.ip_protocol(u32::from(number)), self.ip6_protocol(u32::from(number))])
            }
            Primitive::Vlan(id) => self.vlan(id),
            Primitive::Multicast => match self.layout {
                Layout::Ethernet => test(&[(code::LD_B_ABS, 0)], code::JSET_K, 1),
                Layout::Network => nothing(),
            },
            Primitive::LengthUpTo(bytes) => Logic::Not(Box::new(test(&[(code::LD_W_LEN, 0)], code::JGT_K, bytes))),
            Primitive::LengthFrom(bytes) => test(&[(code::LD_W_LEN, 0)], code::JGE_K, bytes),
        }
    }

    fn protocol(&self, protocol: Protocol) -> Logic {
        let either = |number: u32| Logic::Any(vec![self.ip_protocol(number), self.ip6_protocol(number)]);
        match protocol {
            Protocol::Ether => Logic::Not(Box::new(nothing())),
            Protocol::Ip => self.ether_type(IP),
            Protocol::Ip6 => self.ether_type(IP6),
            Protocol::Arp => self.ether_type(ARP),
            Protocol::Rarp => self.ether_type(RARP),
            Protocol::Tcp => either(TCP),
            Protocol::Udp => either(UDP),
            Protocol::Sctp => either(SCTP),
            Protocol::Icmp => self.ip_protocol(1),
            Protocol::Icmp6 => self.ip6_protocol(58),
        }
    }

    fn ip_protocol(&self, number: u32) -> Logic {
        Logic::All(vec![self.ether_type(IP), test(&[(code::LD_B_ABS, self.at(9))], code::JEQ_K, number)])
    }

    fn ip6_protocol(&self, number: u32) -> Logic {
        let next = |offset: u32, number: u32| test(&[(code::LD_B_ABS, self.at(offset))], code::JEQ_K, number);
        let behind_fragment = Logic::All(vec![next(6, FRAGMENT), next(40, number)]);
        Logic::All(vec![self.ether_type(IP6), Logic::Any(vec![next(6, number), behind_fragment])])
    }

    fn net(&self, direction: Direction, within: Option<Protocol>, addr: IpAddr, bits: u8) -> Logic {
        let pair = |ether_type: u32, source: u32, destination: u32| {
            let (source, destination) = (self.prefix(source, addr, bits), self.prefix(destination, addr, bits));
            Logic::All(vec![self.ether_type(ether_type), ends(direction, source, destination)])
        };
        match (addr, within) {
            (IpAddr::V6(_), _) => pair(IP6, 8, 24),
            (IpAddr::V4(_), Some(Protocol::Ip)) => pair(IP, 12, 16),
            (IpAddr::V4(_), Some(Protocol::Arp)) => pair(ARP, 14, 24),
            (IpAddr::V4(_), Some(Protocol::Rarp)) => pair(RARP, 14, 24),
            (IpAddr::V4(_), _) => Logic::Any(vec![pair(IP, 12, 16), pair(ARP, 14, 24), pair(RARP, 14, 24)]),
        }
    }

    /// Whether an address begins as a net does.
    fn prefix(&self, offset: u32, addr: IpAddr, bits: u8) -> Logic {
        let octets = match addr {
            IpAddr::V4(addr) => addr.octets().to_vec(),
            IpAddr::V6(addr) => addr.octets().to_vec(),
        };
        let mut all = Vec::new();
        let mut left = u32::from(bits);
        for (place, word) in octets.chunks_exact(4).enumerate() {
            let mask = match left.min(32) {
                0 => break,
                bits => u32::MAX << (32 - bits),
            };
            left -= left.min(32);
            let at = (code::LD_W_ABS, self.at(offset + 4 * place as u32));
            let number = word.iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
            let loads = if mask == u32::MAX { vec![at] } else { vec![at, (code::AND_K, mask)] };
            all.push(test(&loads, code::JEQ_K, number));
        }
        Logic::All(all)
    }

    fn ports(&self, direction: Direction, transport: Option<Protocol>, low: u16, high: u16) -> Logic {
        let numbers = match transport {
            Some(Protocol::Tcp) => vec![TCP],
            Some(Protocol::Udp) => vec![UDP],
            Some(_) => vec![SCTP],
            None => vec![TCP, UDP, SCTP],
        };
        let carried = |offset: u32| {
            Logic::Any(numbers.iter().map(|number| test(&[(code::LD_B_ABS, self.at(offset))], code::JEQ_K, *number)).collect())
        };
        let range = |loads: &[(u16, u32)]| {
            if low == high {
                return test(loads, code::JEQ_K, u32::from(low));
            }
            let above = Logic::Not(Box::new(test(loads, code::JGT_K, u32::from(high))));
            Logic::All(vec![test(loads, code::JGE_K, u32::from(low)), above])
        };
        // Of an IPv4 packet in pieces, only the first has ports.
        let first = Logic::Not(Box::new(test(&[(code::LD_H_ABS, self.at(6))], code::JSET_K, 0x1fff)));
        let behind = |offset: u32| range(&[(code::LDX_B_MSH, self.at(0)), (code::LD_H_IND, self.at(offset))]);
        let four = Logic::All(vec![self.ether_type(IP), carried(9), first, ends(direction, behind(0), behind(2))]);
        let fixed = |offset: u32| range(&[(code::LD_H_ABS, self.at(offset))]);
        let six = Logic::All(vec![self.ether_type(IP6), carried(6), ends(direction, fixed(40), fixed(42))]);
        Logic::Any(vec![six, four])
    }

    fn mac(&self, mac: [u8; 6], offset: u32) -> Logic {
        if self.layout == Layout::Network {
            return nothing();
        }
        let [a, b, c, d, e, f] = mac;
        Logic::All(vec![
            test(&[(code::LD_W_ABS, offset + 2)], code::JEQ_K, u32::from_be_bytes([c, d, e, f])),
            test(&[(code::LD_H_ABS, offset)], code::JEQ_K, u32::from_be_bytes([0, 0, a, b])),
        ])
    }

    fn vlan(&self, id: Option<u16>) -> Logic {
        let present = test(&[(code::LD_W_ABS, ancillary::VLAN_TAG_PRESENT)], code::JEQ_K, 1);
        let Some(id) = id else { return present };
        let loads = [(code::LD_W_ABS, ancillary::VLAN_TAG), (code::AND_K, 0xfff)];
        Logic::All(vec![present, test(&loads, code::JEQ_K, u32::from(id))])
    }
}

/// What no packet is: none is longer than that.
fn nothing() -> Logic {
    test(&[(code::LD_W_LEN, 0)], code::JGE_K, u32::MAX)
}
