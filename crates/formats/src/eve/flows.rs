//! Suricata's flows as rows of `conn`.
//!
//! Suricata counts whole frames; what travelled in them is reckoned by taking off the least headers (Ethernet 14, IPv4 20 or IPv6 40, TCP 20 or
//! UDP 8 bytes), so that TCP's options are counted as payload. How a connection began and ended is read from the flags that each
//! side ever sent.

use crate::rows::transport;
use crate::tree::Node;
use model::kinds::conn;
use model::{Event, Interval, Timestamp, Value};

/// TCP's flags.
const FIN: u64 = 0x01;
const SYN: u64 = 0x02;
const RST: u64 = 0x04;

/// Fills a row from a `flow` event.
pub(super) fn fill(row: &mut Event, root: &Node<'_>, span: (Timestamp, Timestamp)) {
    let proto = proto(root);
    row.set(conn::PROTO, proto);
    service(row, root);
    row.set(conn::DURATION, length(span));
    let flow = |name: &str| root.get("flow").and_then(|flow| flow.number(name)).unwrap_or_default();
    let (sent, received) = (flow("pkts_toserver"), flow("pkts_toclient"));
    side(row, root, proto, (flow("bytes_toserver"), sent), true);
    side(row, root, proto, (flow("bytes_toclient"), received), false);
    row.set(conn::CONN_STATE, state(root, proto, sent, received));
    if root.at("flow.action").and_then(Node::text).is_some_and(|action| action == "drop") {
        row.set(conn::ACTION, "deny");
    }
}

/// Fills one direction of a row from a `netflow` event.
pub(super) fn half(row: &mut Event, root: &Node<'_>, span: (Timestamp, Timestamp), is_orig: bool) {
    let proto = proto(root);
    let netflow = |name: &str| root.get("netflow").and_then(|flow| flow.number(name)).unwrap_or_default();
    side(row, root, proto, (netflow("bytes"), netflow("pkts")), is_orig);
    if is_orig {
        row.set(conn::PROTO, proto);
        service(row, root);
        row.set(conn::DURATION, length(span));
        row.set(conn::CONN_STATE, if proto == "icmp" { "OTH" } else { "S0" });
        side(row, root, proto, (0, 0), false);
    } else if netflow("pkts") > 0 && proto != "icmp" {
        row.set(conn::CONN_STATE, "SF");
    }
}

/// The transport's name.
pub(super) fn proto(root: &Node<'_>) -> &'static str {
    transport(root.get("proto").and_then(Node::text).unwrap_or_default().as_bytes())
}

fn length((first, last): (Timestamp, Timestamp)) -> Interval {
    Interval::from_nanos(last.nanos().saturating_sub(first.nanos()).max(0))
}

fn service(row: &mut Event, root: &Node<'_>) {
    /// Suricata's names that are not Zeek's; those of which nothing was made out are none.
    const NAMES: &[(&str, &str)] = &[
        ("tls", "ssl"),
        ("krb5", "krb"),
        ("dcerpc", "dce_rpc"),
        ("ikev2", "ike"),
        ("ftp-data", "ftp-data"),
        ("failed", ""),
        ("unknown", ""),
    ];
    let Some(name) = root.get("app_proto").and_then(Node::text) else { return };
    match NAMES.iter().find(|(theirs, _)| *theirs == name) {
        Some((_, "")) => {}
        Some((_, ours)) => row.set(conn::SERVICE, *ours),
        None => row.set(conn::SERVICE, name.as_bytes()),
    }
}

fn side(row: &mut Event, root: &Node<'_>, proto: &str, (bytes, packets): (u64, u64), is_orig: bool) {
    const ETHERNET: u64 = 14;
    let ip = if root.bytes("src_ip").contains(&b':') { 40 } else { 20 };
    let transport = match proto {
        "tcp" => 20,
        "udp" | "icmp" => 8,
        _ => 0,
    };
    let on_ip = bytes.saturating_sub(packets.saturating_mul(ETHERNET));
    let payload = on_ip.saturating_sub(packets.saturating_mul(ip + transport));
    let columns = if is_orig {
        [conn::ORIG_PKTS, conn::ORIG_IP_BYTES, conn::ORIG_BYTES]
    } else {
        [conn::RESP_PKTS, conn::RESP_IP_BYTES, conn::RESP_BYTES]
    };
    for (column, number) in columns.into_iter().zip([packets, on_ip, payload]) {
        row.set(column, Value::Count(number));
    }
}

fn state(root: &Node<'_>, proto: &str, sent: u64, received: u64) -> &'static str {
    let flags = |name: &str| {
        root.get("tcp").map(|tcp| u64::from_str_radix(std::str::from_utf8(tcp.bytes(name)).unwrap_or_default(), 16).unwrap_or_default())
    };
    match proto {
        "icmp" => "OTH",
        "tcp" => {
            let (Some(orig), Some(resp)) = (flags("tcp_flags_ts"), flags("tcp_flags_tc")) else {
                return if received == 0 { "S0" } else { "SF" };
            };
            match (orig & SYN != 0, resp & SYN != 0) {
                (true, true) if resp & RST != 0 => "RSTR",
                (true, true) if orig & RST != 0 => "RSTO",
                (true, true) if orig & resp & FIN != 0 => "SF",
                (true, true) if orig & FIN != 0 => "S2",
                (true, true) if resp & FIN != 0 => "S3",
                (true, true) => "S1",
                (true, false) if resp & RST != 0 => "REJ",
                (true, false) if orig & RST != 0 => "RSTOS0",
                (true, false) if orig & FIN != 0 => "SH",
                (true, false) => "S0",
                (false, true) => "SHR",
                (false, false) => "OTH",
            }
        }
        _ if received == 0 => "S0",
        _ if sent == 0 => "SHR",
        _ => "SF",
    }
}
