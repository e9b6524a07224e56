//! Filters: what is compiled takes the packets that tcpdump's programs take, and what is wrong is told with its place.

use capture::bpf::{About, Layout, Program};
use std::process::Command;

const EXPRESSIONS: &[&str] = &[
    "ip",
    "ip6",
    "arp",
    "tcp",
    "udp",
    "icmp",
    "icmp6",
    "sctp",
    "host 10.1.2.3",
    "src host 10.1.2.3",
    "dst host 10.1.2.3 or src host 192.0.2.9",
    "src and dst host 10.1.2.3",
    "src or dst host 10.1.2.3",
    "not host 10.1.2.3",
    "host 2001:db8::1",
    "ip host 10.1.2.3",
    "arp host 10.1.2.3",
    "net 10.0.0.0/8",
    "net 10",
    "net 10.1",
    "src net 10.1.2.0 mask 255.255.255.0",
    "net 2001:db8::/32",
    "dst net 2001:db8::/33",
    "net 0.0.0.0/0",
    "port 80",
    "port 80 or 443",
    "tcp port 80",
    "udp dst port 53",
    "src port 40000",
    "src and dst port 53",
    "portrange 50-90",
    "udp portrange 60-50",
    "tcp src portrange 1000-50000",
    "ip proto 17",
    "ip proto \\tcp",
    "ip6 proto 17",
    "proto 1",
    "ether proto 0x86dd",
    "ether proto \\arp",
    "ether host 02:00:00:00:00:01",
    "ether src 02:00:00:00:00:01",
    "ether dst host 02:00:00:00:00:01",
    "ether broadcast",
    "broadcast",
    "multicast",
    "less 60",
    "greater 60",
    "tcp and port 80 or udp and port 53",
    "tcp and (port 80 or port 53)",
    "not tcp and not udp",
    "!(tcp or udp) && ip || arp",
    "not port 22 and not host 192.0.2.9 and (tcp or udp or icmp)",
    "host 10.1.2.3 and not 192.0.2.9",
    "tcp dst port http or https",
];

/// Packets of many kinds, with their ends and ports in all places.
fn packets() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let hosts = [[10, 1, 2, 3], [192, 0, 2, 9], [10, 9, 9, 9], [255, 255, 255, 255]];
    let macs = [[2, 0, 0, 0, 0, 1], [0xff; 6], [1, 0, 0x5e, 0, 0, 5]];
    let ether = |to: [u8; 6], ether_type: u16, rest: &[u8]| {
        let mut frame = to.to_vec();
        frame.extend([2, 0, 0, 0, 0, u8::from(to[0] == 0xff)]);
        frame.extend(ether_type.to_be_bytes());
        frame.extend(rest);
        frame
    };
    for (number, (source, destination)) in hosts.iter().flat_map(|a| hosts.iter().map(move |b| (a, b))).enumerate() {
        for protocol in [1, 6, 17, 58, 132] {
            for ports in [(40_000, 80), (53, 53), (443, 1_500), (22, 40_000)] {
                for (fragment, options) in [(0_u16, 0), (0x2000, 0), (0x0010, 0), (0x4000, 8)] {
                    let mut ip = vec![0x45 + options / 4, 0, 0, 40, 0, 1];
                    ip.extend(fragment.to_be_bytes());
                    ip.extend([64, protocol, 0, 0]);
                    ip.extend(source.iter().chain(destination));
                    ip.extend(vec![1; usize::from(options)]);
                    ip.extend([ports.0 as u16, ports.1].iter().flat_map(|port| port.to_be_bytes()));
                    ip.extend(vec![0; number * 4]);
                    all.push(ether(macs[number % 3], 0x0800, &ip));
                }
                let mut six = vec![0x60, 0, 0, 0, 0, 8, if number % 3 == 0 { 44 } else { protocol }, 64];
                for host in [source, destination] {
                    six.extend([
                        0x20,
                        1,
                        0xd,
                        0xb8,
                        if host[0] == 10 { 0 } else { 0x80 },
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        u8::from(host[1] == 1),
                    ]);
                }
                if number % 3 == 0 {
                    six.extend([protocol, 0, 0, 1, 0, 0, 0, 7]);
                }
                six.extend([ports.0 as u16, ports.1].iter().flat_map(|port| port.to_be_bytes()));
                all.push(ether(macs[number % 3], 0x86dd, &six));
            }
        }
        for ether_type in [0x0806, 0x8035] {
            let mut arp = vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1];
            arp.extend(source);
            arp.extend([0; 6]);
            arp.extend(destination);
            all.push(ether(macs[number % 3], ether_type, &arp));
        }
    }
    all.extend([Vec::new(), vec![0; 13], ether(macs[0], 0x0800, &[0x45]), ether(macs[0], 0x86dd, &[]), ether(macs[1], 0x88cc, &[1; 50])]);
    all
}

fn takes(program: &Program, packet: &[u8]) -> bool {
    let protocol = packet.get(12..14).map_or(0, |bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
    program.run(packet, &About { protocol, network: 14, vlan: None }) != 0
}

#[test]
fn packets_are_taken_as_tcpdump_takes_them() {
    if Command::new("tcpdump").arg("--version").output().is_err() {
        eprintln!("skipped: tcpdump is not here (tests/need installs it)");
        return;
    }
    let packets = packets();
    for expression in EXPRESSIONS {
        let printed = Command::new("tcpdump").args(["-y", "EN10MB", "-ddd", "--"]).arg(expression).output().expect("tcpdump");
        assert!(printed.status.success(), "{expression}: {}", String::from_utf8_lossy(&printed.stderr));
        let theirs = Program::parse_compiled(&String::from_utf8_lossy(&printed.stdout)).expect("a compiled program");
        let ours = Program::compile(expression, Layout::Ethernet).expect(expression);
        for packet in &packets {
            assert_eq!(takes(&ours, packet), takes(&theirs, packet), "{expression}: {packet:02x?}");
        }
    }
}

#[test]
fn without_a_link_layer_the_same_is_taken() {
    for expression in EXPRESSIONS.iter().filter(|text| !text.contains("ether") && !text.contains("cast") && !text.contains("60")) {
        let (ethernet, network) = (Program::compile(expression, Layout::Ethernet), Program::compile(expression, Layout::Network));
        let (ethernet, network) = (ethernet.expect("a program"), network.expect("a program"));
        for packet in packets().iter().filter(|packet| packet.len() >= 14) {
            let about = About { protocol: u16::from_be_bytes([packet[12], packet[13]]), network: 0, vlan: None };
            assert_eq!(network.run(&packet[14..], &about) != 0, takes(&ethernet, packet), "{expression}: {packet:02x?}");
        }
    }
}

#[test]
fn a_tag_is_asked_of_the_kernel() {
    let takes = |expression: &str, vlan| {
        let packet = [0; 60];
        Program::compile(expression, Layout::Ethernet).expect("a program").run(&packet, &About { vlan, ..About::default() }) != 0
    };
    assert!(takes("vlan", Some(7)) && takes("vlan 7", Some(0x2007)) && takes("not vlan", None) && takes("vlan 7 or vlan 8", Some(8)));
    assert!(!takes("vlan", None) && !takes("vlan 7", Some(8)) && !takes("vlan 0", None));
}

#[test]
fn long_expressions_jump_far() {
    let hosts: Vec<String> = (0..250).map(|host| format!("ip host 10.0.0.{host}")).collect();
    let program = Program::compile(&hosts.join(" or "), Layout::Ethernet).expect("a program");
    assert!(program.instructions().len() > 1_000);
    for (host, expected) in [(0, true), (100, true), (249, true), (250, false)] {
        let mut packet = vec![0; 34];
        (packet[12], packet[14], packet[29]) = (8, 0x45, 0);
        packet[26..30].copy_from_slice(&[10, 0, 0, host]);
        assert_eq!(takes(&program, &packet), expected, "{host}");
    }
    let more: Vec<String> = (0..2_000).map(|host| format!("host 10.0.{}.{}", host / 250, host % 250)).collect();
    assert!(Program::compile(&more.join(" or "), Layout::Ethernet).is_err_and(|error| error.message.contains("too long")));
}

#[test]
fn errors_say_where_and_what() {
    let error = |text: &str| Program::compile(text, Layout::Ethernet).map(|_| ()).expect_err(text).to_string();
    for (text, expected) in [
        ("", "at 1: a host, net, port or protocol is missing"),
        ("port", "at 5: a host, net, port or protocol is missing"),
        ("port 80 and", "at 12: a host, net, port or protocol is missing"),
        ("host example.com", "at 6: a host is written as its address, 192.0.2.1 or 2001:db8::1 (names are not looked up)"),
        ("port 99999", "at 6: a port is a number up to 65535, a range two of them: 6660-6669"),
        ("(tcp", "at 5: a closing parenthesis is missing"),
        ("tcp)", "at 4: `)` is not expected here"),
        ("net 10.1.0.0/8", "at 5: this net has bits behind its mask: which one is wrong?"),
        ("tcp host 10.0.0.1", "at 10: hosts and nets go with ip, ip6, arp or rarp; write `tcp and host …`"),
        ("ip6 host 10.0.0.1", "at 10: this is an IPv4 address"),
        ("vlan 5000", "at 6: a VLAN's number is at most 4095"),
        ("icmp port 7", "at 11: ports go with tcp, udp or sctp"),
        ("tcp[13] & 2 != 0", "at 1: a host is written as its address, 192.0.2.1 or 2001:db8::1 (names are not looked up)"),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
    assert!(error(&"not ".repeat(1_000)).contains("nested too deeply"));
}

#[test]
fn compiled_programs_are_checked() {
    for (text, expected) in [
        ("", "at 1: the number of instructions is missing"),
        ("2\n6 0 0 0", "at 1: there are more or fewer instructions than the first line says"),
        ("1\n6 0 0", "at 2: an instruction is four numbers: code, two jumps, value"),
        ("1\n6 300 0 0", "at 2: a number is too large"),
    ] {
        assert_eq!(Program::parse_compiled(text).expect_err(text).to_string(), expected);
    }
    let one_line = Program::parse_compiled("2,40 0 0 12,22 0 0 0").expect("two instructions");
    assert_eq!(one_line.run(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 6], &About::default()), 0x806);
}
