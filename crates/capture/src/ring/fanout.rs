//! How an interface's packets are shared out over several sockets: by the pair of hosts, the same in both directions, so that
//! one thread sees a flow's packets in their order, and those of the flows that it announces. All tunnels go to the first, as with
//! `flow::Spreader`, since what travels inside may come through several; and everything that is no IP.
//!
//! Pieces of fragmented packets go by their hosts, whatever they carry: only the first piece would show a tunnel's port.

use crate::bpf::{Instruction, Program, ancillary, code};

/// UDP ports of tunnels: Teredo, VXLAN, AYIYA, Geneve, GTP (the same as in `flow`).
const TUNNEL_PORTS: [u32; 6] = [3544, 4789, 5072, 6081, 2123, 2152];
/// Protocols of IP that are tunnels: IPv4, IPv6, GRE.
const TUNNELS: [u32; 3] = [4, 41, 47];
const UDP: u32 = 17;
/// An odd number that spreads bits upwards (2^32 over the golden ratio).
const SPREAD: u32 = 0x9e37_79b9;

/// The program: a number for each packet, of which the kernel takes the remainder.
pub(super) fn program() -> Program {
    let mut all = Vec::new();
    // What the kernel found behind the link layer; a second VLAN tag stands before the IP header.
    all.push(Instruction::new(code::LD_W_ABS, ancillary::PROTOCOL));
    let (plain, tagged) = (section(0), section(4));
    let is = |k: u32, then: u8, otherwise: u8| Instruction { code: code::JEQ_K, jump_true: then, jump_false: otherwise, k };
    // To `plain`, `tagged` or the end; jumps of comparisons reach 255 instructions, which both sections together may exceed.
    all.extend([is(0x0800, 4, 0), is(0x86dd, 3, 0), is(0x8100, 3, 0), is(0x88a8, 2, 0)]);
    all.push(Instruction::new(code::RET_K, 0));
    all.push(Instruction::new(code::JA, 1));
    all.push(Instruction::new(code::JA, plain.len() as u32));
    all.extend(plain);
    all.extend(tagged);
    Program::of(all)
}

/// The part for an IP header so many bytes behind the network layer's beginning. Ends by giving a number.
fn section(shift: u32) -> Vec<Instruction> {
    let at = |offset: u32| ancillary::NET.wrapping_add(shift + offset);
    let (four, six) = (version_4(&at), version_6(&at));
    let mut all = vec![Instruction::new(code::LD_B_ABS, at(0)), Instruction::new(code::RSH_K, 4)];
    // Version 4, else version 6, else neither.
    all.push(Instruction { code: code::JEQ_K, jump_true: 3, jump_false: 0, k: 4 });
    all.push(Instruction { code: code::JEQ_K, jump_true: 1, jump_false: 0, k: 6 });
    all.push(Instruction::new(code::RET_K, 0));
    all.push(Instruction::new(code::JA, four.len() as u32));
    all.extend(four);
    all.extend(six);
    all
}

fn version_4(at: &impl Fn(u32) -> u32) -> Vec<Instruction> {
    let mut all = tunnels(at(9));
    // A fragment is not asked for ports.
    let ports = ports(at);
    all.push(Instruction::new(code::LD_H_ABS, at(6)));
    all.push(Instruction { code: code::JSET_K, jump_true: ports.len() as u8 + 2, jump_false: 0, k: 0x3fff });
    all.push(Instruction::new(code::LD_B_ABS, at(9)));
    all.push(Instruction { code: code::JEQ_K, jump_true: 0, jump_false: ports.len() as u8, k: UDP });
    all.extend(ports);
    all.extend(pair(&[at(12)], &[at(16)]));
    all
}

fn version_6(at: &impl Fn(u32) -> u32) -> Vec<Instruction> {
    let mut all = tunnels(at(6));
    let mut ports = Vec::new();
    for offset in [40, 42] {
        ports.push(Instruction::new(code::LD_H_ABS, at(offset)));
        ports.extend(zero_if(&TUNNEL_PORTS));
    }
    all.push(Instruction { code: code::JEQ_K, jump_true: 0, jump_false: ports.len() as u8, k: UDP });
    all.extend(ports);
    all.extend(pair(&[8, 12, 16, 20].map(at), &[24, 28, 32, 36].map(at)));
    all
}

/// Ends with 0 where the protocol at an offset is a tunnel's; the protocol stays in the accumulator.
fn tunnels(protocol_at: u32) -> Vec<Instruction> {
    let mut all = vec![Instruction::new(code::LD_B_ABS, protocol_at)];
    all.extend(zero_if(&TUNNELS));
    all
}

/// Ends with 0 where one of the ports behind an IPv4 header is a tunnel's.
fn ports(at: &impl Fn(u32) -> u32) -> Vec<Instruction> {
    let mut all = vec![Instruction::new(code::LDX_B_MSH, at(0))];
    for offset in [0, 2] {
        all.push(Instruction::new(code::LD_H_IND, at(offset)));
        all.extend(zero_if(&TUNNEL_PORTS));
    }
    all
}

/// Ends with 0 where the accumulator is one of these.
fn zero_if(values: &[u32]) -> Vec<Instruction> {
    let mut all = Vec::new();
    for (place, value) in values.iter().enumerate() {
        let last = place + 1 == values.len();
        let to_zero = (values.len() - 1 - place) as u8;
        all.push(Instruction { code: code::JEQ_K, jump_true: to_zero, jump_false: u8::from(last), k: *value });
    }
    all.push(Instruction::new(code::RET_K, 0));
    all
}

/// Ends with a number for two addresses of the same length, given by their words' offsets; the same in both directions.
fn pair(one: &[u32], other: &[u32]) -> Vec<Instruction> {
    const CELL: u32 = 0;
    const SUM: u32 = 1;
    let mut all = hash(one, CELL);
    all.push(Instruction::new(code::ST, SUM));
    all.extend(hash(other, CELL));
    all.push(Instruction::new(code::LDX_MEM, SUM));
    all.push(Instruction::new(code::ADD_X, 0));
    all.push(Instruction::new(code::MUL_K, SPREAD));
    // The kernel takes a remainder, to which the upper bits must count.
    all.push(Instruction::new(code::RSH_K, 16));
    all.push(Instruction::new(code::RET_A, 0));
    all
}

/// A number for an address, in the accumulator.
fn hash(words: &[u32], cell: u32) -> Vec<Instruction> {
    let mut all = Vec::new();
    for (place, word) in words.iter().enumerate() {
        all.push(Instruction::new(code::LD_W_ABS, *word));
        if place > 0 {
            all.push(Instruction::new(code::LDX_MEM, cell));
            all.push(Instruction::new(code::XOR_X, 0));
        }
        all.push(Instruction::new(code::MUL_K, SPREAD));
        all.push(Instruction::new(code::ST, cell));
        all.push(Instruction::new(code::TAX, 0));
        all.push(Instruction::new(code::RSH_K, 15));
        all.push(Instruction::new(code::XOR_X, 0));
        all.push(Instruction::new(code::ST, cell));
    }
    all.push(Instruction::new(code::LD_MEM, cell));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::About;

    fn number(ether_type: u16, packet: &[u8]) -> u32 {
        program().run(packet, &About { protocol: ether_type, network: 0, vlan: None })
    }

    fn v4(protocol: u8, from: [u8; 4], to: [u8; 4], ports: (u16, u16), fragment: u16) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 28, 0, 1];
        packet.extend(fragment.to_be_bytes());
        packet.extend([64, protocol, 0, 0]);
        packet.extend(from.into_iter().chain(to));
        packet.extend(ports.0.to_be_bytes().into_iter().chain(ports.1.to_be_bytes()));
        packet.extend([0; 4]);
        packet
    }

    fn v6(protocol: u8, from: u8, to: u8, ports: (u16, u16)) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 8, protocol, 64];
        for host in [from, to] {
            packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
        }
        packet.extend(ports.0.to_be_bytes().into_iter().chain(ports.1.to_be_bytes()));
        packet.extend([0; 4]);
        packet
    }

    #[test]
    fn both_directions_and_all_ports_of_a_pair_meet() {
        let (a, b) = ([10, 1, 2, 3], [192, 0, 2, 9]);
        let there = number(0x0800, &v4(6, a, b, (40_000, 80), 0));
        assert_ne!(there, 0);
        for packet in [v4(6, b, a, (80, 40_000), 0), v4(17, a, b, (53, 53), 0), v4(1, a, b, (0, 0), 0), v4(17, b, a, (9, 9), 0x2000)] {
            assert_eq!(number(0x0800, &packet), there);
        }
        let there = number(0x86dd, &v6(6, 1, 2, (40_000, 80)));
        assert_ne!(there, 0);
        assert_eq!(number(0x86dd, &v6(17, 2, 1, (53, 53))), there);
    }

    #[test]
    fn a_second_vlan_tag_changes_nothing() {
        let inner = v4(6, [10, 1, 2, 3], [192, 0, 2, 9], (1, 2), 0);
        let tagged: Vec<u8> = [0, 7, 8, 0].into_iter().chain(inner.iter().copied()).collect();
        assert_eq!(number(0x8100, &tagged), number(0x0800, &inner));
        assert_eq!(number(0x88a8, &tagged), number(0x0800, &inner));
    }

    #[test]
    fn tunnels_and_what_is_no_ip_go_to_the_first() {
        let (a, b) = ([10, 1, 2, 3], [192, 0, 2, 9]);
        for port in TUNNEL_PORTS {
            assert_eq!(number(0x0800, &v4(17, a, b, (40_000, port as u16), 0)), 0);
            assert_eq!(number(0x86dd, &v6(17, 1, 2, (port as u16, 40_000))), 0);
            assert_ne!(number(0x0800, &v4(6, a, b, (40_000, port as u16), 0)), 0);
        }
        for protocol in TUNNELS {
            assert_eq!(number(0x0800, &v4(protocol as u8, a, b, (1, 2), 0)), 0);
            assert_eq!(number(0x86dd, &v6(protocol as u8, 1, 2, (1, 2))), 0);
        }
        assert_eq!(number(0x0806, &[0; 28]), 0);
        assert_eq!(number(0x0800, &[0x45]), 0);
    }

    #[test]
    fn pairs_are_spread_evenly() {
        for sockets in [2, 3, 8] {
            let mut counts = vec![0_u32; sockets];
            for host in 0..4_000_u32 {
                let [.., high, low] = host.to_be_bytes();
                counts[number(0x0800, &v4(6, [10, 0, high, low], [192, 168, 0, 1], (1, 2), 0)) as usize % sockets] += 1;
            }
            let even = 4_000 / sockets as u32;
            assert!(counts.iter().all(|count| *count > even * 8 / 10 && *count < even * 12 / 10), "{counts:?}");
        }
    }
}
